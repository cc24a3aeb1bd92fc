//! A manager's dicts and lists.

use poolproof_case::Value;
use poolproof_case::catalogue::{DictMethod, ListMethod};
use poolproof_case::program::UnaryOperator;
use poolproof_runtime as mp;

use super::key::{Entry, Key};
use crate::bound::Bound;
use crate::data::Data;
use crate::sequence;
use crate::stop::{Result, Stop};
use crate::{operators, together};

type Dict = mp::DictProxy<Key, Entry>;
type List = mp::ListProxy<Data>;

pub(super) fn new_dict(manager: &mp::Manager, first: &Data) -> Result<Dict> {
    let dict = manager.dict()?;
    update(&dict, first)?;
    Ok(dict)
}

pub(super) fn new_list(manager: &mp::Manager, first: &Data) -> Result<List> {
    let list: List = manager.list()?;
    let items = sequence::items(first)?;
    if !items.is_empty() {
        together::leave(items.iter(), || list.extend(&items))?;
    }
    Ok(list)
}

fn update(dict: &Dict, other: &Data) -> Result<()> {
    let mut taken = Vec::new();
    let outcome = sequence::each_pair(other, |key, value| {
        sequence::insert(&mut taken, key, value);
    });
    let pairs = taken.into_iter();
    let pairs = pairs.map(|(key, value)| Entry::new(&Data::from(key), value));
    let mut pairs = pairs.collect::<Result<Vec<_>>>()?;
    if pairs.iter().any(|(key, _)| key.has_equals()) && dict.len()? > 0 {
        for (key, entry) in &mut pairs {
            keep_first(dict, key, entry)?;
        }
    }
    if !pairs.is_empty() {
        let values = pairs.iter().map(|(_, entry)| &entry.value);
        together::leave(values, || {
            dict.update(pairs.iter().map(|(key, entry)| (key, entry)))
        })?;
    }
    outcome
}

/// Of equal keys the first stays: the entry shows its key as the one that is there does.
fn keep_first(dict: &Dict, key: &Key, entry: &mut Entry) -> Result<()> {
    if key.has_equals()
        && let Some(first) = dict.get(key)?
    {
        entry.show_key_as(first);
    }
    Ok(())
}

/// `dict[key] = value`.
pub(super) fn insert(dict: &Dict, key: &Data, value: &Data) -> Result<()> {
    let (key, mut entry) = Entry::new(key, value.clone())?;
    keep_first(dict, &key, &mut entry)?;
    Ok(dict.insert(&key, &entry)?)
}

/// A plain copy.
pub(super) fn copy_dict(dict: &Dict) -> Result<Data> {
    let pairs = together::arrive(|| dict.items())?.into_iter();
    Ok(Data::dict(
        pairs.map(|(key, entry)| entry.parts(key)).collect(),
    ))
}

/// `dict[key]`.
pub(super) fn value_of(dict: &Dict, key: &Data) -> Result<Data> {
    let found = dict.get(&Key::of(key)?)?;
    found.map(|entry| entry.value).ok_or_else(|| no_key(key))
}

fn no_key(key: &Data) -> Stop {
    sequence::no_key(&key.value().unwrap_or(Value::None))
}

pub(super) fn call_dict(dict: &Dict, method: DictMethod, bound: &mut Bound<'_>) -> Result<Data> {
    match method {
        DictMethod::Keys => {
            let pairs = dict.items()?.into_iter();
            let keys = pairs.map(|(key, entry)| Data::from(entry.parts(key).0));
            Ok(Data::list(keys.collect()))
        }
        DictMethod::Values => {
            let entries = together::arrive(|| dict.values())?.into_iter();
            Ok(Data::list(entries.map(|entry| entry.value).collect()))
        }
        DictMethod::Items => {
            let pairs = together::arrive(|| dict.items())?.into_iter();
            let pairs = pairs.map(|(key, entry)| {
                let (key, value) = entry.parts(key);
                Data::Tuple(vec![Data::from(key), value].into())
            });
            Ok(Data::list(pairs.collect()))
        }
        DictMethod::Copy => copy_dict(dict),
        DictMethod::Clear => {
            dict.clear()?;
            Ok(Data::NONE)
        }
        DictMethod::Update => {
            update(dict, &bound.take("other")?)?;
            Ok(Data::NONE)
        }
        DictMethod::Get => {
            let (key, otherwise) = (bound.take("key")?, bound.given("default"));
            let found = dict.get(&Key::of(&key)?)?;
            let found = found.map(|entry| entry.value);
            Ok(found.or(otherwise).unwrap_or(Data::NONE))
        }
        DictMethod::SetDefault => {
            let (key, otherwise) = (bound.take("key")?, bound.given("default"));
            let (known, entry) = Entry::new(&key, otherwise.unwrap_or(Data::NONE))?;
            Ok(dict.get_or_insert(&known, &entry)?.value)
        }
        DictMethod::Pop => {
            let (key, otherwise) = (bound.take("key")?, bound.given("default"));
            let found = dict.remove(&Key::of(&key)?)?;
            let found = found.map(|entry| entry.value);
            found.or(otherwise).ok_or_else(|| no_key(&key))
        }
    }
}

pub(super) fn call_list(list: &List, method: ListMethod, bound: &mut Bound<'_>) -> Result<Data> {
    match method {
        ListMethod::Append => list.push(&bound.take("object")?)?,
        ListMethod::Extend => {
            let items = sequence::items(&bound.take("iterable")?)?;
            together::leave(items.iter(), || list.extend(&items))?;
        }
        ListMethod::Insert => {
            let index = bound.take("index")?.as_int()?;
            list.insert(index, &bound.take("object")?)?;
        }
        ListMethod::Pop => return Ok(list.pop(bound.take("index")?.as_int()?)?),
        ListMethod::Remove => {
            let wanted = bound.take("object")?.value()?;
            list.remove_first(|item| is_equal(item, &wanted))?;
        }
        ListMethod::Index => {
            let wanted = bound.take("object")?.value()?;
            return Ok(Data::int(list.position(|item| is_equal(item, &wanted))?));
        }
        ListMethod::Count => {
            let wanted = bound.take("object")?.value()?;
            let items = list.items()?;
            let equal = items.iter().filter(|item| is_equal(item, &wanted));
            return Ok(Data::int(equal.count()));
        }
        ListMethod::Reverse => list.reverse()?,
        ListMethod::Sort => {
            let items = Data::list(together::arrive(|| list.items())?);
            let sorted = sequence::items(&operators::unary(UnaryOperator::Sorted, &items)?)?;
            together::leave(sorted.iter(), || list.replace_all(&sorted))?;
        }
    }
    Ok(Data::NONE)
}

fn is_equal(item: &Data, wanted: &Value) -> bool {
    item.value().is_ok_and(|value| value == *wanted)
}
