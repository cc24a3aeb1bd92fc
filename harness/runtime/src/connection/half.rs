//! The lock on one half of a connection, whose holder may wait while it has it: for messages, or for
//! room.
//!
//! This process may be copied meanwhile. The holder does not exist in the copy, where nobody can
//! ever let go of the lock, so there a use of it is refused instead of waiting for ever.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use poolproof_sys::copies::epoch;

use crate::error::{Error, Kind, Result};
use crate::locked::lock;

/// How soon a lock that another has is looked at again, by whoever waits for it within a time.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// What receives, or what sends, for one thread at a time.
#[derive(Debug)]
pub(super) struct Half<T> {
    half: Mutex<T>,
    /// The process, by its fork epoch, in which it was taken last.
    taken_in: AtomicU32,
}

impl<T> Half<T> {
    pub(super) fn new(half: T) -> Half<T> {
        Half {
            half: Mutex::new(half),
            taken_in: AtomicU32::new(0),
        }
    }

    pub(super) fn lock(&self) -> Result<MutexGuard<'_, T>> {
        let half = match self.half.try_lock() {
            Ok(half) => half,
            Err(TryLockError::Poisoned(held)) => held.into_inner(),
            Err(TryLockError::WouldBlock) => {
                // Whoever waits with it has said so before.
                if ![0, epoch()].contains(&self.taken_in.load(Ordering::Relaxed)) {
                    let text = "use a connection that another thread used while this process was \
                                copied: make another pipe";
                    return Err(Error::new(Kind::Usage, text));
                }
                lock(&self.half)
            }
        };
        self.taken_in.store(epoch(), Ordering::Relaxed);
        Ok(half)
    }

    /// None where another has it until the deadline, if there is one.
    ///
    /// It looks again and again: a lock that can be waited for within a time would cost more where
    /// nobody else wants it, which is where each message passes.
    pub(super) fn lock_until(
        &self,
        deadline: Option<Instant>,
    ) -> Result<Option<MutexGuard<'_, T>>> {
        let Some(deadline) = deadline else {
            return self.lock().map(Some);
        };
        while matches!(self.half.try_lock(), Err(TryLockError::WouldBlock)) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            std::thread::sleep(left.min(LOOK_AGAIN));
        }
        self.lock().map(Some)
    }

    /// None while another has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.half.try_lock().ok()
    }
}
