//! The pool's own thread: hands out results, feeds the ring, and replaces workers that have ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use poolproof_sys::handle;

use super::arena::Block;
use super::board::HandlerState;
use super::buffer::keep_small;
use super::crew::Starts;
use super::job::{Arrived, Ended};
use super::office::{Door, Office};
use super::pendings::{Pending, Run};
use super::ring;
use super::stream::{Ending, Reader, Records};
use super::task;
use super::worker::INITIALIZER;
use crate::error::{Error, Kind};
use crate::fork_gate;
use crate::locked::lock;

/// Results without a pause between from which on the next ones are waited for together.
const BURST: usize = 16;
/// More of them do not make a burst end later.
const BURST_MAX: usize = 16 * BURST;
/// How long results of a burst may wait.
const DOZE: Duration = Duration::from_micros(500);

/// How long to wait, at first and at most, before a worker is started again where that failed: its
/// start failed twice in a row, or threads of the program's own forbade a fork.
const RETRY: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(200)];

/// How often in a row a worker may lack something of the system before the pool is given up: about
/// half a minute.
const SHORTAGES_MAX: usize = 150;

/// Runs until the last worker of an ended pool has ended.
pub(super) fn run(office: &Arc<Office>, workers: usize) {
    let mut handler = Handler {
        office,
        readers: (0..workers).map(|_| Reader::default()).collect(),
        inbox: Inbox::default(),
        vacancies: BTreeMap::new(),
        refusals: 0,
    };
    let mut burst = 0;
    loop {
        let is_poked = office.take_poke();
        let count = handler.drain();
        if count > 0 {
            office.count_ended(count);
        }
        if is_poked {
            handler.replace_gone();
        }
        if handler
            .next_start()
            .is_some_and(|moment| moment <= Instant::now())
        {
            handler.fill_vacancies();
        }
        office.pump();
        if office.crew.is_empty() && office.board.leaving().is_some() {
            break;
        }
        // It ends with some looks in vain, and not with the first.
        burst = if count == 0 {
            burst / 2
        } else {
            (burst + count).min(BURST_MAX)
        };
        if burst >= BURST {
            handler.sleep(HandlerState::Dozing);
        } else if count == 0 {
            handler.sleep(HandlerState::Asleep);
        }
    }
    office.set_handler_done();
}

/// Where results are looked at.
#[derive(Default)]
struct Inbox {
    /// Why the last initializer that failed did.
    failure: Option<String>,
    /// A result that lay where its arguments did.
    room: Vec<u8>,
}

struct Handler<'o> {
    office: &'o Arc<Office>,
    readers: Vec<Reader>,
    inbox: Inbox,
    /// Places without a worker, and when to start theirs.
    vacancies: BTreeMap<usize, Instant>,
    /// Starts in a row that the system or the program's own threads did not allow.
    refusals: usize,
}

impl Handler<'_> {
    fn drain(&mut self) -> usize {
        let (office, inbox) = (self.office, &mut self.inbox);
        let readers = self.readers.iter_mut().enumerate();
        let counts = readers.map(|(place, reader)| {
            let stream = office.board.stream(place);
            reader.drain(stream, |records| deliver(office, inbox, records))
        });
        counts.sum()
    }

    fn sleep(&self, state: HandlerState) {
        let doze = match state {
            HandlerState::Dozing => Some(Instant::now() + DOZE),
            _ => None,
        };
        let deadline = [doze, self.next_start()].into_iter().flatten().min();
        let board = &self.office.board;
        let has_work = || self.office.has_poke() || board.has_results(state);
        fork_gate::outside(|| board.sleep(state, deadline, has_work));
    }

    fn deliver_parcels(&self) {
        for parcel in std::mem::take(&mut *lock(&self.office.parcels)) {
            self.office.count_ended(1);
            let pending = lock(&self.office.pendings).remove(parcel.id);
            if let Some(pending) = pending {
                let arrived = parcel.handles.map(|handles| Arrived {
                    bytes: &parcel.bytes,
                    handles,
                    are_parts: parcel.are_parts,
                });
                let lost = || {
                    let text = "take the handles of the result of a pool's task, which is lost";
                    Error::system(text, handle::none_left())
                };
                settle(self.office, pending, arrived.ok_or_else(lost));
            }
        }
    }

    /// Settles what workers that have ended leave behind, and starts others in their places.
    fn replace_gone(&mut self) {
        let mut lost = Vec::new();
        let gone = self.office.crew.gone();
        // After it is known who is gone: what they sent is here by then.
        self.deliver_parcels();
        for place in gone {
            let code = self.office.crew.reap(place);
            let stage = self.office.board.stage(place);
            let tasks = self.tasks_of(place).into_iter();
            lost.extend(tasks.map(|pending| (pending, obituary(code))));
            self.readers[place] = Reader::default();
            self.office.board.clear(place);
            let mut start_at = Instant::now();
            // It may have been woken for a task that it did not live to claim.
            self.office.board.wake_all_workers();
            match self.office.crew.count_end(&self.office.board, place, stage) {
                Starts::Work => {}
                Starts::Failed { times } => start_at += pause_after(times),
                Starts::NeverWork => {
                    let why = self.inbox.failure.take().unwrap_or_else(|| match code {
                        Some(code) => format!("they end with exit code {code}"),
                        None => "they end at once".to_owned(),
                    });
                    let text = format!("use a pool whose workers cannot start ({why})");
                    self.office.end(Door::Broken(text));
                }
            }
            self.vacancies.insert(place, start_at);
        }
        // First the workers: as long as the losers wait, their threads do not forbid a fork.
        self.fill_vacancies();
        for (pending, text) in lost {
            settle(
                self.office,
                pending,
                Err(Error::new(Kind::WorkerLost, text)),
            );
        }
    }

    /// When the next worker is to be started.
    fn next_start(&self) -> Option<Instant> {
        self.vacancies.values().min().copied()
    }

    /// Starts workers in the places that have none, if they are still needed and their time has come.
    fn fill_vacancies(&mut self) {
        if self.office.board.leaving().is_some() {
            self.vacancies.clear();
        }
        let now = Instant::now();
        let due = self.vacancies.iter().filter(|(_, moment)| **moment <= now);
        let due: Vec<_> = due.map(|(place, _)| *place).collect();
        for place in due {
            match self.office.crew.start(&self.office.board, place) {
                Ok(()) => {
                    self.refusals = 0;
                    self.vacancies.remove(&place);
                    self.office.poke_watcher();
                }
                // A thread of the program is at work now, which will wait or be gone some time; or
                // something is lacking that comes back.
                Err(error) if error.is_usage() || self.may_pass(&error) => {
                    self.refusals += 1;
                    let moment = Instant::now() + pause_after(self.refusals + 1);
                    self.vacancies.insert(place, moment);
                    break;
                }
                Err(error) => {
                    let text = format!("start a worker of a pool ({error})");
                    self.office.end(Door::Broken(text));
                    break;
                }
            }
        }
        if matches!(self.office.door(), Door::Terminated | Door::Broken(_)) {
            // Whoever ended the pool may not have seen those that were started meanwhile.
            for process in self.office.crew.processes() {
                // It fails for one that has ended, and for a thread, which leaves as it is asked.
                let _ = process.terminate();
            }
        }
    }

    /// Whether what is lacking for another worker is waited for.
    fn may_pass(&self, error: &Error) -> bool {
        error.may_pass() && self.refusals < SHORTAGES_MAX
    }

    /// Delivers what an ended worker finished; gives the one task that it did not.
    fn tasks_of(&mut self, place: usize) -> Vec<Pending> {
        let (office, inbox) = (self.office, &mut self.inbox);
        let stream = office.board.stream(place);
        self.readers[place].drain(stream, |records| deliver(office, inbox, records));
        let ring = office.board.ring();
        let mut tasks = vec![office.board.current(place)];
        if let Some(position) = ring.claimed_by(place) {
            tasks.push(ring::name(position));
            ring.free(position);
        }
        let mut pendings = lock(&office.pendings);
        tasks
            .into_iter()
            .filter_map(|id| pendings.remove(id))
            .collect()
    }
}

/// How long to wait after so many failures in a row; the first may have been chance.
fn pause_after(failures: usize) -> Duration {
    let [first, most] = RETRY;
    match failures {
        0 | 1 => Duration::ZERO,
        failures => (first * (1 << (failures - 2).min(16))).min(most),
    }
}

fn obituary(code: Option<i32>) -> String {
    match code {
        Some(code) if code < 0 => {
            format!(
                "run a task in a pool's worker, which was ended by signal {}",
                -code
            )
        }
        Some(code) => format!("run a task in a pool's worker, which left with exit code {code}"),
        None => "run a task in a pool's worker".to_owned(),
    }
}

fn deliver(office: &Office, inbox: &mut Inbox, records: &mut Records<'_>) {
    let Inbox { failure, room } = inbox;
    let records = records.inspect(|record| {
        if record.id == INITIALIZER {
            let error = task::failure(record.bytes);
            *failure = Some(format!("the initializer failed: {error}"));
        }
    });
    let runs = lock(&office.pendings).remove_all(records);
    for Run { job, block, tasks } in runs {
        let (Some(block), [ended]) = (block, &tasks[..]) else {
            job.complete_all(&tasks);
            continue;
        };
        let mut bytes = ended.bytes;
        if ended.ending == Ending::ReturnedInRoom {
            copy_result(office, block, bytes, room);
            bytes = room;
        }
        lock(&office.feed).give_back(block);
        job.complete_all(&[Ended { bytes, ..*ended }]);
        keep_small(room);
    }
}

/// Copies a result from where its task's arguments were; a worker can claim no more than that.
fn copy_result(office: &Office, block: Block, length: &[u8], result: &mut Vec<u8>) {
    let length = length.try_into().map_or(0, u64::from_le_bytes);
    let length = usize::try_from(length).map_or(block.bytes, |length| length.min(block.bytes));
    result.resize(length, 0);
    office.board.memory().copy_out(block.at, result);
}

fn settle(office: &Office, pending: Pending, outcome: super::job::Outcome<'_>) {
    if let Some(block) = pending.extra.block {
        lock(&office.feed).give_back(block);
    }
    pending.job.complete(pending.task, outcome);
}
