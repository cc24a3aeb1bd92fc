//! `Queue`: values from many processes to many, at most so many at a time.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use poolproof_sys::handle::Handle;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Transport;
use super::channel::Channel;
use super::frame;
use super::outbox::Outbox;
use crate::Context;
use crate::error::{Error, Kind, Result};
use crate::transfer::{self, Message};

/// What a queue without a bound holds.
const BOUND_MAX: u32 = i32::MAX as u32;

/// A queue between processes; a clone is the same queue.
///
/// Values of one process come out in the order in which it put them. A value is encoded when it
/// is put, so `put` says what cannot be sent, and later changes to the original are not seen.
/// A thread writes it: right after `put` the queue may still look empty to others.
pub struct Queue<T> {
    outbox: Arc<Outbox>,
    kind: PhantomData<fn(T) -> T>,
}

thread_local! {
    /// Room to encode and decode in, kept from one value to the next.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// More than this is given back to the system.
const SCRATCH_MAX: usize = 1 << 20;

impl Context {
    /// A queue for at most `bound` values that nobody has taken; none or 0 is without a bound.
    ///
    /// # Errors
    /// What the system says when it has no memory or no handles left.
    pub fn queue<T: Message>(&self, bound: Option<usize>) -> Result<Queue<T>> {
        self.queue_over(Transport::default(), bound)
    }

    /// A queue with this transport.
    ///
    /// # Errors
    /// As [`Context::queue`].
    pub fn queue_over<T: Message>(
        &self,
        transport: Transport,
        bound: Option<usize>,
    ) -> Result<Queue<T>> {
        match transport {
            Transport::Pipe => {
                let bound = bound.filter(|bound| *bound > 0);
                let bound = bound.and_then(|bound| u32::try_from(bound).ok());
                let channel =
                    Channel::create(bound.map_or(BOUND_MAX, |bound| bound.min(BOUND_MAX)))?;
                Ok(Queue::new(Outbox::of(channel)))
            }
        }
    }
}

impl<T: Message> Queue<T> {
    /// Puts a value, waiting for room.
    ///
    /// # Errors
    /// `is_closed` after [`Queue::close`]; `is_serialize` for a value that cannot be sent.
    pub fn put(&self, value: T) -> Result<()> {
        self.put_within(value, None)
    }

    /// Puts a value, waiting at most `timeout` for room.
    ///
    /// # Errors
    /// As [`Queue::put`]; `is_full` when the time was over first.
    pub fn put_timeout(&self, value: T, timeout: Duration) -> Result<()> {
        self.put_within(value, Some(timeout))
    }

    /// Puts a value if there is room.
    ///
    /// # Errors
    /// As [`Queue::put`]; `is_full` when there is none.
    pub fn try_put(&self, value: T) -> Result<()> {
        self.put_within(value, Some(Duration::ZERO))
    }

    /// Puts a value; no timeout waits for ever.
    ///
    /// # Errors
    /// As [`Queue::put_timeout`].
    pub fn put_within(&self, value: T, timeout: Option<Duration>) -> Result<()> {
        self.put_counted(value, timeout, || {})
    }

    pub(super) fn put_counted(
        &self,
        value: T,
        timeout: Option<Duration>,
        count: impl FnOnce(),
    ) -> Result<()> {
        self.outbox.begin_put()?;
        with_scratch(|bytes| {
            let handles = frame::append(&value, bytes)?;
            if !self.channel().take_room(timeout)? {
                return Err(Error::new(Kind::Full, "put into a queue"));
            }
            count();
            self.outbox.push(bytes, handles)
        })
    }

    /// Takes the next value, waiting for one.
    ///
    /// # Errors
    /// `is_closed` after [`Queue::close`]; `is_deserialize` for a value that is not a `T`, which
    /// is taken nevertheless.
    pub fn get(&self) -> Result<T> {
        self.get_within(None)
    }

    /// Takes the next value, waiting at most `timeout` for one.
    ///
    /// # Errors
    /// As [`Queue::get`]; `is_empty` when the time was over first.
    pub fn get_timeout(&self, timeout: Duration) -> Result<T> {
        self.get_within(Some(timeout))
    }

    /// Takes the next value if there is one.
    ///
    /// # Errors
    /// As [`Queue::get`]; `is_empty` when there is none.
    pub fn try_get(&self) -> Result<T> {
        self.get_within(Some(Duration::ZERO))
    }

    /// Takes the next value; no timeout waits for ever.
    ///
    /// # Errors
    /// As [`Queue::get_timeout`].
    pub fn get_within(&self, timeout: Option<Duration>) -> Result<T> {
        self.outbox.check_open("get from")?;
        with_scratch(|bytes| {
            let handles = self.channel().receive(timeout, bytes)?;
            let handles = handles.ok_or_else(|| Error::new(Kind::Empty, "get from a queue"))?;
            transfer::decode(bytes, handles)
        })
    }

    /// How many values were put and not taken, by all processes.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "whether a pipe is empty is asked of the system, which may refuse"
    )]
    pub fn len(&self) -> usize {
        let bound = self.channel().bound();
        bound.saturating_sub(self.channel().free().value()) as usize
    }

    /// Whether nothing can be taken at this moment.
    ///
    /// # Errors
    /// What the system says when the pipe cannot be looked into.
    pub fn is_empty(&self) -> Result<bool> {
        self.channel().is_drained()
    }

    /// Whether there is no room at this moment.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.channel().free().value() == 0
    }

    /// Ends this process's use of the queue; what it has put is still written.
    pub fn close(&self) {
        self.outbox.close();
    }

    /// Waits until everything that this process has put is written.
    ///
    /// # Errors
    /// `is_usage` before [`Queue::close`].
    pub fn join_thread(&self) -> Result<()> {
        self.outbox.join()
    }

    /// Lets this process end without waiting until what it has put is written; values may be lost.
    pub fn cancel_join_thread(&self) {
        self.outbox.cancel_join();
    }

    pub(super) fn channel(&self) -> &Channel {
        &self.outbox.channel
    }
}

impl<T> Queue<T> {
    fn new(outbox: Arc<Outbox>) -> Queue<T> {
        Queue {
            outbox,
            kind: PhantomData,
        }
    }
}

/// Lends the thread's scratch bytes, empty; one that is in use is left alone.
pub(super) fn with_scratch<R>(work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let mut bytes = SCRATCH.with_borrow_mut(std::mem::take);
    bytes.clear();
    let outcome = work(&mut bytes);
    if bytes.capacity() <= SCRATCH_MAX {
        SCRATCH.with_borrow_mut(|scratch| *scratch = bytes);
    }
    outcome
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Queue<T> {
        Queue::new(self.outbox.share())
    }
}

impl<T> Drop for Queue<T> {
    fn drop(&mut self) {
        self.outbox.leave();
    }
}

impl<T> std::fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl<T> Serialize for Queue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.outbox.channel.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Queue<T> {
    fn deserialize<D: Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Queue<T>, D::Error> {
        let channel = Channel::deserialize(deserializer)?;
        Ok(Queue::new(Outbox::of(channel)))
    }
}

/// What [`super::SimpleQueue`] shares with [`Queue`]: handles beside bytes, sent at once.
pub(super) fn send_now<T: Message>(channel: &Channel, value: T) -> Result<()> {
    with_scratch(|bytes| {
        let handles: Vec<Handle> = frame::append(&value, bytes)?;
        channel.send(bytes, &mut handles.into(), |_| {})
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Context, Queue, StartMethod};

    const LONG: Duration = Duration::from_secs(10);

    fn queue<T: crate::Message>(bound: Option<usize>) -> Queue<T> {
        let context = Context::new(StartMethod::Spawn).unwrap();
        context.queue(bound).unwrap()
    }

    #[test]
    fn values_come_out_in_the_order_they_were_put() {
        let queue = queue::<u32>(None);
        for value in 0..10_000 {
            queue.put(value).unwrap();
        }
        for value in 0..10_000 {
            assert_eq!(queue.get_timeout(LONG).unwrap(), value);
        }
        assert!(queue.is_empty().unwrap());
        assert!(queue.try_get().unwrap_err().is_empty());
    }

    #[test]
    fn values_of_every_size_come_out_whole() {
        let queue = queue::<Vec<u8>>(None);
        let sizes = [
            0,
            1,
            500,
            4084,
            4085,
            4086,
            4087,
            4088,
            4096,
            5000,
            70_000,
            3,
            1 << 20,
            17,
        ];
        for (fill, size) in sizes.into_iter().enumerate() {
            queue.put(vec![fill as u8; size]).unwrap();
        }
        for (fill, size) in sizes.into_iter().enumerate() {
            let value = queue.get_timeout(LONG).unwrap();
            assert!(value == vec![fill as u8; size], "{size} bytes");
        }
    }

    #[test]
    fn a_bounded_queue_is_full_until_a_value_is_taken() {
        let queue = queue::<u8>(Some(2));
        queue.put(1).unwrap();
        queue.try_put(2).unwrap();
        assert!(queue.is_full() && queue.len() == 2);
        assert!(queue.try_put(3).unwrap_err().is_full());
        let soon = Duration::from_millis(2);
        assert!(queue.put_timeout(3, soon).unwrap_err().is_full());
        assert_eq!(queue.get_timeout(LONG).unwrap(), 1);
        queue.try_put(3).unwrap();
        assert_eq!(queue.get_timeout(LONG).unwrap(), 2);
        assert_eq!(queue.get_timeout(LONG).unwrap(), 3);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn nothing_is_put_or_taken_after_close_and_what_was_put_is_written() {
        let queue = queue::<u8>(None);
        assert!(queue.join_thread().unwrap_err().is_usage());
        queue.put(1).unwrap();
        queue.close();
        queue.close();
        assert!(queue.put(2).unwrap_err().is_closed());
        assert!(queue.get().unwrap_err().is_closed());
        queue.join_thread().unwrap();
        assert!(!queue.is_empty().unwrap());
    }

    #[test]
    fn a_value_that_is_put_on_many_threads_is_taken_once() {
        let queue = queue::<u32>(Some(7));
        let mut taken: Vec<u32> = std::thread::scope(|scope| {
            for first in 0..4 {
                let queue = queue.clone();
                scope.spawn(move || {
                    for value in 0..500 {
                        queue.put_timeout(first * 1000 + value, LONG).unwrap();
                    }
                });
            }
            let getters: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let get = |_| queue.get_timeout(LONG).unwrap();
                        (0..500).map(get).collect::<Vec<_>>()
                    })
                })
                .collect();
            getters
                .into_iter()
                .flat_map(|getter| getter.join().unwrap())
                .collect()
        });
        taken.sort_unstable();
        let all: Vec<u32> = (0..4)
            .flat_map(|first| first * 1000..first * 1000 + 500)
            .collect();
        assert_eq!(taken, all);
    }

    #[test]
    fn a_queue_travels_inside_a_queue_and_is_the_same_queue() {
        let outer = queue::<Queue<u8>>(None);
        let inner = queue::<u8>(None);
        outer.put(inner.clone()).unwrap();
        let arrived = outer.get_timeout(LONG).unwrap();
        arrived.put(5).unwrap();
        assert_eq!(inner.get_timeout(LONG).unwrap(), 5);
        assert!(std::sync::Arc::ptr_eq(&inner.outbox, &arrived.outbox));
    }
}
