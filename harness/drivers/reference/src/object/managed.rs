//! What a manager keeps: proxies of its objects, by the catalogue's names.
//!
//! One file an area; here is which file answers, and how each is made and found.

mod array;
mod container;
mod key;
mod local;
mod lock;
mod queue;

use std::sync::Arc;
use std::time::Duration;

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{
    Attribute, BarrierAttribute, BarrierMethod, Class, ConditionMethod, DictMethod, EventMethod,
    ListMethod, LockMethod, ManagedValueAttribute, ManagedValueMethod, ManagerMethod, Method,
    NamespaceAttribute, QueueMethod,
};
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use super::lock::count;
use super::queue::size;
use crate::bound::Bound;
use crate::data::{Data, Object};
use crate::sequence;
use crate::stop::{Result, Stop, missing};
use array::Numbers;
use key::{Entry, Key};
use local::Local;

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
    /// With what it takes, where that is known.
    Array(mp::ArrayProxy<Data>, Option<Numbers>),
    /// Among threads, where no manager keeps it.
    #[serde(skip)]
    Local(Arc<Local>),
}

/// Makes an object in a manager.
pub(super) fn make(
    manager: &mp::Manager,
    maker: ManagerMethod,
    bound: &mut Bound<'_>,
) -> Result<Managed> {
    Ok(match maker {
        ManagerMethod::Dict => {
            Managed::Dict(container::new_dict(manager, &bound.take("sequence")?)?)
        }
        ManagerMethod::List => {
            Managed::List(container::new_list(manager, &bound.take("sequence")?)?)
        }
        ManagerMethod::Namespace => Managed::Namespace(manager.namespace()?),
        ManagerMethod::Lock => Managed::Lock(manager.lock()?),
        ManagerMethod::RLock => Managed::RLock(manager.rlock()?),
        ManagerMethod::Semaphore => Managed::Semaphore(manager.semaphore(count(bound)?)?),
        ManagerMethod::BoundedSemaphore => {
            Managed::BoundedSemaphore(manager.bounded_semaphore(count(bound)?)?)
        }
        ManagerMethod::Condition => Managed::Condition(manager.condition()?),
        ManagerMethod::Event => Managed::Event(manager.event()?),
        ManagerMethod::Barrier => {
            let (barrier, timeout) = lock::new_barrier(manager, bound)?;
            Managed::Barrier(barrier, timeout)
        }
        ManagerMethod::Queue => Managed::Queue(manager.queue(size(bound)?)?),
        ManagerMethod::JoinableQueue => {
            Managed::JoinableQueue(manager.joinable_queue(size(bound)?)?)
        }
        ManagerMethod::Value => Managed::Value(manager.value(&bound.take("value")?)?),
        ManagerMethod::Array => {
            let numbers = Numbers::of(&bound.take("typecode")?.as_text()?)?;
            let items = sequence::items(&bound.take("sequence")?)?;
            let items = items.iter().map(|item| numbers.take(item));
            let array = manager.array(&items.collect::<Result<Vec<_>>>()?)?;
            Managed::Array(array, Some(numbers))
        }
        ManagerMethod::Shared | ManagerMethod::Connect | ManagerMethod::Shutdown => {
            return Err(missing("Manager", Method::Manager(maker).name()));
        }
    })
}

/// What a manager among threads makes, where that holds values.
pub(super) fn unmanaged(maker: ManagerMethod, bound: &mut Bound<'_>) -> Result<Option<Data>> {
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
    Ok(Some(Data::object(Managed::Local(Arc::new(local)))))
}

impl Object for Managed {
    fn class(&self) -> Class {
        match self {
            Managed::Dict(_) => Class::ManagedDict,
            Managed::List(_) => Class::ManagedList,
            Managed::Namespace(_) => Class::ManagedNamespace,
            Managed::Lock(_) => Class::ManagedLock,
            Managed::RLock(_) => Class::ManagedRLock,
            Managed::Semaphore(_) => Class::ManagedSemaphore,
            Managed::BoundedSemaphore(_) => Class::ManagedBoundedSemaphore,
            Managed::Condition(_) => Class::ManagedCondition,
            Managed::Event(_) => Class::ManagedEvent,
            Managed::Barrier(..) => Class::ManagedBarrier,
            Managed::Queue(_) => Class::ManagedQueue,
            Managed::JoinableQueue(_) => Class::ManagedJoinableQueue,
            Managed::Value(_) => Class::ManagedValue,
            Managed::Array(..) => Class::ManagedArray,
            Managed::Local(local) => local.class(),
        }
    }

    fn contents(&self) -> Result<Data> {
        match self {
            Managed::Dict(dict) => container::copy_dict(dict),
            Managed::List(list) => Ok(Data::list(list.items()?)),
            Managed::Array(array, _) => Ok(Data::list(array.items()?)),
            _ => Err(self.no_items()),
        }
    }

    fn length(&self) -> Result<usize> {
        match self {
            Managed::Dict(dict) => Ok(dict.len()?),
            Managed::List(list) => Ok(list.len()?),
            Managed::Array(array, _) => Ok(array.len()?),
            _ => Err(self.no_items()),
        }
    }

    fn item(&self, index: &Data) -> Result<Data> {
        match self {
            Managed::Dict(dict) => container::value_of(dict, index),
            Managed::List(list) => Ok(list.get(index.as_int()?)?),
            Managed::Array(array, _) => Ok(array.get(index.as_int()?)?),
            _ => Err(self.no_items()),
        }
    }

    fn set_item(&self, index: &Data, value: Data) -> Result<()> {
        match self {
            Managed::Dict(dict) => container::insert(dict, index, &value)?,
            Managed::List(list) => list.set(index.as_int()?, &value)?,
            Managed::Array(array, numbers) => {
                let value = match numbers {
                    Some(numbers) => numbers.take(&value)?,
                    None => value,
                };
                array.set(index.as_int()?, &value)?;
            }
            _ => return Err(self.no_items()),
        }
        Ok(())
    }
}

impl Managed {
    fn no_items(&self) -> Stop {
        let name = self.class().name();
        Stop::error(ErrorKind::Type, format!("{name} has no items"))
    }

    fn lacks(&self, method: Method) -> Stop {
        missing(self.class().name(), method.name())
    }

    pub(super) fn call_list(&self, method: ListMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match self {
            Managed::List(list) => container::call_list(list, method, bound),
            _ => Err(self.lacks(Method::List(method))),
        }
    }

    pub(super) fn call_dict(&self, method: DictMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match self {
            Managed::Dict(dict) => container::call_dict(dict, method, bound),
            _ => Err(self.lacks(Method::Dict(method))),
        }
    }

    pub(super) fn call_value(
        &self,
        method: ManagedValueMethod,
        bound: &mut Bound<'_>,
    ) -> Result<Data> {
        match method {
            ManagedValueMethod::Get => self.value_attribute(ManagedValueAttribute::Value),
            ManagedValueMethod::Set => {
                let value = bound.take("value")?;
                self.set_value_attribute(ManagedValueAttribute::Value, &value)?;
                Ok(Data::NONE)
            }
        }
    }

    pub(super) fn call_queue(&self, method: QueueMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match self {
            Managed::Queue(queue) => queue::call(queue, method, bound),
            Managed::JoinableQueue(queue) => queue::call_joinable(queue, method, bound),
            _ => Err(self.lacks(Method::Queue(method))),
        }
    }

    pub(super) fn call_lock(&self, method: LockMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            LockMethod::Acquire => self.acquire(bound.patience()?).map(Data::bool),
            LockMethod::Release => self.release().map(|()| Data::NONE),
            LockMethod::GetValue => Err(self.lacks(Method::Lock(method))),
        }
    }

    pub(super) fn call_condition(
        &self,
        method: ConditionMethod,
        bound: &mut Bound<'_>,
    ) -> Result<Data> {
        match self {
            Managed::Condition(condition) => lock::call_condition(condition, method, bound),
            _ => Err(self.lacks(Method::Condition(method))),
        }
    }

    pub(super) fn call_event(&self, method: EventMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match self {
            Managed::Event(event) => lock::call_event(event, method, bound),
            _ => Err(self.lacks(Method::Event(method))),
        }
    }

    pub(super) fn call_barrier(
        &self,
        method: BarrierMethod,
        bound: &mut Bound<'_>,
    ) -> Result<Data> {
        match self {
            Managed::Barrier(barrier, timeout) => {
                lock::call_barrier(barrier, *timeout, method, bound)
            }
            _ => Err(self.lacks(Method::Barrier(method))),
        }
    }

    pub(super) fn barrier_attribute(&self, attribute: BarrierAttribute) -> Result<Data> {
        let Managed::Barrier(barrier, _) = self else {
            let name = Attribute::Barrier(attribute).name();
            return Err(missing(self.class().name(), name));
        };
        Ok(match attribute {
            BarrierAttribute::Parties => Data::int(barrier.parties()?),
            BarrierAttribute::Waiting => Data::int(barrier.waiting()?),
            BarrierAttribute::Broken => Data::bool(barrier.is_broken()?),
        })
    }

    pub(super) fn value_attribute(&self, attribute: ManagedValueAttribute) -> Result<Data> {
        let ManagedValueAttribute::Value = attribute;
        match self {
            Managed::Value(value) => Ok(value.get()?),
            Managed::Local(local) => local.get(),
            _ => Err(missing(self.class().name(), "value")),
        }
    }

    pub(super) fn set_value_attribute(
        &self,
        attribute: ManagedValueAttribute,
        value: &Data,
    ) -> Result<()> {
        let ManagedValueAttribute::Value = attribute;
        match self {
            Managed::Value(shared) => Ok(shared.set(value)?),
            Managed::Local(local) => local.set(value),
            _ => Err(missing(self.class().name(), "value")),
        }
    }

    /// An attribute of a namespace.
    pub(super) fn attribute(&self, attribute: NamespaceAttribute, name: &str) -> Result<Data> {
        let NamespaceAttribute::Any = attribute;
        match self {
            Managed::Namespace(space) => Ok(space.get(name)?),
            Managed::Local(local) => local.attribute(name),
            _ => Err(missing(self.class().name(), name)),
        }
    }

    /// Sets an attribute of a namespace.
    pub(super) fn set_attribute(
        &self,
        attribute: NamespaceAttribute,
        name: &str,
        value: &Data,
    ) -> Result<()> {
        let NamespaceAttribute::Any = attribute;
        match self {
            Managed::Namespace(space) => Ok(space.set(name, value)?),
            Managed::Local(local) => local.set_attribute(name, value),
            _ => Err(missing(self.class().name(), name)),
        }
    }

    /// What of the runtime is taken, where that can be.
    pub(super) fn hold(&self) -> Option<&dyn mp::Hold> {
        match self {
            Managed::Lock(lock) => Some(lock),
            Managed::RLock(lock) => Some(lock),
            Managed::Semaphore(semaphore) => Some(semaphore),
            Managed::BoundedSemaphore(semaphore) => Some(semaphore),
            Managed::Condition(condition) => Some(condition),
            _ => None,
        }
    }

    /// Takes what can be taken.
    pub(super) fn acquire(&self, timeout: Option<Duration>) -> Result<bool> {
        let lacks = || self.lacks(Method::Lock(LockMethod::Acquire));
        Ok(self.hold().ok_or_else(lacks)?.acquire_raw(timeout)?)
    }

    /// Gives it back.
    pub(super) fn release(&self) -> Result<()> {
        let lacks = || self.lacks(Method::Lock(LockMethod::Release));
        Ok(self.hold().ok_or_else(lacks)?.release()?)
    }
}
