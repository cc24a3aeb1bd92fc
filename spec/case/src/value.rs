//! Plain values of the language: what a literal is, what crosses between processes, what is printed.
//!
//! Objects (queues, locks …) and references between containers belong to whoever runs a program;
//! they turn their own values into these to print them.

use std::cmp::Ordering;

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
    /// A floating-point number; in JSON its text, which knows `inf` and `nan` and loses no digit.
    Float(#[serde(with = "float_text")] f64),
    /// Text.
    Str(String),
    /// A byte string.
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
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

impl Value {
    /// Python's `bool(x)`.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Value::None => false,
            Value::Bool(truth) => *truth,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::Bytes(bytes) => !bytes.is_empty(),
            Value::List(items) | Value::Tuple(items) => !items.is_empty(),
            Value::Dict(pairs) => !pairs.is_empty(),
            Value::Error(..) | Value::Opaque(_) => true,
        }
    }

    /// The name of its type in Python, for messages.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Dict(_) => "dict",
            Value::Error(..) => "error",
            Value::Opaque(_) => "opaque",
        }
    }

    /// Whether it can be a dict's key: lists and dicts cannot, nor tuples that hold them.
    #[must_use]
    pub fn is_hashable(&self) -> bool {
        match self {
            Value::List(_) | Value::Dict(_) => false,
            Value::Tuple(items) => items.iter().all(Value::is_hashable),
            _ => true,
        }
    }

    /// The number that arithmetic sees, `True` being 1.
    fn number(&self) -> Option<Number> {
        match self {
            Value::Bool(truth) => Some(Number::Int(i64::from(*truth))),
            Value::Int(number) => Some(Number::Int(*number)),
            Value::Float(number) => Some(Number::Float(*number)),
            _ => None,
        }
    }
}

#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

/// Python's `==`; a value that is not equal to itself (`nan`) exists, so this is no `Eq`.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        if let (Some(left), Some(right)) = (self.number(), other.number()) {
            return compare_numbers(left, right) == Some(Ordering::Equal);
        }
        match (self, other) {
            (Value::None, Value::None) => true,
            (Value::Str(left), Value::Str(right)) => left == right,
            (Value::Bytes(left), Value::Bytes(right)) => left == right,
            (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
                left == right
            }
            (Value::Dict(left), Value::Dict(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .all(|(key, value)| dict_get(right, key) == Some(value))
            }
            (Value::Error(kind, text), Value::Error(other_kind, other_text)) => {
                kind == other_kind && text == other_text
            }
            (Value::Opaque(left), Value::Opaque(right)) => left == right,
            _ => false,
        }
    }
}

/// Python's order: numbers with numbers, texts with texts, bytes with bytes, sequences item by item;
/// `None` where Python raises a TypeError, and for `nan`.
#[must_use]
pub fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (left.number(), right.number()) {
        return compare_numbers(left, right);
    }
    match (left, right) {
        (Value::Str(left), Value::Str(right)) => Some(left.cmp(right)),
        (Value::Bytes(left), Value::Bytes(right)) => Some(left.cmp(right)),
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            match left.iter().zip(right).find(|(left, right)| left != right) {
                Some((left, right)) => compare(left, right),
                None => Some(left.len().cmp(&right.len())),
            }
        }
        _ => None,
    }
}

/// The value of a key.
#[must_use]
pub fn dict_get<'d>(pairs: &'d [(Value, Value)], key: &Value) -> Option<&'d Value> {
    pairs
        .iter()
        .find(|(known, _)| known == key)
        .map(|(_, value)| value)
}

/// Sets the value of a key; an equal key keeps its place and its first spelling, as in Python.
pub fn dict_set(pairs: &mut Vec<(Value, Value)>, key: Value, value: Value) {
    match pairs.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => pairs.push((key, value)),
    }
}

/// Removes a key and gives its value.
pub fn dict_remove(pairs: &mut Vec<(Value, Value)>, key: &Value) -> Option<Value> {
    let index = pairs.iter().position(|(known, _)| known == key)?;
    Some(pairs.remove(index).1)
}

fn compare_numbers(left: Number, right: Number) -> Option<Ordering> {
    match (left, right) {
        (Number::Int(left), Number::Int(right)) => Some(left.cmp(&right)),
        (Number::Float(left), Number::Float(right)) => left.partial_cmp(&right),
        (Number::Int(left), Number::Float(right)) => compare_mixed(left, right),
        (Number::Float(left), Number::Int(right)) => {
            compare_mixed(right, left).map(Ordering::reverse)
        }
    }
}

/// Exact, as in Python: 2**53 + 1 is not 2.0**53.
fn compare_mixed(int: i64, float: f64) -> Option<Ordering> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= BEYOND {
        return Some(Ordering::Less);
    }
    if float < -BEYOND {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc();
    let fraction = float - whole;
    // In range, as checked above.
    Some(
        int.cmp(&(whole as i64))
            .then_with(|| 0.0_f64.partial_cmp(&fraction).unwrap_or(Ordering::Equal)),
    )
}

/// Floats by their text where a person may read them, by their bits elsewhere.
mod float_text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(float: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&float.to_string())
        } else {
            float.serialize(serializer)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            text.parse().map_err(D::Error::custom)
        } else {
            f64::deserialize(deserializer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_point_zero_is_true() {
        assert_eq!(Value::Int(1), Value::Float(1.0));
        assert_eq!(Value::Bool(true), Value::Float(1.0));
        assert_ne!(Value::Int(1), Value::Str("1".to_owned()));
    }

    #[test]
    fn whole_numbers_and_floats_compare_exactly() {
        let big = (1_i64 << 53) + 1;
        assert_ne!(Value::Int(big), Value::Float((1_i64 << 53) as f64));
        assert_ne!(
            Value::Int(i64::MAX),
            Value::Float(9_223_372_036_854_775_807.0)
        );
        assert_eq!(
            compare(&Value::Int(0), &Value::Float(-0.5)),
            Some(Ordering::Greater)
        );
        assert_eq!(compare(&Value::Int(0), &Value::Float(f64::NAN)), None);
    }

    #[test]
    fn dicts_are_equal_in_any_order() {
        let pair = |key, value| (Value::Int(key), Value::Int(value));
        let left = Value::Dict(vec![pair(1, 2), pair(3, 4)]);
        let right = Value::Dict(vec![pair(3, 4), pair(1, 2)]);
        assert_eq!(left, right);
    }

    #[test]
    fn an_equal_key_keeps_its_first_spelling() {
        let mut pairs = vec![(Value::Int(1), Value::None)];
        dict_set(&mut pairs, Value::Float(1.0), Value::Bool(true));
        assert!(matches!(pairs[..], [(Value::Int(1), Value::Bool(true))]));
    }

    #[test]
    fn lists_and_tuples_are_never_equal() {
        assert_ne!(Value::List(vec![]), Value::Tuple(vec![]));
        assert_eq!(compare(&Value::List(vec![]), &Value::Tuple(vec![])), None);
    }
}
