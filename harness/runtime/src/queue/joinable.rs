//! `JoinableQueue`: a queue that counts what its takers have not yet dealt with.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Transport;
use super::outbox::Outbox;
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
/// queue.join()?;
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
        self.joinable_queue_over(Transport::default(), bound)
    }

    /// A joinable queue with this transport.
    ///
    /// # Errors
    /// As [`Context::queue`].
    pub fn joinable_queue_over<T: Message>(
        &self,
        transport: Transport,
        bound: Option<usize>,
    ) -> Result<JoinableQueue<T>> {
        let queue = self.queue_over(transport, bound)?;
        Ok(JoinableQueue { queue })
    }
}

impl<T: Message> JoinableQueue<T> {
    /// Says that a value which was taken is dealt with.
    ///
    /// # Errors
    /// `is_over_release` when this was said of every value already.
    pub fn task_done(&self) -> Result<()> {
        if self.queue.line().task_done() {
            return Ok(());
        }
        let subject = "say `task_done` more often than values were put";
        Err(Error::new(Kind::OverRelease, subject))
    }

    /// Waits until every value that was put is dealt with; what a process put and had not yet
    /// written when it died is not waited for.
    ///
    /// # Errors
    /// What the system says when this process cannot use the queue.
    pub fn join(&self) -> Result<()> {
        self.join_timeout(None).map(|_| ())
    }

    /// As [`JoinableQueue::join`]; false when the time was over first. No timeout waits for ever.
    ///
    /// # Errors
    /// As [`JoinableQueue::join`].
    pub fn join_timeout(&self, timeout: Option<Duration>) -> Result<bool> {
        self.queue.line().await_all_done(timeout)
    }

    /// The queue beneath, with all that puts into it, takes from it, closes it and looks into it.
    #[must_use]
    pub fn queue(&self) -> &Queue<T> {
        &self.queue
    }
}

impl<T> JoinableQueue<T> {
    pub(super) fn outbox(&self) -> &Outbox {
        self.queue.outbox()
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

    use crate::{Context, StartMethod, Transport};

    #[test]
    fn a_join_ends_when_every_value_is_dealt_with() {
        ends_its_join(Transport::Ring);
        ends_its_join(Transport::Pipe);
    }

    fn ends_its_join(transport: Transport) {
        let context = Context::new(StartMethod::Spawn).unwrap();
        let queue = context.joinable_queue_over(transport, None).unwrap();
        queue.join().unwrap();
        for value in 0..3_u8 {
            queue.put(value).unwrap();
        }
        std::thread::scope(|scope| {
            let joiner = scope.spawn(|| queue.join_timeout(Some(Duration::from_secs(10))));
            for _ in 0..3 {
                let soon = Some(Duration::from_millis(1));
                assert!(!queue.join_timeout(soon).unwrap());
                queue.get().unwrap();
                assert!(!queue.join_timeout(soon).unwrap(), "it is only taken");
                queue.task_done().unwrap();
            }
            assert!(joiner.join().unwrap().unwrap());
        });
        assert!(queue.task_done().unwrap_err().is_over_release());
    }
}
