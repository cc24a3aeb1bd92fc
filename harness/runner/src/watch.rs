//! Watching a run's process tree until it has ended or can do no more, or has had its time.
//!
//! Starting it, ending it and what is made of what was seen are the business of `execute`.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use poolproof_sys::tree::{Event, MainEnd, Process, Tree};

use crate::capture::Capture;
use crate::control::Control;
use crate::job::{Cut, Job, LATE};
use crate::leak::NamedMemory;
use crate::measured::Measured;
use crate::sampler::Sampler;
use crate::stillness::Stillness;
use crate::surroundings::Surroundings;
use crate::turns::Turn;
use crate::workshop::Workshop;

/// How often a tree is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How soon a word of a program that is measured is heard.
const HEAR: Duration = Duration::from_millis(5);

/// The shortest wait for an event.
const SHORT: Duration = Duration::from_millis(1);

/// How often one is looked at that does nothing.
const LOOK_AT_STILL: Duration = Duration::from_millis(250);

/// So long a tree that can do no more does nothing: longer than a library waits for something
/// before it goes on by itself, as CPython does for a manager's end, which is a second.
const STILL: Duration = Duration::from_millis(1200);

/// How much longer than the longest timeout of its program a tree is to do nothing.
const STILL_AFTER_LATE: Duration = Duration::from_millis(500);

/// After so long without a move others may run in its place.
const PARK: Duration = Duration::from_millis(300);

/// A tree that has had this share of the time for itself was not kept from its work by others.
const OWN_SHARE: f64 = 0.5;

/// How much time trees may be busy until their deadlines in vain, in all.
const IN_VAIN_MAX: Duration = Duration::from_secs(120);

/// The deadline of busy trees once that is used up.
const IMPATIENT: Duration = Duration::from_secs(3);

/// How long trees were busy until their deadlines in vain, in milliseconds: all of a suite share it.
#[derive(Debug, Default)]
pub(crate) struct InVain(AtomicU64);

/// Where a watched tree has come to.
#[derive(Default)]
pub(crate) struct Watched {
    pub(crate) main: Option<MainEnd>,
    pub(crate) left: u32,
    pub(crate) cut: Option<Cut>,
}

impl Job<'_> {
    /// How long its tree does nothing before it counts as still.
    fn still(&self) -> Duration {
        let late = if self.waits_late {
            LATE * self.scale + STILL_AFTER_LATE
        } else {
            Duration::ZERO
        };
        late.max(STILL * self.scale).max(self.goes_on_after)
    }
}

/// One who watches a tree.
pub(crate) struct Watch<'a, 't> {
    pub(crate) workshop: &'a Workshop,
    pub(crate) job: &'a Job<'a>,
    pub(crate) in_vain: &'a InVain,
    pub(crate) turn: &'a mut Turn<'t>,
    pub(crate) stdout: &'a Capture,
    /// What of the machine's named memory the tree uses, where it has none of its own.
    pub(crate) memory: Option<&'a mut NamedMemory>,
    pub(crate) work: Work,
    pub(crate) sampler: Option<Sampler<'a>>,
    pub(crate) control: Option<&'a Control>,
    pub(crate) measured: Measured,
}

/// The processor time of a tree, those that have ended included as far as they were seen.
#[derive(Default)]
pub(crate) struct Work {
    living: Duration,
    all: Duration,
}

impl Work {
    fn add(&mut self, processes: &[Process]) {
        let living = processes.iter().map(|process| process.busy).sum();
        self.all += Duration::saturating_sub(living, self.living);
        self.living = living;
    }
}

impl Watch<'_, '_> {
    /// Looks on until the tree is empty, still, too large, too loud or too late.
    pub(crate) fn until_the_end(
        &mut self,
        tree: &mut Tree,
        surroundings: &mut Surroundings,
    ) -> Watched {
        let start = Instant::now();
        let mut stillness = Stillness::new(start);
        let mut watched = Watched::default();
        let (mut looked, mut look) = (start, LOOK);
        while watched.cut.is_none() {
            match tree.next_event(self.pause(look)) {
                Ok(Some(Event::Empty)) => return watched,
                Ok(event) => watched.take(event, self.job.program),
                Err(error) => {
                    let reason = format!("its keeper cannot be heard: {error}");
                    watched.cut = Some(Cut::Failed(reason));
                }
            }
            if self.workshop.is_stopped() {
                watched.cut = Some(Cut::Failed("it was interrupted".to_owned()));
            }
            if let Some(sampler) = &mut self.sampler {
                sampler.look(tree);
            }
            if let Some(control) = self.control {
                self.measured.hear(control, tree);
            }
            let now = Instant::now();
            if surroundings.look(now).is_some() {
                // Nobody knows what the tree has done meanwhile.
                stillness = Stillness::new(now);
            }
            if watched.cut.is_some() || now - looked < look {
                continue;
            }
            looked = now;
            let processes = match tree.processes() {
                Ok(processes) => processes,
                Err(error) => {
                    let reason = format!("the process table cannot be read: {error}");
                    watched.cut = Some(Cut::Failed(reason));
                    continue;
                }
            };
            if let Some(memory) = &mut self.memory {
                memory.look(&processes);
            }
            let still = stillness.look(now, &processes, self.stdout.len());
            look = self.pace(still);
            self.work.add(&processes);
            if still >= self.job.still() {
                watched.left = left(&watched, &processes);
                return watched;
            }
            let watched_for = surroundings.watched(now);
            let cut = self.over(&processes);
            // What does nothing is let be until it moves, or until it is certain that it cannot.
            let is_moving = still < PARK;
            watched.cut = cut.or_else(|| is_moving.then(|| self.late(watched_for)).flatten());
        }
        watched
    }

    /// How long nothing has to be done but to wait for an event.
    fn pause(&self, look: Duration) -> Duration {
        let sampler = self.sampler.as_ref().map_or(look, Sampler::pause);
        let control = if self.control.is_some() { HEAR } else { look };
        look.min(LOOK).min(control).min(sampler.max(SHORT))
    }

    /// Lets others run in the place of a tree that does nothing; gives when to look again.
    fn pace(&mut self, still: Duration) -> Duration {
        if still >= PARK {
            self.turn.park();
            LOOK_AT_STILL
        } else {
            self.turn.unpark();
            LOOK
        }
    }

    /// Whether a tree is larger or louder than its case says.
    fn over(&self, processes: &[Process]) -> Option<Cut> {
        let limits = &self.job.limits;
        let limit = if processes.len() > usize::try_from(limits.processes).unwrap_or(usize::MAX) {
            format!("{} processes (`limits: (processes: …)`)", limits.processes)
        } else if self.stdout.is_flooded() {
            let most = limits.output_bytes;
            format!("{most} bytes of output (`limits: (output_bytes: …)`)")
        } else {
            return None;
        };
        Some(Cut::Limit(format!(
            "it came to the limit of {limit} in the case"
        )))
    }

    /// Whether a tree that still moves has had its time.
    fn late(&self, watched: Duration) -> Option<Cut> {
        let deadline = Duration::from_millis(self.job.limits.deadline_ms.into()) * self.job.scale;
        let start_time = self.job.start_time;
        let deadline = deadline + start_time;
        let patience = if self.in_vain.is_used_up() {
            deadline.min(IMPATIENT + start_time)
        } else {
            deadline
        };
        if watched < patience {
            return None;
        }
        self.in_vain.add(watched);
        let (time, own) = (watched.as_secs_f64(), self.work.all.as_secs_f64());
        let mut reason =
            format!("it was still busy at its deadline ({own:.1} s of work in {time:.1} s)");
        if watched < deadline {
            let most = IN_VAIN_MAX.as_secs();
            reason += &format!("; the {most} s for such programs are used up, so it was early");
            return Some(Cut::Limit(reason));
        }
        Some(if own >= time * OWN_SHARE || self.in_vain.is_used_up() {
            Cut::Limit(reason)
        } else {
            Cut::Starved(reason)
        })
    }
}

impl Watched {
    fn take(&mut self, event: Option<Event>, program: &Path) {
        let reason = match event {
            None | Some(Event::Empty) => return,
            Some(Event::MainEnded(end)) => {
                self.main = Some(end);
                return;
            }
            Some(Event::NotStarted(reason)) => {
                format!("{} could not be started: {reason}", program.display())
            }
            Some(Event::NotApart(reason)) => format!("it could not be kept apart: {reason}"),
            Some(Event::Lost) => "its keeper was killed".to_owned(),
        };
        self.cut = Some(Cut::Failed(reason));
    }
}

impl InVain {
    fn add(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(milliseconds, Ordering::Relaxed);
    }

    fn is_used_up(&self) -> bool {
        u128::from(self.0.load(Ordering::Relaxed)) >= IN_VAIN_MAX.as_millis()
    }
}

/// How many processes of the program outlive main.
fn left(watched: &Watched, processes: &[Process]) -> u32 {
    if watched.main.is_none() {
        return 0;
    }
    let left = processes
        .iter()
        .filter(|process| !is_helper(process, processes))
        .count();
    u32::try_from(left).unwrap_or(u32::MAX)
}

/// CPython's resource tracker and fork server are the library's own, not the program's; children of
/// a fork server have its command line.
fn is_helper(process: &Process, processes: &[Process]) -> bool {
    const TRACKERS: [&str; 3] = [
        "loky.backend.resource_tracker import main",
        "multiprocessing.resource_tracker import main",
        "multiprocessing.semaphore_tracker import main",
    ];
    const SERVER: &str = "multiprocessing.forkserver import main";
    let is_server = process.command.contains(SERVER)
        && !processes
            .iter()
            .any(|parent| parent.pid == process.parent && parent.command.contains(SERVER));
    is_server || TRACKERS.iter().any(|text| process.command.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_server_is_no_process_of_the_program_but_its_children_are() {
        let command = "python -c from multiprocessing.forkserver import main; main(3, 7)";
        let process = |pid, parent| Process {
            pid,
            parent,
            command: command.to_owned(),
            runnable: false,
            busy: Duration::ZERO,
        };
        let watched = Watched {
            main: Some(MainEnd::Exit(0)),
            ..Watched::default()
        };
        assert_eq!(left(&watched, &[process(2, 1), process(3, 2)]), 1);
    }
}
