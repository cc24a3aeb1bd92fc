//! So many at a time: what takes a processor for itself.

use std::sync::{Condvar, Mutex, PoisonError};

/// Places, each for one who works.
#[derive(Debug)]
pub(crate) struct Slots {
    free: Mutex<usize>,
    changed: Condvar,
}

/// A place, which is free again when this is dropped.
pub(crate) struct Slot<'a>(&'a Slots);

impl Slots {
    /// So many places, one at least.
    pub(crate) fn new(count: usize) -> Slots {
        Slots {
            free: Mutex::new(count.max(1)),
            changed: Condvar::new(),
        }
    }

    /// Waits for a place, which is free once another has done its work.
    pub(crate) fn take(&self) -> Slot<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |free: &mut usize| *free == 0;
        let free = self.changed.wait_while(free, is_full);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
        Slot(self)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.changed.notify_one();
    }
}
