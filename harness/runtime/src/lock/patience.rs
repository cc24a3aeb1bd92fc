//! How long a caller is willing to wait, and how long it may sleep at once.

use std::time::{Duration, Instant};

use poolproof_sys::wait_word::{WaitResult, WaitWord};

use crate::fork_gate;

/// The longest sleep: who should have woken us may have died, so we look again after it.
pub(crate) const NAP: Duration = Duration::from_millis(50);

/// A caller's deadline; none is for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    deadline: Option<Instant>,
}

impl Patience {
    /// Starts now; no timeout, or one beyond the clock's range, is for ever.
    pub(crate) fn new(timeout: Option<Duration>) -> Patience {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Patience { deadline }
    }

    pub(crate) fn is_over(self) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline <= Instant::now())
    }

    pub(crate) fn deadline(self) -> Option<Instant> {
        self.deadline
    }

    /// What is left, to be passed on to another call.
    pub(crate) fn left(self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// When the next sleep ends: at the deadline, or sooner to look again.
    pub(crate) fn nap_end(self) -> Instant {
        let nap = Instant::now() + NAP;
        self.deadline.map_or(nap, |deadline| deadline.min(nap))
    }

    /// Sleeps while the word is `expected`; true when the whole nap went by.
    pub(crate) fn nap(self, word: WaitWord<'_>, expected: u32) -> bool {
        fork_gate::outside(|| word.wait(expected, Some(self.nap_end()))) == WaitResult::TimedOut
    }
}
