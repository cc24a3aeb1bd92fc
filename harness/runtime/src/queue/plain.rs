//! `Queue`: values from many processes to many, at most so many at a time.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Transport;
use super::frame;
use super::line::Line;
use super::outbox::Outbox;
use crate::Context;
use crate::error::{Error, Kind, Result};
use crate::transfer::{self, Message};

/// A queue between processes; a clone is the same queue.
///
/// Values of one process come out in the order in which it put them. A value is encoded when it
/// is put, so `put` says what cannot be sent, and later changes to the original are not seen.
/// Once `put` returns others can take it, unless the queue holds so much already that a thread
/// has to write it later ([`Transport::Ring`], the default), or a thread always writes it
/// ([`Transport::Pipe`]): then the queue may still look empty to others for a while.
///
/// A process that dies takes with it what it has not yet written and the value that it was
/// taking; the queue goes on with whole values.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// fn double((numbers, doubled): (mp::Queue<u32>, mp::Queue<u32>)) -> mp::Result<()> {
///     doubled.put(2 * numbers.get()?)
/// }
///
/// mp::freeze_support();
/// let context = mp::Context::new(mp::StartMethod::Threads)?;
/// let (numbers, doubled) = (context.queue(None)?, context.queue(None)?);
/// let argument = (numbers.clone(), doubled.clone());
/// let process = context.process(double, argument).start()?;
/// numbers.put(21)?;
/// assert_eq!(doubled.get()?, 42);
/// process.join(None)?;
/// # Ok(())
/// # }
/// ```
pub struct Queue<T> {
    outbox: Arc<Outbox>,
    kind: PhantomData<fn(T) -> T>,
}

thread_local! {
    /// Room to encode and decode in, kept from one value to the next.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
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
        let line = Line::create(transport, bound)?;
        Ok(Queue::new(Outbox::of(line)))
    }
}

impl<T: Message> Queue<T> {
    /// Puts a value, waiting for room.
    ///
    /// # Errors
    /// `is_closed` after [`Queue::close`]; `is_serialize` for a value that cannot be sent.
    #[inline]
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
    #[inline]
    pub fn put_within(&self, value: T, timeout: Option<Duration>) -> Result<()> {
        let mut bytes = Scratch::borrow();
        let handles = frame::append(&value, &mut bytes)?;
        if handles.is_empty() && self.outbox.put_at_once(&bytes)? {
            return Ok(());
        }
        match self.outbox.put(&bytes, handles, timeout)? {
            true => Ok(()),
            false => Err(Error::new(Kind::Full, "put into a queue")),
        }
    }

    /// Takes the next value, waiting for one.
    ///
    /// # Errors
    /// `is_closed` after [`Queue::close`]; `is_deserialize` for a value that is not a `T`, which
    /// is taken nevertheless.
    #[inline]
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
    #[inline]
    pub fn get_within(&self, timeout: Option<Duration>) -> Result<T> {
        self.outbox.check_open("get from")?;
        receive(self.line(), timeout)
    }

    /// How many values were put and not taken, by all processes.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "whether a pipe is empty is asked of the system, which may refuse"
    )]
    pub fn len(&self) -> usize {
        self.line().len()
    }

    /// Whether nothing can be taken at this moment.
    ///
    /// # Errors
    /// What the system says when the pipe cannot be looked into.
    pub fn is_empty(&self) -> Result<bool> {
        self.line().is_drained()
    }

    /// Whether there is no room at this moment.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.line().is_full()
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

    #[inline]
    pub(super) fn line(&self) -> &Line {
        &self.outbox.line
    }
}

impl<T> Queue<T> {
    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    fn new(outbox: Arc<Outbox>) -> Queue<T> {
        Queue {
            outbox,
            kind: PhantomData,
        }
    }
}

/// The thread's scratch bytes, empty, until this is dropped; new ones where they are in use.
struct Scratch(Vec<u8>);

impl Scratch {
    #[inline]
    fn borrow() -> Scratch {
        let mut bytes = SCRATCH.take();
        bytes.clear();
        Scratch(bytes)
    }
}

impl Deref for Scratch {
    type Target = Vec<u8>;

    #[inline]
    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Scratch {
    #[inline]
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for Scratch {
    #[inline]
    fn drop(&mut self) {
        if self.0.capacity() <= SCRATCH_MAX {
            // A thread that ends has none any more.
            let _ = SCRATCH.try_with(|scratch| scratch.set(std::mem::take(&mut self.0)));
        }
    }
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
        self.outbox.line.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Queue<T> {
    fn deserialize<D: Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Queue<T>, D::Error> {
        let line = Line::deserialize(deserializer)?;
        Ok(Queue::new(Outbox::of(line)))
    }
}

/// What [`super::SimpleQueue`] shares with [`Queue`]: handles beside bytes, sent at once.
pub(super) fn send_now<T: Message>(line: &Line, value: T) -> Result<()> {
    let mut bytes = Scratch::borrow();
    let handles = frame::append(&value, &mut bytes)?;
    if handles.is_empty() && line.put_at_once(&bytes, || true)? {
        return Ok(());
    }
    line.send_now(&bytes, handles)
}

/// Takes the next value from a line, for both kinds of queue.
#[inline]
pub(super) fn receive<T: Message>(line: &Line, timeout: Option<Duration>) -> Result<T> {
    let mut bytes = Scratch::borrow();
    let handles = line.receive(timeout, &mut bytes)?.ok_or_else(empty)?;
    transfer::decode_message(&bytes, handles)
}

#[cold]
fn empty() -> Error {
    Error::new(Kind::Empty, "get from a queue")
}

#[cfg(test)]
mod tests;
