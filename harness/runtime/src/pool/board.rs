//! The shared memory of one pool: ring of tasks, functions, a stream of results for each worker, an
//! arena for large arguments, and the words on which workers and the pool's own thread sleep.
//!
//! A wake-up costs a system call only when somebody sleeps, and a burst of small tasks wakes the
//! pool's thread by the half stream instead of by the result.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::fence;
use std::time::Instant;

use poolproof_sys::function::Passed;
use poolproof_sys::handle::Handle;
use poolproof_sys::memory::SharedMemory;

use super::ring::{self, Ring, WORKERS_MAX};
use super::stream::{self, Stream};
use crate::error::{Error, Kind, Result};

/// Cells of the ring: what is ready ahead of the workers.
const CELLS: usize = 4096;
/// Different functions that one pool can be given.
const FUNCTIONS: usize = 4096;
const FUNCTION: usize = 16;
/// Bytes of a worker's stream of results.
const STREAM: usize = 256 * 1024;
/// Bytes of the arena; nothing of it is committed before it is used.
const ARENA: usize = 16 << 20;
const LINE: usize = 64;

const TASKS: usize = 0;
const LEAVING: usize = 4;
const RESULTS: usize = LINE;
const HANDLER: usize = LINE + 4;
const SLEEPERS: usize = 2 * LINE;

const CURRENT: usize = 0;
const STAGE: usize = 8;
const AREA: usize = LINE + stream::HEADER + STREAM;

/// How far a worker has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Starting = 0,
    Ready = 1,
    /// It has run as many tasks as it may.
    Retired = 2,
    /// Its initializer failed.
    Failed = 3,
    /// It was asked to leave.
    Left = 4,
}

/// When workers leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// As soon as no task is left.
    WhenIdle = 1,
    /// After the task that they run.
    AtOnce = 2,
}

/// What the pool's thread is doing, for workers that have a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HandlerState {
    Awake = 0,
    /// Asleep: each result wakes it.
    Asleep = 1,
    /// Dozing for a moment in a burst of results: much to read, or an idle worker, wakes it.
    Dozing = 2,
}

/// The shared memory of one pool, as one process sees it.
#[derive(Debug)]
pub(super) struct Board {
    memory: SharedMemory,
    workers: usize,
    layout: Layout,
}

/// Where the parts of a board begin.
#[derive(Debug, Clone, Copy)]
struct Layout {
    ring: usize,
    functions: usize,
    areas: usize,
    arena: usize,
}

impl Layout {
    fn of(workers: usize) -> Layout {
        let ring = (SLEEPERS + workers.div_ceil(64) * 8).next_multiple_of(LINE);
        let functions = ring + Ring::bytes(CELLS);
        let areas = (functions + FUNCTIONS * FUNCTION).next_multiple_of(4096);
        let arena = (areas + workers * AREA).next_multiple_of(4096);
        Layout {
            ring,
            functions,
            areas,
            arena,
        }
    }
}

impl Board {
    /// The board of a new pool.
    pub(super) fn new(workers: usize) -> Result<Board> {
        if workers == 0 || workers > WORKERS_MAX {
            let text = format!("a pool has 1 to {WORKERS_MAX} workers, not {workers}");
            return Err(Error::new(Kind::Usage, text));
        }
        let layout = Layout::of(workers);
        let memory = SharedMemory::anonymous(layout.arena + ARENA)
            .map_err(|error| Error::system("make the shared memory of a pool", error))?;
        Ok(Board {
            memory,
            workers,
            layout,
        })
    }

    /// The same board, mapped once more.
    pub(super) fn duplicate(&self) -> Result<Board> {
        let handles = self.memory.handles().map(Handle::duplicate);
        let handles = handles.into_iter().collect::<io::Result<_>>();
        let memory = handles.and_then(SharedMemory::from_handles);
        Ok(Board {
            memory: memory.map_err(|error| Error::system("map the memory of a pool", error))?,
            workers: self.workers,
            layout: self.layout,
        })
    }

    pub(super) fn memory(&self) -> &SharedMemory {
        &self.memory
    }

    pub(super) fn ring(&self) -> Ring<'_> {
        Ring::new(&self.memory, self.layout.ring, CELLS)
    }

    pub(super) fn stream(&self, worker: usize) -> Stream<'_> {
        Stream::new(&self.memory, self.area(worker) + LINE, STREAM)
    }

    /// Bytes of the arena, and where it starts.
    pub(super) fn arena(&self) -> (usize, usize) {
        (self.layout.arena, ARENA)
    }

    /// Keeps a function for the tasks that name its index; false when there is no room.
    pub(super) fn set_function(&self, index: usize, function: Passed) -> bool {
        let is_known = index < FUNCTIONS;
        if is_known {
            self.memory
                .copy_in(self.function(index), &function.to_bytes());
        }
        is_known
    }

    /// The function with an index.
    pub(super) fn function_at(&self, index: u32) -> Passed {
        let mut bytes = [0; FUNCTION];
        let at = self.function((index as usize).min(FUNCTIONS - 1));
        self.memory.copy_out(at, &mut bytes);
        Passed::from_bytes(bytes)
    }

    /// The task that a worker last took out of its cell; zero for none.
    pub(super) fn current(&self, worker: usize) -> u64 {
        self.memory
            .atomic_u64(self.area(worker) + CURRENT)
            .load(Acquire)
    }

    pub(super) fn set_current(&self, worker: usize, id: u64) {
        let current = self.memory.atomic_u64(self.area(worker) + CURRENT);
        current.store(id, Release);
    }

    pub(super) fn stage(&self, worker: usize) -> Stage {
        match self.stage_word(worker).load(Acquire) {
            1 => Stage::Ready,
            2 => Stage::Retired,
            3 => Stage::Failed,
            4 => Stage::Left,
            _ => Stage::Starting,
        }
    }

    pub(super) fn set_stage(&self, worker: usize, stage: Stage) {
        self.stage_word(worker).store(stage as u32, Release);
    }

    /// Makes a worker's place fit for the next one; the last is gone.
    pub(super) fn clear(&self, worker: usize) {
        self.set_current(worker, 0);
        self.set_stage(worker, Stage::Starting);
        self.stream(worker).reset();
        let (word, bit) = self.sleeper(worker);
        word.fetch_and(!bit, SeqCst);
    }

    /// Asks the workers to leave.
    pub(super) fn leave(&self, leaving: Leaving) {
        let word = self.memory.atomic_u32(LEAVING);
        word.fetch_max(leaving as u32, SeqCst);
        self.wake_all_workers();
    }

    /// Asks the workers to leave when no task is left, unless they are asked already.
    pub(super) fn leave_once(&self) {
        if self.leaving().is_none() {
            self.leave(Leaving::WhenIdle);
        }
    }

    /// Whether the workers are asked to leave.
    pub(super) fn leaving(&self) -> Option<Leaving> {
        match self.memory.atomic_u32(LEAVING).load(Acquire) {
            0 => None,
            1 => Some(Leaving::WhenIdle),
            _ => Some(Leaving::AtOnce),
        }
    }

    /// Wakes sleeping workers for `count` new tasks.
    pub(super) fn wake_workers(&self, count: usize) {
        fence(SeqCst);
        let words = self.workers.div_ceil(64);
        let asleep: u32 = (0..words)
            .map(|word| self.memory.atomic_u64(SLEEPERS + word * 8))
            .map(|bits| bits.load(Relaxed).count_ones())
            .sum();
        if asleep > 0 {
            let word = self.memory.wait_word(TASKS);
            word.atomic().fetch_add(1, SeqCst);
            word.wake(asleep.min(u32::try_from(count).unwrap_or(u32::MAX)));
        }
    }

    /// Wakes every worker, to look at the ring and at whether to leave.
    pub(super) fn wake_all_workers(&self) {
        let word = self.memory.wait_word(TASKS);
        word.atomic().fetch_add(1, SeqCst);
        word.wake_all();
    }

    /// The next task of a worker, which sleeps until there is one; none when it is to leave.
    /// `cursor` is how far it has come in the ring.
    pub(super) fn next_task(&self, worker: usize, cursor: &mut u64) -> Option<u64> {
        let ring = self.ring();
        loop {
            if self.leaving() == Some(Leaving::AtOnce) {
                return None;
            }
            if let Some(position) = ring.claim(worker, cursor) {
                if position % (CELLS as u64 / 4) == 0 {
                    self.wake_handler_if(HandlerState::Dozing);
                }
                return Some(position);
            }
            if self.leaving().is_some() {
                return None;
            }
            self.sleep_until_task(worker, cursor);
        }
    }

    fn sleep_until_task(&self, worker: usize, cursor: &mut u64) {
        let ring = self.ring();
        // The producer may be about to publish: giving it the processor is cheaper than sleeping.
        for _ in 0..2 {
            std::thread::yield_now();
            if ring.has_task(cursor) {
                return;
            }
        }
        let (bits, bit) = self.sleeper(worker);
        bits.fetch_or(bit, SeqCst);
        let word = self.memory.wait_word(TASKS);
        let seen = word.atomic().load(SeqCst);
        fence(SeqCst);
        if !ring.has_task(cursor) && self.leaving().is_none() {
            if self.stream(worker).unread() > 0 {
                self.wake_handler_if(HandlerState::Dozing);
            }
            word.wait(seen, None);
        }
        bits.fetch_and(!bit, SeqCst);
    }

    /// Whether there are results for which a sleeping pool's thread is to be woken.
    pub(super) fn has_results(&self, state: HandlerState) -> bool {
        (0..self.workers).any(|worker| {
            let stream = self.stream(worker);
            let (sleepers, bit) = self.sleeper(worker);
            match state {
                HandlerState::Dozing if sleepers.load(Acquire) & bit == 0 => stream.is_half_full(),
                _ => stream.unread() > 0,
            }
        })
    }

    /// Tells the pool's thread of a result that has been written, by an exchange, which is in the
    /// one order of all with this look at whether that thread sleeps.
    pub(super) fn tell_result(&self, worker: usize) {
        match self.handler().load(SeqCst) {
            0 => {}
            1 => self.wake_handler(),
            _ if self.stream(worker).is_half_full() => self.wake_handler(),
            _ => {}
        }
    }

    /// Wakes the pool's thread, if it sleeps.
    pub(super) fn wake_handler(&self) {
        fence(SeqCst);
        if self.handler().swap(HandlerState::Awake as u32, SeqCst) != 0 {
            self.rouse_handler();
        }
    }

    /// Wakes the pool's thread even where it is said to be awake: a worker that died may have said
    /// so and not lived to wake it.
    pub(super) fn rouse_handler(&self) {
        let word = self.memory.wait_word(RESULTS);
        word.atomic().fetch_add(1, SeqCst);
        word.wake(1);
    }

    fn wake_handler_if(&self, state: HandlerState) {
        fence(SeqCst);
        if self.handler().load(Relaxed) == state as u32 {
            self.wake_handler();
        }
    }

    /// Puts the pool's thread to sleep unless `has_work`, asked after it is seen to sleep.
    pub(super) fn sleep(
        &self,
        state: HandlerState,
        deadline: Option<Instant>,
        has_work: impl FnOnce() -> bool,
    ) {
        let word = self.memory.wait_word(RESULTS);
        let seen = word.atomic().load(SeqCst);
        self.handler().store(state as u32, SeqCst);
        fence(SeqCst);
        if !has_work() {
            word.wait(seen, deadline);
        }
        self.handler().store(HandlerState::Awake as u32, SeqCst);
    }

    fn handler(&self) -> &poolproof_sys::atomic::AtomicU32 {
        self.memory.atomic_u32(HANDLER)
    }

    fn stage_word(&self, worker: usize) -> &poolproof_sys::atomic::AtomicU32 {
        self.memory.atomic_u32(self.area(worker) + STAGE)
    }

    fn sleeper(&self, worker: usize) -> (&poolproof_sys::atomic::AtomicU64, u64) {
        let word = self.memory.atomic_u64(SLEEPERS + worker / 64 * 8);
        (word, 1 << (worker % 64))
    }

    fn area(&self, worker: usize) -> usize {
        self.layout.areas + worker * AREA
    }

    fn function(&self, index: usize) -> usize {
        self.layout.functions + index * FUNCTION
    }
}

const _: () = assert!(ring::CELL == LINE && AREA.is_multiple_of(LINE));

mod travelling;
