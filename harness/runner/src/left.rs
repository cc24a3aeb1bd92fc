//! What is left to measure in a look in passing, and how its time is shared out.

use std::time::Duration;

/// What is left to measure, and the time that is left for it, if that is bounded.
#[derive(Debug)]
pub(crate) struct Left {
    /// So many are left.
    pub(crate) items: usize,
    /// The time for all of them.
    pub(crate) time: Option<Duration>,
}

impl Left {
    /// The part of the time of one of what is left to measure; what one leaves is for the others.
    pub(crate) fn share(&mut self) -> Option<Duration> {
        let items = u32::try_from(self.items.max(1)).unwrap_or(u32::MAX);
        self.items = self.items.saturating_sub(1);
        Some(self.time? / items)
    }

    /// Takes away what one has taken.
    pub(crate) fn spend(&mut self, seconds: f64) {
        let spent = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        self.time = self.time.map(|time| time.saturating_sub(spent));
    }
}
