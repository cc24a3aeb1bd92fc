//! Operators, compared with what Python answers.

use super::*;

fn check(operator: BinaryOperator, left: impl Into<V>, right: impl Into<V>, expected: &str) {
    let result = match binary(operator, &left.into().0, &right.into().0) {
        Ok(value) => crate::print::ascii(&value),
        Err((kind, _)) => kind.to_string(),
    };
    assert_eq!(result, expected);
}

struct V(Value);

impl From<i64> for V {
    fn from(number: i64) -> V {
        V(Value::Int(number))
    }
}

impl From<f64> for V {
    fn from(number: f64) -> V {
        V(Value::Float(number))
    }
}

impl From<&str> for V {
    fn from(text: &str) -> V {
        V(Value::Str(text.to_owned()))
    }
}

impl From<Value> for V {
    fn from(value: Value) -> V {
        V(value)
    }
}

#[test]
fn division_and_remainder_round_down() {
    check(BinaryOperator::FloorDiv, 7, -2, "-4");
    check(BinaryOperator::Mod, 7, -2, "-1");
    check(BinaryOperator::FloorDiv, -7, 2, "-4");
    check(BinaryOperator::Mod, -7, 2, "1");
    check(BinaryOperator::FloorDiv, 7.5, -2, "-4.0");
    check(BinaryOperator::Mod, 7.5, -2, "-0.5");
    check(BinaryOperator::Mod, -0.0, 3.0, "0.0");
    check(BinaryOperator::Mod, 1, 0, "zero_division");
    check(BinaryOperator::Div, 1.0, 0, "zero_division");
    check(BinaryOperator::Mod, i64::MIN, -1, "0");
}

#[test]
fn true_division_rounds_once() {
    check(BinaryOperator::Div, 1, 3, "0.3333333333333333");
    check(BinaryOperator::Div, -7, 2, "-3.5");
    check(BinaryOperator::Div, 0, -5, "-0.0");
    check(BinaryOperator::Div, 1, i64::MAX, "1.0842021724855044e-19");
    check(BinaryOperator::Div, i64::MIN, 1, "-9.223372036854776e+18");
    // Rounding each operand first would give 1.0000000000000002.
    check(BinaryOperator::Div, (1_i64 << 53) + 1, 1 << 53, "1.0");
    check(BinaryOperator::Div, i64::MAX, 3, "3.0744573456182584e+18");
}

#[test]
fn whole_numbers_overflow_as_an_error_of_its_own() {
    check(BinaryOperator::Add, i64::MAX, 1, "overflow");
    check(BinaryOperator::FloorDiv, i64::MIN, -1, "overflow");
    check(BinaryOperator::Mul, "ab", i64::MAX, "overflow");
    check(BinaryOperator::Mul, "", i64::MAX, "''");
}

#[test]
fn sequences_join_and_repeat() {
    check(BinaryOperator::Add, "a", "b", "'ab'");
    check(BinaryOperator::Mul, "ab", 2, "'abab'");
    check(BinaryOperator::Mul, -1, "ab", "''");
    check(
        BinaryOperator::Add,
        Value::List(vec![Value::Int(1)]),
        Value::List(vec![]),
        "[1]",
    );
    check(BinaryOperator::Add, "a", 1, "type");
    check(BinaryOperator::Add, Value::Bool(true), 1, "2");
}

#[test]
fn membership_and_order_are_pythons() {
    check(
        BinaryOperator::In,
        1.0,
        Value::List(vec![Value::Bool(true)]),
        "True",
    );
    check(BinaryOperator::In, "b", "abc", "True");
    check(BinaryOperator::In, 1, "abc", "type");
    check(BinaryOperator::Lt, 1, "a", "type");
    check(BinaryOperator::Lt, f64::NAN, 1, "False");
    check(BinaryOperator::Lt, "B", "a", "True");
}

#[test]
fn some_sums_of_floats_are_others_from_python_3_12_on() {
    let sums = |items: &[f64]| {
        let items: Vec<Value> = items.iter().copied().map(Value::Float).collect();
        sums_in_two_ways(&items)
    };
    assert!(sums(&[0.1; 10]));
    assert!(sums(&[1e16, 1.0, -1e16]));
    assert!(!sums(&[0.5, 0.25, 1.0]));
    assert!(!sums(&[f64::INFINITY, 1.0]));
    assert!(!sums(&[f64::INFINITY, f64::NEG_INFINITY]));
    assert!(!sums(&[]));
    assert!(!sums_in_two_ways(&[Value::Int(1), Value::Float(0.5)]));
}

#[test]
fn builtins_are_pythons() {
    let list = |items: &[i64]| Value::List(items.iter().copied().map(Value::Int).collect());
    let text = |operator, value: Value| match unary(operator, &value) {
        Ok(value) => crate::print::ascii(&value),
        Err((kind, _)) => kind.to_string(),
    };
    assert_eq!(text(UnaryOperator::Sorted, list(&[3, 1, 2])), "[1, 2, 3]");
    assert_eq!(text(UnaryOperator::Sum, list(&[3, 1, 2])), "6");
    assert_eq!(text(UnaryOperator::Len, Value::Str("é€".to_owned())), "2");
    assert_eq!(text(UnaryOperator::Len, Value::Int(1)), "type");
    assert_eq!(text(UnaryOperator::List, Value::Bytes(vec![1])), "[1]");
    assert_eq!(text(UnaryOperator::Neg, Value::Int(i64::MIN)), "overflow");
    let pair = Value::Tuple(vec![Value::Int(1), Value::None]);
    let pairs = Value::List(vec![pair]);
    assert_eq!(text(UnaryOperator::Dict, pairs), "{1: None}");
}

#[test]
fn slices_clamp() {
    let list = Value::List((0..5).map(Value::Int).collect());
    let text = |start, stop| crate::print::ascii(&slice(&list, start, stop).unwrap());
    assert_eq!(text(None, None), "[0, 1, 2, 3, 4]");
    assert_eq!(text(Some(-2), None), "[3, 4]");
    assert_eq!(text(Some(3), Some(1)), "[]");
    assert_eq!(text(Some(1), Some(99)), "[1, 2, 3, 4]");
    assert!(item(&list, &Value::Int(-6)).is_err());
}
