//! Methods of a process's own lists and dicts.

use std::cmp::Ordering;
use std::sync::Mutex;

use poolproof_case::{ErrorKind, Value};

use super::Bound;
use crate::data::{Data, lock};
use crate::sequence;
use crate::stop::{Result, Stop, missing};

/// Calls a list's method.
pub(super) fn list(items: &Mutex<Vec<Data>>, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
    match method {
        "append" => {
            let item = bound.take("object")?;
            lock(items).push(item);
        }
        "extend" => {
            let more = sequence::items(&bound.take("iterable")?)?;
            lock(items).extend(more);
        }
        "insert" => {
            let index = bound.take("index")?.as_int()?;
            let item = bound.take("object")?;
            let mut items = lock(items);
            let (place, _) = sequence::bounds(Some(index), None, items.len());
            items.insert(place, item);
        }
        "pop" => {
            let index = bound.take("index")?.as_int()?;
            let mut items = lock(items);
            let place = sequence::place(index, items.len())?;
            return Ok(items.remove(place));
        }
        "remove" => {
            let place = find(items, &bound.take("object")?)?;
            lock(items).remove(place);
        }
        "index" => return find(items, &bound.take("object")?).map(Data::int),
        "count" => {
            let wanted = bound.take("object")?.value()?;
            let equal = |item: &&Data| item.value().is_ok_and(|value| value == wanted);
            let items = lock(items).clone();
            return Ok(Data::int(items.iter().filter(equal).count()));
        }
        "reverse" => lock(items).reverse(),
        "sort" => sort(items)?,
        other => return Err(missing("list", other)),
    }
    Ok(Data::NONE)
}

fn find(items: &Mutex<Vec<Data>>, wanted: &Data) -> Result<usize> {
    let wanted = wanted.value()?;
    let equal = |item: &Data| item.value().is_ok_and(|value| value == wanted);
    // Copied first: to compare an item that is the list itself locks it.
    let items = lock(items).clone();
    items
        .iter()
        .position(equal)
        .ok_or_else(|| Stop::error(ErrorKind::Value, "the value is not in the list"))
}

fn sort(items: &Mutex<Vec<Data>>) -> Result<()> {
    let mut failure = None;
    let mut sorted = lock(items).clone();
    sorted.sort_by(|left, right| {
        sequence::compare(left, right).unwrap_or_else(|stop| {
            failure.get_or_insert(stop);
            Ordering::Equal
        })
    });
    match failure {
        Some(stop) => Err(stop),
        None => {
            *lock(items) = sorted;
            Ok(())
        }
    }
}

/// Calls a dict's method.
pub(super) fn dict(
    pairs: &Mutex<Vec<(Value, Data)>>,
    method: &str,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    let pair =
        |(key, value): &(Value, Data)| Data::Tuple(vec![Data::of(key), value.clone()].into());
    match method {
        "keys" => Ok(Data::list(
            lock(pairs).iter().map(|(key, _)| Data::of(key)).collect(),
        )),
        "values" => Ok(Data::list(
            lock(pairs).iter().map(|(_, value)| value.clone()).collect(),
        )),
        "items" => Ok(Data::list(lock(pairs).iter().map(pair).collect())),
        "copy" => Ok(Data::dict(lock(pairs).clone())),
        "clear" => {
            lock(pairs).clear();
            Ok(Data::NONE)
        }
        "update" => {
            let Data::Dict(other) = sequence::copy(&bound.take("other")?)? else {
                return Err(Stop::error(ErrorKind::Type, "update() takes a dict"));
            };
            let other = lock(&other).clone();
            let mut pairs = lock(pairs);
            other
                .into_iter()
                .for_each(|(key, value)| sequence::insert(&mut pairs, key, value));
            Ok(Data::NONE)
        }
        _ => keyed(pairs, method, bound),
    }
}

/// The methods that take a key.
fn keyed(pairs: &Mutex<Vec<(Value, Data)>>, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
    let key = bound.take("key")?.value()?;
    let otherwise = bound.given("default");
    let mut pairs = lock(pairs);
    let place = pairs.iter().position(|(known, _)| *known == key);
    match (method, place) {
        ("get" | "setdefault", Some(place)) => Ok(pairs[place].1.clone()),
        ("get", None) => Ok(otherwise.unwrap_or(Data::NONE)),
        ("setdefault", None) => {
            let value = otherwise.unwrap_or(Data::NONE);
            pairs.push((key, value.clone()));
            Ok(value)
        }
        ("pop", Some(place)) => Ok(pairs.remove(place).1),
        ("pop", None) => otherwise.ok_or_else(|| sequence::no_key(&key)),
        (other, _) => Err(missing("dict", other)),
    }
}
