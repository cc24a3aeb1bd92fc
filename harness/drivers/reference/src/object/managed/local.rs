//! What a manager makes among threads: ordinary objects, whose values all threads share.
//!
//! Locks and queues are the runtime's there, too; only what hands out what it holds is here.

use std::sync::Mutex;

use poolproof_case::catalogue::Class;

use crate::data::{Data, lock};
use crate::stop::{Result, missing};

/// An object that would be a manager's, were there processes.
pub(crate) enum Local {
    Namespace(Mutex<Vec<(String, Data)>>),
    Value(Mutex<Data>),
}

impl Local {
    pub(super) fn namespace() -> Local {
        Local::Namespace(Mutex::new(Vec::new()))
    }

    pub(super) fn value(data: Data) -> Local {
        Local::Value(Mutex::new(data))
    }

    pub(super) fn class(&self) -> Class {
        match self {
            Local::Namespace(_) => Class::ManagedNamespace,
            Local::Value(_) => Class::ManagedValue,
        }
    }

    /// What a value holds.
    pub(super) fn get(&self) -> Result<Data> {
        match self {
            Local::Value(held) => Ok(lock(held).clone()),
            Local::Namespace(_) => Err(missing(self.class().name(), "get")),
        }
    }

    /// Sets what a value holds.
    pub(super) fn set(&self, data: &Data) -> Result<()> {
        match self {
            Local::Value(held) => *lock(held) = data.clone(),
            Local::Namespace(_) => return Err(missing(self.class().name(), "set")),
        }
        Ok(())
    }

    /// What a namespace holds under a name.
    pub(super) fn attribute(&self, name: &str) -> Result<Data> {
        let found = match self {
            Local::Value(_) => None,
            Local::Namespace(held) => {
                let held = lock(held);
                let found = held.iter().find(|(known, _)| known == name);
                found.map(|(_, data)| data.clone())
            }
        };
        found.ok_or_else(|| missing(self.class().name(), name))
    }

    /// Sets what a namespace holds under a name.
    pub(super) fn set_attribute(&self, name: &str, data: &Data) -> Result<()> {
        let Local::Namespace(held) = self else {
            return Err(missing(self.class().name(), name));
        };
        let mut held = lock(held);
        match held.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = data.clone(),
            None => held.push((name.to_owned(), data.clone())),
        }
        Ok(())
    }
}
