//! Operators, with Python's meaning.

use std::borrow::Cow;

use poolproof_case::catalogue::Class;
use poolproof_case::program::{BinaryOperator, UnaryOperator};
use poolproof_case::{ErrorKind, Value, operate, work};

use crate::data::Data;
use crate::sequence;
use crate::stop::{Result, Stop};

/// Operators work on plain values; sequences of objects can only be added, and searched by identity.
#[inline]
pub(crate) fn binary(operator: BinaryOperator, left: &Data, right: &Data) -> Result<Data> {
    if let (Data::Plain(Value::Int(left)), Data::Plain(Value::Int(right))) = (left, right)
        && let Some(result) = of_numbers(operator, *left, *right)
    {
        return Ok(result);
    }
    of_others(operator, left, right)
}

fn of_others(operator: BinaryOperator, left: &Data, right: &Data) -> Result<Data> {
    if let (Data::Plain(left), Data::Plain(right)) = (left, right) {
        return Ok(Data::from(operate::binary(operator, left, right)?));
    }
    if operator == BinaryOperator::Add
        && let Some(sum) = sum(left, right)?
    {
        return Ok(sum);
    }
    if operator == BinaryOperator::Mul
        && let Some(repeated) = repeated(&*listed(left)?, &*listed(right)?)?
    {
        return Ok(repeated);
    }
    let right = match operator {
        // What is looked for in an object is looked for among its items, and its text is theirs.
        BinaryOperator::In | BinaryOperator::Mod => sequence::copy(right)?.value()?,
        // Else it is which one it is that counts, as in Python.
        _ => right.value()?,
    };
    let left = match (operator, &right) {
        (BinaryOperator::In, Value::Dict(_)) => sequence::key(left)?,
        _ => left.value()?,
    };
    Ok(Data::from(operate::binary(operator, &left, &right)?))
}

/// The items of a managed list that a list is added to, or that is repeated; other data as they are.
fn listed(data: &Data) -> Result<Cow<'_, Data>> {
    match data.class() {
        Some(Class::ManagedList) => sequence::copy(data).map(Cow::Owned),
        _ => Ok(Cow::Borrowed(data)),
    }
}

/// The sum of two lists or of two tuples, which has their very items; nothing for others.
fn sum(left: &Data, right: &Data) -> Result<Option<Data>> {
    let left = match right {
        Data::List(_) => listed(left)?,
        _ => Cow::Borrowed(left),
    };
    match (&*left, right) {
        (Data::List(_), Data::List(_)) | (Data::Tuple(_), Data::Tuple(_)) => {}
        _ => return Ok(None),
    }
    let mut all = sequence::items(&left)?;
    all.extend(sequence::items(right)?);
    check_length(all.len())?;
    Ok(Some(like(right, all)))
}

/// `items * n` and `n * items`, whose items are the same ones again and again; nothing for others.
fn repeated(left: &Data, right: &Data) -> Result<Option<Data>> {
    let (items, number) = match (left, right) {
        (items @ (Data::List(_) | Data::Tuple(_)), Data::Plain(number))
        | (Data::Plain(number), items @ (Data::List(_) | Data::Tuple(_))) => (items, number),
        _ => return Ok(None),
    };
    let times = match number {
        Value::Int(times) => usize::try_from(*times).unwrap_or(0),
        Value::Bool(times) => usize::from(*times),
        _ => return Ok(None),
    };
    let all = sequence::items(items)?;
    check_length(all.len().saturating_mul(times))?;
    let all: Vec<Data> = std::iter::repeat_n(all, times).flatten().collect();
    Ok(Some(like(items, all)))
}

fn check_length(length: usize) -> Result<()> {
    match length {
        0..=operate::LENGTH_MAX => Ok(()),
        _ => Err(Stop::error(
            ErrorKind::Overflow,
            "this sequence is too long",
        )),
    }
}

/// A tuple of these items where the other is one, else a list.
fn like(other: &Data, items: Vec<Data>) -> Data {
    match other {
        Data::Tuple(_) => Data::Tuple(items.into()),
        _ => Data::list(items),
    }
}

/// What is often measured beside the runtime, the short way; nothing where that is not all.
#[inline]
fn of_numbers(operator: BinaryOperator, left: i64, right: i64) -> Option<Data> {
    match operator {
        BinaryOperator::Add => left.checked_add(right).map(Data::number),
        BinaryOperator::Sub => left.checked_sub(right).map(Data::number),
        BinaryOperator::Mul => left.checked_mul(right).map(Data::number),
        BinaryOperator::Eq => Some(Data::bool(left == right)),
        BinaryOperator::Ne => Some(Data::bool(left != right)),
        BinaryOperator::Lt => Some(Data::bool(left < right)),
        BinaryOperator::Le => Some(Data::bool(left <= right)),
        BinaryOperator::Gt => Some(Data::bool(left > right)),
        BinaryOperator::Ge => Some(Data::bool(left >= right)),
        BinaryOperator::Div
        | BinaryOperator::FloorDiv
        | BinaryOperator::Mod
        | BinaryOperator::In => None,
    }
}

pub(crate) fn unary(operator: UnaryOperator, operand: &Data) -> Result<Data> {
    match operator {
        UnaryOperator::Not => Ok(Data::bool(!operand.is_true()?)),
        UnaryOperator::Len => sequence::length(operand).map(Data::int),
        UnaryOperator::List => sequence::items(operand).map(Data::list),
        UnaryOperator::Dict => sequence::pairs(operand).map(Data::dict),
        UnaryOperator::Sorted => {
            let items = sequence::items(operand)?;
            let values = items.iter().map(Data::value).collect::<Result<Vec<_>>>()?;
            let order = operate::order(&values)?.into_iter();
            Ok(Data::list(
                order.map(|place| items[place].clone()).collect(),
            ))
        }
        UnaryOperator::Sum => {
            let items = Data::list(sequence::items(operand)?).value()?;
            Ok(Data::from(operate::unary(operator, &items)?))
        }
        UnaryOperator::Str => {
            let copy = sequence::copy(operand)?.value()?;
            Ok(Data::from(operate::unary(operator, &copy)?))
        }
        UnaryOperator::Work => {
            let rounds = operate::rounds(&operand.value()?)?;
            Ok(Data::Plain(Value::Int(work(rounds))))
        }
        UnaryOperator::Neg => Ok(Data::from(operate::unary(operator, &operand.value()?)?)),
    }
}

/// Makes each of the rounds: the specification alone has a shorter way.
fn work(rounds: u64) -> i64 {
    let first = work::START.wrapping_add(rounds);
    let last = (0..rounds).fold(first, |state, _| std::hint::black_box(work::round(state)));
    (last >> work::SHIFT).cast_signed()
}
