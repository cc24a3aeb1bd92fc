//! Operators on plain values, with Python's meaning.
//!
//! Who evaluates the operands, and in which order, is whoever runs the program.

mod arithmetic;
mod format;
mod sequence;

use std::cmp::Ordering;

use crate::error_kind::ErrorKind;
use crate::print::display;
use crate::program::{BinaryOperator, UnaryOperator};
use crate::value::{Value, compare, dict_get, dict_set};
use crate::work;

pub use sequence::{index_of, item, iterate, slice};

/// What went wrong: its kind and its text.
pub type Failure = (ErrorKind, String);

/// The longest text or sequence that an operator makes, so that a small case stays small.
pub const LENGTH_MAX: usize = 1 << 24;

fn type_error(text: String) -> Failure {
    (ErrorKind::Type, text)
}

/// `a + b` and the like.
///
/// # Errors
/// What Python raises for these operands; `overflow` where a whole number leaves 64 bits.
#[inline]
pub fn binary(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, Failure> {
    if let (Value::Int(left), Value::Int(right)) = (left, right)
        && let Some(number) = plainly(operator, *left, *right)
    {
        return Ok(Value::Int(number));
    }
    thoroughly(operator, left, right)
}

/// What most calculations of programs that are measured are; none where there is more to say of it.
#[inline]
fn plainly(operator: BinaryOperator, left: i64, right: i64) -> Option<i64> {
    match operator {
        BinaryOperator::Add => left.checked_add(right),
        BinaryOperator::Sub => left.checked_sub(right),
        BinaryOperator::Mul => left.checked_mul(right),
        _ => None,
    }
}

fn thoroughly(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, Failure> {
    match operator {
        BinaryOperator::Eq => Ok(Value::Bool(left == right)),
        BinaryOperator::Ne => Ok(Value::Bool(left != right)),
        BinaryOperator::Lt => ordered("<", left, right, Ordering::is_lt),
        BinaryOperator::Le => ordered("<=", left, right, Ordering::is_le),
        BinaryOperator::Gt => ordered(">", left, right, Ordering::is_gt),
        BinaryOperator::Ge => ordered(">=", left, right, Ordering::is_ge),
        BinaryOperator::In => contains(left, right).map(Value::Bool),
        BinaryOperator::Add => match sequence::concatenate(left, right) {
            Some(joined) => joined,
            None => arithmetic::apply(operator, left, right),
        },
        BinaryOperator::Mul => match sequence::repeat(left, right) {
            Some(repeated) => repeated,
            None => arithmetic::apply(operator, left, right),
        },
        BinaryOperator::Mod if let Value::Str(text) = left => format::format(text, right),
        BinaryOperator::Sub
        | BinaryOperator::Div
        | BinaryOperator::FloorDiv
        | BinaryOperator::Mod => arithmetic::apply(operator, left, right),
    }
}

/// `not a` and the like.
///
/// # Errors
/// What Python raises for this operand.
pub fn unary(operator: UnaryOperator, value: &Value) -> Result<Value, Failure> {
    match operator {
        UnaryOperator::Not => Ok(Value::Bool(!value.is_true())),
        UnaryOperator::Neg => arithmetic::negate(value),
        UnaryOperator::Len => sequence::length(value).map(Value::Int),
        UnaryOperator::Sorted => sorted(iterate(value)?).map(Value::List),
        UnaryOperator::Sum => sum(&iterate(value)?),
        UnaryOperator::Str => Ok(Value::Str(display(value))),
        UnaryOperator::List => iterate(value).map(Value::List),
        UnaryOperator::Dict => dict(value),
        UnaryOperator::Work => rounds(value).map(|rounds| Value::Int(work::result(rounds))),
    }
}

/// The number of rounds that a value asks for.
///
/// # Errors
/// When it is no number of rounds that a program may have.
pub fn rounds(value: &Value) -> Result<u64, Failure> {
    match value {
        Value::Int(rounds @ 0..=work::ROUNDS_MAX) => Ok(rounds.unsigned_abs()),
        Value::Int(rounds) => {
            let text = format!("{rounds} rounds: there may be 0 to {}", work::ROUNDS_MAX);
            Err((ErrorKind::Value, text))
        }
        _ => Err(type_error("rounds are a whole number".to_owned())),
    }
}

/// Python's `sorted`: stable, and a TypeError for what has no order.
///
/// # Errors
/// When two of the items cannot be compared.
pub fn sorted(items: Vec<Value>) -> Result<Vec<Value>, Failure> {
    let order = order(&items)?;
    Ok(order
        .into_iter()
        .map(|place| items[place].clone())
        .collect())
}

/// The places of values in their order.
///
/// # Errors
/// A TypeError where two have no order.
pub fn order(items: &[Value]) -> Result<Vec<usize>, Failure> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    // An insertion sort never relies on a total order, which `nan` would break.
    for end in 1..order.len() {
        let mut place = end;
        while place > 0 && is_less(&items[order[place]], &items[order[place - 1]])? {
            order.swap(place, place - 1);
            place -= 1;
        }
    }
    Ok(order)
}

fn is_less(left: &Value, right: &Value) -> Result<bool, Failure> {
    ordered("<", left, right, Ordering::is_lt).map(|truth| truth.is_true())
}

fn ordered(
    symbol: &str,
    left: &Value,
    right: &Value,
    accepts: fn(Ordering) -> bool,
) -> Result<Value, Failure> {
    if let Some(order) = compare(left, right) {
        return Ok(Value::Bool(accepts(order)));
    }
    // Without an order only `nan` is no error.
    if arithmetic::is_number(left) && arithmetic::is_number(right) {
        return Ok(Value::Bool(false));
    }
    Err(type_error(format!(
        "'{symbol}' not supported between instances of '{}' and '{}'",
        left.type_name(),
        right.type_name()
    )))
}

fn contains(needle: &Value, hay: &Value) -> Result<bool, Failure> {
    match (hay, needle) {
        (Value::Str(hay), Value::Str(needle)) => Ok(hay.contains(needle.as_str())),
        (Value::Bytes(hay), Value::Bytes(needle)) => Ok(needle.is_empty()
            || hay
                .windows(needle.len())
                .any(|window| window == needle.as_slice())),
        (Value::Bytes(hay), Value::Int(byte)) => contains_byte(hay, *byte),
        (Value::Bytes(hay), Value::Bool(byte)) => contains_byte(hay, i64::from(*byte)),
        (Value::List(items) | Value::Tuple(items), _) => Ok(items.contains(needle)),
        (Value::Dict(pairs), _) => {
            check_key(needle)?;
            Ok(dict_get(pairs, needle).is_some())
        }
        _ => Err(type_error(format!(
            "'in' cannot look for '{}' in '{}'",
            needle.type_name(),
            hay.type_name()
        ))),
    }
}

fn contains_byte(hay: &[u8], byte: i64) -> Result<bool, Failure> {
    match u8::try_from(byte) {
        Ok(byte) => Ok(hay.contains(&byte)),
        Err(_) => {
            let text = "byte must be in range(0, 256)";
            Err((ErrorKind::Value, text.to_owned()))
        }
    }
}

/// That a value can be a dict's key.
///
/// # Errors
/// A TypeError for lists and dicts.
pub fn check_key(key: &Value) -> Result<(), Failure> {
    if key.is_hashable() {
        Ok(())
    } else {
        Err(type_error(format!(
            "unhashable type: '{}'",
            key.type_name()
        )))
    }
}

fn sum(items: &[Value]) -> Result<Value, Failure> {
    items.iter().try_fold(Value::Int(0), |total, item| {
        arithmetic::apply(BinaryOperator::Add, &total, item)
    })
}

/// Whether a sum of these is another from Python 3.12 on, which carries along what is lost in adding
/// floats, where earlier ones round after each.
#[must_use]
pub fn sums_in_two_ways(items: &[Value]) -> bool {
    let Ok(Value::Float(rounded)) = sum(items) else {
        return false;
    };
    let (mut high, mut low) = (0.0_f64, 0.0_f64);
    for item in items {
        let added = match item {
            Value::Float(added) => *added,
            Value::Int(added) => *added as f64,
            Value::Bool(added) => f64::from(u8::from(*added)),
            _ => return false,
        };
        let next = high + added;
        // What is lost of the smaller of the two (Neumaier).
        low += match high.abs() >= added.abs() {
            true => (high - next) + added,
            false => (added - next) + high,
        };
        high = next;
    }
    let carried = if low.is_finite() { high + low } else { high };
    carried.to_bits() != rounded.to_bits() && !(carried.is_nan() && rounded.is_nan())
}

fn dict(value: &Value) -> Result<Value, Failure> {
    if let Value::Dict(_) = value {
        return Ok(value.clone());
    }
    let mut pairs = Vec::new();
    for entry in iterate(value)? {
        let pair = iterate(&entry)?;
        let Ok([key, value]) = <[Value; 2]>::try_from(pair) else {
            let text = "dict() takes pairs of a key and a value";
            return Err((ErrorKind::Value, text.to_owned()));
        };
        check_key(&key)?;
        dict_set(&mut pairs, key, value);
    }
    Ok(Value::Dict(pairs))
}

#[cfg(test)]
mod tests;
