//! Methods of a process's own lists and dicts.

use std::cmp::Ordering;
use std::sync::Mutex;

use poolproof_case::catalogue::{DictMethod, ListMethod};
use poolproof_case::{ErrorKind, Value};

use crate::bound::Bound;
use crate::data::{Data, lock};
use crate::sequence;
use crate::stop::{Result, Stop};

/// Calls a list's method.
pub(super) fn list(
    items: &Mutex<Vec<Data>>,
    method: ListMethod,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    match method {
        ListMethod::Append => {
            let item = bound.take("object")?;
            lock(items).push(item);
        }
        ListMethod::Extend => {
            let more = sequence::items(&bound.take("iterable")?)?;
            lock(items).extend(more);
        }
        ListMethod::Insert => {
            let index = bound.take("index")?.as_int()?;
            let item = bound.take("object")?;
            let mut items = lock(items);
            let (place, _) = sequence::bounds(Some(index), None, items.len());
            items.insert(place, item);
        }
        ListMethod::Pop => {
            let index = bound.take("index")?.as_int()?;
            let mut items = lock(items);
            let place = sequence::place(index, items.len())?;
            return Ok(items.remove(place));
        }
        ListMethod::Remove => {
            let place = find(items, &bound.take("object")?)?;
            lock(items).remove(place);
        }
        ListMethod::Index => return find(items, &bound.take("object")?).map(Data::int),
        ListMethod::Count => {
            let wanted = bound.take("object")?.value()?;
            let equal = |item: &&Data| item.value().is_ok_and(|value| value == wanted);
            let items = lock(items).clone();
            return Ok(Data::int(items.iter().filter(equal).count()));
        }
        ListMethod::Reverse => lock(items).reverse(),
        ListMethod::Sort => sort(items)?,
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
    method: DictMethod,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    let pair =
        |(key, value): &(Value, Data)| Data::Tuple(vec![Data::of(key), value.clone()].into());
    match method {
        DictMethod::Keys => Ok(Data::list(
            lock(pairs).iter().map(|(key, _)| Data::of(key)).collect(),
        )),
        DictMethod::Values => Ok(Data::list(
            lock(pairs).iter().map(|(_, value)| value.clone()).collect(),
        )),
        DictMethod::Items => Ok(Data::list(lock(pairs).iter().map(pair).collect())),
        DictMethod::Copy => Ok(Data::dict(lock(pairs).clone())),
        DictMethod::Clear => {
            lock(pairs).clear();
            Ok(Data::NONE)
        }
        DictMethod::Update => {
            sequence::each_pair(&bound.take("other")?, |key, value| {
                sequence::insert(&mut lock(pairs), key, value);
            })?;
            Ok(Data::NONE)
        }
        DictMethod::Get => {
            let (key, otherwise) = (sequence::key(&bound.take("key")?)?, bound.given("default"));
            let found = find_key(&lock(pairs), &key);
            Ok(found.or(otherwise).unwrap_or(Data::NONE))
        }
        DictMethod::SetDefault => {
            let (key, otherwise) = (sequence::key(&bound.take("key")?)?, bound.given("default"));
            let mut pairs = lock(pairs);
            Ok(find_key(&pairs, &key).unwrap_or_else(|| {
                let value = otherwise.unwrap_or(Data::NONE);
                pairs.push((key, value.clone()));
                value
            }))
        }
        DictMethod::Pop => {
            let (key, otherwise) = (sequence::key(&bound.take("key")?)?, bound.given("default"));
            let mut pairs = lock(pairs);
            match pairs.iter().position(|(known, _)| *known == key) {
                Some(place) => Ok(pairs.remove(place).1),
                None => otherwise.ok_or_else(|| sequence::no_key(&key)),
            }
        }
    }
}

fn find_key(pairs: &[(Value, Data)], key: &Value) -> Option<Data> {
    let found = pairs.iter().find(|(known, _)| known == key);
    found.map(|(_, value)| value.clone())
}
