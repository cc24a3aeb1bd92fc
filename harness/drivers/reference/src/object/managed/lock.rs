//! A manager's locks, semaphores, conditions, events and barriers.

use std::time::Duration;

use poolproof_case::ErrorKind;
use poolproof_runtime as mp;

use super::super::Bound;
use super::Managed;
use crate::data::Data;
use crate::stop::{Result, Stop, missing};

pub(super) fn new_barrier(manager: &mp::Manager, bound: &mut Bound<'_>) -> Result<Managed> {
    let parties = bound.size("parties")?;
    if !bound.take("action")?.is_none() {
        let text = "a manager runs no functions of the program, so its barriers have no action";
        return Err(Stop::error(ErrorKind::Usage, text));
    }
    Ok(Managed::Barrier(
        manager.barrier(parties)?,
        bound.timeout()?,
    ))
}

/// Takes what can be taken.
pub(super) fn acquire(managed: &Managed, timeout: Option<Duration>) -> Result<bool> {
    Ok(match managed {
        Managed::Lock(lock) => lock.acquire_raw(timeout)?,
        Managed::RLock(lock) => lock.acquire_raw(timeout)?,
        Managed::Semaphore(semaphore) => semaphore.acquire_raw(timeout)?,
        Managed::BoundedSemaphore(semaphore) => semaphore.acquire_raw(timeout)?,
        Managed::Condition(condition) => condition.acquire_raw(timeout)?,
        other => return Err(missing(other.name(), "acquire")),
    })
}

/// Gives it back.
pub(super) fn release(managed: &Managed) -> Result<()> {
    match managed {
        Managed::Lock(lock) => lock.release()?,
        Managed::RLock(lock) => lock.release()?,
        Managed::Semaphore(semaphore) => semaphore.release()?,
        Managed::BoundedSemaphore(semaphore) => semaphore.release()?,
        Managed::Condition(condition) => condition.release()?,
        other => return Err(missing(other.name(), "release")),
    }
    Ok(())
}

pub(super) fn call(managed: &Managed, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
    match (method, managed) {
        (_, Managed::Event(event)) => call_event(event, method, bound),
        (_, Managed::Barrier(barrier, timeout)) => call_barrier(barrier, *timeout, method, bound),
        ("acquire", _) => acquire(managed, bound.patience()?).map(Data::bool),
        ("release", _) => release(managed).map(|()| Data::NONE),
        (_, Managed::Condition(condition)) => call_condition(condition, method, bound),
        (other, _) => Err(missing(managed.name(), other)),
    }
}

fn call_condition(
    condition: &mp::ConditionProxy,
    method: &str,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    match method {
        "wait" => return Ok(Data::bool(condition.wait(bound.timeout()?)?)),
        "notify" => condition.notify(bound.size("n")?)?,
        "notify_all" => condition.notify_all()?,
        other => return Err(missing("ManagedCondition", other)),
    }
    Ok(Data::NONE)
}

fn call_event(event: &mp::EventProxy, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
    match method {
        "is_set" => return Ok(Data::bool(event.is_set()?)),
        "wait" => return Ok(Data::bool(event.wait(bound.timeout()?)?)),
        "set" => event.set()?,
        "clear" => event.clear()?,
        other => return Err(missing("ManagedEvent", other)),
    }
    Ok(Data::NONE)
}

fn call_barrier(
    barrier: &mp::BarrierProxy,
    otherwise: Option<Duration>,
    method: &str,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    match method {
        "wait" => {
            let timeout = bound.timeout()?.or(otherwise);
            return Ok(Data::int(barrier.wait(timeout)?));
        }
        "reset" => barrier.reset()?,
        "abort" => barrier.abort()?,
        other => return Err(missing("ManagedBarrier", other)),
    }
    Ok(Data::NONE)
}
