//! What a manager keeps: proxies of its objects, by the catalogue's names.
//!
//! One file an area; here is which file answers, and how each is made and found.

mod container;
mod key;
mod local;
mod lock;
mod queue;

use std::sync::Arc;
use std::time::Duration;

use poolproof_case::ErrorKind;
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use super::Bound;
use crate::data::Data;
use crate::sequence;
use crate::stop::{Result, Stop, missing};
use key::{Entry, Key};
use local::Local;
pub(super) use local::unmanaged;

/// An object of a manager.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Managed {
    Dict(mp::DictProxy<Key, Entry>),
    List(mp::ListProxy<Data>),
    Namespace(mp::NamespaceProxy),
    Lock(mp::LockProxy),
    RLock(mp::RLockProxy),
    Semaphore(mp::SemaphoreProxy),
    BoundedSemaphore(mp::BoundedSemaphoreProxy),
    Condition(mp::ConditionProxy),
    Event(mp::EventProxy),
    /// With what each wait takes that is given no timeout of its own.
    Barrier(mp::BarrierProxy, Option<Duration>),
    Queue(mp::QueueProxy<Data>),
    JoinableQueue(mp::JoinableQueueProxy<Data>),
    Value(mp::ValueProxy<Data>),
    Array(mp::ArrayProxy<Data>),
    /// Among threads, where no manager keeps it.
    #[serde(skip)]
    Local(Arc<Local>),
}

/// Makes an object in a manager by the name of the manager's method.
pub(super) fn make(manager: &mp::Manager, maker: &str, bound: &mut Bound<'_>) -> Result<Managed> {
    Ok(match maker {
        "dict" => container::new_dict(manager, &bound.take("sequence")?)?,
        "list" => container::new_list(manager, &bound.take("sequence")?)?,
        "Namespace" => Managed::Namespace(manager.namespace()?),
        "Lock" => Managed::Lock(manager.lock()?),
        "RLock" => Managed::RLock(manager.rlock()?),
        "Semaphore" => Managed::Semaphore(manager.semaphore(count(bound)?)?),
        "BoundedSemaphore" => Managed::BoundedSemaphore(manager.bounded_semaphore(count(bound)?)?),
        "Condition" => Managed::Condition(manager.condition()?),
        "Event" => Managed::Event(manager.event()?),
        "Barrier" => lock::new_barrier(manager, bound)?,
        "Queue" => Managed::Queue(manager.queue(queue::size(bound)?)?),
        "JoinableQueue" => Managed::JoinableQueue(manager.joinable_queue(queue::size(bound)?)?),
        "Value" => Managed::Value(manager.value(&bound.take("value")?)?),
        "Array" => {
            let items = sequence::items(&bound.take("sequence")?)?;
            Managed::Array(manager.array(&items)?)
        }
        other => return Err(missing("Manager", other)),
    })
}

fn count(bound: &mut Bound<'_>) -> Result<u32> {
    let value = bound.size("value")?;
    u32::try_from(value).map_err(|_| {
        let text = format!("a semaphore counts to {}, not to {value}", u32::MAX);
        Stop::error(ErrorKind::Usage, text)
    })
}

impl Managed {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Managed::Dict(_) => "ManagedDict",
            Managed::List(_) => "ManagedList",
            Managed::Namespace(_) => "ManagedNamespace",
            Managed::Lock(_) => "ManagedLock",
            Managed::RLock(_) => "ManagedRLock",
            Managed::Semaphore(_) => "ManagedSemaphore",
            Managed::BoundedSemaphore(_) => "ManagedBoundedSemaphore",
            Managed::Condition(_) => "ManagedCondition",
            Managed::Event(_) => "ManagedEvent",
            Managed::Barrier(..) => "ManagedBarrier",
            Managed::Queue(_) => "ManagedQueue",
            Managed::JoinableQueue(_) => "ManagedJoinableQueue",
            Managed::Value(_) => "ManagedValue",
            Managed::Array(_) => "ManagedArray",
            Managed::Local(local) => local.name(),
        }
    }

    /// What a manager shares under a name, whatever it is.
    pub(super) fn find(manager: &mp::Manager, name: &str) -> Result<Managed> {
        let barrier = |proxy| Managed::Barrier(proxy, None);
        let tries = [
            manager.shared(name).map(Managed::Dict),
            manager.shared(name).map(Managed::List),
            manager.shared(name).map(Managed::Namespace),
            manager.shared(name).map(Managed::Lock),
            manager.shared(name).map(Managed::RLock),
            manager.shared(name).map(Managed::Semaphore),
            manager.shared(name).map(Managed::BoundedSemaphore),
            manager.shared(name).map(Managed::Condition),
            manager.shared(name).map(Managed::Event),
            manager.shared(name).map(barrier),
            manager.shared(name).map(Managed::Queue),
            manager.shared(name).map(Managed::JoinableQueue),
            manager.shared(name).map(Managed::Value),
            manager.shared(name).map(Managed::Array),
        ];
        let mut refused = missing("this manager", name);
        for found in tries {
            match found {
                Ok(managed) => return Ok(managed),
                // It is of another class.
                Err(error) if error.is_usage() => {}
                Err(error) => refused = error.into(),
            }
        }
        Err(refused)
    }

    /// Lets others find it by a name.
    pub(super) fn share(&self, manager: &mp::Manager, name: &str) -> Result<()> {
        match self {
            Managed::Dict(proxy) => manager.share(name, proxy)?,
            Managed::List(proxy) => manager.share(name, proxy)?,
            Managed::Namespace(proxy) => manager.share(name, proxy)?,
            Managed::Lock(proxy) => manager.share(name, proxy)?,
            Managed::RLock(proxy) => manager.share(name, proxy)?,
            Managed::Semaphore(proxy) => manager.share(name, proxy)?,
            Managed::BoundedSemaphore(proxy) => manager.share(name, proxy)?,
            Managed::Condition(proxy) => manager.share(name, proxy)?,
            Managed::Event(proxy) => manager.share(name, proxy)?,
            Managed::Barrier(proxy, _) => manager.share(name, proxy)?,
            Managed::Queue(proxy) => manager.share(name, proxy)?,
            Managed::JoinableQueue(proxy) => manager.share(name, proxy)?,
            Managed::Value(proxy) => manager.share(name, proxy)?,
            Managed::Array(proxy) => manager.share(name, proxy)?,
            Managed::Local(_) => return Err(missing("a manager among threads", "shared")),
        }
        Ok(())
    }

    pub(super) fn call(&self, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
        match self {
            Managed::Dict(dict) => container::call_dict(dict, method, bound),
            Managed::List(list) => container::call_list(list, method, bound),
            Managed::Value(value) => match method {
                "get" => Ok(value.get()?),
                "set" => {
                    value.set(&bound.take("value")?)?;
                    Ok(Data::NONE)
                }
                other => Err(missing(self.name(), other)),
            },
            Managed::Queue(_) | Managed::JoinableQueue(_) => queue::call(self, method, bound),
            Managed::Local(local) => local.call(method, bound),
            Managed::Namespace(_) | Managed::Array(_) => Err(missing(self.name(), method)),
            _ => lock::call(self, method, bound),
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Result<Data> {
        match (self, name) {
            (Managed::Local(local), name) => local.attribute(name),
            (Managed::Namespace(space), name) => Ok(space.get(name)?),
            (Managed::Value(value), "value") => Ok(value.get()?),
            (Managed::Barrier(barrier, _), "parties") => Ok(Data::int(barrier.parties()?)),
            (Managed::Barrier(barrier, _), "n_waiting") => Ok(Data::int(barrier.waiting()?)),
            (Managed::Barrier(barrier, _), "broken") => Ok(Data::bool(barrier.is_broken()?)),
            (_, other) => Err(missing(self.name(), other)),
        }
    }

    pub(super) fn set_attribute(&self, name: &str, value: &Data) -> Result<()> {
        match (self, name) {
            (Managed::Local(local), name) => local.set_attribute(name, value)?,
            (Managed::Namespace(space), name) => space.set(name, value)?,
            (Managed::Value(shared), "value") => shared.set(value)?,
            (_, other) => return Err(missing(self.name(), other)),
        }
        Ok(())
    }

    /// A plain copy of what it holds.
    pub(super) fn contents(&self) -> Result<Data> {
        match self {
            Managed::Dict(dict) => container::copy_dict(dict),
            Managed::List(list) => Ok(Data::list(list.items()?)),
            Managed::Array(array) => Ok(Data::list(array.items()?)),
            _ => Err(self.no_items()),
        }
    }

    pub(super) fn length(&self) -> Result<usize> {
        match self {
            Managed::Dict(dict) => Ok(dict.len()?),
            Managed::List(list) => Ok(list.len()?),
            Managed::Array(array) => Ok(array.len()?),
            _ => Err(self.no_items()),
        }
    }

    pub(super) fn item(&self, index: &Data) -> Result<Data> {
        match self {
            Managed::Dict(dict) => container::value_of(dict, index),
            Managed::List(list) => Ok(list.get(index.as_int()?)?),
            Managed::Array(array) => Ok(array.get(index.as_int()?)?),
            _ => Err(self.no_items()),
        }
    }

    pub(super) fn set_item(&self, index: &Data, value: &Data) -> Result<()> {
        match self {
            Managed::Dict(dict) => container::insert(dict, index, value)?,
            Managed::List(list) => list.set(index.as_int()?, value)?,
            Managed::Array(array) => array.set(index.as_int()?, value)?,
            _ => return Err(self.no_items()),
        }
        Ok(())
    }

    /// Enters it as a context.
    pub(super) fn enter(&self) -> Result<()> {
        lock::acquire(self, None).map(|_| ())
    }

    /// Leaves it as a context.
    pub(super) fn leave(&self) -> Result<()> {
        lock::release(self)
    }

    fn no_items(&self) -> Stop {
        Stop::error(ErrorKind::Type, format!("{} has no items", self.name()))
    }
}
