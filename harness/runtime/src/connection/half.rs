//! The lock on a connection's receiving half, whose holder waits for messages while it has it.
//!
//! This process may be copied meanwhile. The holder does not exist in the copy, where nobody can
//! ever let go of the lock, so there a receive is refused instead of waiting for ever.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};

use poolproof_sys::identity::epoch;

use super::reader::Reader;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;

/// What receives, for one thread at a time.
#[derive(Debug)]
pub(super) struct ReadHalf {
    reader: Mutex<Reader>,
    /// The process, by its fork epoch, in which it was taken last.
    taken_in: AtomicU32,
}

impl ReadHalf {
    pub(super) fn new(reader: Reader) -> ReadHalf {
        ReadHalf {
            reader: Mutex::new(reader),
            taken_in: AtomicU32::new(0),
        }
    }

    pub(super) fn lock(&self) -> Result<MutexGuard<'_, Reader>> {
        let reader = match self.reader.try_lock() {
            Ok(reader) => reader,
            Err(TryLockError::Poisoned(held)) => held.into_inner(),
            Err(TryLockError::WouldBlock) => {
                // Whoever waits with it has said so before, and others are never copied with it.
                if ![0, epoch()].contains(&self.taken_in.load(Ordering::Relaxed)) {
                    let text = "use a connection that another thread received from while this \
                                process was copied: make another pipe";
                    return Err(Error::new(Kind::Usage, text));
                }
                lock(&self.reader)
            }
        };
        self.taken_in.store(epoch(), Ordering::Relaxed);
        Ok(reader)
    }

    /// None while another has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, Reader>> {
        self.reader.try_lock().ok()
    }
}
