//! The ring of tasks: one producer publishes, and any idle worker claims the oldest task by one
//! compare-and-swap that writes the worker's number into the task's cell.
//!
//! So no task waits beside an idle worker, and a cell says whose task it is from the very moment it
//! is somebody's: a worker that dies is found in its cell, or in the word where it keeps the task
//! that it has taken out ([`super::board`]).
//! A cell is free again as soon as its task is copied out, however long the task runs.
//! Who sleeps until there is a task, and what a task means, is left to others.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use poolproof_sys::memory::SharedMemory;

/// Bytes of a cell: one cache line, so that two workers do not share one.
pub(super) const CELL: usize = 64;
/// Bytes of a payload that lie in the cell itself.
pub(super) const INLINE: usize = CELL - PAYLOAD;
/// Bytes before the cells: the position that workers look at first, on a line of its own.
pub(super) const HEADER: usize = 64;

const ID: usize = 8;
const CALL: usize = 16;
const LENGTH: usize = 20;
const PAYLOAD: usize = 24;

const WORKER_BITS: u32 = 14;
const TAG_BITS: u32 = 2;
const READY: u64 = 1;
const CLAIMED: u64 = 2;
const TAKEN: u64 = 3;

/// Workers that a ring can tell apart.
pub(super) const WORKERS_MAX: usize = 1 << WORKER_BITS;

/// What the first words of a cell say of its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The producer's name for the task.
    pub(super) id: u64,
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

    /// Publishes a task at the producer's next position, which must have room.
    pub(super) fn publish(&self, position: u64, head: Head, inline: &[u8]) {
        let cell = self.cell(position);
        self.memory.atomic_u64(cell + ID).store(head.id, Relaxed);
        self.memory
            .atomic_u32(cell + CALL)
            .store(head.call, Relaxed);
        let length = self.memory.atomic_u32(cell + LENGTH);
        length.store(head.length, Relaxed);
        self.memory.copy_in(cell + PAYLOAD, inline);
        self.state(position)
            .store(word(position, READY, 0), Release);
    }

    /// Claims the oldest task for a worker; gives its position.
    pub(super) fn claim(&self, worker: usize) -> Option<u64> {
        let next = self.next();
        loop {
            let position = next.load(Acquire);
            let state = self.state(position);
            let seen = state.load(Acquire);
            let ready = word(position, READY, 0);
            if seen == ready {
                let claimed = word(position, CLAIMED, worker as u64);
                if state
                    .compare_exchange(ready, claimed, AcqRel, Acquire)
                    .is_ok()
                {
                    self.pass(position);
                    return Some(position);
                }
            } else if seen < ready {
                return None;
            }
            // Somebody else's: whoever sees that moves all workers on, so that one who dies
            // between its claim and this does not hold the others up.
            self.pass(position);
        }
    }

    /// Whether the oldest task is waiting for a worker.
    pub(super) fn has_task(&self) -> bool {
        loop {
            let position = self.next().load(Acquire);
            let seen = self.state(position).load(Acquire);
            let ready = word(position, READY, 0);
            if seen <= ready {
                return seen == ready;
            }
            self.pass(position);
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

    /// What a claimed cell says of its task.
    pub(super) fn head(&self, position: u64) -> Head {
        let cell = self.cell(position);
        Head {
            id: self.memory.atomic_u64(cell + ID).load(Relaxed),
            call: self.memory.atomic_u32(cell + CALL).load(Relaxed),
            length: self.memory.atomic_u32(cell + LENGTH).load(Relaxed),
        }
    }

    /// Copies the inline payload of a claimed cell.
    pub(super) fn copy_payload(&self, position: u64, payload: &mut [u8]) {
        self.memory.copy_out(self.cell(position) + PAYLOAD, payload);
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

    fn pass(&self, position: u64) {
        // Lost to another who did the same: the position has moved on either way.
        let _ = self
            .next()
            .compare_exchange(position, position + 1, AcqRel, Relaxed);
    }

    fn next(&self) -> &'m poolproof_sys::atomic::AtomicU64 {
        self.memory.atomic_u64(self.at)
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
