//! `SimpleQueue`: a pipe or a ring, and nothing else.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Transport;
use super::line::Line;
use super::outbox::Outbox;
use super::plain::{receive, send_now};
use crate::Context;
use crate::error::Result;
use crate::transfer::Message;

/// A queue whose `put` writes by itself, and so waits while it is full; a clone is the same
/// queue. What was put is there for others when `put` returns.
pub struct SimpleQueue<T> {
    outbox: Arc<Outbox>,
    kind: PhantomData<fn(T) -> T>,
}

impl Context {
    /// A simple queue.
    ///
    /// # Errors
    /// What the system says when it has no memory or no handles left.
    pub fn simple_queue<T: Message>(&self) -> Result<SimpleQueue<T>> {
        self.simple_queue_over(Transport::default())
    }

    /// A simple queue with this transport.
    ///
    /// # Errors
    /// As [`Context::simple_queue`].
    pub fn simple_queue_over<T: Message>(&self, transport: Transport) -> Result<SimpleQueue<T>> {
        let line = Line::create(transport, None)?;
        Ok(SimpleQueue::new(Outbox::of(line)))
    }
}

impl<T: Message> SimpleQueue<T> {
    /// Puts a value, waiting while it is full.
    ///
    /// # Errors
    /// `is_closed` after [`SimpleQueue::close`]; `is_serialize` for a value that cannot be sent.
    pub fn put(&self, value: T) -> Result<()> {
        self.outbox.check_open("put into")?;
        send_now(&self.outbox.line, value)
    }

    /// Takes the next value, waiting for one.
    ///
    /// # Errors
    /// `is_closed` after [`SimpleQueue::close`]; `is_deserialize` for a value that is not a `T`.
    pub fn get(&self) -> Result<T> {
        self.get_within(None)
    }

    /// Takes the next value, waiting at most `timeout`; none waits for ever.
    ///
    /// # Errors
    /// As [`SimpleQueue::get`]; `is_empty` when the time was over first.
    pub fn get_within(&self, timeout: Option<Duration>) -> Result<T> {
        self.outbox.check_open("get from")?;
        receive(&self.outbox.line, timeout)
    }

    /// Whether nothing can be taken at this moment.
    ///
    /// # Errors
    /// `is_closed` after [`SimpleQueue::close`].
    pub fn is_empty(&self) -> Result<bool> {
        self.outbox.check_open("look into")?;
        self.outbox.line.is_drained()
    }

    /// Ends this process's use of the queue.
    pub fn close(&self) {
        self.outbox.close();
    }
}

impl<T> SimpleQueue<T> {
    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    fn new(outbox: Arc<Outbox>) -> SimpleQueue<T> {
        SimpleQueue {
            outbox,
            kind: PhantomData,
        }
    }
}

impl<T> Clone for SimpleQueue<T> {
    fn clone(&self) -> SimpleQueue<T> {
        SimpleQueue::new(self.outbox.share())
    }
}

impl<T> Drop for SimpleQueue<T> {
    fn drop(&mut self) {
        self.outbox.leave();
    }
}

impl<T> std::fmt::Debug for SimpleQueue<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimpleQueue").finish_non_exhaustive()
    }
}

impl<T> Serialize for SimpleQueue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.outbox.line.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for SimpleQueue<T> {
    fn deserialize<D: Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<SimpleQueue<T>, D::Error> {
        let line = Line::deserialize(deserializer)?;
        Ok(SimpleQueue::new(Outbox::of(line)))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Context, StartMethod};

    #[test]
    fn what_was_put_is_there_at_once() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        let queue = context.simple_queue::<String>().unwrap();
        assert!(queue.is_empty().unwrap());
        queue.put("a".to_owned()).unwrap();
        assert!(!queue.is_empty().unwrap());
        assert_eq!(queue.get().unwrap(), "a");
        queue.close();
        assert!(queue.put(String::new()).unwrap_err().is_closed());
        assert!(queue.get().unwrap_err().is_closed());
        assert!(queue.is_empty().unwrap_err().is_closed());
    }
}
