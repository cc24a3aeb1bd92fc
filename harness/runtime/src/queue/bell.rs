//! Sleeping until something may have changed, and waking those who do, without a call to the
//! system where nobody sleeps.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::fence;
use std::time::Duration;

use poolproof_sys::atomic::AtomicU32;

use crate::error::Result;
use crate::lock::patience::Patience;
use crate::lock::segment::Segment;
use crate::lock::word::Word;

const WAITING_AT: usize = 4;
/// Looks before the first sleep, after pauses that grow: each look makes whoever changes what is
/// looked at slower, and a taker of one value at a time as it comes would keep its putter slow.
/// After the short pauses others on this processor get their turn between looks.
///
/// All of them together last about as long as a sleeper takes to wake on another processor. So two
/// that answer each other both stay awake, once they are.
const LOOKS: u32 = 24;
const PAUSES_MIN: u32 = 8;
const PAUSES_MAX: u32 = 16;

/// A bell at its place: how often it was rung, then how many wait for it; and the lock under
/// which that changes which they wait for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bell<'s> {
    segment: &'s Segment,
    offset: usize,
    lock: Word<'s>,
}

impl<'s> Bell<'s> {
    #[inline]
    pub(super) fn new(segment: &'s Segment, offset: usize, lock: Word<'s>) -> Bell<'s> {
        Bell {
            segment,
            offset,
            lock,
        }
    }

    /// Waits until it is so; false when the time was over first. A nap that went by without a
    /// wake is `in_vain`: who should have rung may be dead.
    pub(super) fn wait(
        self,
        timeout: Option<Duration>,
        is_so: impl Fn() -> bool,
        in_vain: impl Fn() -> Result<()>,
    ) -> Result<bool> {
        if timeout == Some(Duration::ZERO) {
            if !is_so() {
                in_vain()?;
            }
            return Ok(is_so());
        }
        let patience = Patience::new(timeout);
        if self.look(patience, &is_so) {
            return Ok(true);
        }
        // A waiter that is killed leaves this too high: a wake too many, never one too few.
        self.waiting().fetch_add(1, SeqCst);
        let outcome = self.sleep(patience, is_so, in_vain);
        self.waiting().fetch_sub(1, SeqCst);
        outcome
    }

    fn look(self, patience: Patience, is_so: &impl Fn() -> bool) -> bool {
        let mut pauses = PAUSES_MIN;
        for _ in 0..LOOKS {
            (0..pauses).for_each(|_| std::hint::spin_loop());
            if is_so() {
                return true;
            }
            if pauses < PAUSES_MAX {
                pauses *= 2;
                continue;
            }
            if patience.is_over() {
                return false;
            }
            std::thread::yield_now();
            if is_so() {
                return true;
            }
        }
        false
    }

    fn sleep(
        self,
        patience: Patience,
        is_so: impl Fn() -> bool,
        in_vain: impl Fn() -> Result<()>,
    ) -> Result<bool> {
        loop {
            let rung = self.rung().load(SeqCst);
            fence(SeqCst);
            self.lock.see();
            if is_so() {
                return Ok(true);
            }
            if patience.is_over() {
                return Ok(false);
            }
            let word = self.segment.memory();
            if patience.nap(word.wait_word(self.segment.at(self.offset)), rung) {
                in_vain()?;
            }
        }
    }

    /// Whether someone sleeps; those who fall asleep now see what was changed before the lock was
    /// given back, or before a fence.
    #[inline]
    pub(super) fn is_awaited(self) -> bool {
        self.waiting().load(SeqCst) > 0
    }

    /// Wakes one who waits. What they wait for was changed under the lock, which is given back.
    #[inline]
    pub(super) fn ring_one_if_awaited(self) {
        if self.is_awaited() {
            self.ring(1);
        }
    }

    /// Wakes one who waits.
    pub(super) fn ring_one(self) {
        self.ring(1);
    }

    /// Wakes all who wait.
    pub(super) fn ring_all(self) {
        self.ring(i32::MAX as u32);
    }

    fn ring(self, count: u32) {
        fence(SeqCst);
        if self.is_awaited() {
            self.rung().fetch_add(1, SeqCst);
            let memory = self.segment.memory();
            memory.wait_word(self.segment.at(self.offset)).wake(count);
        }
    }

    fn rung(self) -> &'s AtomicU32 {
        self.segment.atomic_u32(self.offset)
    }

    #[inline]
    fn waiting(self) -> &'s AtomicU32 {
        self.segment.atomic_u32(self.offset + WAITING_AT)
    }
}
