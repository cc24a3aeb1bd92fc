//! Locks, semaphores, conditions, events and barriers.

use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use super::Bound;
use crate::code::Arguments;
use crate::data::Data;
use crate::interpreter;
use crate::stop::{Result, Stop, missing};
use crate::world::World;

/// What can be taken and given back.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Takable {
    Lock(mp::Lock),
    RLock(mp::RLock),
    Semaphore(mp::Semaphore),
    BoundedSemaphore(mp::BoundedSemaphore),
    Condition(mp::Condition),
}

/// A barrier, and the function that one party runs when all have met.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Barrier {
    barrier: mp::Barrier,
    action: Option<String>,
    /// What each wait of it takes when it is given no timeout of its own.
    timeout: Option<std::time::Duration>,
}

impl Takable {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Takable::Lock(_) => "Lock",
            Takable::RLock(_) => "RLock",
            Takable::Semaphore(_) => "Semaphore",
            Takable::BoundedSemaphore(_) => "BoundedSemaphore",
            Takable::Condition(_) => "Condition",
        }
    }

    pub(crate) fn acquire(&self, timeout: Option<std::time::Duration>) -> Result<bool> {
        Ok(match self {
            Takable::Lock(lock) => lock.acquire_raw(timeout)?,
            Takable::RLock(lock) => lock.acquire_raw(timeout)?,
            Takable::Semaphore(semaphore) => semaphore.acquire_raw(timeout)?,
            Takable::BoundedSemaphore(semaphore) => semaphore.acquire_raw(timeout)?,
            Takable::Condition(condition) => condition.acquire_raw(timeout)?,
        })
    }

    pub(crate) fn release(&self) -> Result<()> {
        match self {
            Takable::Lock(lock) => lock.release()?,
            Takable::RLock(lock) => lock.release()?,
            Takable::Semaphore(semaphore) => semaphore.release()?,
            Takable::BoundedSemaphore(semaphore) => semaphore.release()?,
            Takable::Condition(condition) => condition.release()?,
        }
        Ok(())
    }

    pub(super) fn call(&self, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
        match (method, self) {
            ("acquire", _) => self.acquire(bound.patience()?).map(Data::bool),
            ("release", _) => self.release().map(|()| Data::NONE),
            ("get_value", Takable::Semaphore(semaphore)) => {
                Ok(Data::int(semaphore.value() as usize))
            }
            ("get_value", Takable::BoundedSemaphore(semaphore)) => {
                Ok(Data::int(semaphore.value() as usize))
            }
            (_, Takable::Condition(condition)) => call_condition(condition, method, bound),
            (other, _) => Err(missing(self.name(), other)),
        }
    }
}

fn call_condition(condition: &mp::Condition, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
    match method {
        "wait" => {
            let woken = condition.wait(bound.timeout()?);
            Ok(Data::bool(woken.map_err(not_held)?))
        }
        "notify" => {
            condition.notify(bound.size("n")?).map_err(not_held)?;
            Ok(Data::NONE)
        }
        "notify_all" => {
            condition.notify_all().map_err(not_held)?;
            Ok(Data::NONE)
        }
        other => Err(missing("Condition", other)),
    }
}

/// The runtime calls it wrong usage of a condition; the catalogue asks who holds the lock.
fn not_held(error: mp::Error) -> Stop {
    if error.is_usage() {
        return Stop::error(poolproof_case::ErrorKind::NotOwner, error.to_string());
    }
    error.into()
}

/// Makes one of the locks.
pub(super) fn new(context: &mp::Context, object: &str, bound: &mut Bound<'_>) -> Result<Takable> {
    let count = |bound: &mut Bound<'_>| {
        let value = bound.size("value")?;
        u32::try_from(value).map_err(|_| {
            let text = format!("a semaphore counts to {}, not to {value}", u32::MAX);
            Stop::error(poolproof_case::ErrorKind::Usage, text)
        })
    };
    Ok(match object {
        "Lock" => Takable::Lock(context.lock()?),
        "RLock" => Takable::RLock(context.rlock()?),
        "Semaphore" => Takable::Semaphore(context.semaphore(count(bound)?)?),
        "BoundedSemaphore" => Takable::BoundedSemaphore(context.bounded_semaphore(count(bound)?)?),
        "Condition" => Takable::Condition(condition(context, &bound.take("lock")?)?),
        other => return Err(missing("the runtime", other)),
    })
}

fn condition(context: &mp::Context, lock: &Data) -> Result<mp::Condition> {
    use super::Object;
    let takable = match lock {
        Data::Object(Object::Takable(takable)) => Some(takable.as_ref()),
        _ => None,
    };
    match takable {
        Some(Takable::Lock(lock)) => Ok(context.condition_with(lock.clone())?),
        Some(Takable::RLock(lock)) => Ok(context.condition_with(lock.clone())?),
        _ if lock.is_none() => Ok(context.condition()?),
        _ => {
            let text = format!(
                "a condition needs a Lock or an RLock, not {}",
                lock.type_name()
            );
            Err(Stop::error(poolproof_case::ErrorKind::Type, text))
        }
    }
}

pub(super) fn call_event(event: &mp::Event, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
    match method {
        "is_set" => return Ok(Data::bool(event.is_set())),
        "wait" => return Ok(Data::bool(event.wait(bound.timeout()?))),
        "set" => event.set(),
        "clear" => event.clear(),
        other => return Err(missing("Event", other)),
    }
    Ok(Data::NONE)
}

impl Barrier {
    pub(super) fn new(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Barrier> {
        let parties = bound.size("parties")?;
        let parties = u32::try_from(parties).map_err(|_| {
            let text = format!("a barrier has at most {} parties", u32::MAX);
            Stop::error(poolproof_case::ErrorKind::Usage, text)
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

    pub(super) fn call(&self, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            "wait" => {
                let timeout = bound.timeout()?.or(self.timeout);
                let index = self.barrier.wait_with(timeout, || self.act())?;
                return Ok(Data::int(index));
            }
            "reset" => self.barrier.reset()?,
            "abort" => self.barrier.abort()?,
            other => return Err(missing("Barrier", other)),
        }
        Ok(Data::NONE)
    }

    fn act(&self) -> Result<()> {
        match (&self.action, World::current()) {
            (Some(action), Some(world)) => {
                interpreter::call(&world, action, &mut Arguments::none()).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Result<Data> {
        match name {
            "parties" => Ok(Data::int(self.barrier.parties())),
            "n_waiting" => Ok(Data::int(self.barrier.waiting())),
            "broken" => Ok(Data::bool(self.barrier.is_broken())),
            other => Err(missing("Barrier", other)),
        }
    }
}
