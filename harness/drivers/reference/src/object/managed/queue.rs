//! A manager's queues.

use super::super::Bound;
use super::Managed;
use crate::data::Data;
use crate::stop::{Result, missing};

/// The bound of a queue; Python takes zero and less for none.
pub(super) fn size(bound: &mut Bound<'_>) -> Result<Option<usize>> {
    let size = usize::try_from(bound.take("maxsize")?.as_int()?);
    Ok(size.ok().filter(|size| *size > 0))
}

/// The methods that a queue and a joinable queue share, by the same names.
macro_rules! call_queue {
    ($queue:expr, $method:expr, $bound:expr) => {{
        let (queue, bound) = ($queue, $bound);
        match $method {
            "put" => {
                let data = bound.take("obj")?;
                match bound.patience()? {
                    None => queue.put(&data)?,
                    Some(timeout) => queue.put_timeout(&data, timeout)?,
                }
            }
            "put_nowait" => queue.try_put(&bound.take("obj")?)?,
            "get" => {
                return Ok(match bound.patience()? {
                    None => queue.get()?,
                    Some(timeout) => queue.get_timeout(timeout)?,
                });
            }
            "get_nowait" => return Ok(queue.try_get()?),
            "qsize" => return Ok(Data::int(queue.len()?)),
            "empty" => return Ok(Data::bool(queue.is_empty()?)),
            "full" => return Ok(Data::bool(queue.is_full()?)),
            other => return Err(missing("a manager's queue", other)),
        }
        Ok(Data::NONE)
    }};
}

pub(super) fn call(managed: &Managed, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
    match (managed, method) {
        (Managed::Queue(queue), _) => call_queue!(queue, method, bound),
        (Managed::JoinableQueue(queue), "task_done") => {
            queue.task_done()?;
            Ok(Data::NONE)
        }
        (Managed::JoinableQueue(queue), "join") => {
            // Without a limit it ends only when all is done.
            queue.join(None)?;
            Ok(Data::NONE)
        }
        (Managed::JoinableQueue(queue), _) => call_queue!(queue, method, bound),
        (other, _) => Err(missing(other.name(), method)),
    }
}
