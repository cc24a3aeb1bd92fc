//! `RLock`: a lock that its owner, one thread of one process, may take again.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use poolproof_sys::atomic::AtomicU32;
use serde::{Deserialize, Serialize};

use super::mutual::owner_died;
use super::segment::{self, Segment, SegmentKind};
use super::word::{self, Found, Word};
use crate::Context;
use crate::error::{Error, Kind, Result};

/// Who holds the lock: its owner word and a thread's number; only its holder writes it.
const HOLDER_AT: usize = word::BYTES;
const COUNT_AT: usize = HOLDER_AT + 8;
/// What a recursive lock takes at the start of a body.
pub(crate) const BYTES: usize = 32;

/// A lock that the thread which holds it may take again; a clone is the same lock.
///
/// It is free once it was released as often as it was acquired, by the thread that acquired it.
/// When the process that holds it dies, each acquire fails with `is_owner_died` until
/// [`RLock::reset`].
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let lock = mp::Context::default().rlock()?;
/// let _outer = lock.acquire()?;
/// let _inner = lock.acquire()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RLock {
    #[serde(serialize_with = "segment::serialize")]
    #[serde(deserialize_with = "segment::deserialize::<_, BYTES>")]
    segment: Arc<Segment>,
}

impl Context {
    /// A recursive lock that nobody holds.
    ///
    /// # Errors
    /// What the system says when it has no memory or no handles left.
    pub fn rlock(&self) -> Result<RLock> {
        let segment = Segment::create(SegmentKind::RLock, BYTES)?;
        Ok(RLock { segment })
    }
}

impl RLock {
    /// The lock at the start of a segment's body.
    pub(crate) fn in_segment(segment: &Arc<Segment>) -> RLock {
        RLock {
            segment: Arc::clone(segment),
        }
    }

    /// Waits until the lock is free or ours and holds it until the guard is dropped.
    ///
    /// # Errors
    /// `is_owner_died` when an owner died with it.
    pub fn acquire(&self) -> Result<RLockGuard<'_>> {
        self.place().acquire()
    }

    /// Waits at most `timeout`; true when the lock is held now, until [`RLock::release`].
    ///
    /// # Errors
    /// As [`RLock::acquire`].
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<bool> {
        self.acquire_raw(Some(timeout))
    }

    /// Takes the lock if it is free or ours; true when it is held, until [`RLock::release`].
    ///
    /// # Errors
    /// As [`RLock::acquire`].
    pub fn try_acquire(&self) -> Result<bool> {
        self.acquire_raw(Some(Duration::ZERO))
    }

    /// Takes the lock without a guard; no timeout waits for ever.
    ///
    /// # Errors
    /// As [`RLock::acquire`], and `is_usage` when it was taken too often.
    pub fn acquire_raw(&self, timeout: Option<Duration>) -> Result<bool> {
        self.place().take(timeout)
    }

    /// Gives back one acquire of this thread.
    ///
    /// # Errors
    /// `is_not_owner` when this thread does not hold it.
    pub fn release(&self) -> Result<()> {
        match self.place().release()? {
            true => Ok(()),
            false => Err(Error::new(Kind::NotOwner, "release a recursive lock")),
        }
    }

    /// Says that what the lock guards is in order again after its owner died.
    pub fn reset(&self) {
        self.place().word().reset();
    }

    /// Whether this thread holds the lock.
    pub(crate) fn is_mine(&self) -> Result<bool> {
        self.place().is_mine()
    }

    /// Gives back all acquires of this thread, to be taken again with [`RLock::restore`].
    pub(super) fn release_all(&self) -> u32 {
        let place = self.place();
        let count = place.count().load(Relaxed);
        place.give_back();
        count
    }

    /// Waits for the lock and holds it as often as [`RLock::release_all`] gave it back.
    pub(super) fn restore(&self, count: u32) -> Result<()> {
        self.acquire_raw(None)?;
        self.place().count().store(count, Relaxed);
        Ok(())
    }

    fn place(&self) -> Recursive<'_> {
        Recursive::in_segment(&self.segment)
    }
}

/// A recursive lock at the start of a segment's body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recursive<'s> {
    segment: &'s Segment,
}

impl<'s> Recursive<'s> {
    #[inline]
    pub(crate) fn in_segment(segment: &'s Segment) -> Recursive<'s> {
        Recursive { segment }
    }

    #[inline]
    pub(crate) fn acquire(self) -> Result<RLockGuard<'s>> {
        self.take(None)?;
        Ok(RLockGuard { lock: self })
    }

    #[inline]
    fn take(self, timeout: Option<Duration>) -> Result<bool> {
        let owner = self.segment.owner()?;
        let me = me(owner);
        if self.holder() == me {
            return self.take_again();
        }
        match self.word().take_as(owner, timeout) {
            Some(Found::Clean) => {
                self.hold(me, 1);
                Ok(true)
            }
            Some(Found::Abandoned) => {
                self.give_back();
                Err(owner_died("acquire a recursive lock"))
            }
            None => Ok(false),
        }
    }

    fn take_again(self) -> Result<bool> {
        let count = self.count().load(Relaxed);
        let next = count.checked_add(1);
        let next = next
            .ok_or_else(|| Error::new(Kind::Usage, "acquire a recursive lock 4294967296 times"))?;
        self.count().store(next, Relaxed);
        Ok(true)
    }

    /// Gives back one acquire of this thread; false when it holds none.
    #[inline]
    fn release(self) -> Result<bool> {
        if !self.is_mine()? {
            return Ok(false);
        }
        let count = self.count().load(Relaxed);
        if count > 1 {
            self.count().store(count - 1, Relaxed);
        } else {
            self.give_back();
        }
        Ok(true)
    }

    #[inline]
    fn is_mine(self) -> Result<bool> {
        Ok(self.holder() == me(self.segment.owner()?))
    }

    #[inline]
    fn give_back(self) {
        self.hold(0, 0);
        self.word().release();
    }

    #[inline]
    fn hold(self, holder: u64, count: u32) {
        self.count().store(count, Relaxed);
        self.segment.atomic_u64(HOLDER_AT).store(holder, Relaxed);
    }

    #[inline]
    fn holder(self) -> u64 {
        self.segment.atomic_u64(HOLDER_AT).load(Relaxed)
    }

    #[inline]
    fn count(self) -> &'s AtomicU32 {
        self.segment.atomic_u32(COUNT_AT)
    }

    #[inline]
    fn word(self) -> Word<'s> {
        self.segment.word(0)
    }
}

/// This thread of this process; a number that no other has while it could be compared, since an
/// owner word has a generation.
#[inline]
fn me(owner: u32) -> u64 {
    u64::from(owner) << 32 | u64::from(thread_number())
}

#[inline]
fn thread_number() -> u32 {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    thread_local! {
        static NUMBER: Cell<u32> = const { Cell::new(0) };
    }
    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(NEXT.fetch_add(1, Relaxed));
        }
        number.get()
    })
}

/// Holds an [`RLock`] once more; dropping it gives that back.
#[derive(Debug)]
#[must_use = "the lock is held for as long as the guard lives"]
pub struct RLockGuard<'l> {
    lock: Recursive<'l>,
}

impl Drop for RLockGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        // A guard that moved to another thread does not hold the lock, and gives nothing back.
        let _ = self.lock.release();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Context, StartMethod};

    #[test]
    fn its_owner_takes_it_again_and_another_thread_does_not() {
        let lock = Context::new(StartMethod::Spawn).unwrap().rlock().unwrap();
        assert!(lock.try_acquire().unwrap() && lock.try_acquire().unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(!lock.try_acquire().unwrap());
                assert!(lock.release().unwrap_err().is_not_owner());
            });
        });
        lock.release().unwrap();
        lock.release().unwrap();
        assert!(lock.release().unwrap_err().is_not_owner());
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(lock.acquire_timeout(Duration::from_secs(5)).unwrap()));
        });
    }
}
