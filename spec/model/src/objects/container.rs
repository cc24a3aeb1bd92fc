//! Lists and dicts of a process itself, by reference.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{DictMethod, ListMethod, Method};

use super::shared::{bounds, index};
use super::{Access, Context, Done, Fault, Operation};
use crate::machine::{plain, truth};
use crate::state::{Cell, Val};

pub(crate) fn perform(context: &mut Context<'_>, access: &Access) -> Result<Done, Fault> {
    let Val::Ref(at) = access.receiver else {
        return context.model("this is no container");
    };
    let process = context.process;
    match context.state.space(process).cells.get(at as usize) {
        Some(Cell::List(_)) => list(context, at as usize, access).map(Done::Value),
        Some(Cell::Dict(_)) => dict(context, at as usize, access).map(Done::Value),
        _ => context.model("this is no container"),
    }
}

fn items<'a>(context: &'a mut Context<'_>, at: usize) -> &'a mut Vec<Val> {
    match &mut context.state.space_mut(context.process).cells[at] {
        Cell::List(items) => items,
        _ => unreachable!("the caller found a list"),
    }
}

fn pairs<'a>(context: &'a mut Context<'_>, at: usize) -> &'a mut Vec<(Val, Val)> {
    match &mut context.state.space_mut(context.process).cells[at] {
        Cell::Dict(pairs) => pairs,
        _ => unreachable!("the caller found a dict"),
    }
}

fn list(context: &mut Context<'_>, at: usize, access: &Access) -> Result<Val, Fault> {
    let process = context.process;
    let count = items(context, at).len();
    match access.operation {
        Operation::Call(Method::List(method)) => call_list(context, at, method, access),
        Operation::Copy => {
            let copy = items(context, at).clone();
            Ok(context.state.allocate(process, Cell::List(copy)))
        }
        Operation::Slice => {
            let (start, stop) = bounds(access, count);
            let part = items(context, at)[start..stop].to_vec();
            Ok(context.state.allocate(process, Cell::List(part)))
        }
        Operation::Item => {
            let place = place(context, access.argument(0), count)?;
            Ok(items(context, at)[place].clone())
        }
        Operation::Next => {
            let place = access.number(0, 0) as usize;
            Ok(items(context, at).get(place).cloned().unwrap_or(Val::Unset))
        }
        Operation::SetItem => {
            let place = place(context, access.argument(0), count)?;
            items(context, at)[place] = access.argument(1).clone();
            Ok(Val::None)
        }
        _ => context.model(format!("a list has no access `{}`", access.shown(context))),
    }
}

/// The place that an index means, which is inside the list.
fn place(context: &Context<'_>, given: &Val, count: usize) -> Result<usize, Fault> {
    index(given, count).or_else(|(kind, text)| context.raise(kind, text))
}

fn call_list(
    context: &mut Context<'_>,
    at: usize,
    method: ListMethod,
    access: &Access,
) -> Result<Val, Fault> {
    let count = items(context, at).len();
    let first = access.argument(0).clone();
    match method {
        ListMethod::Append => items(context, at).push(first),
        ListMethod::Extend => {
            let more = plain::iterate(context, &first)?;
            plain::check_length(context, count + more.len())?;
            items(context, at).extend(more);
        }
        ListMethod::Insert => {
            let place = match access.number(0, 0) {
                number if number < 0 => (number + count as i64).max(0) as usize,
                number => (number as usize).min(count),
            };
            items(context, at).insert(place, access.argument(1).clone());
        }
        ListMethod::Pop => {
            let place = place(context, &Val::Int(access.number(0, -1)), count)?;
            return Ok(items(context, at).remove(place));
        }
        ListMethod::Remove => {
            let place = first_of(context, at, &first)?;
            items(context, at).remove(place);
        }
        ListMethod::Index => return Ok(Val::Int(first_of(context, at, &first)? as i64)),
        ListMethod::Count => {
            let found = equal_items(context, at, &first)?;
            return Ok(Val::Int(found.len() as i64));
        }
        ListMethod::Reverse => items(context, at).reverse(),
        ListMethod::Sort => {
            let unsorted = items(context, at).clone();
            *items(context, at) = plain::sorted(context, unsorted)?;
        }
    }
    Ok(Val::None)
}

/// The places of the items that equal this.
fn equal_items(context: &mut Context<'_>, at: usize, wanted: &Val) -> Result<Vec<usize>, Fault> {
    let all = items(context, at).clone();
    let mut found = Vec::new();
    for (place, item) in all.iter().enumerate() {
        if truth::equal(context, item, wanted)? {
            found.push(place);
        }
    }
    Ok(found)
}

fn first_of(context: &mut Context<'_>, at: usize, wanted: &Val) -> Result<usize, Fault> {
    match equal_items(context, at, wanted)?.first() {
        Some(place) => Ok(*place),
        None => context.raise(ErrorKind::Value, "not in the list"),
    }
}

/// Where a key stands; `1`, `1.0` and `True` are one key.
pub(crate) fn find(
    context: &mut Context<'_>,
    at: usize,
    key: &Val,
) -> Result<Option<usize>, Fault> {
    plain::check_key(context, key)?;
    let keys: Vec<Val> = pairs(context, at)
        .iter()
        .map(|(known, _)| known.clone())
        .collect();
    for (place, known) in keys.iter().enumerate() {
        if truth::equal(context, known, key)? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Sets a key's value.
pub(crate) fn set(context: &mut Context<'_>, at: usize, key: Val, value: Val) -> Result<(), Fault> {
    match find(context, at, &key)? {
        Some(place) => pairs(context, at)[place].1 = value,
        None => pairs(context, at).push((key, value)),
    }
    Ok(())
}

fn dict(context: &mut Context<'_>, at: usize, access: &Access) -> Result<Val, Fault> {
    let process = context.process;
    let key = access.argument(0).clone();
    match access.operation {
        Operation::Call(Method::Dict(method)) => call_dict(context, at, method, access),
        Operation::Copy => {
            let copy = pairs(context, at).clone();
            Ok(context.state.allocate(process, Cell::Dict(copy)))
        }
        Operation::Next => {
            let found = plain::key_at(pairs(context, at), access.number(0, 0));
            let Some((key, number)) = found else {
                return context.raise(ErrorKind::Runtime, plain::CHANGED_SIZE);
            };
            if let Some(Val::Int(kept)) = context.state.frame_mut(process).stack.last_mut() {
                *kept = number;
            }
            Ok(key.unwrap_or(Val::Unset))
        }
        Operation::SetItem => {
            set(context, at, key, access.argument(1).clone())?;
            Ok(Val::None)
        }
        Operation::Item => match find(context, at, &key)? {
            Some(place) => Ok(pairs(context, at)[place].1.clone()),
            None => no_key(context, &key),
        },
        _ => context.model(format!("a dict has no access `{}`", access.shown(context))),
    }
}

fn no_key(context: &mut Context<'_>, key: &Val) -> Result<Val, Fault> {
    let text = plain::display(context, key)?;
    context.raise(ErrorKind::Key, &text)
}

fn call_dict(
    context: &mut Context<'_>,
    at: usize,
    method: DictMethod,
    access: &Access,
) -> Result<Val, Fault> {
    let process = context.process;
    let (key, otherwise) = (access.argument(0), access.argument(1).clone());
    let pair_tuple = |(key, value): &(Val, Val)| Val::Tuple([key.clone(), value.clone()].into());
    let listed: Vec<Val> = match method {
        DictMethod::Keys => pairs(context, at)
            .iter()
            .map(|pair| pair.0.clone())
            .collect(),
        DictMethod::Values => pairs(context, at)
            .iter()
            .map(|pair| pair.1.clone())
            .collect(),
        DictMethod::Items => pairs(context, at).iter().map(pair_tuple).collect(),
        DictMethod::Copy => {
            let copy = pairs(context, at).clone();
            return Ok(context.state.allocate(process, Cell::Dict(copy)));
        }
        DictMethod::Clear => {
            pairs(context, at).clear();
            return Ok(Val::None);
        }
        DictMethod::Update => {
            update(context, at, key)?;
            return Ok(Val::None);
        }
        DictMethod::Get | DictMethod::SetDefault => {
            if let Some(place) = find(context, at, key)? {
                return Ok(pairs(context, at)[place].1.clone());
            }
            let value = match otherwise {
                Val::Unset => Val::None,
                given => given,
            };
            if method == DictMethod::SetDefault {
                pairs(context, at).push((key.clone(), value.clone()));
            }
            return Ok(value);
        }
        DictMethod::Pop => {
            return match find(context, at, key)? {
                Some(place) => Ok(pairs(context, at).remove(place).1),
                None if otherwise == Val::Unset => no_key(context, key),
                None => Ok(otherwise),
            };
        }
    };
    Ok(context.state.allocate(process, Cell::List(listed)))
}

/// Takes all of another dict, or of a sequence of pairs.
pub(super) fn update(context: &mut Context<'_>, at: usize, other: &Val) -> Result<(), Fault> {
    let cell = match other {
        Val::Ref(other) => context
            .state
            .space(context.process)
            .cells
            .get(*other as usize)
            .cloned(),
        _ => None,
    };
    if let Some(Cell::Dict(more)) = cell {
        return more
            .into_iter()
            .try_for_each(|(key, value)| set(context, at, key, value));
    }
    for pair in plain::iterate(context, other)? {
        let [key, value]: [Val; 2] = match plain::iterate(context, &pair)?.try_into() {
            Ok(pair) => pair,
            Err(_) => return context.raise(ErrorKind::Value, "a pair has a key and a value"),
        };
        set(context, at, key, value)?;
    }
    Ok(())
}
