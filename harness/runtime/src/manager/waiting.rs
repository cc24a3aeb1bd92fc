//! How a server's thread waits for others on behalf of a client that may go away meanwhile.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::deadline;
use crate::error::{Error, Kind, Result};
use crate::fork_gate;

/// How often a waiting thread looks whether its client is still there.
const LOOK: Duration = Duration::from_millis(100);

/// The client whose call is being done.
pub(super) struct Caller<'c> {
    /// One thread of a client: each has a connection of its own.
    pub(super) id: u64,
    pub(super) is_gone: &'c dyn Fn() -> bool,
}

impl Caller<'_> {
    /// Waits until `take` finds what it wants in the state; none at the deadline.
    pub(super) fn wait<T, R>(
        &self,
        state: &Mutex<T>,
        changed: &Condvar,
        timeout: Option<Duration>,
        mut take: impl FnMut(&mut T) -> Option<R>,
    ) -> Result<Option<R>> {
        let deadline = deadline::after(timeout);
        loop {
            let mut guard = lock(state);
            if let Some(found) = take(&mut guard) {
                return Ok(Some(found));
            }
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(None);
            }
            let left = deadline.map_or(LOOK, |deadline| LOOK.min(deadline - now));
            fork_gate::outside(|| {
                // Woken or not: the state is looked at again.
                drop(changed.wait_timeout(guard, left));
            });
            if (self.is_gone)() {
                return Err(Error::new(Kind::BrokenPipe, "answer a client of a manager"));
            }
        }
    }
}

/// A lock that no panic of ours leaves in disorder.
pub(super) fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
