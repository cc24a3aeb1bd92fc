//! What a manager makes among threads: ordinary objects, whose values all threads share.
//!
//! Locks and queues are the runtime's there, too; only what hands out what it holds is here.

use std::sync::{Arc, Mutex};

use poolproof_case::ErrorKind;

use super::super::{Bound, Object};
use super::Managed;
use crate::data::{Data, lock};
use crate::sequence;
use crate::stop::{Result, Stop, missing};

/// An object that would be a manager's, were there processes.
pub(crate) enum Local {
    Namespace(Mutex<Vec<(String, Data)>>),
    Value(Mutex<Data>),
}

/// What a manager among threads makes by the name of its method, where that holds values.
pub(in super::super) fn unmanaged(maker: &str, bound: &mut Bound<'_>) -> Result<Option<Data>> {
    let local = match maker {
        "list" => {
            let items = sequence::items(&bound.take("sequence")?)?;
            return Ok(Some(Data::list(items)));
        }
        "dict" => {
            let first = bound.take("sequence")?;
            let Data::Dict(pairs) = sequence::copy(&first)? else {
                let text = format!("{} is no dict", first.type_name());
                return Err(Stop::error(ErrorKind::Type, text));
            };
            return Ok(Some(Data::Dict(pairs)));
        }
        "Namespace" => Local::Namespace(Mutex::new(Vec::new())),
        "Value" => Local::Value(Mutex::new(bound.take("value")?)),
        _ => return Ok(None),
    };
    let managed = Managed::Local(Arc::new(local));
    Ok(Some(Data::Object(Object::Managed(Box::new(managed)))))
}

impl Local {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Local::Namespace(_) => "ManagedNamespace",
            Local::Value(_) => "ManagedValue",
        }
    }

    pub(super) fn call(&self, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
        match (self, method) {
            (Local::Value(held), "get") => Ok(lock(held).clone()),
            (Local::Value(held), "set") => {
                *lock(held) = bound.take("value")?;
                Ok(Data::NONE)
            }
            (_, other) => Err(missing(self.name(), other)),
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Result<Data> {
        match self {
            Local::Value(held) if name == "value" => Ok(lock(held).clone()),
            Local::Value(_) => Err(missing(self.name(), name)),
            Local::Namespace(held) => {
                let held = lock(held);
                let found = held.iter().find(|(known, _)| known == name);
                let found = found.map(|(_, data)| data.clone());
                found.ok_or_else(|| missing(self.name(), name))
            }
        }
    }

    pub(super) fn set_attribute(&self, name: &str, data: &Data) -> Result<()> {
        match self {
            Local::Value(held) if name == "value" => *lock(held) = data.clone(),
            Local::Value(_) => return Err(missing(self.name(), name)),
            Local::Namespace(held) => {
                let mut held = lock(held);
                match held.iter_mut().find(|(known, _)| known == name) {
                    Some((_, old)) => *old = data.clone(),
                    None => held.push((name.to_owned(), data.clone())),
                }
            }
        }
        Ok(())
    }
}
