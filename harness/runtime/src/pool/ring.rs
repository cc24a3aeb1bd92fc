//! The ring of tasks: one producer publishes, and any idle worker claims the oldest task by one
//! compare-and-swap that writes the worker's number into the task's cell.
//!
//! Each worker looks for it from behind the last one that it has seen claimed, which needs no word
//! that all of them write to for each task.
//! So no task waits beside an idle worker, and a cell says whose task it is from the very moment it
//! is somebody's: a worker that dies is found in its cell, or in the word where it keeps the task
//! that it has taken out ([`super::board`]).
//! A cell is free again as soon as its task is copied out, however long the task runs, and its
//! position, which no other task ever has, names the task.
//! Who sleeps until there is a task, and what a task means, is left to others.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use poolproof_sys::memory::SharedMemory;

use super::words::{put, take};

/// Bytes of a cell: one cache line, so that two workers do not share one.
pub(super) const CELL: usize = 64;
/// Bytes of a payload that lie in the cell itself.
pub(super) const INLINE: usize = CELL - PAYLOAD * 8;
/// Bytes before the cells: the position where a worker begins to look, on a line of its own.
pub(super) const HEADER: usize = 64;

/// Of a cell's words, the one that says what the task is, and where the payload begins; the first
/// is the cell's state.
const HEAD: usize = 1;
const PAYLOAD: usize = 2;

/// Tasks after which a worker tells how far it has come.
const STEP: u64 = 64;

const WORKER_BITS: u32 = 14;
const TAG_BITS: u32 = 2;
const READY: u64 = 1;
const CLAIMED: u64 = 2;
const TAKEN: u64 = 3;

/// Workers that a ring can tell apart.
pub(super) const WORKERS_MAX: usize = 1 << WORKER_BITS;

/// The name of the task at a position, which is not zero.
pub(super) const fn name(position: u64) -> u64 {
    position + 1
}

/// The position of the task with a name.
pub(super) const fn position(name: u64) -> u64 {
    name.wrapping_sub(1)
}

/// What a cell says of its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// What is to be done with the payload.
    pub(super) call: u32,
    /// Bytes of the payload that lie in the cell.
    pub(super) length: u32,
}

/// A ring in shared memory, at `at`, of a power of two of cells.
#[derive(Clone, Copy)]
pub(super) struct Ring<'m> {
    memory: &'m SharedMemory,
    at: usize,
    cells: u64,
}

impl<'m> Ring<'m> {
    /// Bytes that a ring of so many cells needs.
    pub(super) const fn bytes(cells: usize) -> usize {
        HEADER + cells * CELL
    }

    /// The ring at `at`; zeroed memory is an empty ring.
    pub(super) fn new(memory: &'m SharedMemory, at: usize, cells: usize) -> Ring<'m> {
        debug_assert!(cells.is_power_of_two() && at.is_multiple_of(CELL));
        Ring {
            memory,
            at,
            cells: cells as u64,
        }
    }

    /// Whether the producer can publish at `position`: the cell's last task is copied out.
    pub(super) fn has_room(&self, position: u64) -> bool {
        let state = self.state(position).load(Acquire);
        match position.checked_sub(self.cells) {
            Some(before) => state >> (WORKER_BITS + TAG_BITS) == before && tag(state) == TAKEN,
            None => state == 0,
        }
    }

    /// How many positions in a row have room, of `most` from `position` on.
    pub(super) fn room(&self, position: u64, most: usize) -> usize {
        let positions = position..position + most as u64;
        let taken = positions.take_while(|position| self.has_room(*position));
        taken.count()
    }

    /// Publishes a task at the producer's next position, which must have room; its payload is not
    /// longer than [`INLINE`].
    #[inline]
    pub(super) fn publish(&self, position: u64, call: u32, inline: &[u8]) {
        let words = self.memory.words(self.cell(position), CELL);
        let head = (inline.len() as u64) << 32 | u64::from(call);
        words[HEAD].store(head, Relaxed);
        put(&words[PAYLOAD..], inline);
        words[0].store(word(position, READY, 0), Release);
    }

    /// Claims the oldest task for a worker; gives its position. All tasks before `cursor`, which is
    /// the worker's own and zero at first, are claimed.
    pub(super) fn claim(&self, worker: usize, cursor: &mut u64) -> Option<u64> {
        while self.has_task(cursor) {
            let position = *cursor;
            let ready = word(position, READY, 0);
            let claimed = word(position, CLAIMED, worker as u64);
            let state = self.state(position);
            let claim = state.compare_exchange(ready, claimed, AcqRel, Acquire);
            self.pass(cursor);
            if claim.is_ok() {
                return Some(position);
            }
        }
        None
    }

    /// Whether a task waits for a worker; the cursor is then at the oldest.
    pub(super) fn has_task(&self, cursor: &mut u64) -> bool {
        loop {
            let seen = self.state(*cursor).load(Acquire);
            let ready = word(*cursor, READY, 0);
            if seen <= ready {
                return seen == ready;
            }
            self.pass(cursor);
        }
    }

    /// Takes back a published task that no worker has claimed; false when one has.
    pub(super) fn withdraw(&self, position: u64) -> bool {
        let (ready, taken) = (word(position, READY, 0), word(position, TAKEN, 0));
        let outcome = self
            .state(position)
            .compare_exchange(ready, taken, AcqRel, Acquire);
        outcome.is_ok()
    }

    /// Whether a published task waits for a worker.
    pub(super) fn is_ready(&self, position: u64) -> bool {
        self.state(position).load(Acquire) == word(position, READY, 0)
    }

    /// Copies what a claimed cell says of its task, and its payload.
    #[inline]
    pub(super) fn copy_out(&self, position: u64, payload: &mut [u8; INLINE]) -> Head {
        let words = self.memory.words(self.cell(position), CELL);
        let head = words[HEAD].load(Relaxed);
        let (call, length) = (head as u32, (head >> 32) as u32);
        take(&words[PAYLOAD..], payload, length as usize);
        Head { call, length }
    }

    /// Frees a claimed cell: its task is copied out, or its worker is dead.
    pub(super) fn free(&self, position: u64) {
        self.state(position)
            .store(word(position, TAKEN, 0), Release);
    }

    /// The position of a cell that a dead worker has claimed and not freed.
    pub(super) fn claimed_by(&self, worker: usize) -> Option<u64> {
        (0..self.cells).find_map(|cell| {
            let state = self.state(cell).load(Acquire);
            let is_claimed =
                tag(state) == CLAIMED && state & ((1 << WORKER_BITS) - 1) == worker as u64;
            is_claimed.then_some(state >> (WORKER_BITS + TAG_BITS))
        })
    }

    /// Moves a cursor past a task that is claimed, or as far as others have come.
    fn pass(&self, cursor: &mut u64) {
        *cursor += 1;
        let begin = self.memory.atomic_u64(self.at);
        if cursor.is_multiple_of(STEP) {
            begin.fetch_max(*cursor, AcqRel);
        }
        *cursor = begin.load(Acquire).max(*cursor);
    }

    fn state(&self, position: u64) -> &'m poolproof_sys::atomic::AtomicU64 {
        self.memory.atomic_u64(self.cell(position))
    }

    fn cell(&self, position: u64) -> usize {
        self.at + HEADER + (position & (self.cells - 1)) as usize * CELL
    }
}

/// A cell's state: words of one cell only ever grow, from lap to lap and from tag to tag.
fn word(position: u64, tag: u64, worker: u64) -> u64 {
    (position << TAG_BITS | tag) << WORKER_BITS | worker
}

fn tag(state: u64) -> u64 {
    state >> WORKER_BITS & ((1 << TAG_BITS) - 1)
}

#[cfg(test)]
mod tests;
