//! The lock word: the owner's slot and a bit that says that others wait, in one 32-bit word that
//! the acquiring compare-and-swap itself writes.
//!
//! So there is no moment at which a lock is held and nobody knows by whom. Whoever waits looks
//! again at least every 50 ms; when the owner is dead, the lock is taken back by a
//! compare-and-swap on the exact word seen, and is then *abandoned* until someone says that what
//! it guards is in order again. What to do about that is for the objects built on it.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::time::Duration;

use super::patience::Patience;
use super::registry::OWNER_MASK;
use super::segment::Segment;
use crate::error::Result;
use poolproof_sys::atomic::AtomicU32;

/// What a lock word takes in a body: the word, then the abandoned flag.
pub(crate) const BYTES: usize = 8;
const ABANDONED_AT: usize = 4;
const WAITERS: u32 = 1 << 31;
/// Looks at a held lock before the first sleep, each after twice the pause of the one before: a
/// look takes the word's line away from its holder, who is slower for it.
const LOOKS: u32 = 6;

/// A lock word at its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'s> {
    segment: &'s Segment,
    offset: usize,
}

/// How a lock was found when it was taken; it is held in both cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Its last owner released it.
    Clean,
    /// An owner died with it, and nobody has called [`Word::reset`] since.
    Abandoned,
}

impl Segment {
    /// The lock word at an offset of the body; it takes [`super::word::BYTES`].
    #[inline]
    pub(crate) fn word(&self, offset: usize) -> Word<'_> {
        Word::new(self, offset)
    }
}

impl<'s> Word<'s> {
    #[inline]
    pub(super) fn new(segment: &'s Segment, offset: usize) -> Word<'s> {
        Word { segment, offset }
    }

    /// Takes the lock; none when the time was over first. A zero timeout only tries.
    #[inline]
    pub(crate) fn take(self, timeout: Option<Duration>) -> Result<Option<Found>> {
        Ok(self.take_as(self.segment.owner()?, timeout))
    }

    /// As [`Word::take`], for this process by the owner word that it has in the segment.
    #[inline]
    pub(crate) fn take_as(self, me: u32, timeout: Option<Duration>) -> Option<Found> {
        let taken = self
            .atomic()
            .compare_exchange(0, me, Acquire, Relaxed)
            .is_ok();
        if taken {
            return Some(self.found());
        }
        self.take_slowly(me, timeout)
    }

    /// Takes the lock where nobody holds it, without a look at whether a holder lives.
    #[inline]
    pub(crate) fn take_free(self) -> Result<Option<Found>> {
        let me = self.segment.owner()?;
        let taken = self.atomic().compare_exchange(0, me, Acquire, Relaxed);
        Ok(taken.is_ok().then(|| self.found()))
    }

    /// After this is seen what was changed under the lock before it was last given back; see
    /// [`Word::release`].
    pub(crate) fn see(self) {
        self.atomic().load(SeqCst);
    }

    #[cold]
    fn take_slowly(self, me: u32, timeout: Option<Duration>) -> Option<Found> {
        if timeout != Some(Duration::ZERO) && self.spin(me) {
            return Some(self.found());
        }
        let patience = Patience::new(timeout);
        let (mut slept, mut slept_in_vain) = (false, false);
        loop {
            let seen = self.atomic().load(Relaxed);
            if seen == 0 {
                // Others may wait still, so the bit is kept: one wake too many at worst.
                if self.replace(0, me | WAITERS) {
                    return Some(self.found());
                }
                continue;
            }
            let over = patience.is_over();
            if (over || slept_in_vain) && !self.segment.registry().is_alive(seen & OWNER_MASK) {
                if self.replace(seen, me | WAITERS) {
                    self.abandoned().store(1, Release);
                    return Some(Found::Abandoned);
                }
                continue;
            }
            // Who gives up may have been woken in place of another, who has to be woken then.
            if (!over || slept) && seen & WAITERS == 0 && !self.replace(seen, seen | WAITERS) {
                continue;
            }
            if over {
                return None;
            }
            let memory = self.segment.memory();
            let word = memory.wait_word(self.segment.at(self.offset));
            slept_in_vain = patience.nap(word, seen | WAITERS);
            slept = true;
        }
    }

    fn spin(self, me: u32) -> bool {
        for look in 0..LOOKS {
            (0..1 << look).for_each(|_| std::hint::spin_loop());
            if self.atomic().load(Relaxed) == 0 && self.replace(0, me) {
                return true;
            }
        }
        false
    }

    /// Gives the lock back, whoever holds it; false when nobody did.
    ///
    /// Who says that it waits, then calls [`Word::see`], and then looks, either sees what was
    /// changed under the lock, or is seen to wait by who looks for waiters after this: all four
    /// are in the one order of `SeqCst`. So who wakes needs no fence of its own.
    #[inline]
    pub(crate) fn release(self) -> bool {
        let before = self.atomic().swap(0, SeqCst);
        if before & WAITERS != 0 {
            self.wake();
        }
        before != 0
    }

    /// As [`release`](Word::release), at the end of what holds the lock in this process: in a copy,
    /// whose original holds it still, nothing happens.
    #[inline]
    pub(crate) fn give_back(self) {
        if self.segment.is_owned_here() {
            self.release();
        }
    }

    #[cold]
    fn wake(self) {
        let memory = self.segment.memory();
        memory.wait_word(self.segment.at(self.offset)).wake(1);
    }

    /// Whether this process holds the lock.
    pub(crate) fn is_mine(self) -> Result<bool> {
        Ok(self.atomic().load(Relaxed) & OWNER_MASK == self.segment.owner()?)
    }

    /// Whether anyone holds the lock.
    pub(crate) fn is_held(self) -> bool {
        self.atomic().load(Relaxed) != 0
    }

    /// Says that what the lock guards is in order again; takes the lock from a dead owner.
    pub(crate) fn reset(self) {
        let seen = self.atomic().load(Acquire);
        if seen != 0 && !self.segment.registry().is_alive(seen & OWNER_MASK) {
            // Where this fails someone else has taken the lock back meanwhile.
            self.replace(seen, 0);
        }
        self.abandoned().store(0, Release);
    }

    #[inline]
    fn found(self) -> Found {
        match self.abandoned().load(Relaxed) {
            0 => Found::Clean,
            _ => Found::Abandoned,
        }
    }

    fn replace(self, seen: u32, next: u32) -> bool {
        self.atomic()
            .compare_exchange(seen, next, AcqRel, Relaxed)
            .is_ok()
    }

    #[inline]
    fn atomic(self) -> &'s AtomicU32 {
        self.segment.atomic_u32(self.offset)
    }

    #[inline]
    fn abandoned(self) -> &'s AtomicU32 {
        self.segment.atomic_u32(self.offset + ABANDONED_AT)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};

    use super::{Found, WAITERS};
    use crate::lock::segment::{Segment, SegmentKind};

    fn segment() -> Arc<Segment> {
        Segment::create(SegmentKind::Lock, super::BYTES).unwrap()
    }

    #[test]
    fn a_free_lock_is_taken_and_a_held_one_is_not() {
        let segment = segment();
        let word = segment.word(0);
        assert_eq!(word.take(None).unwrap(), Some(Found::Clean));
        assert!(word.is_mine().unwrap() && word.is_held());
        assert_eq!(word.take(Some(Duration::ZERO)).unwrap(), None);
        assert!(word.release());
        assert!(!word.release());
    }

    #[test]
    fn a_timeout_is_waited_for_and_not_exceeded_by_much() {
        let segment = segment();
        segment.word(0).take(None).unwrap();
        let start = Instant::now();
        let timeout = Duration::from_millis(20);
        assert_eq!(segment.word(0).take(Some(timeout)).unwrap(), None);
        assert!(start.elapsed() >= timeout);
    }

    #[test]
    fn who_gives_up_leaves_the_others_to_be_woken() {
        let segment = segment();
        let word = segment.word(0);
        word.take(None).unwrap();
        let me = segment.owner().unwrap();
        std::thread::scope(|scope| {
            let hasty = scope.spawn(|| segment.word(0).take(Some(Duration::from_millis(200))));
            while segment.atomic_u32(0).load(Ordering::SeqCst) & WAITERS == 0 {
                std::thread::yield_now();
            }
            // Given back and taken again before the waiter that was woken had its turn.
            segment.atomic_u32(0).store(me, Ordering::SeqCst);
            assert_eq!(hasty.join().unwrap().unwrap(), None);
        });
        assert_eq!(
            segment.atomic_u32(0).load(Ordering::SeqCst),
            me | WAITERS,
            "another may sleep still"
        );
    }

    #[test]
    fn a_dead_owner_s_lock_is_taken_back_and_stays_abandoned_until_reset() {
        let segment = segment();
        let word = segment.word(0);
        let me = segment.owner().unwrap();
        let dead = segment.registry().claim().unwrap();
        segment.registry().unclaim(dead);
        for left in [dead, dead | WAITERS] {
            segment.atomic_u32(0).store(left, Ordering::SeqCst);
            assert_eq!(word.take(None).unwrap(), Some(Found::Abandoned));
            assert!(word.is_mine().unwrap());
            assert!(word.release());
            assert_eq!(word.take(None).unwrap(), Some(Found::Abandoned));
            word.reset();
            assert!(
                word.is_mine().unwrap(),
                "a reset takes nothing from the living"
            );
            assert!(word.release());
            assert_eq!(word.take(None).unwrap(), Some(Found::Clean));
            assert!(word.release());
        }
        assert_eq!(segment.owner().unwrap(), me);
    }

    #[test]
    fn threads_exclude_each_other() {
        let segment = segment();
        let counter = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5000 {
                        segment.word(0).take(None).unwrap().unwrap();
                        let value = counter.load(Ordering::Relaxed);
                        counter.store(value + 1, Ordering::Relaxed);
                        segment.word(0).release();
                    }
                });
            }
        });
        assert_eq!(counter.into_inner(), 20_000);
    }
}
