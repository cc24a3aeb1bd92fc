//! Feeds the ring: takes the next task from the oldest job that has one, encodes it and publishes
//! it, as long as there is room.
//!
//! Tasks are encoded one by one as they are needed, so that a long input costs the memory of what is
//! under way and not of the whole.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use poolproof_sys::function::Passed;
use poolproof_sys::handle::Handle;

use super::arena::{Arena, Block};
use super::board::Board;
use super::job::Job;
use super::pendings::{Pending, Pendings, is_same};
use super::ring::{Head, INLINE};
use super::source::{Next, Source};
use super::worker::{self, Room};
use crate::error::{Error, Kind, Result};
use crate::locked::lock;

/// A job's tasks on their way to the ring.
pub(super) struct Feeding {
    pub(super) job: Arc<dyn Job>,
    pub(super) source: Box<dyn Source>,
    pub(super) function: Passed,
    pub(super) next: usize,
    /// Whether what is left of it is not wanted any more.
    pub(super) is_cancelled: bool,
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
    functions: HashMap<Passed, u32>,
    /// The function of the last task.
    last: Option<(Passed, u32)>,
    feeding: VecDeque<Feeding>,
    /// Encoded, but the ring or the arena has no room yet.
    waiting: Option<Encoded>,
    buffer: Vec<u8>,
}

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
            functions: HashMap::new(),
            last: None,
            feeding: VecDeque::new(),
            waiting: None,
            buffer: Vec::new(),
        }
    }

    /// Takes a job's tasks, behind those of older jobs.
    pub(super) fn add(&mut self, feeding: Feeding) {
        self.feeding.push_back(feeding);
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
            let Some(encoded) = self
                .waiting
                .take()
                .or_else(|| self.encode(board, &mut early))
            else {
                break;
            };
            if let Err(encoded) = self.publish(board, pendings, encoded) {
                self.waiting = Some(encoded);
                break;
            }
        }
        ((self.position - first) as usize, early)
    }

    /// The next task of the oldest job that has one now.
    fn encode(&mut self, board: &Board, early: &mut Vec<Early>) -> Option<Encoded> {
        let mut at = 0;
        while let Some(feeding) = self.feeding.get_mut(at) {
            let mut bytes = std::mem::take(&mut self.buffer);
            bytes.clear();
            let source = &mut feeding.source;
            let next = catch_unwind(AssertUnwindSafe(|| source.next(&mut bytes)));
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
        let is_inline = handles.is_empty() && bytes.len() <= INLINE;
        let mut block = None;
        if handles.is_empty() && !is_inline && self.arena.can_hold(bytes.len()) {
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
        let mut pending = Pending {
            job,
            task,
            position: self.position,
            block,
            on_request: None,
        };
        match block {
            _ if is_inline => self.tell(board, pendings, pending, (index, worker::INLINE), &bytes),
            Some(block) => {
                board.memory().copy_in(block.at, &bytes);
                let length = bytes.len();
                let room = Room { block, length }.to_bytes();
                self.tell(board, pendings, pending, (index, worker::IN_ARENA), &room);
                // It takes time to encode, so nobody waits for those behind it.
                board.wake_workers(1);
            }
            None => {
                pending.on_request = Some((bytes, handles));
                self.tell(board, pendings, pending, (index, worker::ON_REQUEST), &[]);
                return Ok(());
            }
        }
        self.buffer = bytes;
        worker::keep_small(&mut self.buffer);
        Ok(())
    }

    fn tell(
        &mut self,
        board: &Board,
        pendings: &Mutex<Pendings>,
        pending: Pending,
        (index, place): (u32, u32),
        inline: &[u8],
    ) {
        let head = Head {
            id: lock(pendings).add(pending),
            call: index << 2 | place,
            length: inline.len() as u32,
        };
        board.ring().publish(self.position, head, inline);
        self.position += 1;
    }
}

/// Why a task that was taken back has no result.
pub(super) fn cancelled() -> Error {
    Error::new(Kind::Cancelled, "get the result of a pool's task")
}
