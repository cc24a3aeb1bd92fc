//! `Condition`: who holds its lock may wait, giving the lock back meanwhile, until notified.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::mutual::Lock;
use super::patience::Patience;
use super::recursive::{self, RLock};
use super::segment::{self, Segment, SegmentKind};
use super::waiters::{Signal, Waiters};
use crate::Context;
use crate::error::{Error, Kind, Result};

const WAITERS_AT: usize = recursive::BYTES;
const BODY_BYTES: usize = WAITERS_AT + super::waiters::BYTES;

/// The lock of a [`Condition`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ConditionLock {
    /// A lock that is taken once.
    Lock(Lock),
    /// A lock that its owner may take again; waiting gives back all of it.
    RLock(RLock),
}

impl From<Lock> for ConditionLock {
    fn from(lock: Lock) -> ConditionLock {
        ConditionLock::Lock(lock)
    }
}

impl From<RLock> for ConditionLock {
    fn from(lock: RLock) -> ConditionLock {
        ConditionLock::RLock(lock)
    }
}

/// A lock whose holders can wait to be notified; a clone is the same condition.
///
/// A waiter that dies neither blocks who notifies nor takes a notification from another.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// use std::time::Duration;
///
/// let condition = mp::Context::default().condition()?;
/// let _guard = condition.acquire()?;
/// assert!(!condition.wait(Some(Duration::from_millis(1)))?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Condition {
    /// None is the recursive lock in the segment itself.
    lock: Option<ConditionLock>,
    #[serde(serialize_with = "segment::serialize")]
    #[serde(deserialize_with = "segment::deserialize::<_, BODY_BYTES>")]
    segment: Arc<Segment>,
}

impl Context {
    /// A condition with a recursive lock of its own.
    ///
    /// # Errors
    /// What the system says when it has no memory or no handles left.
    pub fn condition(&self) -> Result<Condition> {
        let segment = Segment::create(SegmentKind::Condition, BODY_BYTES)?;
        let lock = None;
        Ok(Condition { lock, segment })
    }

    /// A condition with a lock that others may use too.
    ///
    /// # Errors
    /// What the system says when it has no memory or no handles left.
    pub fn condition_with(&self, lock: impl Into<ConditionLock>) -> Result<Condition> {
        let condition = self.condition()?;
        let lock = Some(lock.into());
        Ok(Condition { lock, ..condition })
    }
}

impl Condition {
    /// The lock.
    #[must_use]
    pub fn lock(&self) -> ConditionLock {
        match &self.lock {
            Some(lock) => lock.clone(),
            None => ConditionLock::RLock(RLock::in_segment(&self.segment)),
        }
    }

    /// Waits for the lock and holds it until the guard is dropped.
    ///
    /// # Errors
    /// `is_owner_died` when an owner died with it.
    pub fn acquire(&self) -> Result<ConditionGuard<'_>> {
        self.acquire_raw(None)?;
        Ok(ConditionGuard { condition: self })
    }

    /// Takes the lock without a guard; true when it is held now. No timeout waits for ever.
    ///
    /// # Errors
    /// As [`Condition::acquire`].
    pub fn acquire_raw(&self, timeout: Option<Duration>) -> Result<bool> {
        match self.lock() {
            ConditionLock::Lock(lock) => lock.acquire_raw(timeout),
            ConditionLock::RLock(lock) => lock.acquire_raw(timeout),
        }
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// What the lock's own `release` says.
    pub fn release(&self) -> Result<()> {
        match self.lock() {
            ConditionLock::Lock(lock) => lock.release(),
            ConditionLock::RLock(lock) => lock.release(),
        }
    }

    /// Gives the lock back, waits to be notified, and takes the lock again; false when the time
    /// was over first.
    ///
    /// # Errors
    /// `is_usage` when the caller does not hold the lock; `is_owner_died` when the lock's owner
    /// died meanwhile, and then the lock is not held.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool> {
        self.check_held("wait on")?;
        let lock = self.lock();
        let waiter = self.waiters().enter()?;
        let count = match &lock {
            ConditionLock::Lock(lock) => lock.release().map(|()| 1)?,
            ConditionLock::RLock(lock) => lock.release_all(),
        };
        let patience = Patience::new(timeout);
        while waiter.nap(patience).is_none() && !patience.is_over() {}
        match &lock {
            ConditionLock::Lock(lock) => lock.acquire_raw(None).map(|_| ())?,
            ConditionLock::RLock(lock) => lock.restore(count)?,
        }
        // Who notifies holds the lock, so this is the last word on whether we were.
        Ok(waiter.signal() == Some(Signal::Done))
    }

    /// Waits until `predicate` is true, asking it first and after each notification; gives its
    /// last answer.
    ///
    /// # Errors
    /// As [`Condition::wait`].
    pub fn wait_for(
        &self,
        mut predicate: impl FnMut() -> bool,
        timeout: Option<Duration>,
    ) -> Result<bool> {
        let patience = Patience::new(timeout);
        loop {
            if predicate() {
                return Ok(true);
            }
            if patience.is_over() {
                return Ok(false);
            }
            self.wait(patience.left())?;
        }
    }

    /// Wakes `count` of those who wait, or all of them when fewer do.
    ///
    /// # Errors
    /// `is_usage` when the caller does not hold the lock.
    pub fn notify(&self, count: usize) -> Result<()> {
        self.check_held("notify")?;
        self.waiters().wake(count, Signal::Done);
        Ok(())
    }

    /// Wakes all who wait.
    ///
    /// # Errors
    /// `is_usage` when the caller does not hold the lock.
    pub fn notify_all(&self) -> Result<()> {
        self.check_held("notify")?;
        self.waiters().wake_all(Signal::Done);
        Ok(())
    }

    fn check_held(&self, verb: &str) -> Result<()> {
        let held = match self.lock() {
            ConditionLock::Lock(lock) => lock.is_mine()?,
            ConditionLock::RLock(lock) => lock.is_mine()?,
        };
        if held {
            return Ok(());
        }
        let subject = format!("{verb} a condition whose lock is not held: acquire it first");
        Err(Error::new(Kind::Usage, subject))
    }

    fn waiters(&self) -> Waiters<'_> {
        Waiters::new(&self.segment, WAITERS_AT)
    }
}

/// Holds the lock of a [`Condition`]; dropping it gives the lock back.
#[derive(Debug)]
#[must_use = "the lock is held for as long as the guard lives"]
pub struct ConditionGuard<'c> {
    condition: &'c Condition,
}

impl Drop for ConditionGuard<'_> {
    fn drop(&mut self) {
        if let ConditionLock::Lock(lock) = self.condition.lock()
            && !lock.is_of_here()
        {
            return;
        }
        // It is not held any more when an owner died during a wait, or someone released it.
        let _ = self.condition.release();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};

    use crate::{Condition, Context, StartMethod};

    fn condition() -> Condition {
        let context = Context::new(StartMethod::Spawn).unwrap();
        context.condition().unwrap()
    }

    #[test]
    fn waiting_and_notifying_need_the_lock() {
        let condition = condition();
        assert!(condition.wait(None).unwrap_err().is_usage());
        assert!(condition.notify(1).unwrap_err().is_usage());
        assert!(condition.notify_all().unwrap_err().is_usage());
    }

    #[test]
    fn a_notification_without_a_waiter_is_not_remembered() {
        let condition = condition();
        let _guard = condition.acquire().unwrap();
        condition.notify(3).unwrap();
        assert!(!condition.wait(Some(Duration::from_millis(5))).unwrap());
    }

    #[test]
    fn as_many_wake_as_are_notified() {
        for lock in [false, true] {
            let context = Context::new(StartMethod::Spawn).unwrap();
            let condition = if lock {
                context.condition_with(context.lock().unwrap()).unwrap()
            } else {
                condition()
            };
            let (waiting, woken) = (AtomicU32::new(0), AtomicU32::new(0));
            let deadline = Instant::now() + Duration::from_secs(10);
            std::thread::scope(|scope| {
                for _ in 0..5 {
                    scope.spawn(|| {
                        let _guard = condition.acquire().unwrap();
                        waiting.fetch_add(1, Ordering::SeqCst);
                        assert!(condition.wait(Some(Duration::from_secs(10))).unwrap());
                        woken.fetch_add(1, Ordering::SeqCst);
                    });
                }
                while waiting.load(Ordering::SeqCst) < 5 {
                    assert!(Instant::now() < deadline);
                    std::thread::yield_now();
                }
                for (count, expected) in [(2, 2), (1, 3), (9, 5)] {
                    let guard = condition.acquire().unwrap();
                    condition.notify(count).unwrap();
                    drop(guard);
                    while woken.load(Ordering::SeqCst) < expected {
                        assert!(Instant::now() < deadline);
                        std::thread::yield_now();
                    }
                    assert_eq!(woken.load(Ordering::SeqCst), expected);
                }
            });
        }
    }

    #[test]
    fn the_first_to_wait_is_woken_first_and_all_at_once_where_all_are_notified() {
        let condition = condition();
        let (sender, woken) = std::sync::mpsc::channel();
        let long = Duration::from_secs(20);
        std::thread::scope(|scope| {
            for number in 0..4 {
                let sender = sender.clone();
                let (condition, is_waiting) = (&condition, AtomicU32::new(0));
                let is_waiting = std::sync::Arc::new(is_waiting);
                let told = std::sync::Arc::clone(&is_waiting);
                scope.spawn(move || {
                    let _guard = condition.acquire().unwrap();
                    told.store(1, Ordering::SeqCst);
                    assert!(condition.wait(Some(long)).unwrap());
                    sender.send(number).unwrap();
                });
                while is_waiting.load(Ordering::SeqCst) == 0 {
                    std::thread::yield_now();
                }
                // Whoever has the lock after that finds it waiting.
                drop(condition.acquire().unwrap());
            }
            for number in 0..2 {
                let guard = condition.acquire().unwrap();
                condition.notify(1).unwrap();
                drop(guard);
                assert_eq!(woken.recv_timeout(long).unwrap(), number);
            }
            let guard = condition.acquire().unwrap();
            condition.notify_all().unwrap();
            drop(guard);
            let both = [(); 2].map(|()| woken.recv_timeout(long).unwrap());
            assert_eq!(both.iter().sum::<i32>(), 2 + 3);
        });
    }

    #[test]
    fn a_wait_gives_back_every_level_of_the_lock() {
        let condition = condition();
        let outer = condition.acquire().unwrap();
        let inner = condition.acquire().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _guard = condition.acquire().unwrap();
                condition.notify_all().unwrap();
            });
            assert!(condition.wait(Some(Duration::from_secs(10))).unwrap());
        });
        drop((inner, outer));
        assert!(condition.release().is_err());
    }
}
