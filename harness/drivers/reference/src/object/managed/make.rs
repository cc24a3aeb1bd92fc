//! How a manager's objects are made, and what stands for them among threads.

use std::sync::Arc;

use poolproof_case::catalogue::{ManagerMethod, Method};
use poolproof_runtime as mp;

use super::array::Numbers;
use super::local::Local;
use super::{Managed, Proxy, container, lock};
use crate::bound::Bound;
use crate::data::Data;
use crate::object::lock::count;
use crate::object::queue::size;
use crate::sequence;
use crate::stop::{Result, missing};

/// Makes an object in a manager.
pub(in crate::object) fn make(
    manager: &mp::Manager,
    maker: ManagerMethod,
    bound: &mut Bound<'_>,
) -> Result<Proxy> {
    Ok(match maker {
        ManagerMethod::Dict => Proxy::Dict(container::new_dict(manager, &bound.take("sequence")?)?),
        ManagerMethod::List => Proxy::List(container::new_list(manager, &bound.take("sequence")?)?),
        ManagerMethod::Namespace => Proxy::Namespace(manager.namespace()?),
        ManagerMethod::Lock => Proxy::Lock(manager.lock()?),
        ManagerMethod::RLock => Proxy::RLock(manager.rlock()?),
        ManagerMethod::Semaphore => Proxy::Semaphore(manager.semaphore(count(bound)?)?),
        ManagerMethod::BoundedSemaphore => {
            Proxy::BoundedSemaphore(manager.bounded_semaphore(count(bound)?)?)
        }
        ManagerMethod::Condition => Proxy::Condition(manager.condition()?),
        ManagerMethod::Event => Proxy::Event(manager.event()?),
        ManagerMethod::Barrier => {
            let (barrier, timeout) = lock::new_barrier(manager, bound)?;
            Proxy::Barrier(barrier, timeout)
        }
        ManagerMethod::Queue => Proxy::Queue(manager.queue(size(bound)?)?),
        ManagerMethod::JoinableQueue => Proxy::JoinableQueue(manager.joinable_queue(size(bound)?)?),
        ManagerMethod::Value => Proxy::Value(manager.value(&bound.take("value")?)?),
        ManagerMethod::Array => {
            let numbers = Numbers::of(&bound.take("typecode")?.as_text()?)?;
            let items = sequence::items(&bound.take("sequence")?)?;
            let items = items.iter().map(|item| numbers.take(item));
            let array = manager.array(&items.collect::<Result<Vec<_>>>()?)?;
            Proxy::Array(array, Some(numbers))
        }
        ManagerMethod::Shared | ManagerMethod::Connect | ManagerMethod::Shutdown => {
            return Err(missing("Manager", Method::Manager(maker).name()));
        }
    })
}

/// What a manager among threads makes, where that holds values.
pub(in crate::object) fn unmanaged(
    maker: ManagerMethod,
    bound: &mut Bound<'_>,
) -> Result<Option<Data>> {
    let local = match maker {
        ManagerMethod::List => {
            let items = sequence::items(&bound.take("sequence")?)?;
            return Ok(Some(Data::list(items)));
        }
        ManagerMethod::Dict => {
            let pairs = sequence::pairs(&bound.take("sequence")?)?;
            return Ok(Some(Data::dict(pairs)));
        }
        ManagerMethod::Namespace => Local::namespace(),
        ManagerMethod::Value => Local::value(bound.take("value")?),
        // Locks and queues are the runtime's there, too, and an array a manager's.
        ManagerMethod::Lock
        | ManagerMethod::RLock
        | ManagerMethod::Semaphore
        | ManagerMethod::BoundedSemaphore
        | ManagerMethod::Condition
        | ManagerMethod::Event
        | ManagerMethod::Barrier
        | ManagerMethod::Queue
        | ManagerMethod::JoinableQueue
        | ManagerMethod::Array
        | ManagerMethod::Shared
        | ManagerMethod::Connect
        | ManagerMethod::Shutdown => return Ok(None),
    };
    Ok(Some(Data::object(Managed::new(
        Proxy::Local(Arc::new(local)),
        None,
    ))))
}
