//! A manager's bag of named values.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::coding::{decoded, encoded};
use super::protocol::Item;
use super::proxy::managed;
use super::table::{Kept, Object, Table};
use super::waiting::Caller;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;
use crate::transfer::Message;

#[derive(Serialize, Deserialize)]
enum Call {
    Get(String),
    Set(String, Item),
    Remove(String),
    Names,
}

/// The object.
pub(super) struct Namespace {
    table: Arc<Table>,
    state: Mutex<BTreeMap<String, Kept>>,
}

impl Namespace {
    pub(super) fn new(table: &Arc<Table>) -> Namespace {
        Namespace {
            table: Arc::clone(table),
            state: Mutex::default(),
        }
    }
}

impl Object for Namespace {
    fn call(&self, call: &[u8], _caller: &Caller<'_>) -> Result<Vec<u8>> {
        let mut state = lock(&self.state);
        let none = |name: &str| {
            Error::new(
                Kind::Missing,
                format!("get `{name}` of a namespace that has none"),
            )
        };
        match decoded(call)? {
            Call::Get(name) => encoded(&state.get(&name).ok_or_else(|| none(&name))?.bytes()),
            Call::Set(name, item) => {
                state.insert(name, Kept::new(item, &self.table)?);
                encoded(&())
            }
            Call::Remove(name) => match state.remove(&name) {
                Some(_) => encoded(&()),
                None => Err(none(&name)),
            },
            Call::Names => encoded(&state.keys().collect::<Vec<_>>()),
        }
    }
}

managed! {
    /// A bag of named values of a manager; each may have a type of its own.
    ///
    /// Each call fails with `is_broken_pipe` when the manager has ended.
    NamespaceProxy: Namespace
}

impl NamespaceProxy {
    /// The value with a name.
    ///
    /// # Errors
    /// `is_missing` when there is none; `is_deserialize` when it is no `T`.
    pub fn get<T: Message>(&self, name: &str) -> Result<T> {
        let bytes: ByteBuf = self.proxy.call(&Call::Get(name.into()))?;
        decoded(&bytes)
    }

    /// Sets the value with a name.
    ///
    /// # Errors
    /// `is_serialize` when it cannot be sent.
    pub fn set<T: Message>(&self, name: &str, value: &T) -> Result<()> {
        let value = self.proxy.server().encode(value)?;
        self.proxy.call(&Call::Set(name.into(), value))
    }

    /// Removes the value with a name.
    ///
    /// # Errors
    /// `is_missing` when there is none.
    pub fn remove(&self, name: &str) -> Result<()> {
        self.proxy.call(&Call::Remove(name.into()))
    }

    /// The names that there are.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn names(&self) -> Result<Vec<String>> {
        self.proxy.call(&Call::Names)
    }
}
