//! Where a call of the program is: its local variables, and what all of the process share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use poolproof_case::{ErrorKind, Value};

use crate::data::{Data, lock};
use crate::functions::Functions;
use crate::stop::{Result, Stop};

/// The local variables of one call, and what surrounds it.
pub(crate) struct Frame {
    pub(crate) functions: Arc<dyn Functions>,
    pub(crate) globals: Arc<Globals>,
    pub(crate) locals: Vec<Option<Data>>,
}

/// What follows after a statement.
pub(crate) enum Flow {
    Next,
    Return(Data),
}

/// The global variables of a process.
pub(crate) struct Globals(Mutex<HashMap<String, Data>>);

impl Globals {
    /// Those of a program, with their first values.
    pub(crate) fn of(globals: &[(String, Value)]) -> Globals {
        let globals = globals.iter();
        let globals = globals.map(|(name, value)| (name.clone(), Data::of(value)));
        Globals(Mutex::new(globals.collect()))
    }

    pub(crate) fn get(&self, name: &str) -> Result<Data> {
        let found = lock(&self.0).get(name).cloned();
        found.ok_or_else(|| Stop::error(ErrorKind::Runtime, format!("global `{name}` is not set")))
    }

    pub(crate) fn set(&self, name: &str, data: Data) {
        lock(&self.0).insert(name.to_owned(), data);
    }
}
