//! `Barrier`: a fixed number of parties wait until all of them do.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::time::Duration;

use poolproof_sys::atomic::AtomicU32;
use serde::{Deserialize, Serialize};

use super::patience::Patience;
use super::segment::{self, Segment, SegmentKind};
use super::waiters::{Signal, Waiter, Waiters};
use super::word::{self, Found, Word};
use crate::Context;
use crate::error::{Error, Kind, Result};

const PARTIES_AT: usize = word::BYTES;
const COUNT_AT: usize = PARTIES_AT + 4;
const BROKEN_AT: usize = COUNT_AT + 4;
const WAITERS_AT: usize = 32;
const BODY_BYTES: usize = WAITERS_AT + super::waiters::BYTES;
/// As many as can wait on one object.
const PARTIES_MAX: u32 = 1024;

/// A meeting point of a fixed number of parties; a clone is the same barrier.
///
/// A party that leaves early, by its timeout, its death or [`Barrier::abort`], breaks the barrier
/// for all until [`Barrier::reset`].
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let barrier = mp::Context::default().barrier(2)?;
/// std::thread::scope(|scope| {
///     let other = scope.spawn(|| barrier.wait(None));
///     let (here, there) = (barrier.wait(None)?, other.join().unwrap()?);
///     assert_eq!(here + there, 1);
///     mp::Result::Ok(())
/// })?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Barrier {
    #[serde(serialize_with = "segment::serialize")]
    #[serde(deserialize_with = "segment::deserialize::<_, BODY_BYTES>")]
    segment: Arc<Segment>,
}

impl Context {
    /// A barrier for `parties`.
    ///
    /// # Errors
    /// `is_usage` for no party or more than 1024; what the system says when it has no memory left.
    pub fn barrier(&self, parties: u32) -> Result<Barrier> {
        if parties == 0 || parties > PARTIES_MAX {
            let subject = format!("make a barrier for {parties}: 1 to {PARTIES_MAX} can meet");
            return Err(Error::new(Kind::Usage, subject));
        }
        let segment = Segment::create(SegmentKind::Barrier, BODY_BYTES)?;
        segment.atomic_u32(PARTIES_AT).store(parties, Relaxed);
        Ok(Barrier { segment })
    }
}

impl Barrier {
    /// Waits until all parties do; gives each another number from 0 to parties − 1.
    ///
    /// # Errors
    /// `is_broken_barrier` when it is broken, or breaks while this party waits; a passed timeout
    /// breaks it.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<usize> {
        self.wait_with(timeout, || Ok::<(), Error>(()))
    }

    /// Like [`Barrier::wait`]; the last to arrive runs `action` before anyone goes on.
    ///
    /// # Errors
    /// As [`Barrier::wait`]; an error of `action` goes to the party that ran it, and breaks the
    /// barrier for the others.
    pub fn wait_with<E: From<Error>>(
        &self,
        timeout: Option<Duration>,
        action: impl FnOnce() -> std::result::Result<(), E>,
    ) -> std::result::Result<usize, E> {
        let patience = Patience::new(timeout);
        let held = self.hold()?;
        if self.is_broken() {
            return Err(broken().into());
        }
        let index = self.count().load(Relaxed);
        if index + 1 < self.parties_u32() {
            let waiter = self.waiters().enter()?;
            self.count().store(index + 1, Relaxed);
            drop(held);
            self.sleep(&waiter, patience)?;
            return Ok(index as usize);
        }
        if let Err(error) = action() {
            self.break_now();
            return Err(error);
        }
        self.count().store(0, Relaxed);
        self.waiters().wake_all(Signal::Done);
        Ok(index as usize)
    }

    fn sleep(&self, waiter: &Waiter<'_>, patience: Patience) -> Result<()> {
        loop {
            match waiter.nap(patience) {
                Some(Signal::Done) => return Ok(()),
                Some(Signal::Broken) => return Err(broken()),
                None => {}
            }
            let _held = self.hold()?;
            // Who passes or breaks the barrier holds it, so a waiter without a signal still waits.
            if waiter.signal().is_none() && (patience.is_over() || self.waiters().has_dead()) {
                self.break_now();
            }
        }
    }

    /// Breaks the barrier: all who wait, and all who come, fail.
    ///
    /// # Errors
    /// What the system says when this process cannot use the barrier.
    pub fn abort(&self) -> Result<()> {
        let _held = self.hold()?;
        self.break_now();
        Ok(())
    }

    /// Makes the barrier new; who waits fails.
    ///
    /// # Errors
    /// What the system says when this process cannot use the barrier.
    pub fn reset(&self) -> Result<()> {
        let _held = self.hold()?;
        self.fail_waiting();
        self.broken().store(0, SeqCst);
        Ok(())
    }

    /// How many must wait until all go on.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.parties_u32() as usize
    }

    /// How many wait now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.count().load(SeqCst) as usize
    }

    /// Whether it is broken.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken().load(SeqCst) != 0
    }

    /// The caller holds the barrier.
    fn break_now(&self) {
        self.broken().store(1, SeqCst);
        self.fail_waiting();
    }

    fn fail_waiting(&self) {
        self.count().store(0, SeqCst);
        self.waiters().wake_all(Signal::Broken);
    }

    /// Takes the inner lock; a party that died with it has broken the barrier.
    fn hold(&self) -> Result<Held<'_>> {
        let word = self.segment.word(0);
        let found = word.take(None)?;
        let held = Held { word };
        if found == Some(Found::Abandoned) {
            self.break_now();
            word.reset();
        }
        Ok(held)
    }

    fn parties_u32(&self) -> u32 {
        self.segment.atomic_u32(PARTIES_AT).load(Relaxed)
    }

    fn count(&self) -> &AtomicU32 {
        self.segment.atomic_u32(COUNT_AT)
    }

    fn broken(&self) -> &AtomicU32 {
        self.segment.atomic_u32(BROKEN_AT)
    }

    fn waiters(&self) -> Waiters<'_> {
        Waiters::new(&self.segment, WAITERS_AT)
    }
}

fn broken() -> Error {
    Error::new(Kind::BrokenBarrier, "wait at a barrier")
}

/// Holds the inner lock until dropped, also when an action panics.
struct Held<'b> {
    word: Word<'b>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.word.give_back();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use crate::{Barrier, Context, Error, StartMethod};

    const LONG: Option<Duration> = Some(Duration::from_secs(10));

    fn barrier(parties: u32) -> Barrier {
        let context = Context::new(StartMethod::Spawn).unwrap();
        context.barrier(parties).unwrap()
    }

    #[test]
    fn the_numbers_are_a_permutation_each_time() {
        let barrier = barrier(3);
        for _ in 0..100 {
            let mut numbers: Vec<usize> = std::thread::scope(|scope| {
                let parties: Vec<_> = (0..3)
                    .map(|_| scope.spawn(|| barrier.wait(LONG).unwrap()))
                    .collect();
                parties
                    .into_iter()
                    .map(|party| party.join().unwrap())
                    .collect()
            });
            numbers.sort_unstable();
            assert_eq!(numbers, [0, 1, 2]);
        }
    }

    #[test]
    fn the_action_runs_once_before_anyone_goes_on() {
        let (barrier, runs) = (barrier(3), AtomicU32::new(0));
        let action = || {
            runs.fetch_add(1, Ordering::SeqCst);
            Ok::<(), Error>(())
        };
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    barrier.wait_with(LONG, action).unwrap();
                    assert_eq!(runs.load(Ordering::SeqCst), 1);
                });
            }
        });
    }

    #[test]
    fn a_passed_timeout_breaks_it_and_a_reset_heals_it() {
        let barrier = barrier(2);
        let timed_out = barrier.wait(Some(Duration::from_millis(2)));
        assert!(timed_out.unwrap_err().is_broken_barrier() && barrier.is_broken());
        assert!(barrier.wait(None).unwrap_err().is_broken_barrier());
        barrier.reset().unwrap();
        assert!(!barrier.is_broken());
        std::thread::scope(|scope| {
            scope.spawn(|| barrier.wait(LONG).unwrap());
            barrier.wait(LONG).unwrap();
        });
    }

    #[test]
    fn an_abort_and_a_failed_action_fail_all_who_wait() {
        for fails in [false, true] {
            let barrier = barrier(2);
            std::thread::scope(|scope| {
                let waiter = scope.spawn(|| barrier.wait(LONG));
                while barrier.waiting() == 0 {
                    std::thread::yield_now();
                }
                if fails {
                    let action = || Err(Error::new(crate::error::Kind::Value, "act"));
                    assert!(barrier.wait_with(LONG, action).unwrap_err().is_value());
                } else {
                    barrier.abort().unwrap();
                }
                assert!(waiter.join().unwrap().unwrap_err().is_broken_barrier());
                assert!(barrier.is_broken());
            });
        }
    }

    #[test]
    fn a_reset_fails_who_waits_and_lets_the_next_ones_meet() {
        let barrier = barrier(2);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| barrier.wait(LONG));
            while barrier.waiting() == 0 {
                std::thread::yield_now();
            }
            barrier.reset().unwrap();
            assert!(waiter.join().unwrap().unwrap_err().is_broken_barrier());
            assert!(!barrier.is_broken());
            assert_eq!(barrier.waiting(), 0);
            let next = scope.spawn(|| barrier.wait(LONG).unwrap());
            let own = barrier.wait(LONG).unwrap();
            assert_eq!(own + next.join().unwrap(), 1);
        });
    }

    #[test]
    fn nobody_can_meet_at_a_barrier_for_none() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        assert!(context.barrier(0).unwrap_err().is_usage());
    }
}
