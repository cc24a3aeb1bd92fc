//! How a server's thread waits for others on behalf of a client that may go away meanwhile.

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use super::protocol::Process;
use crate::deadline;
use crate::error::{Error, Kind, Result};
use crate::fork_gate;
use crate::locked::lock;

/// How long a client may be gone before a waiting thread sees it.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// The client whose call is being done.
pub(super) struct Caller<'c> {
    /// One thread of a client: each has a connection of its own.
    pub(super) id: u64,
    pub(super) process: Process,
    pub(super) is_gone: &'c dyn Fn() -> bool,
    /// How often a waiting thread looks whether its client is still there.
    pub(super) look: Duration,
}

impl Caller<'_> {
    /// Fails when the client has gone away.
    pub(super) fn check(&self) -> Result<()> {
        match (self.is_gone)() {
            true => Err(Error::new(Kind::BrokenPipe, "answer a client of a manager")),
            false => Ok(()),
        }
    }

    /// Waits until `take` finds what it wants in the state; none at the deadline.
    pub(super) fn wait<T, R>(
        &self,
        state: &Mutex<T>,
        changed: &Condvar,
        timeout: Option<Duration>,
        take: impl FnMut(&mut T) -> Option<R>,
    ) -> Result<Option<R>> {
        self.wait_from(true, state, changed, timeout, take)
    }

    /// As [`wait`](Caller::wait) without an end, for a client that has waited before.
    pub(super) fn wait_again<T, R>(
        &self,
        state: &Mutex<T>,
        changed: &Condvar,
        take: impl FnMut(&mut T) -> Option<R>,
    ) -> Result<Option<R>> {
        self.wait_from(false, state, changed, None, take)
    }

    fn wait_from<T, R>(
        &self,
        mut is_here: bool,
        state: &Mutex<T>,
        changed: &Condvar,
        timeout: Option<Duration>,
        mut take: impl FnMut(&mut T) -> Option<R>,
    ) -> Result<Option<R>> {
        let deadline = deadline::after(timeout);
        loop {
            let mut guard = lock(state);
            // Under the lock: what was given after the client's death must not go to it.
            if !std::mem::take(&mut is_here) {
                self.check()?;
            }
            if let Some(found) = take(&mut guard) {
                return Ok(Some(found));
            }
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(None);
            }
            let left = deadline.map_or(self.look, |deadline| self.look.min(deadline - now));
            fork_gate::outside(|| {
                // Woken or not: the state is looked at again.
                drop(changed.wait_timeout(guard, left));
            });
        }
    }
}
