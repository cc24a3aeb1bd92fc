//! Keys of managed dicts: the server tells them apart by their bytes, so equal ones have equal bytes.

use poolproof_case::{Value, operate};
use serde::{Deserialize, Serialize};

use crate::data::Data;
use crate::stop::Result;

/// A key in the one form of all that are equal to it (`1`, `1.0` and `True` are `1`).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Key(Value);

impl Key {
    /// The key that a value is; an error for lists and dicts.
    pub(super) fn of(data: &Data) -> Result<Key> {
        let value = data.value()?;
        operate::check_key(&value)?;
        Ok(Key(canonical(value)))
    }

    /// The value again.
    pub(super) fn value(self) -> Value {
        self.0
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
            let key = Key::of(&Data::Plain(value)).map(Key::value);
            let same_type = key.is_ok_and(|key| key.type_name() == expected.type_name());
            assert!(same_type, "{expected:?}");
        }
        assert!(Key::of(&Data::list(Vec::new())).is_err());
    }
}
