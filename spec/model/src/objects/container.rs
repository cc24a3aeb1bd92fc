//! Lists and dicts of a process itself, by reference.

use poolproof_case::ErrorKind;

use super::shared::{bounds, index};
use super::{Access, Context, Done, Fault, Operation};
use crate::machine::plain;
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
    let first = access.argument(0).clone();
    let out_of_range = (ErrorKind::Index, "list index out of range");
    match (access.operation, access.name) {
        (Operation::Copy, _) | (Operation::Call, "copy") => {
            let copy = items(context, at).clone();
            return Ok(context.state.allocate(process, Cell::List(copy)));
        }
        (Operation::Slice, _) => {
            let (start, stop) = bounds(access, count);
            let part = items(context, at)[start..stop].to_vec();
            return Ok(context.state.allocate(process, Cell::List(part)));
        }
        (Operation::Item, _) => match index(&first, count) {
            Some(place) => return Ok(items(context, at)[place].clone()),
            None => return context.raise(out_of_range.0, out_of_range.1),
        },
        (Operation::Next, _) => {
            let place = access.number(0, 0) as usize;
            return Ok(items(context, at).get(place).cloned().unwrap_or(Val::Unset));
        }
        (Operation::SetItem, _) => match index(&first, count) {
            Some(place) => items(context, at)[place] = access.argument(1).clone(),
            None => return context.raise(out_of_range.0, out_of_range.1),
        },
        (Operation::Call, "append") => items(context, at).push(first),
        (Operation::Call, "extend") => {
            let more = plain::iterate(context, &first)?;
            plain::check_length(context, count + more.len())?;
            items(context, at).extend(more);
        }
        (Operation::Call, "insert") => {
            let place = match access.number(0, 0) {
                number if number < 0 => (number + count as i64).max(0) as usize,
                number => (number as usize).min(count),
            };
            items(context, at).insert(place, access.argument(1).clone());
        }
        (Operation::Call, "pop") => match index(&Val::Int(access.number(0, -1)), count) {
            Some(place) => return Ok(items(context, at).remove(place)),
            None => return context.raise(out_of_range.0, out_of_range.1),
        },
        (Operation::Call, "remove" | "index" | "count") => {
            return search(context, at, &first, access.name);
        }
        (Operation::Call, "reverse") => items(context, at).reverse(),
        (Operation::Call, "sort") => {
            let unsorted = items(context, at).clone();
            *items(context, at) = plain::sorted(context, unsorted)?;
        }
        (_, name) => return context.model(format!("a list has no access `{name}`")),
    }
    Ok(Val::None)
}

fn search(context: &mut Context<'_>, at: usize, wanted: &Val, name: &str) -> Result<Val, Fault> {
    let all = items(context, at).clone();
    let mut found = Vec::new();
    for (place, item) in all.iter().enumerate() {
        if plain::equal(context, item, wanted)? {
            found.push(place);
        }
    }
    match (name, found.first()) {
        ("count", _) => Ok(Val::Int(found.len() as i64)),
        (_, None) => context.raise(ErrorKind::Value, "not in the list"),
        ("index", Some(place)) => Ok(Val::Int(*place as i64)),
        (_, Some(place)) => {
            items(context, at).remove(*place);
            Ok(Val::None)
        }
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
        if plain::equal(context, known, key)? {
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
    let pair_tuple = |(key, value): &(Val, Val)| Val::Tuple([key.clone(), value.clone()].into());
    let listed: Vec<Val> = match (access.operation, access.name) {
        (Operation::Copy, _) | (Operation::Call, "copy") => {
            let copy = pairs(context, at).clone();
            return Ok(context.state.allocate(process, Cell::Dict(copy)));
        }
        (Operation::Next, _) => {
            let place = access.number(0, 0) as usize;
            let pair = pairs(context, at).get(place);
            return Ok(pair.map_or(Val::Unset, |(key, _)| key.clone()));
        }
        (Operation::Call, "keys") => pairs(context, at)
            .iter()
            .map(|pair| pair.0.clone())
            .collect(),
        (Operation::Call, "values") => pairs(context, at)
            .iter()
            .map(|pair| pair.1.clone())
            .collect(),
        (Operation::Call, "items") => pairs(context, at).iter().map(pair_tuple).collect(),
        (Operation::Call, "clear") => {
            pairs(context, at).clear();
            return Ok(Val::None);
        }
        (Operation::Call, "update") => {
            update(context, at, &key)?;
            return Ok(Val::None);
        }
        (Operation::SetItem, _) => {
            set(context, at, key, access.argument(1).clone())?;
            return Ok(Val::None);
        }
        _ => return look_up(context, at, &key, access),
    };
    Ok(context.state.allocate(process, Cell::List(listed)))
}

fn look_up(context: &mut Context<'_>, at: usize, key: &Val, access: &Access) -> Result<Val, Fault> {
    let place = find(context, at, key)?;
    let otherwise = access.argument(1).clone();
    match (access.operation, access.name, place) {
        (Operation::Call, "pop", Some(place)) => Ok(pairs(context, at).remove(place).1),
        (_, _, Some(place)) => Ok(pairs(context, at)[place].1.clone()),
        (Operation::Call, "pop", None) if otherwise != Val::Unset => Ok(otherwise),
        (Operation::Item, _, None) | (Operation::Call, "pop", None) => {
            let text = plain::display(context, key)?;
            context.raise(ErrorKind::Key, &text)
        }
        (Operation::Call, "setdefault", None) => {
            let value = if otherwise == Val::Unset {
                Val::None
            } else {
                otherwise
            };
            pairs(context, at).push((key.clone(), value.clone()));
            Ok(value)
        }
        (Operation::Call, "get", None) if otherwise == Val::Unset => Ok(Val::None),
        (Operation::Call, "get", None) => Ok(otherwise),
        (_, name, None) => context.model(format!("a dict has no access `{name}`")),
    }
}

fn update(context: &mut Context<'_>, at: usize, other: &Val) -> Result<(), Fault> {
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
