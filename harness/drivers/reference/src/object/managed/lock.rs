//! A manager's conditions, events and barriers.

use std::time::Duration;

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{BarrierMethod, ConditionMethod, EventMethod};
use poolproof_runtime as mp;

use crate::bound::Bound;
use crate::data::Data;
use crate::stop::{Result, Stop};

/// A barrier, with what each wait takes that is given no timeout of its own.
pub(super) fn new_barrier(
    manager: &mp::Manager,
    bound: &mut Bound<'_>,
) -> Result<(mp::BarrierProxy, Option<Duration>)> {
    let parties = bound.size("parties")?;
    if !bound.take("action")?.is_none() {
        let text = "a manager runs no functions of the program, so its barriers have no action";
        return Err(Stop::error(ErrorKind::Usage, text));
    }
    Ok((manager.barrier(parties)?, bound.timeout()?))
}

pub(super) fn call_condition(
    condition: &mp::ConditionProxy,
    method: ConditionMethod,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    match method {
        ConditionMethod::Acquire => {
            return Ok(Data::bool(condition.acquire_raw(bound.patience()?)?));
        }
        ConditionMethod::Release => condition.release()?,
        ConditionMethod::Wait => return Ok(Data::bool(condition.wait(bound.timeout()?)?)),
        ConditionMethod::Notify => condition.notify(bound.size("n")?)?,
        ConditionMethod::NotifyAll => condition.notify_all()?,
    }
    Ok(Data::NONE)
}

pub(super) fn call_event(
    event: &mp::EventProxy,
    method: EventMethod,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    match method {
        EventMethod::IsSet => return Ok(Data::bool(event.is_set()?)),
        EventMethod::Wait => return Ok(Data::bool(event.wait(bound.timeout()?)?)),
        EventMethod::Set => event.set()?,
        EventMethod::Clear => event.clear()?,
    }
    Ok(Data::NONE)
}

pub(super) fn call_barrier(
    barrier: &mp::BarrierProxy,
    otherwise: Option<Duration>,
    method: BarrierMethod,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    match method {
        BarrierMethod::Wait => {
            let timeout = bound.timeout()?.or(otherwise);
            return Ok(Data::int(barrier.wait(timeout)?));
        }
        BarrierMethod::Reset => barrier.reset()?,
        BarrierMethod::Abort => barrier.abort()?,
    }
    Ok(Data::NONE)
}
