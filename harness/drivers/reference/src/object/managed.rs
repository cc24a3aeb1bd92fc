//! What a manager keeps: proxies of its objects, by the catalogue's names.
//!
//! One file an area; here is which file answers, and how each is made and found.

mod array;
mod container;
mod key;
mod local;
mod lock;
mod make;
mod queue;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{
    Attribute, BarrierAttribute, BarrierMethod, Class, ConditionMethod, DictMethod, EventMethod,
    ListMethod, LockMethod, ManagedValueAttribute, ManagedValueMethod, Method, NamespaceAttribute,
    QueueMethod,
};
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use crate::bound::Bound;
use crate::data::{Data, Object};
use crate::stop::{Result, Stop, missing};
use crate::together;
use array::Numbers;
use key::{Entry, Key};
use local::Local;
pub(super) use make::{make, unmanaged};

/// An object of a manager, as a program has it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Managed {
    proxy: Proxy,
    /// The manager that made it here, which lives as long as what it made; nobody else has one.
    #[serde(skip)]
    _manager: Option<mp::Manager>,
}

impl Managed {
    pub(super) fn new(proxy: Proxy, manager: Option<mp::Manager>) -> Managed {
        Managed {
            proxy,
            _manager: manager,
        }
    }
}

impl Deref for Managed {
    type Target = Proxy;

    fn deref(&self) -> &Proxy {
        &self.proxy
    }
}

/// Which object it is.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Proxy {
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

impl Object for Managed {
    fn class(&self) -> Class {
        self.proxy.class()
    }

    fn contents(&self) -> Result<Data> {
        self.proxy.contents()
    }

    fn length(&self) -> Result<usize> {
        self.proxy.length()
    }

    fn item(&self, index: &Data) -> Result<Data> {
        self.proxy.item(index)
    }

    fn set_item(&self, index: &Data, value: Data) -> Result<()> {
        self.proxy.set_item(index, value)
    }
}

impl Proxy {
    fn class(&self) -> Class {
        match self {
            Proxy::Dict(_) => Class::ManagedDict,
            Proxy::List(_) => Class::ManagedList,
            Proxy::Namespace(_) => Class::ManagedNamespace,
            Proxy::Lock(_) => Class::ManagedLock,
            Proxy::RLock(_) => Class::ManagedRLock,
            Proxy::Semaphore(_) => Class::ManagedSemaphore,
            Proxy::BoundedSemaphore(_) => Class::ManagedBoundedSemaphore,
            Proxy::Condition(_) => Class::ManagedCondition,
            Proxy::Event(_) => Class::ManagedEvent,
            Proxy::Barrier(..) => Class::ManagedBarrier,
            Proxy::Queue(_) => Class::ManagedQueue,
            Proxy::JoinableQueue(_) => Class::ManagedJoinableQueue,
            Proxy::Value(_) => Class::ManagedValue,
            Proxy::Array(..) => Class::ManagedArray,
            Proxy::Local(local) => local.class(),
        }
    }

    fn contents(&self) -> Result<Data> {
        match self {
            Proxy::Dict(dict) => container::copy_dict(dict),
            Proxy::List(list) => Ok(Data::list(together::arrive(|| list.items())?)),
            Proxy::Array(array, _) => Ok(Data::list(array.items()?)),
            _ => Err(self.no_items()),
        }
    }

    fn length(&self) -> Result<usize> {
        match self {
            Proxy::Dict(dict) => Ok(dict.len()?),
            Proxy::List(list) => Ok(list.len()?),
            Proxy::Array(array, _) => Ok(array.len()?),
            _ => Err(self.no_items()),
        }
    }

    fn item(&self, index: &Data) -> Result<Data> {
        match self {
            Proxy::Dict(dict) => container::value_of(dict, index),
            Proxy::List(list) => Ok(list.get(index.as_int()?)?),
            Proxy::Array(array, _) => Ok(array.get(index.as_int()?)?),
            _ => Err(self.no_items()),
        }
    }

    fn set_item(&self, index: &Data, value: Data) -> Result<()> {
        match self {
            Proxy::Dict(dict) => container::insert(dict, index, &value)?,
            Proxy::List(list) => list.set(index.as_int()?, &value)?,
            Proxy::Array(array, numbers) => {
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

impl Proxy {
    fn no_items(&self) -> Stop {
        let name = self.class().name();
        Stop::error(ErrorKind::Type, format!("{name} has no items"))
    }

    fn lacks(&self, method: Method) -> Stop {
        missing(self.class().name(), method.name())
    }

    pub(super) fn call_list(&self, method: ListMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match self {
            Proxy::List(list) => container::call_list(list, method, bound),
            _ => Err(self.lacks(Method::List(method))),
        }
    }

    pub(super) fn call_dict(&self, method: DictMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match self {
            Proxy::Dict(dict) => container::call_dict(dict, method, bound),
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
            Proxy::Queue(queue) => queue::call(queue, method, bound),
            Proxy::JoinableQueue(queue) => queue::call_joinable(queue, method, bound),
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
            Proxy::Condition(condition) => lock::call_condition(condition, method, bound),
            _ => Err(self.lacks(Method::Condition(method))),
        }
    }

    pub(super) fn call_event(&self, method: EventMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match self {
            Proxy::Event(event) => lock::call_event(event, method, bound),
            _ => Err(self.lacks(Method::Event(method))),
        }
    }

    pub(super) fn call_barrier(
        &self,
        method: BarrierMethod,
        bound: &mut Bound<'_>,
    ) -> Result<Data> {
        match self {
            Proxy::Barrier(barrier, timeout) => {
                lock::call_barrier(barrier, *timeout, method, bound)
            }
            _ => Err(self.lacks(Method::Barrier(method))),
        }
    }

    pub(super) fn barrier_attribute(&self, attribute: BarrierAttribute) -> Result<Data> {
        let Proxy::Barrier(barrier, _) = self else {
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
            Proxy::Value(value) => Ok(value.get()?),
            Proxy::Local(local) => local.get(),
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
            Proxy::Value(shared) => Ok(shared.set(value)?),
            Proxy::Local(local) => local.set(value),
            _ => Err(missing(self.class().name(), "value")),
        }
    }

    /// An attribute of a namespace.
    pub(super) fn attribute(&self, attribute: NamespaceAttribute, name: &str) -> Result<Data> {
        let NamespaceAttribute::Any = attribute;
        match self {
            Proxy::Namespace(space) => Ok(space.get(name)?),
            Proxy::Local(local) => local.attribute(name),
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
            Proxy::Namespace(space) => Ok(space.set(name, value)?),
            Proxy::Local(local) => local.set_attribute(name, value),
            _ => Err(missing(self.class().name(), name)),
        }
    }

    /// What of the runtime is taken, where that can be.
    pub(super) fn hold(&self) -> Option<&dyn mp::Hold> {
        match self {
            Proxy::Lock(lock) => Some(lock),
            Proxy::RLock(lock) => Some(lock),
            Proxy::Semaphore(semaphore) => Some(semaphore),
            Proxy::BoundedSemaphore(semaphore) => Some(semaphore),
            Proxy::Condition(condition) => Some(condition),
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
