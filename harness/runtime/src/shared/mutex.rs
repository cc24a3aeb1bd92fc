//! `Mutex`: a value that can only be reached while its lock is held.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use poolproof_sys::shared::Shared;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Context;
use crate::error::{Error, Kind, Result};
use crate::lock::segment::{self, Segment, SegmentKind};
use crate::lock::word::{self, Found, Word};

/// A multiple of every plain type's alignment.
const VALUE_AT: usize = 64;
const _: () = assert!(VALUE_AT >= word::BYTES);

/// A value in shared memory under a lock; a clone is the same mutex.
///
/// A guard works on a copy that is written back when the guard is dropped, so a process that dies
/// with the lock leaves the value as it was; each lock fails with `is_owner_died` all the same
/// until [`Mutex::reset`], since something else may be half done.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let mutex = mp::Context::default().mutex([0_u64; 2])?;
/// mutex.lock()?[1] += 5;
/// assert_eq!(*mutex.lock()?, [0, 5]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(bound = "")]
pub struct Mutex<T: Shared> {
    #[serde(serialize_with = "segment::serialize")]
    segment: Arc<Segment>,
    #[serde(skip)]
    kind: PhantomData<fn() -> T>,
}

impl Context {
    /// A shared value that can only be reached under its lock.
    ///
    /// # Errors
    /// What the system says when it has no memory or no handles left.
    pub fn mutex<T: Shared>(&self, value: T) -> Result<Mutex<T>> {
        let segment = Segment::create(SegmentKind::Mutex, VALUE_AT + size_of::<T>())?;
        let mutex = Mutex {
            segment,
            kind: PhantomData,
        };
        mutex.store(value);
        Ok(mutex)
    }
}

impl<T: Shared> Mutex<T> {
    /// Waits for the lock; the guard is the value.
    ///
    /// # Errors
    /// `is_owner_died` when an owner died with it.
    pub fn lock(&self) -> Result<MutexGuard<'_, T>> {
        match self.try_lock(None)? {
            Some(guard) => Ok(guard),
            None => Err(Error::new(Kind::Timeout, "lock a mutex")),
        }
    }

    /// Waits at most `timeout` for the lock; none when the time was over first.
    ///
    /// # Errors
    /// As [`Mutex::lock`].
    pub fn lock_timeout(&self, timeout: Duration) -> Result<Option<MutexGuard<'_, T>>> {
        self.try_lock(Some(timeout))
    }

    fn try_lock(&self, timeout: Option<Duration>) -> Result<Option<MutexGuard<'_, T>>> {
        match self.word().take(timeout)? {
            Some(Found::Clean) => Ok(Some(MutexGuard {
                mutex: self,
                value: self.segment.memory().load(self.segment.at(VALUE_AT)),
            })),
            Some(Found::Abandoned) => {
                self.word().release();
                let subject = "lock a mutex (call `reset()` once its value is in order)";
                Err(Error::new(Kind::OwnerDied, subject))
            }
            None => Ok(None),
        }
    }

    /// Says that all is in order again after an owner died.
    pub fn reset(&self) {
        self.word().reset();
    }

    fn store(&self, value: T) {
        let at = self.segment.at(VALUE_AT);
        self.segment.memory().store(at, value);
    }

    fn word(&self) -> Word<'_> {
        self.segment.word(0)
    }
}

impl<'de, T: Shared> Deserialize<'de> for Mutex<T> {
    fn deserialize<D: Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Mutex<T>, D::Error> {
        use serde::de::Error;
        let segment = segment::deserialize::<D, VALUE_AT>(deserializer)?;
        if segment.body_bytes() - VALUE_AT < size_of::<T>() {
            return Err(D::Error::custom(
                "the shared value is smaller than its type",
            ));
        }
        Ok(Mutex {
            segment,
            kind: PhantomData,
        })
    }
}

/// The value of a [`Mutex`], whose lock is held until the guard is dropped.
#[derive(Debug)]
#[must_use = "the lock is held for as long as the guard lives"]
pub struct MutexGuard<'m, T: Shared> {
    mutex: &'m Mutex<T>,
    value: T,
}

impl<T: Shared> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Shared> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Shared> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if self.mutex.segment.is_owned_here() {
            self.mutex.store(self.value);
            self.mutex.word().release();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Context, StartMethod};

    #[test]
    fn what_a_guard_changed_is_there_for_the_next() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        let mutex = context.mutex([0_u32; 4]).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        mutex.lock().unwrap()[2] += 1;
                    }
                });
            }
        });
        let guard = mutex.lock().unwrap();
        assert_eq!(*guard, [0, 0, 4000, 0]);
        let soon = Duration::from_millis(2);
        assert!(mutex.lock_timeout(soon).unwrap().is_none());
    }
}
