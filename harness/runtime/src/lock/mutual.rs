//! `Lock`: held by one at a time, released by anyone.
//! Taking it twice in one thread waits for itself; `RLock` does not.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::segment::{self, Segment, SegmentKind};
use super::word::{self, Found, Word};
use crate::Context;
use crate::error::{Error, Kind, Result};

/// A lock that processes and threads share; a clone is the same lock.
///
/// Any process may release it. When the process that holds it dies, each acquire fails with
/// `is_owner_died` until [`Lock::reset`] says that what it guards is in order again.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let lock = mp::Context::default().lock()?;
/// let guard = lock.acquire()?;
/// assert!(!lock.try_acquire()?);
/// drop(guard);
/// assert!(lock.try_acquire()?);
/// lock.release()?;
/// assert!(lock.release().unwrap_err().is_over_release());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lock {
    #[serde(serialize_with = "segment::serialize")]
    #[serde(deserialize_with = "segment::deserialize::<_, { word::BYTES }>")]
    segment: Arc<Segment>,
}

impl Context {
    /// A lock that nobody holds.
    ///
    /// # Errors
    /// What the system says when it has no memory or no handles left.
    pub fn lock(&self) -> Result<Lock> {
        let segment = Segment::create(SegmentKind::Lock, word::BYTES)?;
        Ok(Lock { segment })
    }
}

impl Lock {
    /// Waits until the lock is free and holds it until the guard is dropped.
    ///
    /// # Errors
    /// `is_owner_died` when an owner died with it.
    #[inline]
    pub fn acquire(&self) -> Result<LockGuard<'_>> {
        self.acquire_raw(None)?;
        Ok(LockGuard { lock: self })
    }

    /// Waits at most `timeout`; true when the lock is held now, until [`Lock::release`].
    ///
    /// # Errors
    /// As [`Lock::acquire`].
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<bool> {
        self.acquire_raw(Some(timeout))
    }

    /// Takes the lock if it is free; true when it is held now, until [`Lock::release`].
    ///
    /// # Errors
    /// As [`Lock::acquire`].
    pub fn try_acquire(&self) -> Result<bool> {
        self.acquire_raw(Some(Duration::ZERO))
    }

    /// Takes the lock without a guard; no timeout waits for ever.
    ///
    /// # Errors
    /// As [`Lock::acquire`].
    #[inline]
    pub fn acquire_raw(&self, timeout: Option<Duration>) -> Result<bool> {
        match self.word().take(timeout)? {
            Some(Found::Clean) => Ok(true),
            Some(Found::Abandoned) => {
                self.word().release();
                Err(owner_died("acquire a lock"))
            }
            None => Ok(false),
        }
    }

    /// Gives the lock back, whoever holds it.
    ///
    /// # Errors
    /// `is_over_release` when nobody holds it.
    pub fn release(&self) -> Result<()> {
        if self.word().release() {
            Ok(())
        } else {
            Err(Error::new(Kind::OverRelease, "release a lock"))
        }
    }

    /// Says that what the lock guards is in order again after its owner died.
    pub fn reset(&self) {
        self.word().reset();
    }

    /// Whether someone holds the lock.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.word().is_held()
    }

    /// Whether it is held where this runs, and not in the process that this is a copy of.
    pub(super) fn is_of_here(&self) -> bool {
        self.segment.is_owned_here()
    }

    pub(super) fn is_mine(&self) -> Result<bool> {
        self.word().is_mine()
    }

    #[inline]
    fn word(&self) -> Word<'_> {
        self.segment.word(0)
    }
}

pub(super) fn owner_died(subject: &str) -> Error {
    Error::new(
        Kind::OwnerDied,
        format!("{subject} (call `reset()` once what it guards is in order)"),
    )
}

/// Holds a [`Lock`]; dropping it gives the lock back.
#[derive(Debug)]
#[must_use = "the lock is held for as long as the guard lives"]
pub struct LockGuard<'l> {
    lock: &'l Lock,
}

impl Drop for LockGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        // Someone else may have released it already, which is theirs to answer for.
        self.lock.word().give_back();
    }
}
