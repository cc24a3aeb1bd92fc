//! Texts, bytes, lists, tuples and dicts: joining, repeating, counting, indexing, iterating.

use super::{Failure, LENGTH_MAX, check_key, type_error};
use crate::error_kind::ErrorKind;
use crate::print::ascii;
use crate::value::{Value, dict_get};

/// `a + b`; nothing where these are no two sequences of one type.
pub(super) fn concatenate(left: &Value, right: &Value) -> Option<Result<Value, Failure>> {
    let (left_length, right_length) = match (left, right) {
        (Value::Str(left), Value::Str(right)) => (left.len(), right.len()),
        (Value::Bytes(left), Value::Bytes(right)) => (left.len(), right.len()),
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            (left.len(), right.len())
        }
        _ => return None,
    };
    if let Err(failure) = check_length(left_length.checked_add(right_length)) {
        return Some(Err(failure));
    }
    Some(Ok(match (left, right) {
        (Value::Str(left), Value::Str(right)) => Value::Str([left.as_str(), right].concat()),
        (Value::Bytes(left), Value::Bytes(right)) => {
            Value::Bytes([left.as_slice(), right].concat())
        }
        (Value::List(left), Value::List(right)) => Value::List([left.as_slice(), right].concat()),
        (Value::Tuple(left), Value::Tuple(right)) => {
            Value::Tuple([left.as_slice(), right].concat())
        }
        _ => return None,
    }))
}

/// `a * n` and `n * a`; nothing where neither is a sequence.
pub(super) fn repeat(left: &Value, right: &Value) -> Option<Result<Value, Failure>> {
    let (sequence, times) = match (left, right) {
        (sequence, Value::Int(times)) | (Value::Int(times), sequence) => (sequence, *times),
        (sequence, Value::Bool(times)) | (Value::Bool(times), sequence) => {
            (sequence, i64::from(*times))
        }
        _ => return None,
    };
    let length = match sequence {
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) | Value::Tuple(items) => items.len(),
        _ => return None,
    };
    let times = usize::try_from(times).unwrap_or(0);
    Some(check_length(length.checked_mul(times)).map(|()| {
        // Nothing, however often, is nothing.
        let times = if length == 0 { 0 } else { times };
        match sequence {
            Value::Str(text) => Value::Str(text.repeat(times)),
            Value::Bytes(bytes) => Value::Bytes(bytes.repeat(times)),
            Value::List(items) => Value::List(repeated(items, times)),
            Value::Tuple(items) => Value::Tuple(repeated(items, times)),
            other => other.clone(),
        }
    }))
}

fn repeated(items: &[Value], times: usize) -> Vec<Value> {
    std::iter::repeat_n(items, times)
        .flatten()
        .cloned()
        .collect()
}

fn check_length(length: Option<usize>) -> Result<(), Failure> {
    match length {
        Some(length) if length <= LENGTH_MAX => Ok(()),
        _ => Err((
            ErrorKind::Overflow,
            format!("the result would be longer than {LENGTH_MAX}, the most that a case makes"),
        )),
    }
}

pub(super) fn length(value: &Value) -> Result<i64, Failure> {
    let length = match value {
        Value::Str(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) | Value::Tuple(items) => items.len(),
        Value::Dict(pairs) => pairs.len(),
        other => {
            return Err(type_error(format!(
                "object of type '{}' has no len()",
                other.type_name()
            )));
        }
    };
    Ok(i64::try_from(length).unwrap_or(i64::MAX))
}

/// What `for` takes one by one: characters, bytes, items, a dict's keys.
///
/// # Errors
/// A TypeError where Python cannot iterate.
pub fn iterate(value: &Value) -> Result<Vec<Value>, Failure> {
    match value {
        Value::Str(text) => Ok(text.chars().map(|one| Value::Str(one.into())).collect()),
        Value::Bytes(bytes) => Ok(bytes
            .iter()
            .map(|byte| Value::Int(i64::from(*byte)))
            .collect()),
        Value::List(items) | Value::Tuple(items) => Ok(items.clone()),
        Value::Dict(pairs) => Ok(pairs.iter().map(|(key, _)| key.clone()).collect()),
        other => Err(type_error(format!(
            "'{}' object is not iterable",
            other.type_name()
        ))),
    }
}

/// The place of a Python index in a sequence of this length; negative ones count from the end.
///
/// # Errors
/// A TypeError for what is no whole number, an IndexError beyond the ends.
pub fn index_of(index: &Value, length: usize) -> Result<usize, Failure> {
    let number = match index {
        Value::Int(number) => *number,
        Value::Bool(truth) => i64::from(*truth),
        other => {
            return Err(type_error(format!(
                "indices must be integers, not '{}'",
                other.type_name()
            )));
        }
    };
    let outside = || (ErrorKind::Index, "index out of range".to_owned());
    let place = if number < 0 {
        usize::try_from(number.unsigned_abs())
            .ok()
            .and_then(|back| length.checked_sub(back))
    } else {
        usize::try_from(number).ok()
    };
    place.filter(|place| *place < length).ok_or_else(outside)
}

/// `a[i]`.
///
/// # Errors
/// An IndexError, a KeyError or a TypeError, as in Python.
pub fn item(value: &Value, index: &Value) -> Result<Value, Failure> {
    match value {
        Value::List(items) | Value::Tuple(items) => {
            Ok(items[index_of(index, items.len())?].clone())
        }
        Value::Str(text) => {
            let characters: Vec<char> = text.chars().collect();
            let place = index_of(index, characters.len())?;
            Ok(Value::Str(characters[place].into()))
        }
        Value::Bytes(bytes) => Ok(Value::Int(i64::from(bytes[index_of(index, bytes.len())?]))),
        Value::Dict(pairs) => {
            check_key(index)?;
            dict_get(pairs, index)
                .cloned()
                .ok_or_else(|| (ErrorKind::Key, ascii(index)))
        }
        other => Err(type_error(format!(
            "'{}' object is not subscriptable",
            other.type_name()
        ))),
    }
}

/// `a[start:stop]`, with Python's clamping.
///
/// # Errors
/// A TypeError for what has no slices or bounds that are no whole numbers.
pub fn slice(value: &Value, start: Option<i64>, stop: Option<i64>) -> Result<Value, Failure> {
    match value {
        Value::List(items) => Ok(Value::List(cut(items, start, stop).to_vec())),
        Value::Tuple(items) => Ok(Value::Tuple(cut(items, start, stop).to_vec())),
        Value::Bytes(bytes) => Ok(Value::Bytes(cut(bytes, start, stop).to_vec())),
        Value::Str(text) => {
            let characters: Vec<char> = text.chars().collect();
            Ok(Value::Str(cut(&characters, start, stop).iter().collect()))
        }
        other => Err(type_error(format!(
            "'{}' object has no slices",
            other.type_name()
        ))),
    }
}

fn cut<T>(items: &[T], start: Option<i64>, stop: Option<i64>) -> &[T] {
    let clamp = |bound: i64| {
        let magnitude = usize::try_from(bound.unsigned_abs()).unwrap_or(usize::MAX);
        if bound < 0 {
            items.len().saturating_sub(magnitude)
        } else {
            magnitude.min(items.len())
        }
    };
    let start = start.map_or(0, clamp);
    let stop = stop.map_or(items.len(), clamp);
    items.get(start..stop).unwrap_or_default()
}
