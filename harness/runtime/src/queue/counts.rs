//! What a pipe counts: the room that its bound leaves, and the values that nobody has dealt with.
//!
//! Each count changes by one write, so that whoever dies leaves it as it was or as it is to be.
//! What a process has put is noted under its slot before it takes room, and what of that is written
//! by its writers' lock's holder, who notes before each write what the counts are after it: whoever
//! takes the lock back from the dead can tell from the position whether that was written.
//!
//! One count may be wrong for a while: a process that dies between noting a value and taking room
//! for it, or between giving room back and taking the value, leaves room for one more value than
//! the bound says, until the queue is drained once. Room is never lost.

use std::sync::atomic::Ordering::{Acquire, SeqCst};
use std::time::Duration;

use poolproof_sys::atomic::{AtomicU32, AtomicU64};

use super::bell::Bell;
use super::channel::{Channel, Position, SLOTS_AT};
use crate::error::Result;
use crate::lock::segment::SLOTS;
use crate::lock::semaphore::Count;
use crate::lock::word::Found;

const FREE_AT: usize = 128;
const BOUND_AT: usize = 136;
const DONE_AT: usize = 192;
const ALL_DONE_AT: usize = 196;
/// How many frames were ever written.
const FRAMES_AT: usize = 204;
/// What that and the writer's own count are after the frames that were last begun to be written.
const BATCH_AT: usize = 208;
/// Whose these are: its slot.
const BATCH_SLOT_AT: usize = 224;

impl Channel {
    pub(super) fn start_counts(&self, bound: u32) {
        self.segment.atomic_u32(BOUND_AT).store(bound, SeqCst);
        self.free().start(bound);
    }

    /// Values that may still be put.
    pub(super) fn free(&self) -> Count<'_> {
        Count::new(&self.segment, FREE_AT)
    }

    pub(super) fn bound(&self) -> u32 {
        self.segment.atomic_u32(BOUND_AT).load(Acquire)
    }

    /// Takes room for one value, waiting for some; false when the time was over first.
    pub(super) fn take_room(&self, timeout: Option<Duration>) -> Result<bool> {
        let put = self.put(self.segment.slot()?);
        put.fetch_add(1, SeqCst);
        let taken = self.free().take_mending(timeout, || {
            // Where it fails, the next nap ends with another try.
            let _ = self.forget_dead();
        });
        if !taken {
            put.fetch_sub(1, SeqCst);
            self.all_done().ring_all();
        }
        Ok(taken)
    }

    /// Gives back the room of one value that was taken.
    pub(super) fn give_room(&self) {
        // It fails where the dead had kept less than it seemed; the bound holds.
        self.free().give(self.bound());
    }

    /// Takes back so many values of this process, which will never be written.
    pub(super) fn forget(&self, count: u32) {
        if let Ok(slot) = self.segment.slot() {
            for _ in 0..count {
                self.give_room();
                self.put(slot).fetch_sub(1, SeqCst);
            }
            self.all_done().ring_all();
        }
    }

    /// Takes back what an earlier process with our slot has put and not written.
    pub(super) fn start_writing(&self) -> Result<()> {
        let slot = self.segment.slot()?;
        while !self.count_batch_of(slot)? {
            std::thread::yield_now();
        }
        self.forget_rest(slot);
        Ok(())
    }

    /// What the dead never wrote takes no room, and nobody waits until it is dealt with.
    fn forget_dead(&self) -> Result<()> {
        for slot in self.segment.dead_slots() {
            // It is dead, so what it has begun to write does not change any more but by this.
            if self.unwritten(slot) > 0 && self.count_batch_of(slot)? {
                self.forget_rest(slot);
            }
        }
        Ok(())
    }

    /// Takes back what the process of a slot has put and not written, now that it is dead; another
    /// process may do the same.
    fn forget_rest(&self, slot: usize) {
        loop {
            let put = self.put(slot).load(SeqCst);
            if below_zero_is_zero(put.wrapping_sub(self.written(slot).load(SeqCst))) == 0 {
                break;
            }
            // Before it is forgotten: room that is given twice does no harm, room that is lost does.
            self.give_room();
            // It fails where another has forgotten it.
            let less = put.wrapping_sub(1);
            let _ = self.put(slot).compare_exchange(put, less, SeqCst, SeqCst);
        }
        self.all_done().ring_all();
    }

    /// Notes what is to be counted once so many more bytes with so many frames are written. The
    /// caller holds the writers' lock.
    pub(super) fn begin_batch(&self, bytes: usize, frames: u32) -> Result<()> {
        let slot = self.segment.slot()?;
        let all = self.frames().load(SeqCst).wrapping_add(frames);
        let own = self.written(slot).load(SeqCst).wrapping_add(frames);
        let end = self.get(Position::Written) + bytes as u64;
        // First, since it is not reached yet: so nothing is counted while the rest is noted.
        self.set(Position::BatchEnd, end);
        self.batch_slot().store(slot as u32, SeqCst);
        self.batch()
            .store(u64::from(all) << 32 | u64::from(own), SeqCst);
        Ok(())
    }

    /// Counts the frames that were begun to be written, if they are written; to do so again changes
    /// nothing. The caller holds the writers' lock.
    pub(super) fn end_batch(&self) {
        if self.get(Position::Written) < self.get(Position::BatchEnd) {
            return;
        }
        let batch = self.batch().load(SeqCst);
        // Counted twice for a moment, rather than never.
        self.frames().store((batch >> 32) as u32, SeqCst);
        let slot = self.batch_slot().load(SeqCst) as usize;
        self.written(slot % SLOTS).store(batch as u32, SeqCst);
        self.all_done().ring_all();
    }

    /// Counts what the process of a slot, which is dead, had written when it died; false where
    /// another process has still to do that.
    fn count_batch_of(&self, slot: usize) -> Result<bool> {
        let is_counted = || self.written(slot).load(SeqCst) == self.batch().load(SeqCst) as u32;
        if self.batch_slot().load(SeqCst) as usize != slot || is_counted() {
            return Ok(true);
        }
        let Some((_held, found)) = Channel::hold(self.writer_word(), Some(Duration::ZERO))? else {
            return Ok(false);
        };
        if found == Found::Abandoned {
            // The lock stays abandoned: the next writer does the rest, which may take time.
            self.find_written()?;
        }
        self.end_batch();
        Ok(true)
    }

    /// Says that a value is dealt with; false when all are.
    pub(super) fn task_done(&self) -> bool {
        let next = |done: u32| (self.unfinished(done) > 0).then(|| done.wrapping_add(1));
        match self.done().fetch_update(SeqCst, SeqCst, next) {
            Ok(before) => {
                if self.unfinished(before.wrapping_add(1)) == 0 {
                    self.all_done().ring_all();
                }
                true
            }
            Err(_) => false,
        }
    }

    /// Waits until every value that was put is dealt with; false when the time was over first.
    pub(super) fn await_all_done(&self, timeout: Option<Duration>) -> Result<bool> {
        let is_over = || self.unfinished(self.done().load(SeqCst)) == 0;
        self.all_done()
            .wait(timeout, is_over, || self.forget_dead())
    }

    /// Values that were put and are not dealt with.
    fn unfinished(&self, done: u32) -> u32 {
        // What is not written first: what is written meanwhile counts twice rather than never.
        let slots = 0..self.segment.claimed_slots();
        let unwritten = slots.fold(0_u32, |sum, slot| sum.wrapping_add(self.unwritten(slot)));
        let put = unwritten.wrapping_add(self.frames().load(SeqCst));
        below_zero_is_zero(put.wrapping_sub(done))
    }

    /// What a process has put and not written.
    fn unwritten(&self, slot: usize) -> u32 {
        let written = self.written(slot).load(SeqCst);
        below_zero_is_zero(self.put(slot).load(SeqCst).wrapping_sub(written))
    }

    /// All that was in the pipe is thrown away.
    pub(super) fn start_over_counts(&self) {
        self.set(Position::BatchEnd, u64::MAX);
        self.free().start(self.bound());
    }

    fn put(&self, slot: usize) -> &AtomicU32 {
        self.segment.atomic_u32(SLOTS_AT + 8 * slot)
    }

    fn written(&self, slot: usize) -> &AtomicU32 {
        self.segment.atomic_u32(SLOTS_AT + 8 * slot + 4)
    }

    fn frames(&self) -> &AtomicU32 {
        self.segment.atomic_u32(FRAMES_AT)
    }

    fn batch(&self) -> &AtomicU64 {
        self.segment.atomic_u64(BATCH_AT)
    }

    fn batch_slot(&self) -> &AtomicU32 {
        self.segment.atomic_u32(BATCH_SLOT_AT)
    }

    fn done(&self) -> &AtomicU32 {
        self.segment.atomic_u32(DONE_AT)
    }

    fn all_done(&self) -> Bell<'_> {
        Bell::new(&self.segment, ALL_DONE_AT, self.writer_word())
    }
}

fn below_zero_is_zero(count: u32) -> u32 {
    if count > u32::MAX / 2 { 0 } else { count }
}
