//! Timeouts as moments.

use std::time::{Duration, Instant};

/// The moment when a timeout is over; none for a wait without end, also for one that would outlast
/// the clock.
pub(crate) fn after(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}
