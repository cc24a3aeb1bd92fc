//! Local computation: values of the machine to plain values of the language and back.

use poolproof_case::program::{BinaryOperator, UnaryOperator};
use poolproof_case::{ErrorKind, Value, operate, print};

use super::truth::{equal, is_true};
use crate::objects::{Access, Body, Context, Fault};
use crate::state::message;
use crate::state::{Cell, Symbol, Val};

/// The most items of a sequence, and the most values in one, that a case may make.
const ITEMS_MAX: usize = 1 << 20;
/// The most containers within containers.
const DEPTH_MAX: u32 = 64;

/// The plain value of a value that refers to no object.
pub(crate) fn to_plain(context: &Context<'_>, value: &Val) -> Result<Value, Fault> {
    let mut budget = ITEMS_MAX;
    convert(context, value, DEPTH_MAX, &mut budget)
}

fn convert(
    context: &Context<'_>,
    value: &Val,
    depth: u32,
    budget: &mut usize,
) -> Result<Value, Fault> {
    if depth == 0 || *budget == 0 {
        return context.model("this value is too large, or contains itself");
    }
    *budget -= 1;
    let names = &context.machine.code.names;
    let mut all = |values: &[Val]| -> Result<Vec<Value>, Fault> {
        let one = |value| convert(context, value, depth - 1, budget);
        values.iter().map(one).collect()
    };
    Ok(match value {
        Val::None => Value::None,
        Val::Bool(truth) => Value::Bool(*truth),
        Val::Int(number) => Value::Int(*number),
        Val::Float(bits) => Value::Float(f64::from_bits(*bits)),
        Val::Text(text) => Value::Str(names.text(*text).to_string()),
        Val::Bytes(bytes) => Value::Bytes(names.bytes(*bytes).to_vec()),
        Val::Tuple(items) => Value::Tuple(all(items)?),
        Val::Error(kind, text) => Value::Error(*kind, names.text(*text).to_string()),
        Val::Opaque(number) => Value::Opaque(number.to_string()),
        Val::Ref(at) => match &context.state.space(context.process).cells[*at as usize] {
            Cell::List(items) => Value::List(all(items)?),
            Cell::Dict(pairs) => {
                let (keys, values): (Vec<Val>, Vec<Val>) = pairs.iter().cloned().unzip();
                Value::Dict(all(&keys)?.into_iter().zip(all(&values)?).collect())
            }
            Cell::Connection(_) => return context.model("a connection is no plain value"),
        },
        Val::Range(start, stop) => {
            Value::List(range(context, *start, *stop)?.map(Value::Int).collect())
        }
        Val::Unset => return context.model("this variable has no value here"),
        _ => return context.model("an object or function is no plain value"),
    })
}

/// The numbers of a range that is not too long to list.
fn range(context: &Context<'_>, start: i64, stop: i64) -> Result<std::ops::Range<i64>, Fault> {
    if stop.saturating_sub(start) > ITEMS_MAX as i64 {
        return context.model("this range is too long");
    }
    Ok(start..stop)
}

pub(super) fn all(context: &Context<'_>, values: &[Val]) -> Result<Vec<Value>, Fault> {
    values
        .iter()
        .map(|value| to_plain(context, value))
        .collect()
}

/// That a sequence is not too long.
pub(crate) fn check_length(context: &Context<'_>, length: usize) -> Result<(), Fault> {
    if length > ITEMS_MAX {
        return context.model("this sequence is too long");
    }
    Ok(())
}

/// That tuples within a tuple are neither too many nor too deep: they are copied with it.
pub(crate) fn check_tuple(context: &Context<'_>, items: &[Val]) -> Result<(), Fault> {
    fn fits(items: &[Val], depth: u32, budget: &mut usize) -> bool {
        items.iter().all(|item| {
            *budget = budget.saturating_sub(1);
            match item {
                Val::Tuple(inner) => depth > 0 && *budget > 0 && fits(inner, depth - 1, budget),
                _ => *budget > 0,
            }
        })
    }
    if fits(items, DEPTH_MAX, &mut 100_000) {
        return Ok(());
    }
    context.model("this tuple is too large")
}

/// A plain value in the process's memory.
pub(crate) fn from_plain(context: &mut Context<'_>, value: &Value) -> Val {
    let names = &context.machine.code.names;
    let process = context.process;
    match value {
        Value::None => Val::None,
        Value::Bool(truth) => Val::Bool(*truth),
        Value::Int(number) => Val::Int(*number),
        Value::Float(number) => Val::float(*number),
        Value::Str(text) => Val::Text(names.intern(text)),
        Value::Bytes(bytes) => Val::Bytes(names.intern_bytes(bytes)),
        Value::Error(kind, text) => Val::Error(*kind, names.intern(text)),
        Value::Opaque(number) => Val::Opaque(number.parse().unwrap_or(0)),
        Value::Tuple(items) => {
            let items: Vec<Val> = items.iter().map(|item| from_plain(context, item)).collect();
            Val::Tuple(items.into())
        }
        Value::List(items) => {
            let items = items.iter().map(|item| from_plain(context, item)).collect();
            context.state.allocate(process, Cell::List(items))
        }
        Value::Dict(pairs) => {
            let mut cells = Vec::new();
            for (key, value) in pairs {
                cells.push((from_plain(context, key), from_plain(context, value)));
            }
            context.state.allocate(process, Cell::Dict(cells))
        }
    }
}

fn failed<T>(context: &Context<'_>, failure: operate::Failure) -> Result<T, Fault> {
    let (kind, text) = failure;
    if kind == ErrorKind::Overflow {
        return context.model(text);
    }
    context.raise(kind, &text)
}

/// What `for` takes one by one.
pub(crate) fn iterate(context: &mut Context<'_>, value: &Val) -> Result<Vec<Val>, Fault> {
    match value {
        Val::Tuple(items) => return Ok(items.to_vec()),
        Val::Range(start, stop) => {
            return Ok(range(context, *start, *stop)?.map(Val::Int).collect());
        }
        Val::Ref(at) => match &context.state.space(context.process).cells[*at as usize] {
            Cell::List(items) => return Ok(items.clone()),
            Cell::Dict(pairs) => return Ok(pairs.iter().map(|(key, _)| key.clone()).collect()),
            Cell::Connection(_) => {}
        },
        Val::Object(id) => {
            let held = match &context.state.objects[*id as usize].body {
                Body::Shared(shared) if shared.is_array => return Ok(shared.numbers.clone()),
                Body::Managed(managed) if managed.kind.is_sequence() => managed.content.clone(),
                _ => return context.raise(ErrorKind::Type, "an object is no sequence"),
            };
            let held = message::unpack(context.state, context.process, &held);
            return iterate(context, &held);
        }
        _ => {}
    }
    check_operand(context, value)?;
    let plain = to_plain(context, value)?;
    match operate::iterate(&plain) {
        Ok(items) => Ok(items.iter().map(|item| from_plain(context, item)).collect()),
        Err(failure) => failed(context, failure),
    }
}

/// The pairs of a dict whose keys are names.
pub(crate) fn named(context: &mut Context<'_>, value: &Val) -> Result<Vec<(Symbol, Val)>, Fault> {
    let cells = &context.state.space(context.process).cells;
    let pairs = match value {
        Val::Unset => return Ok(Vec::new()),
        Val::Ref(at) => match &cells[*at as usize] {
            Cell::Dict(pairs) => pairs,
            _ => return context.model("arguments by name are a dict"),
        },
        Val::Object(_) => return context.model("arguments by name are a dict"),
        _ => return context.raise(ErrorKind::Type, "arguments by name are a dict"),
    };
    let name = |(key, value): &(Val, Val)| match key {
        Val::Text(name) => Some((*name, value.clone())),
        _ => None,
    };
    match pairs.iter().map(name).collect() {
        Some(named) => Ok(named),
        None => context.model("the name of an argument is a text"),
    }
}

/// A TypeError for an object or function where an operator wants a plain value.
fn check_operand(context: &Context<'_>, value: &Val) -> Result<(), Fault> {
    match value {
        Val::Object(_) | Val::Function(_) | Val::Module | Val::Context(_) => {
            context.raise(ErrorKind::Type, "an object is no operand")
        }
        _ => Ok(()),
    }
}

/// A TypeError for what cannot be a key.
pub(crate) fn check_key(context: &Context<'_>, key: &Val) -> Result<(), Fault> {
    match key {
        Val::Ref(_) => context.raise(ErrorKind::Type, "unhashable type"),
        _ => Ok(()),
    }
}

pub(crate) fn sorted(context: &mut Context<'_>, items: Vec<Val>) -> Result<Vec<Val>, Fault> {
    match operate::order(&all(context, &items)?) {
        Ok(order) => Ok(order
            .into_iter()
            .map(|place| items[place].clone())
            .collect()),
        Err(failure) => failed(context, failure),
    }
}

pub(crate) fn display(context: &Context<'_>, value: &Val) -> Result<String, Fault> {
    Ok(print::display(&to_plain(context, value)?))
}

pub(crate) fn binary(
    context: &mut Context<'_>,
    operator: BinaryOperator,
    left: &Val,
    right: &Val,
) -> Result<Val, Fault> {
    match operator {
        BinaryOperator::Eq => return equal(context, left, right).map(Val::Bool),
        BinaryOperator::Ne => return equal(context, left, right).map(|same| Val::Bool(!same)),
        BinaryOperator::In if is_sequence(context, right) => {
            for item in iterate(context, right)? {
                if equal(context, &item, left)? {
                    return Ok(Val::Bool(true));
                }
            }
            return Ok(Val::Bool(false));
        }
        BinaryOperator::Add if is_sequence(context, left) && is_sequence(context, right) => {
            let mut items = iterate(context, left)?;
            items.extend(iterate(context, right)?);
            check_length(context, items.len())?;
            return match (left, right) {
                (Val::Tuple(_), Val::Tuple(_)) => Ok(Val::Tuple(items.into())),
                (Val::Ref(_), Val::Ref(_)) => {
                    let process = context.process;
                    Ok(context.state.allocate(process, Cell::List(items)))
                }
                _ => context.raise(ErrorKind::Type, "these cannot be joined"),
            };
        }
        BinaryOperator::Mul => {
            if let Some(repeated) = repeated(context, left, right)? {
                return Ok(repeated);
            }
        }
        _ => {}
    }
    check_operand(context, left)?;
    check_operand(context, right)?;
    let (left, right) = (to_plain(context, left)?, to_plain(context, right)?);
    match operate::binary(operator, &left, &right) {
        Ok(value) => Ok(from_plain(context, &value)),
        Err(failure) => failed(context, failure),
    }
}

/// `items * n` and `n * items`, whose items are the same ones again and again; nothing for others.
fn repeated(context: &mut Context<'_>, left: &Val, right: &Val) -> Result<Option<Val>, Fault> {
    let (sequence, times) = match (left, right) {
        (sequence, Val::Int(times)) | (Val::Int(times), sequence) => (sequence, *times),
        (sequence, Val::Bool(times)) | (Val::Bool(times), sequence) => (sequence, (*times).into()),
        _ => return Ok(None),
    };
    if !is_sequence(context, sequence) {
        return Ok(None);
    }
    let items = iterate(context, sequence)?;
    let times = usize::try_from(times).unwrap_or(0);
    check_length(context, items.len().saturating_mul(times))?;
    let items: Vec<Val> = std::iter::repeat_n(items, times).flatten().collect();
    Ok(Some(match sequence {
        Val::Tuple(_) => Val::Tuple(items.into()),
        _ => {
            let process = context.process;
            context.state.allocate(process, Cell::List(items))
        }
    }))
}

fn is_sequence(context: &Context<'_>, value: &Val) -> bool {
    match value {
        Val::Tuple(_) => true,
        Val::Ref(at) => {
            matches!(
                context.state.space(context.process).cells[*at as usize],
                Cell::List(_)
            )
        }
        _ => false,
    }
}

pub(crate) fn unary(
    context: &mut Context<'_>,
    operator: UnaryOperator,
    value: &Val,
) -> Result<Val, Fault> {
    let process = context.process;
    match (operator, value) {
        (UnaryOperator::Not, value) => return Ok(Val::Bool(!is_true(context, value))),
        (UnaryOperator::List, Val::Tuple(_) | Val::Ref(_) | Val::Range(..)) => {
            let items = iterate(context, value)?;
            return Ok(context.state.allocate(process, Cell::List(items)));
        }
        (UnaryOperator::Len, Val::Tuple(_) | Val::Ref(_) | Val::Range(..)) => {
            return Ok(Val::Int(iterate(context, value)?.len() as i64));
        }
        (UnaryOperator::Sorted, Val::Tuple(_) | Val::Ref(_)) => {
            let items = iterate(context, value)?;
            let items = sorted(context, items)?;
            return Ok(context.state.allocate(process, Cell::List(items)));
        }
        (UnaryOperator::Dict, Val::Tuple(_) | Val::Ref(_)) => {
            if let Some(pairs) = pairs(context, value)? {
                return Ok(context.state.allocate(process, Cell::Dict(pairs)));
            }
        }
        _ => {}
    }
    check_operand(context, value)?;
    let plain = to_plain(context, value)?;
    if operator == UnaryOperator::Sum
        && operate::iterate(&plain).is_ok_and(|items| operate::sums_in_two_ways(&items))
    {
        return context
            .model("this sum of floats is another from Python 3.12 on: add them one by one");
    }
    match operate::unary(operator, &plain) {
        Ok(value) => Ok(from_plain(context, &value)),
        Err(failure) => failed(context, failure),
    }
}

/// What the error says of a dict that changes under a loop over it.
pub(crate) const CHANGED_SIZE: &str = "dictionary changed size during iteration";

/// The key that a loop over a dict comes to, none after the last, and the loop's number there: the
/// size that the dict had when it began, and the place. Nothing where it has another size now.
pub(crate) fn key_at(pairs: &[(Val, Val)], number: i64) -> Option<(Option<Val>, i64)> {
    let (size, place) = match number {
        0 => (pairs.len() as i64, 0),
        number => (number >> 32, number & 0xffff_ffff),
    };
    let key = pairs.get(place as usize).map(|(key, _)| key.clone());
    (size == pairs.len() as i64).then_some((key, size << 32 | place))
}

/// What a dict is made of: another dict, or pairs whose values are the same ones in it; nothing where
/// these are none.
fn pairs(context: &mut Context<'_>, value: &Val) -> Result<Option<Vec<(Val, Val)>>, Fault> {
    let cells = &context.state.space(context.process).cells;
    if let Val::Ref(at) = value
        && let Cell::Dict(pairs) = &cells[*at as usize]
    {
        return Ok(Some(pairs.clone()));
    }
    let mut all: Vec<(Val, Val)> = Vec::new();
    for item in iterate(context, value)? {
        let is_pair = matches!(&item, Val::Tuple(_)) || is_sequence(context, &item);
        let pair = match is_pair {
            true => iterate(context, &item)?,
            false => return Ok(None),
        };
        let [key, value] = &pair[..] else {
            return Ok(None);
        };
        check_key(context, key)?;
        let mut known = None;
        for (at, (other, _)) in all.iter().enumerate() {
            if equal(context, other, key)? {
                known = Some(at);
            }
        }
        match known {
            Some(at) => all[at].1 = value.clone(),
            None => all.push((key.clone(), value.clone())),
        }
    }
    Ok(Some(all))
}

/// `a[i]` of a value that is no container of the process's own.
pub(crate) fn item(context: &mut Context<'_>, value: &Val, index: &Val) -> Result<Val, Fault> {
    check_operand(context, value)?;
    check_operand(context, index)?;
    let place = to_plain(context, index)?;
    if let (Val::Tuple(items), Value::Int(_)) = (value, &place) {
        return match operate::index_of(&place, items.len()) {
            Ok(at) => Ok(items[at].clone()),
            Err(failure) => failed(context, failure),
        };
    }
    let plain = to_plain(context, value)?;
    match operate::item(&plain, &place) {
        Ok(item) => Ok(from_plain(context, &item)),
        Err(failure) => failed(context, failure),
    }
}

/// `a[i:j]` of such a value.
pub(crate) fn slice(context: &mut Context<'_>, value: &Val, access: &Access) -> Result<Val, Fault> {
    let bound = |at: usize| match access.argument(at) {
        Val::Int(number) => Some(*number),
        _ => None,
    };
    let plain = to_plain(context, value)?;
    match operate::slice(&plain, bound(0), bound(1)) {
        Ok(part) => Ok(from_plain(context, &part)),
        Err(failure) => failed(context, failure),
    }
}
