//! A mutex of this process, taken; and a map of this process's own keys.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A map whose keys are this library's own. It is hashed without chance: the standard one panics where
/// the system has no random bytes.
pub(crate) type OwnMap<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// Takes a mutex, whose holder cannot have left its state half changed: no function of a user runs
/// under it, so that a panic there says nothing of what it guards.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
