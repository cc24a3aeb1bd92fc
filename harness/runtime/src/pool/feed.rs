//! Feeds the ring: takes the next task from the oldest job that has one, encodes it and publishes
//! it, as long as there is room.
//!
//! Tasks are encoded one by one as they are needed, so that a long input costs the memory of what is
//! under way and not of the whole.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;

use poolproof_sys::function::Passed;
use poolproof_sys::handle::Handle;

use super::arena::{Arena, Block};
use super::board::Board;
use super::buffer::keep_small;
use super::job::Job;
use super::pendings::{Extra, Pendings, is_same};
use super::ring::{self, INLINE};
use super::source::{Next, Small, Source};
use super::worker::{self, Room};
use crate::error::{Error, Kind, Result};
use crate::locked::{OwnMap, lock};

/// A job's tasks on their way to the ring.
pub(super) struct Feeding {
    pub(super) job: Arc<dyn Job>,
    pub(super) source: Box<dyn Source>,
    pub(super) function: Passed,
    pub(super) next: usize,
    /// Whether what is left of it is not wanted any more.
    pub(super) is_cancelled: bool,
}

impl Feeding {
    fn pull(&mut self, bytes: &mut Vec<u8>) -> thread::Result<Next> {
        catch_unwind(AssertUnwindSafe(|| self.source.next(bytes)))
    }

    fn stage(&mut self, tasks: &mut Small, most: usize) -> Option<thread::Result<Next>> {
        let stage = AssertUnwindSafe(|| self.source.stage(tasks, most));
        catch_unwind(stage).transpose()
    }
}

/// An outcome that is known before any worker was asked.
pub(super) struct Early {
    pub(super) job: Arc<dyn Job>,
    pub(super) task: usize,
    pub(super) error: Error,
}

/// The producer's private books.
pub(super) struct Feed {
    position: u64,
    arena: Arena,
    functions: OwnMap<Passed, u32>,
    /// The function of the last task.
    last: Option<(Passed, u32)>,
    feeding: VecDeque<Feeding>,
    /// Encoded, but the ring or the arena has no room yet.
    waiting: Option<Encoded>,
    buffer: Vec<u8>,
    staged: Staged,
}

/// Small tasks of one job that are published together.
#[derive(Default)]
struct Staged {
    job: Option<Arc<dyn Job>>,
    /// Which function they call.
    index: u32,
    /// The number of the first.
    first: usize,
    tasks: Small,
}

/// Tasks that are published together at most, so that workers need not wait.
const STAGED_MAX: usize = 64;

struct Encoded {
    bytes: Vec<u8>,
    handles: Vec<Handle>,
    index: u32,
    job: Arc<dyn Job>,
    task: usize,
}

impl Feed {
    pub(super) fn new(board: &Board) -> Feed {
        let (at, bytes) = board.arena();
        Feed {
            position: 0,
            arena: Arena::new(at, bytes),
            functions: OwnMap::default(),
            last: None,
            feeding: VecDeque::new(),
            waiting: None,
            buffer: Vec::new(),
            staged: Staged::default(),
        }
    }

    /// Takes a job's tasks, behind those of older jobs.
    pub(super) fn add(&mut self, feeding: Feeding) {
        self.feeding.push_back(feeding);
    }

    /// How many tasks have been published.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Whether every task is published.
    pub(super) fn is_empty(&self) -> bool {
        self.feeding.is_empty() && self.waiting.is_none()
    }

    /// Gives back the room of a task that has ended.
    pub(super) fn give_back(&mut self, block: Block) {
        self.arena.give_back(block);
    }

    /// The jobs that still have tasks here; none of these is published any more.
    pub(super) fn take_all(&mut self) -> Vec<Arc<dyn Job>> {
        let waiting = self.waiting.take().map(|encoded| encoded.job);
        let feeding = self.feeding.drain(..).map(|feeding| feeding.job);
        feeding.chain(waiting).collect()
    }

    /// Takes away a job of one task that is not published; false when it is not here.
    pub(super) fn remove(&mut self, job: &Arc<dyn Job>) -> bool {
        let count = self.feeding.len();
        self.feeding.retain(|feeding| !is_same(job, &feeding.job));
        let is_waiting = |encoded: &mut Encoded| is_same(job, &encoded.job);
        self.waiting.take_if(is_waiting).is_some() || self.feeding.len() < count
    }

    /// Gives up all that is not published; says which task that was encoded already.
    pub(super) fn cancel_all(&mut self) -> Option<(Arc<dyn Job>, usize)> {
        for feeding in &mut self.feeding {
            feeding.is_cancelled = true;
        }
        let waiting = self.waiting.take();
        waiting.map(|encoded| (encoded.job, encoded.task))
    }

    /// Publishes tasks while there is room; says how many, and which could not be sent at all.
    pub(super) fn pump(
        &mut self,
        board: &Board,
        pendings: &Mutex<Pendings>,
    ) -> (usize, Vec<Early>) {
        let mut early = Vec::new();
        let first = self.position;
        while board.ring().has_room(self.position) {
            let met = match self.waiting {
                Some(_) => None,
                None => self.stage(board),
            };
            if self.publish_staged(board, pendings) > 0 && met.is_none() {
                continue;
            }
            let waiting = self.waiting.take();
            let Some(encoded) = waiting.or_else(|| self.encode(board, &mut early, met)) else {
                break;
            };
            if let Err(encoded) = self.publish(board, pendings, encoded) {
                self.waiting = Some(encoded);
                break;
            }
        }
        ((self.position - first) as usize, early)
    }

    /// Encodes small tasks of the oldest job to be published together; gives what came in their
    /// way, whose bytes are in the buffer.
    fn stage(&mut self, board: &Board) -> Option<thread::Result<Next>> {
        let feeding = self.feeding.front()?;
        if feeding.is_cancelled {
            return None;
        }
        self.staged.index = self.index(board, feeding.function).ok()?;
        let (feeding, staged) = (self.feeding.front_mut()?, &mut self.staged);
        let room = board.ring().room(self.position, STAGED_MAX);
        let met = feeding.stage(&mut staged.tasks, room);
        if staged.tasks.ends.is_empty() {
            // One large task after the other is not copied.
            std::mem::swap(&mut self.buffer, &mut staged.tasks.bytes);
            return met;
        }
        if met.is_some() {
            self.buffer.clear();
            self.buffer.extend_from_slice(staged.tasks.rest());
        }
        staged.job = Some(Arc::clone(&feeding.job));
        staged.first = feeding.next;
        feeding.next += staged.tasks.ends.len();
        met
    }

    /// Publishes what is staged; says how many tasks that were.
    fn publish_staged(&mut self, board: &Board, pendings: &Mutex<Pendings>) -> usize {
        let staged = &mut self.staged;
        let Some(job) = staged.job.take() else {
            staged.tasks.clear();
            return 0;
        };
        let count = staged.tasks.ends.len();
        lock(pendings).add(&job, staged.first, self.position, count);
        let (ring, mut start) = (board.ring(), 0);
        let call = staged.index << 2 | worker::INLINE;
        for end in &staged.tasks.ends {
            ring.publish(self.position, call, &staged.tasks.bytes[start..*end]);
            self.position += 1;
            start = *end;
        }
        staged.tasks.clear();
        board.wake_workers(count);
        count
    }

    /// The next task of the oldest job that has one now; `met` is what the oldest has next.
    fn encode(
        &mut self,
        board: &Board,
        early: &mut Vec<Early>,
        mut met: Option<thread::Result<Next>>,
    ) -> Option<Encoded> {
        let mut at = 0;
        while let Some(feeding) = self.feeding.get_mut(at) {
            let mut bytes = std::mem::take(&mut self.buffer);
            let next = met.take().unwrap_or_else(|| {
                bytes.clear();
                feeding.pull(&mut bytes)
            });
            let (job, task) = (Arc::clone(&feeding.job), feeding.next);
            let function = feeding.function;
            let encoded = match next {
                Ok(Next::Later) if !feeding.is_cancelled => {
                    at += 1;
                    continue;
                }
                Ok(Next::Done) => {
                    self.feeding.remove(at);
                    job.know_count(task);
                    continue;
                }
                Ok(Next::Task(encoded)) if !feeding.is_cancelled => {
                    feeding.next += 1;
                    encoded
                }
                Ok(_) => Err(self.end_early(at, cancelled())),
                Err(_) => {
                    let text = "the iterator of a pool's tasks panicked";
                    Err(self.end_early(at, Error::new(Kind::Remote, text)))
                }
            };
            let function = self.index(board, function);
            match encoded.and_then(|handles| Ok((handles, function?))) {
                Ok((handles, index)) => {
                    return Some(Encoded {
                        bytes,
                        handles,
                        index,
                        job,
                        task,
                    });
                }
                Err(error) => early.push(Early { job, task, error }),
            }
        }
        None
    }

    /// Ends a job with its next task, which is the error.
    fn end_early(&mut self, at: usize, error: Error) -> Error {
        if let Some(feeding) = self.feeding.remove(at) {
            feeding.job.know_count(feeding.next + 1);
        }
        error
    }

    fn index(&mut self, board: &Board, function: Passed) -> Result<u32> {
        if let Some((last, index)) = self.last
            && last == function
        {
            return Ok(index);
        }
        let count = self.functions.len();
        let index = match self.functions.get(&function) {
            Some(index) => *index,
            None if board.set_function(count, function) => {
                self.functions.insert(function, count as u32);
                count as u32
            }
            None => {
                let text =
                    "give a pool more different functions than it has room for: use another pool";
                return Err(Error::new(Kind::Usage, text));
            }
        };
        self.last = Some((function, index));
        Ok(index)
    }

    fn publish(
        &mut self,
        board: &Board,
        pendings: &Mutex<Pendings>,
        encoded: Encoded,
    ) -> std::result::Result<(), Encoded> {
        let Encoded { bytes, handles, .. } = &encoded;
        let is_small = handles.is_empty() && bytes.len() <= INLINE;
        let mut block = None;
        if handles.is_empty() && !is_small && self.arena.can_hold(bytes.len()) {
            block = self.arena.take(bytes.len());
            if block.is_none() {
                // The tasks before it will give back theirs.
                return Err(encoded);
            }
        }
        let Encoded {
            bytes,
            handles,
            index,
            job,
            task,
        } = encoded;
        let mut extra = Extra {
            block,
            on_request: None,
        };
        if !is_small && block.is_none() {
            extra.on_request = Some((bytes, handles));
            self.tell(pendings, (&job, task), extra);
            self.hand_out(board, index << 2 | worker::ON_REQUEST, &[]);
            return Ok(());
        }
        self.tell(pendings, (&job, task), extra);
        match block {
            None => self.hand_out(board, index << 2 | worker::INLINE, &bytes),
            Some(block) => {
                board.memory().copy_in(block.at, &bytes);
                let length = bytes.len();
                let room = Room { block, length }.to_bytes();
                self.hand_out(board, index << 2 | worker::IN_ARENA, &room);
                // Encoding takes time, so nobody waits for those behind it.
                board.wake_workers(1);
            }
        }
        self.buffer = bytes;
        keep_small(&mut self.buffer);
        Ok(())
    }

    fn tell(&self, pendings: &Mutex<Pendings>, (job, task): (&Arc<dyn Job>, usize), extra: Extra) {
        let mut pendings = lock(pendings);
        pendings.add(job, task, self.position, 1);
        if extra.block.is_some() || extra.on_request.is_some() {
            pendings.add_extra(ring::name(self.position), extra);
        }
    }

    fn hand_out(&mut self, board: &Board, call: u32, inline: &[u8]) {
        board.ring().publish(self.position, call, inline);
        self.position += 1;
    }
}

/// Why a task that was taken back has no result.
pub(super) fn cancelled() -> Error {
    Error::new(Kind::Cancelled, "get the result of a pool's task")
}
