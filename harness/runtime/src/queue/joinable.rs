//! `JoinableQueue`: a queue that counts what its takers have not yet dealt with.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::plain::Queue;
use crate::Context;
use crate::error::{Error, Kind, Result};
use crate::transfer::Message;

/// A queue whose users can wait until each value that was put is dealt with; a clone is the same
/// queue.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let queue = mp::Context::default().joinable_queue(None)?;
/// queue.put("work".to_owned())?;
/// assert_eq!(queue.get()?, "work");
/// queue.task_done()?;
/// queue.join();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct JoinableQueue<T> {
    queue: Queue<T>,
}

impl Context {
    /// A joinable queue for at most `bound` values; none or 0 is without a bound.
    ///
    /// # Errors
    /// As [`Context::queue`].
    pub fn joinable_queue<T: Message>(&self, bound: Option<usize>) -> Result<JoinableQueue<T>> {
        let queue = self.queue(bound)?;
        Ok(JoinableQueue { queue })
    }
}

impl<T: Message> JoinableQueue<T> {
    /// As [`Queue::put`].
    ///
    /// # Errors
    /// As [`Queue::put`].
    pub fn put(&self, value: T) -> Result<()> {
        self.put_within(value, None)
    }

    /// As [`Queue::put_timeout`].
    ///
    /// # Errors
    /// As [`Queue::put_timeout`].
    pub fn put_timeout(&self, value: T, timeout: Duration) -> Result<()> {
        self.put_within(value, Some(timeout))
    }

    /// As [`Queue::try_put`].
    ///
    /// # Errors
    /// As [`Queue::try_put`].
    pub fn try_put(&self, value: T) -> Result<()> {
        self.put_within(value, Some(Duration::ZERO))
    }

    /// As [`Queue::put_within`].
    ///
    /// # Errors
    /// As [`Queue::put_within`].
    pub fn put_within(&self, value: T, timeout: Option<Duration>) -> Result<()> {
        let channel = self.queue.channel();
        let count = || {
            channel.unfinished().give(u32::MAX);
        };
        self.queue.put_counted(value, timeout, count)
    }

    /// Says that a value which was taken is dealt with.
    ///
    /// # Errors
    /// `is_over_release` when this was said of every value already.
    pub fn task_done(&self) -> Result<()> {
        if self.queue.channel().unfinished().take_to_zero() {
            return Ok(());
        }
        let subject = "say `task_done` more often than values were put";
        Err(Error::new(Kind::OverRelease, subject))
    }

    /// Waits until every value that was put is dealt with.
    pub fn join(&self) {
        self.join_timeout(None);
    }

    /// As [`JoinableQueue::join`]; false when the time was over first. No timeout waits for ever.
    pub fn join_timeout(&self, timeout: Option<Duration>) -> bool {
        self.queue.channel().unfinished().await_zero(timeout)
    }

    /// The queue beneath, with all that takes from it, closes it and looks into it.
    ///
    /// A value that is put through it is not counted.
    #[must_use]
    pub fn queue(&self) -> &Queue<T> {
        &self.queue
    }
}

impl<T> std::ops::Deref for JoinableQueue<T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        &self.queue
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Context, StartMethod};

    #[test]
    fn a_join_ends_when_every_value_is_dealt_with() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        let queue = context.joinable_queue(None).unwrap();
        queue.join();
        for value in 0..3_u8 {
            queue.put(value).unwrap();
        }
        std::thread::scope(|scope| {
            let joiner = scope.spawn(|| queue.join_timeout(Some(Duration::from_secs(10))));
            for _ in 0..3 {
                assert!(!queue.join_timeout(Some(Duration::from_millis(1))));
                queue.get().unwrap();
                queue.task_done().unwrap();
            }
            assert!(joiner.join().unwrap());
        });
        assert!(queue.task_done().unwrap_err().is_over_release());
    }
}
