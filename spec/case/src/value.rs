//! Plain values of the language: what a literal is, what crosses between processes, what is printed.
//!
//! Objects (queues, locks …) and references between containers belong to whoever runs a program;
//! they turn their own values into these to print them.

use serde::{Deserialize, Serialize};

use crate::error_kind::ErrorKind;

/// A value without identity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Value {
    /// Python's `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number of 64 bits; overflow is the case's error.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Str(String),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A dict, in insertion order, without equal keys (`1 == 1.0 == True`).
    Dict(Vec<(Value, Value)>),
    /// An error as a value: its kind and its text.
    Error(ErrorKind, String),
    /// A value that can be compared and counted but never printed (a pid, an address, a key).
    Opaque(String),
}
