//! `Event`: a flag that processes wait for.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::time::Duration;

use poolproof_sys::atomic::AtomicU32;
use serde::{Deserialize, Serialize};

use super::patience::Patience;
use super::segment::{self, Segment, SegmentKind};
use crate::Context;
use crate::error::Result;

const WORD_AT: usize = 0;
const WAITING_AT: usize = 4;
const BODY_BYTES: usize = 8;
/// The lowest bit is the flag; the others count how often it was set, so that a waiter does not
/// miss a flag that is cleared at once.
const SET: u32 = 1;
const COUNT: u32 = 2;

/// A flag that processes set, clear and wait for; a clone is the same event.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let event = mp::Context::default().event()?;
/// assert!(!event.is_set());
/// event.set();
/// assert!(event.wait(None));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    #[serde(serialize_with = "segment::serialize")]
    #[serde(deserialize_with = "segment::deserialize::<_, BODY_BYTES>")]
    segment: Arc<Segment>,
}

impl Context {
    /// An event that is not set.
    ///
    /// # Errors
    /// What the system says when it has no memory or no handles left.
    pub fn event(&self) -> Result<Event> {
        let segment = Segment::create(SegmentKind::Event, BODY_BYTES)?;
        Ok(Event { segment })
    }
}

impl Event {
    /// Sets the flag and wakes all who wait for it; never blocks.
    pub fn set(&self) {
        let next = |word: u32| (word & SET == 0).then(|| word.wrapping_add(COUNT) | SET);
        let changed = self.word().fetch_update(SeqCst, Relaxed, next).is_ok();
        if changed && self.waiting().load(SeqCst) > 0 {
            let memory = self.segment.memory();
            memory.wait_word(self.segment.at(WORD_AT)).wake_all();
        }
    }

    /// Clears the flag.
    pub fn clear(&self) {
        self.word().fetch_and(!SET, SeqCst);
    }

    /// Whether the flag is set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.word().load(SeqCst) & SET != 0
    }

    /// Waits until the flag is set; false when the time was over first.
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        let first = self.word().load(SeqCst);
        if first & SET != 0 {
            return true;
        }
        let patience = Patience::new(timeout);
        // A waiter that is killed leaves this count too high: a wake too many, never one too few.
        self.waiting().fetch_add(1, SeqCst);
        let set = loop {
            let word = self.word().load(SeqCst);
            if word != first {
                break true;
            }
            if patience.is_over() {
                break false;
            }
            let memory = self.segment.memory();
            patience.nap(memory.wait_word(self.segment.at(WORD_AT)), word);
        };
        self.waiting().fetch_sub(1, SeqCst);
        set
    }

    fn word(&self) -> &AtomicU32 {
        self.segment.atomic_u32(WORD_AT)
    }

    fn waiting(&self) -> &AtomicU32 {
        self.segment.atomic_u32(WAITING_AT)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Context, StartMethod};

    #[test]
    fn it_is_set_until_it_is_cleared() {
        let event = Context::new(StartMethod::Spawn).unwrap().event().unwrap();
        assert!(!event.is_set() && !event.wait(Some(Duration::from_millis(2))));
        event.set();
        event.set();
        assert!(event.is_set() && event.wait(None));
        event.clear();
        assert!(!event.is_set() && !event.wait(Some(Duration::ZERO)));
    }

    #[test]
    fn who_waits_sees_a_flag_that_is_cleared_at_once() {
        let event = Context::new(StartMethod::Spawn).unwrap().event().unwrap();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| event.wait(Some(Duration::from_secs(10))));
            while event.waiting().load(std::sync::atomic::Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            event.set();
            event.clear();
            assert!(waiter.join().unwrap());
        });
    }
}
