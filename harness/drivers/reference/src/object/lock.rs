//! Locks, semaphores, conditions, events and barriers.

use std::time::Duration;

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{
    BarrierAttribute, BarrierMethod, Class, ConditionMethod, EventMethod, LockMethod, Method,
};
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use crate::arguments::Arguments;
use crate::bound::Bound;
use crate::data::{Data, Object};
use crate::functions;
use crate::stop::{Result, Stop, missing};

/// What can be taken and given back.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Takable {
    Lock(mp::Lock),
    RLock(mp::RLock),
    Semaphore(mp::Semaphore),
    BoundedSemaphore(mp::BoundedSemaphore),
}

/// A lock whose holders can wait to be notified.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Condition(mp::Condition);

/// A flag to wait for.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Event(pub(super) mp::Event);

/// A barrier, and the function that one party runs when all have met.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Barrier {
    barrier: mp::Barrier,
    action: Option<String>,
    /// What each wait of it takes when it is given no timeout of its own.
    timeout: Option<Duration>,
}

/// How far a semaphore counts at first.
pub(in crate::object) fn count(bound: &mut Bound<'_>) -> Result<u32> {
    let value = bound.size("value")?;
    u32::try_from(value).map_err(|_| {
        let text = format!("a semaphore counts to {}, not to {value}", u32::MAX);
        Stop::error(ErrorKind::Usage, text)
    })
}

pub(super) fn new_semaphore(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Takable> {
    Ok(Takable::Semaphore(context.semaphore(count(bound)?)?))
}

pub(super) fn new_bounded(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Takable> {
    let semaphore = context.bounded_semaphore(count(bound)?)?;
    Ok(Takable::BoundedSemaphore(semaphore))
}

pub(super) fn new_condition(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Condition> {
    let lock = bound.take("lock")?;
    let condition = match lock.as_object::<Takable>() {
        Some(Takable::Lock(lock)) => context.condition_with(lock.clone())?,
        Some(Takable::RLock(lock)) => context.condition_with(lock.clone())?,
        _ if lock.is_none() => context.condition()?,
        _ => {
            let text = format!(
                "a condition needs a Lock or an RLock, not {}",
                lock.type_name()
            );
            return Err(Stop::error(ErrorKind::Type, text));
        }
    };
    Ok(Condition(condition))
}

impl Object for Takable {
    fn class(&self) -> Class {
        match self {
            Takable::Lock(_) => Class::Lock,
            Takable::RLock(_) => Class::RLock,
            Takable::Semaphore(_) => Class::Semaphore,
            Takable::BoundedSemaphore(_) => Class::BoundedSemaphore,
        }
    }
}

impl Takable {
    /// What of the runtime is taken.
    pub(super) fn hold(&self) -> &dyn mp::Hold {
        match self {
            Takable::Lock(lock) => lock,
            Takable::RLock(lock) => lock,
            Takable::Semaphore(semaphore) => semaphore,
            Takable::BoundedSemaphore(semaphore) => semaphore,
        }
    }

    pub(crate) fn acquire(&self, timeout: Option<Duration>) -> Result<bool> {
        Ok(match self {
            Takable::Lock(lock) => lock.acquire_raw(timeout)?,
            Takable::RLock(lock) => lock.acquire_raw(timeout)?,
            Takable::Semaphore(semaphore) => semaphore.acquire_raw(timeout)?,
            Takable::BoundedSemaphore(semaphore) => semaphore.acquire_raw(timeout)?,
        })
    }

    pub(crate) fn release(&self) -> Result<()> {
        Ok(self.hold().release()?)
    }

    pub(super) fn call(&self, method: LockMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            LockMethod::Acquire => self.acquire(bound.patience()?).map(Data::bool),
            LockMethod::Release => self.release().map(|()| Data::NONE),
            LockMethod::GetValue => {
                let value = match self {
                    Takable::Semaphore(semaphore) => semaphore.value(),
                    Takable::BoundedSemaphore(semaphore) => semaphore.value(),
                    Takable::Lock(_) | Takable::RLock(_) => {
                        return Err(missing(self.class().name(), Method::Lock(method).name()));
                    }
                };
                Ok(Data::int(value as usize))
            }
        }
    }
}

impl Object for Condition {
    fn class(&self) -> Class {
        Class::Condition
    }
}

impl Condition {
    /// What of the runtime is taken.
    pub(super) fn hold(&self) -> &dyn mp::Hold {
        &self.0
    }

    pub(crate) fn acquire(&self, timeout: Option<Duration>) -> Result<bool> {
        Ok(self.0.acquire_raw(timeout)?)
    }

    pub(crate) fn release(&self) -> Result<()> {
        Ok(self.0.release()?)
    }

    pub(super) fn call(&self, method: ConditionMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            ConditionMethod::Acquire => return self.acquire(bound.patience()?).map(Data::bool),
            ConditionMethod::Release => self.release()?,
            ConditionMethod::Wait => {
                let woken = self.0.wait(bound.timeout()?);
                return Ok(Data::bool(woken.map_err(not_held)?));
            }
            ConditionMethod::Notify => self.0.notify(bound.size("n")?).map_err(not_held)?,
            ConditionMethod::NotifyAll => self.0.notify_all().map_err(not_held)?,
        }
        Ok(Data::NONE)
    }
}

/// The runtime calls it wrong usage of a condition; the catalogue asks who holds the lock.
fn not_held(error: mp::Error) -> Stop {
    if error.is_usage() {
        return Stop::error(ErrorKind::NotOwner, error.to_string());
    }
    error.into()
}

impl Object for Event {
    fn class(&self) -> Class {
        Class::Event
    }
}

impl Event {
    pub(super) fn call(&self, method: EventMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            EventMethod::IsSet => return Ok(Data::bool(self.0.is_set())),
            EventMethod::Wait => return Ok(Data::bool(self.0.wait(bound.timeout()?))),
            EventMethod::Set => self.0.set(),
            EventMethod::Clear => self.0.clear(),
        }
        Ok(Data::NONE)
    }
}

impl Object for Barrier {
    fn class(&self) -> Class {
        Class::Barrier
    }
}

impl Barrier {
    pub(super) fn new(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Barrier> {
        let parties = bound.size("parties")?;
        let parties = u32::try_from(parties).map_err(|_| {
            let text = format!("a barrier has at most {} parties", u32::MAX);
            Stop::error(ErrorKind::Usage, text)
        })?;
        let action = bound.take("action")?;
        Ok(Barrier {
            barrier: context.barrier(parties)?,
            action: if action.is_none() {
                None
            } else {
                Some(action.as_function()?)
            },
            timeout: bound.timeout()?,
        })
    }

    pub(super) fn call(&self, method: BarrierMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            BarrierMethod::Wait => {
                let timeout = bound.timeout()?.or(self.timeout);
                let index = self.barrier.wait_with(timeout, || self.act())?;
                return Ok(Data::int(index));
            }
            BarrierMethod::Reset => self.barrier.reset()?,
            BarrierMethod::Abort => self.barrier.abort()?,
        }
        Ok(Data::NONE)
    }

    fn act(&self) -> Result<()> {
        match (&self.action, functions::current()) {
            (Some(action), Some(functions)) => {
                functions.call(action, &mut Arguments::none()).map(drop)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn attribute(&self, attribute: BarrierAttribute) -> Data {
        match attribute {
            BarrierAttribute::Parties => Data::int(self.barrier.parties()),
            BarrierAttribute::Waiting => Data::int(self.barrier.waiting()),
            BarrierAttribute::Broken => Data::bool(self.barrier.is_broken()),
        }
    }
}
