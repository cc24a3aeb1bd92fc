//! A manager's queues.

use poolproof_case::catalogue::{Method, QueueMethod};
use poolproof_runtime as mp;

use crate::bound::Bound;
use crate::data::Data;
use crate::stop::{Result, missing};

/// The methods that a queue and a joinable queue share, by the same names.
macro_rules! call_queue {
    ($queue:expr, $method:expr, $bound:expr) => {{
        let (queue, method, bound) = ($queue, $method, $bound);
        match method {
            QueueMethod::Put => {
                let data = bound.take("obj")?;
                match bound.patience()? {
                    None => queue.put(&data)?,
                    Some(timeout) => queue.put_timeout(&data, timeout)?,
                }
            }
            QueueMethod::PutNowait => queue.try_put(&bound.take("obj")?)?,
            QueueMethod::Get => {
                return Ok(match bound.patience()? {
                    None => queue.get()?,
                    Some(timeout) => queue.get_timeout(timeout)?,
                });
            }
            QueueMethod::GetNowait => return Ok(queue.try_get()?),
            QueueMethod::Qsize => return Ok(Data::int(queue.len()?)),
            QueueMethod::Empty => return Ok(Data::bool(queue.is_empty()?)),
            QueueMethod::Full => return Ok(Data::bool(queue.is_full()?)),
            QueueMethod::Close
            | QueueMethod::JoinThread
            | QueueMethod::CancelJoinThread
            | QueueMethod::TaskDone
            | QueueMethod::Join => {
                return Err(missing("a manager's queue", Method::Queue(method).name()));
            }
        }
        Ok(Data::NONE)
    }};
}

pub(super) fn call(
    queue: &mp::QueueProxy<Data>,
    method: QueueMethod,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    call_queue!(queue, method, bound)
}

pub(super) fn call_joinable(
    queue: &mp::JoinableQueueProxy<Data>,
    method: QueueMethod,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    match method {
        QueueMethod::TaskDone => queue.task_done()?,
        // Without a limit it ends only when all is done.
        QueueMethod::Join => {
            queue.join(None)?;
        }
        method => return call_queue!(queue, method, bound),
    }
    Ok(Data::NONE)
}
