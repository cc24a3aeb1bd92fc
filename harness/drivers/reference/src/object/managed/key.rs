//! Keys of managed dicts: the server tells them apart by their bytes, so equal ones have equal bytes.
//!
//! What a dict shows is the first of equal keys as it was given, which its entry keeps.

use poolproof_case::{Value, print};
use serde::{Deserialize, Serialize};

use crate::data::Data;
use crate::sequence;
use crate::stop::Result;

/// A key in the one form of all that are equal to it (`1`, `1.0` and `True` are `1`).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Key(Value);

impl Key {
    /// The key that a value is; an error for lists and dicts.
    pub(super) fn of(data: &Data) -> Result<Key> {
        sequence::key(data).map(canonical).map(Key)
    }

    /// Whether other keys than this may be equal to it.
    pub(super) fn has_equals(&self) -> bool {
        has_equals(&self.0)
    }
}

/// What a managed dict has at a key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The key as it was given first, where that is not its one form.
    given: Option<Value>,
    pub(super) value: Data,
}

impl Entry {
    pub(super) fn new(key: &Data, value: Data) -> Result<(Key, Entry)> {
        let (known, given) = (Key::of(key)?, key.value()?);
        let is_plain = print::display(&given) == print::display(&known.0);
        let given = (!is_plain).then_some(given);
        Ok((known, Entry { given, value }))
    }

    /// Takes over how an entry of an equal key shows it.
    pub(super) fn show_key_as(&mut self, first: Entry) {
        self.given = first.given;
    }

    /// The key as it was given first, and the value.
    pub(super) fn parts(self, key: Key) -> (Value, Data) {
        (self.given.unwrap_or(key.0), self.value)
    }
}

fn has_equals(key: &Value) -> bool {
    match key {
        Value::Int(_) => true,
        Value::Tuple(items) => items.iter().any(has_equals),
        _ => false,
    }
}

fn canonical(value: Value) -> Value {
    match value {
        Value::Bool(truth) => Value::Int(i64::from(truth)),
        // A float that is a whole number of 64 bits is equal to just that one.
        Value::Float(float) if Value::Int(float as i64) == Value::Float(float) => {
            Value::Int(float as i64)
        }
        Value::Tuple(items) => Value::Tuple(items.into_iter().map(canonical).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_have_one_form() {
        for (value, expected) in [
            (Value::Bool(true), Value::Int(1)),
            (Value::Float(-0.0), Value::Int(0)),
            (Value::Float(0.25), Value::Float(0.25)),
            (Value::Float(1e300), Value::Float(1e300)),
        ] {
            let key = Key::of(&Data::Plain(value)).map(|key| key.0);
            let same_type = key.is_ok_and(|key| key.type_name() == expected.type_name());
            assert!(same_type, "{expected:?}");
        }
        assert!(Key::of(&Data::list(Vec::new())).is_err());
    }
}
