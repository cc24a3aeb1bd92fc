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
use super::ring::{Head, INLINE};
use super::worker;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;
use crate::transfer::{Message, encode};

/// Tasks of one job, in order.
pub(super) trait Source: Send {
    /// Encodes the next task's arguments into empty bytes.
    fn next(&mut self, bytes: &mut Vec<u8>) -> Next;
}

/// What a source has next.
pub(super) enum Next {
    /// A task, with the handles beside its bytes, or why it cannot be sent.
    Task(Result<Vec<Handle>>),
    /// Nothing before results are taken.
    Later,
    /// Nothing any more.
    Done,
}

/// One task.
pub(super) struct Once<A>(pub(super) Option<A>);

impl<A: Message> Source for Once<A> {
    fn next(&mut self, bytes: &mut Vec<u8>) -> Next {
        match self.0.take() {
            Some(argument) => Next::Task(encode(&argument, bytes)),
            None => Next::Done,
        }
    }
}

/// Chunks of a list.
pub(super) struct Chunks<A> {
    pub(super) items: std::vec::IntoIter<A>,
    pub(super) chunk: usize,
}

impl<A: Message> Source for Chunks<A> {
    fn next(&mut self, bytes: &mut Vec<u8>) -> Next {
        if self.chunk == 1 {
            return match self.items.next() {
                Some(item) => Next::Task(encode(&item, bytes)),
                None => Next::Done,
            };
        }
        let items = self.items.as_slice();
        let chunk = items.get(..self.chunk).unwrap_or(items);
        if chunk.is_empty() {
            return Next::Done;
        }
        let (encoded, count) = (encode(chunk, bytes), chunk.len());
        self.items.by_ref().take(count).for_each(drop);
        Next::Task(encoded)
    }
}

/// Chunks of what an iterator gives, asked only while few results wait to be taken.
pub(super) struct Pulled<I> {
    pub(super) items: I,
    pub(super) chunk: usize,
    pub(super) has_room: Box<dyn Fn() -> bool + Send>,
}

impl<A: Message, I: Iterator<Item = A> + Send> Source for Pulled<I> {
    fn next(&mut self, bytes: &mut Vec<u8>) -> Next {
        if !(self.has_room)() {
            return Next::Later;
        }
        let chunk: Vec<A> = self.items.by_ref().take(self.chunk).collect();
        match chunk.as_slice() {
            [] => Next::Done,
            [item] if self.chunk == 1 => Next::Task(encode(item, bytes)),
            chunk => Next::Task(encode(chunk, bytes)),
        }
    }
}

/// A job's tasks on their way to the ring.
pub(super) struct Feeding {
    pub(super) job: Arc<dyn Job>,
    pub(super) source: Box<dyn Source>,
    pub(super) function: Passed,
    pub(super) next: usize,
    /// Whether what is left of it is not wanted any more.
    pub(super) is_cancelled: bool,
}

/// Whether two references are to one job.
pub(super) fn is_same(one: &Arc<dyn Job>, other: &Arc<dyn Job>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other))
}

/// A task that is published and has no outcome yet.
pub(super) struct Pending {
    pub(super) job: Arc<dyn Job>,
    pub(super) task: usize,
    /// Where in the ring it is or was.
    pub(super) position: u64,
    pub(super) block: Option<Block>,
    pub(super) on_request: Option<(Vec<u8>, Vec<Handle>)>,
}

/// An outcome that is known before any worker was asked.
pub(super) struct Early {
    pub(super) job: Arc<dyn Job>,
    pub(super) task: usize,
    pub(super) error: Error,
}

/// The tasks that are published and have no outcome yet, by their name.
#[derive(Default)]
pub(super) struct Pendings {
    places: Vec<Option<(u64, Pending)>>,
    free: Vec<usize>,
    names: u64,
}

const PLACE_BITS: u32 = 20;

impl Pendings {
    fn add(&mut self, pending: Pending) -> u64 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.names += 1;
        let id = self.names << PLACE_BITS | place as u64;
        self.places[place] = Some((id, pending));
        id
    }

    /// The task with a name, which has its outcome now; none for one that had it before.
    pub(super) fn remove(&mut self, id: u64) -> Option<Pending> {
        let place = (id & ((1 << PLACE_BITS) - 1)) as usize;
        let slot = self.places.get_mut(place)?;
        let (_, pending) = slot.take_if(|(known, _)| *known == id)?;
        self.free.push(place);
        Some(pending)
    }

    /// The arguments that a worker asks for.
    pub(super) fn take_request(&mut self, id: u64) -> Option<(Vec<u8>, Vec<Handle>)> {
        let place = (id & ((1 << PLACE_BITS) - 1)) as usize;
        let (known, pending) = self.places.get_mut(place)?.as_mut()?;
        match *known == id {
            true => pending.on_request.take(),
            false => None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.free.len() == self.places.len()
    }

    /// Those of a job, or all: their names and where they are in the ring.
    pub(super) fn positions(&self, job: Option<&Arc<dyn Job>>) -> Vec<(u64, u64)> {
        let pendings = self.places.iter().flatten();
        let wanted =
            pendings.filter(|(_, pending)| job.is_none_or(|job| is_same(job, &pending.job)));
        wanted
            .map(|(id, pending)| (*id, pending.position))
            .collect()
    }

    /// Every task that has no outcome.
    pub(super) fn take_all(&mut self) -> Vec<Pending> {
        self.free.clear();
        let places = std::mem::take(&mut self.places);
        places
            .into_iter()
            .flatten()
            .map(|(_, pending)| pending)
            .collect()
    }
}

/// The producer's private books.
pub(super) struct Feed {
    position: u64,
    arena: Arena,
    functions: HashMap<Passed, u32>,
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
        if let Some(index) = self.functions.get(&function) {
            return Ok(*index);
        }
        let index = self.functions.len();
        if !board.set_function(index, function) {
            let text =
                "give a pool more different functions than it has room for: use another pool";
            return Err(Error::new(Kind::Usage, text));
        }
        self.functions.insert(function, index as u32);
        Ok(index as u32)
    }

    fn publish(
        &mut self,
        board: &Board,
        pendings: &Mutex<Pendings>,
        encoded: Encoded,
    ) -> std::result::Result<(), Encoded> {
        let Encoded {
            bytes,
            handles,
            index,
            job,
            task,
        } = encoded;
        let is_inline = handles.is_empty() && bytes.len() <= INLINE;
        let block = match handles.is_empty() && !is_inline && self.arena.can_hold(bytes.len()) {
            false => None,
            true => match self.arena.take(bytes.len()) {
                Some(block) => Some(block),
                // The tasks before it will give back theirs.
                None => {
                    return Err(Encoded {
                        bytes,
                        handles,
                        index,
                        job,
                        task,
                    });
                }
            },
        };
        let mut pending = Pending {
            job,
            task,
            position: self.position,
            block,
            on_request: None,
        };
        let mut place = [0; 16];
        let (inline, kind): (&[u8], u32) = match block {
            _ if is_inline => (&bytes, worker::INLINE),
            Some(block) => {
                board.memory().copy_in(block.at, &bytes);
                place[..8].copy_from_slice(&(block.at as u64).to_le_bytes());
                place[8..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
                (&place, worker::IN_ARENA)
            }
            None => {
                pending.on_request = Some((bytes.clone(), handles));
                (&[], worker::ON_REQUEST)
            }
        };
        let id = lock(pendings).add(pending);
        let head = Head {
            id,
            call: index << 2 | kind,
            length: inline.len() as u32,
        };
        board.ring().publish(self.position, head, inline);
        self.position += 1;
        self.buffer = bytes;
        if self.buffer.capacity() > 1 << 20 {
            self.buffer = Vec::new();
        }
        Ok(())
    }
}

/// Why a task that was taken back has no result.
pub(super) fn cancelled() -> Error {
    Error::new(Kind::Cancelled, "get the result of a pool's task")
}
