//! What a program lets its manager know by name before it starts: types of its own, functions for
//! managed pools, and what to do first.
//!
//! Functions go to the server with its start only. Clients name them, so that no code ever comes
//! over a connection that others can reach.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use poolproof_sys::function::Passed;
use serde::{Deserialize, Serialize};

use super::custom;
use super::named::{Travelling, call};
use super::protocol::Item;
use super::table::{Object, Table};
use crate::error::{Error, Kind, Result, panic_text};

/// What goes to the server with its start.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Registered {
    pub(super) types: Vec<(String, Travelling)>,
    pub(super) functions: Vec<(String, Travelling)>,
    /// What to do first, with its encoded argument.
    pub(super) initializer: Option<(Travelling, Vec<u8>)>,
}

/// What a server knows by name.
pub(super) struct Registry {
    types: HashMap<String, Passed>,
    pub(super) functions: Arc<Functions>,
}

/// The functions that managed pools can call.
pub(super) type Functions = HashMap<String, Travelling>;

impl Registry {
    /// Does what is to be done first, and remembers the rest.
    pub(super) fn open(registered: Registered) -> Result<Registry> {
        if let Some((function, argument)) = registered.initializer {
            let call = || call(Passed::from_bytes(function), &argument);
            let done = catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
                let text = format!("initialize a manager ({})", panic_text(&*panic));
                Err(Error::new(Kind::Remote, text))
            });
            done?;
        }
        let types = registered.types.into_iter();
        let types = types.map(|(name, made)| (name, Passed::from_bytes(made)));
        Ok(Registry {
            types: types.collect(),
            functions: Arc::new(registered.functions.into_iter().collect()),
        })
    }

    /// Makes an object of a type of the program's.
    pub(super) fn make(
        &self,
        name: &str,
        init: Item,
        table: &Arc<Table>,
    ) -> Result<Arc<dyn Object>> {
        let made = self.types.get(name);
        let made = made.ok_or_else(|| not_registered("type", name, self.types.keys()))?;
        custom::make(*made, init, table)
    }
}

pub(super) fn not_registered<'n>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'n String>,
) -> Error {
    let mut known: Vec<_> = known.map(|name| format!("`{name}`")).collect();
    known.sort_unstable();
    let known = match known.is_empty() {
        true => "none is registered".to_owned(),
        false => format!("there are {}", known.join(", ")),
    };
    let text = format!("use the {what} `{name}` in a manager that does not know it ({known})");
    Error::new(Kind::Missing, text)
}
