//! A manager's single value, and its array, whose length stays.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::coding::{decoded, encoded};
use super::list::place;
use super::protocol::Item;
use super::proxy::managed;
use super::table::{Kept, Object, Table};
use super::waiting::Caller;
use crate::error::Result;
use crate::locked::lock;
use crate::transfer::Message;

#[derive(Serialize, Deserialize)]
enum ValueCall {
    Get,
    Set(Item),
}

/// The object with one value.
pub(super) struct Value {
    table: Arc<Table>,
    value: Mutex<Kept>,
}

impl Value {
    pub(super) fn new(value: Item, table: &Arc<Table>) -> Result<Value> {
        Ok(Value {
            table: Arc::clone(table),
            value: Mutex::new(Kept::new(value, table)?),
        })
    }
}

impl Object for Value {
    fn call(&self, call: &[u8], _caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            ValueCall::Get => encoded(&lock(&self.value).bytes()),
            ValueCall::Set(value) => {
                let value = Kept::new(value, &self.table)?;
                let before = std::mem::replace(&mut *lock(&self.value), value);
                encoded(&drop(before))
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
enum ArrayCall {
    Get(i64),
    Set(i64, Item),
    Len,
    Items,
}

/// The object with an array.
pub(super) struct Array {
    table: Arc<Table>,
    values: Mutex<Vec<Kept>>,
}

impl Array {
    pub(super) fn new(values: Vec<Item>, table: &Arc<Table>) -> Result<Array> {
        let values = values.into_iter().map(|value| Kept::new(value, table));
        Ok(Array {
            table: Arc::clone(table),
            values: Mutex::new(values.collect::<Result<_>>()?),
        })
    }
}

impl Object for Array {
    fn call(&self, call: &[u8], _caller: &Caller<'_>) -> Result<Vec<u8>> {
        let mut values = lock(&self.values);
        let length = values.len();
        match decoded(call)? {
            ArrayCall::Get(index) => encoded(&values[place(index, length)?].bytes()),
            ArrayCall::Set(index, value) => {
                values[place(index, length)?] = Kept::new(value, &self.table)?;
                encoded(&())
            }
            ArrayCall::Len => encoded(&length),
            ArrayCall::Items => encoded(&values.iter().map(Kept::bytes).collect::<Vec<_>>()),
        }
    }
}

managed! {
    /// A value of a manager. Reading and setting are two calls: use a lock around both.
    ///
    /// Each call fails with `is_broken_pipe` when the manager has ended.
    ValueProxy<T>: Value
}

impl<T: Message> ValueProxy<T> {
    /// The value.
    ///
    /// # Errors
    /// `is_deserialize` when it is no `T`.
    pub fn get(&self) -> Result<T> {
        let value: ByteBuf = self.proxy.call(&ValueCall::Get)?;
        decoded(&value)
    }

    /// Sets the value.
    ///
    /// # Errors
    /// `is_serialize` when it cannot be sent.
    pub fn set(&self, value: &T) -> Result<()> {
        let value = self.proxy.server().encode(value)?;
        self.proxy.call(&ValueCall::Set(value))
    }
}

managed! {
    /// An array of a manager. Negative indices count from the end.
    ///
    /// Each call fails with `is_broken_pipe` when the manager has ended.
    ArrayProxy<T>: Array
}

impl<T: Message> ArrayProxy<T> {
    /// The value at an index.
    ///
    /// # Errors
    /// `is_index` when there is none.
    pub fn get(&self, index: i64) -> Result<T> {
        let value: ByteBuf = self.proxy.call(&ArrayCall::Get(index))?;
        decoded(&value)
    }

    /// Sets the value at an index.
    ///
    /// # Errors
    /// `is_index` when there is none.
    pub fn set(&self, index: i64, value: &T) -> Result<()> {
        let value = self.proxy.server().encode(value)?;
        self.proxy.call(&ArrayCall::Set(index, value))
    }

    /// How many values there are.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn len(&self) -> Result<usize> {
        self.proxy.call(&ArrayCall::Len)
    }

    /// Whether there is no value.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// A copy of all values.
    ///
    /// # Errors
    /// `is_deserialize` when one is no `T`.
    pub fn items(&self) -> Result<Vec<T>> {
        let values: Vec<ByteBuf> = self.proxy.call(&ArrayCall::Items)?;
        let values = values.iter().map(|value| decoded(value));
        values.collect()
    }
}
