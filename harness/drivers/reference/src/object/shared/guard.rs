//! The lock of a value or an array: one of its own, or whatever the program gave it that can be held.

use std::sync::OnceLock;

use poolproof_case::Value;
use poolproof_case::catalogue::{LockMethod, Method};
use poolproof_runtime::{self as mp, Hold};
use serde::{Deserialize, Serialize};

use super::{SharedArray, SharedValue};
use crate::data::Data;
use crate::object::lock::{Condition, Takable};
use crate::object::managed::Managed;
use crate::stop::{Result, Stop, missing};

/// An object of the program that can be held, and so can guard another.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Data")]
pub(crate) struct Guard(Data);

impl TryFrom<Data> for Guard {
    type Error = Stop;

    fn try_from(data: Data) -> Result<Guard> {
        match held(&data) {
            Some(_) => Ok(Guard(data)),
            None => {
                let acquire = Method::Lock(LockMethod::Acquire).name();
                Err(missing(data.type_name(), acquire))
            }
        }
    }
}

impl Guard {
    /// The object itself, as the program gave it.
    pub(super) fn object(&self) -> &Data {
        &self.0
    }
}

impl mp::Hold for Guard {
    fn acquire_raw(&self, timeout: Option<std::time::Duration>) -> mp::Result<bool> {
        held(&self.0).map_or(Ok(false), |lock| lock.acquire_raw(timeout))
    }

    fn release(&self) -> mp::Result<()> {
        held(&self.0).map_or(Ok(()), Hold::release)
    }
}

/// What of the runtime is held where this is; nothing where it cannot be.
pub(super) fn held(data: &Data) -> Option<&dyn Hold> {
    if let Some(lock) = data.as_object::<Takable>() {
        return Some(lock.hold());
    }
    if let Some(condition) = data.as_object::<Condition>() {
        return Some(condition.hold());
    }
    if let Some(managed) = data.as_object::<Managed>() {
        return managed.hold();
    }
    of(data).and_then(held)
}

/// The lock of a value or array; nothing where it has none.
pub(super) fn of(data: &Data) -> Option<&Data> {
    match (data.as_object(), data.as_object()) {
        (Some(value), _) => SharedValue::lock(value),
        (_, Some(array)) => Some(SharedArray::lock(array)),
        _ => None,
    }
}

/// The lock that a value or array has by itself, as one object however often it is asked for.
#[derive(Default)]
pub(crate) struct Own(OnceLock<Data>);

impl Own {
    pub(super) fn get(&self, lock: impl FnOnce() -> mp::RLock) -> &Data {
        self.0.get_or_init(|| Data::object(Takable::RLock(lock())))
    }
}

/// What is asked for as a lock.
pub(super) enum Wanted {
    None,
    Own,
    Given(Data),
}

impl Wanted {
    /// As Python takes the argument: `False` is none, `True`, what is equal to it and `None` one of its own.
    pub(super) fn of(lock: Data) -> Wanted {
        match lock {
            Data::Plain(Value::Bool(false)) => Wanted::None,
            Data::Plain(value) if matches!(value, Value::None) || value == Value::Bool(true) => {
                Wanted::Own
            }
            other => Wanted::Given(other),
        }
    }
}
