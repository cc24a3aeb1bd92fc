//! The lock on one half of a connection, whose holder may wait while it has it: for messages, or for
//! room.
//!
//! This process may be copied meanwhile. The holder does not exist in the copy, where nobody can
//! ever let go of the lock, so there a use of it is refused instead of waiting for ever.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};

use poolproof_sys::copies::epoch;

use crate::error::{Error, Kind, Result};
use crate::locked::lock;

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

    /// None while another has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.half.try_lock().ok()
    }
}
