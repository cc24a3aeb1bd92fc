//! A mutex of this process, taken.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a mutex, whose holder cannot have left its state half changed: no function of a user runs
/// under it, so that a panic there says nothing of what it guards.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
