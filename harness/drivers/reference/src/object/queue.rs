//! Queues between processes.

use poolproof_case::catalogue::{Class, Method, QueueMethod, SimpleQueueMethod};
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use crate::bound::Bound;
use crate::data::{Data, Object};
use crate::stop::{Result, missing};

/// A queue with a feeder.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Queue {
    Plain(mp::Queue<Data>),
    Joinable(mp::JoinableQueue<Data>),
}

/// A queue without one.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SimpleQueue(mp::SimpleQueue<Data>);

/// Python takes zero and less for no bound.
pub(in crate::object) fn size(bound: &mut Bound<'_>) -> Result<Option<usize>> {
    let size = usize::try_from(bound.take("maxsize")?.as_int()?);
    Ok(size.ok().filter(|size| *size > 0))
}

pub(super) fn new(
    context: &mp::Context,
    transport: mp::Transport,
    bound: &mut Bound<'_>,
) -> Result<Queue> {
    let queue = context.queue_over(transport, size(bound)?)?;
    if is_of_threads(context) {
        queue.cancel_join_thread();
    }
    Ok(Queue::Plain(queue))
}

/// Whether all who use a queue are in one process, which then waits for nobody at its end.
fn is_of_threads(context: &mp::Context) -> bool {
    context.start_method() == mp::StartMethod::Threads
}

pub(super) fn new_joinable(
    context: &mp::Context,
    transport: mp::Transport,
    bound: &mut Bound<'_>,
) -> Result<Queue> {
    let queue = context.joinable_queue_over(transport, size(bound)?)?;
    if is_of_threads(context) {
        queue.cancel_join_thread();
    }
    Ok(Queue::Joinable(queue))
}

pub(super) fn new_simple(context: &mp::Context, transport: mp::Transport) -> Result<SimpleQueue> {
    Ok(SimpleQueue(context.simple_queue_over(transport)?))
}

/// The methods that a queue and a joinable queue share, by the same names.
macro_rules! call_buffered {
    ($queue:expr, $class:expr, $method:expr, $bound:expr) => {{
        let (queue, method, bound) = ($queue, $method, $bound);
        match method {
            QueueMethod::Put => {
                let data = bound.take("obj")?;
                match bound.patience()? {
                    None => queue.put(data)?,
                    Some(timeout) => queue.put_timeout(data, timeout)?,
                }
            }
            QueueMethod::PutNowait => queue.try_put(bound.take("obj")?)?,
            QueueMethod::Get => {
                return Ok(match bound.patience()? {
                    None => queue.get()?,
                    Some(timeout) => queue.get_timeout(timeout)?,
                });
            }
            QueueMethod::GetNowait => return Ok(queue.try_get()?),
            QueueMethod::Qsize => return Ok(Data::int(queue.len())),
            QueueMethod::Empty => return Ok(Data::bool(queue.is_empty()?)),
            QueueMethod::Full => return Ok(Data::bool(queue.is_full())),
            QueueMethod::Close => queue.close(),
            QueueMethod::JoinThread => queue.join_thread()?,
            QueueMethod::CancelJoinThread => queue.cancel_join_thread(),
            QueueMethod::TaskDone | QueueMethod::Join => {
                return Err(missing($class.name(), Method::Queue(method).name()));
            }
        }
        Ok(Data::NONE)
    }};
}

impl Object for Queue {
    fn class(&self) -> Class {
        match self {
            Queue::Plain(_) => Class::Queue,
            Queue::Joinable(_) => Class::JoinableQueue,
        }
    }
}

impl Queue {
    pub(super) fn call(&self, method: QueueMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match (self, method) {
            (Queue::Joinable(queue), QueueMethod::TaskDone) => queue.task_done()?,
            (Queue::Joinable(queue), QueueMethod::Join) => queue.join()?,
            (Queue::Joinable(queue), method) => {
                return call_buffered!(queue, self.class(), method, bound);
            }
            (Queue::Plain(queue), method) => {
                return call_buffered!(queue, self.class(), method, bound);
            }
        }
        Ok(Data::NONE)
    }
}

impl Object for SimpleQueue {
    fn class(&self) -> Class {
        Class::SimpleQueue
    }
}

impl SimpleQueue {
    pub(super) fn call(&self, method: SimpleQueueMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            SimpleQueueMethod::Put => self.0.put(bound.take("obj")?)?,
            SimpleQueueMethod::Get => return Ok(self.0.get()?),
            SimpleQueueMethod::Empty => return Ok(Data::bool(self.0.is_empty()?)),
            SimpleQueueMethod::Close => self.0.close(),
        }
        Ok(Data::NONE)
    }
}
