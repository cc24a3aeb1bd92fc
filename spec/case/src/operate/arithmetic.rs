//! Arithmetic of whole and floating-point numbers.

use super::{Failure, type_error};
use crate::error_kind::ErrorKind;
use crate::program::BinaryOperator;
use crate::value::Value;

pub(super) fn is_number(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Int(_) | Value::Float(_))
}

pub(super) fn apply(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
) -> Result<Value, Failure> {
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => of_ints(operator, left, right),
        _ => match (float(left), float(right)) {
            (Some(left), Some(right)) => of_floats(operator, left, right).map(Value::Float),
            _ => Err(type_error(format!(
                "unsupported operand types for {}: '{}' and '{}'",
                symbol(operator),
                left.type_name(),
                right.type_name()
            ))),
        },
    }
}

pub(super) fn negate(value: &Value) -> Result<Value, Failure> {
    match value {
        Value::Float(number) => Ok(Value::Float(-number)),
        _ => match whole(value) {
            Some(number) => number
                .checked_neg()
                .map(Value::Int)
                .ok_or_else(|| overflow(format_args!("-({number})"))),
            None => Err(type_error(format!(
                "bad operand type for -: '{}'",
                value.type_name()
            ))),
        },
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(truth) => Some(i64::from(*truth)),
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        // Python rounds to the nearest float, as this does.
        _ => whole(value).map(|number| number as f64),
    }
}

fn symbol(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Sub => "-",
        BinaryOperator::Mul => "*",
        BinaryOperator::Div => "/",
        BinaryOperator::FloorDiv => "//",
        BinaryOperator::Mod => "%",
        BinaryOperator::Eq => "==",
        BinaryOperator::Ne => "!=",
        BinaryOperator::Lt => "<",
        BinaryOperator::Le => "<=",
        BinaryOperator::Gt => ">",
        BinaryOperator::Ge => ">=",
        BinaryOperator::In => "in",
    }
}

fn overflow(what: std::fmt::Arguments<'_>) -> Failure {
    (
        ErrorKind::Overflow,
        format!("{what} leaves the 64 bits that a case's whole numbers have"),
    )
}

fn zero_division() -> Failure {
    (ErrorKind::ZeroDivision, "division by zero".to_owned())
}

fn of_ints(operator: BinaryOperator, left: i64, right: i64) -> Result<Value, Failure> {
    let result = match operator {
        BinaryOperator::Add => left.checked_add(right),
        BinaryOperator::Sub => left.checked_sub(right),
        BinaryOperator::Mul => left.checked_mul(right),
        _ if right == 0 => return Err(zero_division()),
        BinaryOperator::Div => return Ok(Value::Float(quotient(left, right))),
        BinaryOperator::FloorDiv => left.checked_div(right).map(|towards_zero| {
            let is_inexact = left % right != 0;
            towards_zero - i64::from(is_inexact && (left < 0) != (right < 0))
        }),
        _ => {
            // The remainder has the divisor's sign; only i64::MIN % -1 wraps, and is 0.
            let rest = left.wrapping_rem(right);
            let is_foreign = rest != 0 && (rest < 0) != (right < 0);
            Some(if is_foreign { rest + right } else { rest })
        }
    };
    result
        .map(Value::Int)
        .ok_or_else(|| overflow(format_args!("{left} {} {right}", symbol(operator))))
}

/// Rounded once, as Python's `int / int` is, however large the operands.
fn quotient(left: i64, right: i64) -> f64 {
    let is_negative = (left < 0) != (right < 0);
    let dividend = left.unsigned_abs();
    let divisor = u128::from(right.unsigned_abs());
    // The dividend's first bit at 2^125 leaves at least 62 bits of quotient for the one rounding.
    let shift = if dividend == 0 {
        0
    } else {
        62 + dividend.leading_zeros()
    };
    let shifted = u128::from(dividend) << shift;
    // Whether a rest remains stands below the rounding position.
    let rest = u128::from(!shifted.is_multiple_of(divisor));
    let digits = ((shifted / divisor) << 1) | rest;
    // A power of two this small is exact, and so is dividing by it.
    let magnitude = digits as f64 / ((1_u128 << (shift / 2)) as f64);
    let magnitude = magnitude / ((1_u128 << (shift - shift / 2)) as f64) / 2.0;
    if is_negative { -magnitude } else { magnitude }
}

fn of_floats(operator: BinaryOperator, left: f64, right: f64) -> Result<f64, Failure> {
    Ok(match operator {
        BinaryOperator::Add => left + right,
        BinaryOperator::Sub => left - right,
        BinaryOperator::Mul => left * right,
        _ if right == 0.0 => return Err(zero_division()),
        BinaryOperator::Div => left / right,
        BinaryOperator::FloorDiv => floor_and_rest(left, right).0,
        _ => floor_and_rest(left, right).1,
    })
}

/// CPython's `float_divmod`, whose remainder has the divisor's sign.
fn floor_and_rest(left: f64, right: f64) -> (f64, f64) {
    let mut rest = left % right;
    let mut division = (left - rest) / right;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(right);
    } else if (right < 0.0) != (rest < 0.0) {
        rest += right;
        division -= 1.0;
    }
    if division == 0.0 {
        return (0.0_f64.copysign(left / right), rest);
    }
    let floor = division.floor();
    let floor = if division - floor > 0.5 {
        floor + 1.0
    } else {
        floor
    };
    (floor, rest)
}
