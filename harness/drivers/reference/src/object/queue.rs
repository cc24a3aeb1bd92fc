//! Queues between processes.

use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use super::Bound;
use crate::data::Data;
use crate::stop::{Result, missing};

/// One of the queues.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Queue {
    Queue(mp::Queue<Data>),
    Joinable(mp::JoinableQueue<Data>),
    Simple(mp::SimpleQueue<Data>),
}

/// Makes one of the queues.
pub(super) fn new(
    context: &mp::Context,
    transport: mp::Transport,
    object: &str,
    bound: &mut Bound<'_>,
) -> Result<Queue> {
    if object == "SimpleQueue" {
        return Ok(Queue::Simple(context.simple_queue_over(transport)?));
    }
    // Python takes zero and less for no bound.
    let bound = usize::try_from(bound.take("maxsize")?.as_int()?)
        .ok()
        .filter(|bound| *bound > 0);
    Ok(match object {
        "Queue" => Queue::Queue(context.queue_over(transport, bound)?),
        "JoinableQueue" => Queue::Joinable(context.joinable_queue_over(transport, bound)?),
        other => return Err(missing("the runtime", other)),
    })
}

/// The methods that a queue and a joinable queue share, by the same names.
macro_rules! call_buffered {
    ($queue:expr, $method:expr, $bound:expr) => {{
        let (queue, bound) = ($queue, $bound);
        match $method {
            "put" => {
                let data = bound.take("obj")?;
                match bound.patience()? {
                    None => queue.put(data)?,
                    Some(timeout) => queue.put_timeout(data, timeout)?,
                }
            }
            "put_nowait" => queue.try_put(bound.take("obj")?)?,
            "get" => {
                return Ok(match bound.patience()? {
                    None => queue.get()?,
                    Some(timeout) => queue.get_timeout(timeout)?,
                });
            }
            "get_nowait" => return Ok(queue.try_get()?),
            "qsize" => return Ok(Data::int(queue.len())),
            "empty" => return Ok(Data::bool(queue.is_empty()?)),
            "full" => return Ok(Data::bool(queue.is_full())),
            "close" => queue.close(),
            "join_thread" => queue.join_thread()?,
            "cancel_join_thread" => queue.cancel_join_thread(),
            other => return Err(missing("Queue", other)),
        }
        Ok(Data::NONE)
    }};
}

impl Queue {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Queue::Queue(_) => "Queue",
            Queue::Joinable(_) => "JoinableQueue",
            Queue::Simple(_) => "SimpleQueue",
        }
    }

    pub(super) fn call(&self, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
        match self {
            Queue::Simple(queue) => call_simple(queue, method, bound),
            Queue::Queue(queue) => call_buffered!(queue, method, bound),
            Queue::Joinable(queue) => match method {
                "task_done" => {
                    queue.task_done()?;
                    Ok(Data::NONE)
                }
                "join" => {
                    queue.join()?;
                    Ok(Data::NONE)
                }
                other => call_buffered!(queue, other, bound),
            },
        }
    }
}

fn call_simple(queue: &mp::SimpleQueue<Data>, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
    match method {
        "put" => queue.put(bound.take("obj")?)?,
        "get" => return Ok(queue.get()?),
        "empty" => return Ok(Data::bool(queue.is_empty()?)),
        "close" => queue.close(),
        other => return Err(missing("SimpleQueue", other)),
    }
    Ok(Data::NONE)
}
