//! `Semaphore` and `BoundedSemaphore`: a count that is taken one by one and never goes below zero.
//! A unit has no owner: what a dead process took stays taken.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::time::Duration;

use poolproof_sys::atomic::AtomicU32;
use serde::{Deserialize, Serialize};

use super::patience::Patience;
use super::segment::{self, Segment, SegmentKind};
use crate::Context;
use crate::error::{Error, Kind, Result};

/// What a count takes in a body: the count, then how many wait.
pub(crate) const BYTES: usize = 8;
const WAITING_AT: usize = 4;
/// What POSIX allows a semaphore.
const VALUE_MAX: u32 = i32::MAX as u32;

/// A count at its place, below a limit, whose takers wait while it is zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count<'s> {
    segment: &'s Segment,
    offset: usize,
}

impl<'s> Count<'s> {
    pub(crate) fn new(segment: &'s Segment, offset: usize) -> Count<'s> {
        Count { segment, offset }
    }

    pub(crate) fn value(self) -> u32 {
        self.atomic().load(Acquire)
    }

    /// Sets a count that nobody else knows yet.
    pub(crate) fn start(self, value: u32) {
        self.atomic().store(value, SeqCst);
    }

    /// Takes one; false when the time was over first. A zero timeout only tries.
    pub(crate) fn take(self, timeout: Option<Duration>) -> bool {
        self.take_mending(timeout, || {})
    }

    /// Takes one as [`Count::take`] does; where none comes for a while, `mend` may give some back
    /// that the dead have kept.
    pub(crate) fn take_mending(self, timeout: Option<Duration>, mend: impl Fn()) -> bool {
        if self.try_take() {
            return true;
        }
        if timeout == Some(Duration::ZERO) {
            mend();
            return self.try_take();
        }
        let patience = Patience::new(timeout);
        // A waiter that is killed leaves this count too high: a wake too many, never one too few.
        self.waiting().fetch_add(1, SeqCst);
        let taken = loop {
            if self.try_take() {
                break true;
            }
            if patience.is_over() {
                break false;
            }
            let memory = self.segment.memory();
            if patience.nap(memory.wait_word(self.segment.at(self.offset)), 0) {
                mend();
            }
        };
        self.waiting().fetch_sub(1, SeqCst);
        taken
    }

    /// Gives one back; false when there are `limit` already.
    pub(crate) fn give(self, limit: u32) -> bool {
        let given = self
            .atomic()
            .fetch_update(SeqCst, Relaxed, |count| (count < limit).then(|| count + 1))
            .is_ok();
        if given && self.waiting().load(SeqCst) > 0 {
            let memory = self.segment.memory();
            memory.wait_word(self.segment.at(self.offset)).wake(1);
        }
        given
    }

    fn try_take(self) -> bool {
        self.atomic()
            .fetch_update(SeqCst, Relaxed, |count| count.checked_sub(1))
            .is_ok()
    }

    fn atomic(self) -> &'s AtomicU32 {
        self.segment.atomic_u32(self.offset)
    }

    fn waiting(self) -> &'s AtomicU32 {
        self.segment.atomic_u32(self.offset + WAITING_AT)
    }
}

const LIMIT_AT: usize = BYTES;
const BODY_BYTES: usize = LIMIT_AT + 4;

fn create(value: u32, limit: u32) -> Result<Arc<Segment>> {
    if value > VALUE_MAX {
        return Err(Error::new(
            Kind::Usage,
            format!("make a semaphore of {value}: the most is {VALUE_MAX}"),
        ));
    }
    let segment = Segment::create(SegmentKind::Semaphore, BODY_BYTES)?;
    Count::new(&segment, 0).start(value);
    segment.atomic_u32(LIMIT_AT).store(limit, Relaxed);
    Ok(segment)
}

impl Context {
    /// A semaphore that can be acquired `value` times before someone releases it.
    ///
    /// # Errors
    /// `is_usage` for a value above 2147483647; what the system says when it has no memory left.
    pub fn semaphore(&self, value: u32) -> Result<Semaphore> {
        let segment = create(value, VALUE_MAX)?;
        Ok(Semaphore { segment })
    }

    /// A semaphore whose value never rises above its first one.
    ///
    /// # Errors
    /// As [`Context::semaphore`].
    pub fn bounded_semaphore(&self, value: u32) -> Result<BoundedSemaphore> {
        let segment = create(value, value)?;
        Ok(BoundedSemaphore { segment })
    }
}

macro_rules! semaphore {
    ($name:ident, $doc:literal, $release:literal) => {
        #[doc = $doc]
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde(serialize_with = "segment::serialize")]
            #[serde(deserialize_with = "segment::deserialize::<_, BODY_BYTES>")]
            segment: Arc<Segment>,
        }

        impl $name {
            /// Waits until the value is above zero and takes one.
            pub fn acquire(&self) {
                self.count().take(None);
            }

            /// Waits at most `timeout`; true when one was taken.
            pub fn acquire_timeout(&self, timeout: Duration) -> bool {
                self.count().take(Some(timeout))
            }

            /// Takes one if there is one; true when one was taken.
            pub fn try_acquire(&self) -> bool {
                self.count().take(Some(Duration::ZERO))
            }

            /// Takes one; no timeout waits for ever.
            ///
            /// # Errors
            /// None today; the signature is the one of all locks.
            pub fn acquire_raw(&self, timeout: Option<Duration>) -> Result<bool> {
                Ok(self.count().take(timeout))
            }

            #[doc = $release]
            ///
            /// # Errors
            /// `is_over_release` when the value is at its limit.
            pub fn release(&self) -> Result<()> {
                if self.count().give(self.limit()) {
                    Ok(())
                } else {
                    let subject = format!("release a semaphore whose limit is {}", self.limit());
                    Err(Error::new(Kind::OverRelease, subject))
                }
            }

            /// How often it can be acquired now.
            #[must_use]
            pub fn value(&self) -> u32 {
                self.count().value()
            }

            fn limit(&self) -> u32 {
                self.segment.atomic_u32(LIMIT_AT).load(Relaxed)
            }

            fn count(&self) -> Count<'_> {
                Count::new(&self.segment, 0)
            }
        }
    };
}

semaphore!(
    Semaphore,
    "A count that processes take from and give to; a clone is the same semaphore.",
    "Gives one; this may be one that was never taken."
);
semaphore!(
    BoundedSemaphore,
    "A semaphore whose value never rises above its first one; a clone is the same semaphore.",
    "Gives one back."
);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Context, StartMethod};

    #[test]
    fn as_many_are_taken_as_were_given_and_no_more() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        let semaphore = context.semaphore(2).unwrap();
        assert!(semaphore.try_acquire() && semaphore.try_acquire());
        assert!(!semaphore.try_acquire());
        assert!(!semaphore.acquire_timeout(Duration::from_millis(5)));
        for _ in 0..3 {
            semaphore.release().unwrap();
        }
        assert_eq!(semaphore.value(), 3);
        assert!(context.semaphore(1 << 31).unwrap_err().is_usage());
    }

    #[test]
    fn a_bounded_one_is_not_released_beyond_its_first_value() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        for value in [0, 1, 3] {
            let semaphore = context.bounded_semaphore(value).unwrap();
            assert!(semaphore.release().unwrap_err().is_over_release());
            if semaphore.try_acquire() {
                semaphore.release().unwrap();
            }
            assert_eq!(semaphore.value(), value);
        }
    }
}
