//! What can be iterated over, indexed and measured: lists, tuples, dicts, texts, and objects with items.

use std::sync::{Arc, Mutex};

use poolproof_case::catalogue::Class;
use poolproof_case::value;
use poolproof_case::{ErrorKind, Value, operate};

use crate::data::{Data, Object, lock};
use crate::stop::{Result, Stop};

/// The items in order: a dict's keys, a text's characters, an iterator's rest.
pub(crate) fn items(data: &Data) -> Result<Vec<Data>> {
    match data {
        Data::List(items) => Ok(lock(items).clone()),
        Data::Tuple(items) => Ok(items.to_vec()),
        Data::Dict(pairs) => Ok(lock(pairs).iter().map(|(key, _)| Data::of(key)).collect()),
        Data::Plain(Value::Str(text)) => Ok(text
            .chars()
            .map(|character| Data::text(character.to_string()))
            .collect()),
        Data::Plain(Value::Bytes(bytes)) => Ok(bytes
            .iter()
            .map(|byte| Data::int(usize::from(*byte)))
            .collect()),
        Data::Object(object) if object.is_iterator() => {
            let mut iterator = iterate(data)?;
            let mut items = Vec::new();
            while let Some(item) = iterator.next()? {
                items.push(item);
            }
            Ok(items)
        }
        Data::Object(object) => items(&object.contents()?),
        other => Err(wrong("cannot be iterated over", other)),
    }
}

/// One item after the other, each as it is then: as in Python, a list that grows meanwhile gives its new
/// items too, as a managed one and an array do, and a dict that grows or shrinks is an error.
pub(crate) fn iterate(data: &Data) -> Result<Iterator> {
    match data {
        Data::List(_) => Ok(Iterator::Live(data.clone(), 0)),
        Data::Dict(pairs) => Ok(Iterator::Keys {
            pairs: Arc::clone(pairs),
            size: lock(pairs).len(),
            index: 0,
        }),
        Data::Object(object) if object.is_iterator() => Ok(Iterator::Live(data.clone(), 0)),
        Data::Object(object) if is_indexed(object.class()) => {
            Ok(Iterator::Indexed(Arc::clone(object), 0))
        }
        other => Ok(Iterator::Copied(items(other)?.into_iter())),
    }
}

/// Whether an object gives its items by their indices, one access each.
fn is_indexed(class: Class) -> bool {
    matches!(
        class,
        Class::Array | Class::RawArray | Class::ManagedArray | Class::ManagedList
    )
}

/// See [`iterate`].
pub(crate) enum Iterator {
    /// Asks anew for each item.
    Live(Data, usize),
    /// Asks an object for the item at each index, until there is none.
    Indexed(Arc<dyn Object>, usize),
    /// The keys of a dict, which may not change its size meanwhile.
    Keys {
        pairs: Arc<Mutex<Vec<(Value, Data)>>>,
        size: usize,
        index: usize,
    },
    /// Python's `range`, which is no list of its numbers.
    Numbers(std::ops::Range<i64>),
    /// Items taken when the iteration began.
    Copied(std::vec::IntoIter<Data>),
}

impl Iterator {
    pub(crate) fn next(&mut self) -> Result<Option<Data>> {
        match self {
            Iterator::Numbers(numbers) => Ok(numbers.next().map(Data::number)),
            Iterator::Copied(items) => Ok(items.next()),
            Iterator::Keys { pairs, size, index } => {
                let pairs = lock(pairs);
                if pairs.len() != *size {
                    let text = "the dict changed its size during its iteration";
                    return Err(Stop::error(ErrorKind::Runtime, text));
                }
                let key = pairs.get(*index).map(|(key, _)| Data::of(key));
                *index += 1;
                Ok(key)
            }
            Iterator::Indexed(object, index) => {
                let item = object.item(&Data::int(*index));
                *index += 1;
                match item {
                    Err(Stop::Error(ErrorKind::Index, _)) => Ok(None),
                    item => item.map(Some),
                }
            }
            Iterator::Live(Data::List(items), index) => {
                let item = lock(items).get(*index).cloned();
                *index += 1;
                Ok(item)
            }
            Iterator::Live(Data::Object(object), _) => match object.next(None) {
                None | Some(Err(Stop::Error(ErrorKind::Empty, _))) => Ok(None),
                Some(other) => other.map(Some),
            },
            Iterator::Live(..) => Ok(None),
        }
    }
}

/// A plain copy of what an object with items holds; other data as they are.
pub(crate) fn copy(data: &Data) -> Result<Data> {
    match data {
        Data::Object(object) if object.class().object().items => object.contents(),
        Data::Dict(pairs) => Ok(Data::dict(lock(pairs).clone())),
        other => Ok(other.clone()),
    }
}

/// What Python's `dict(data)` has: a dict's own pairs, else each item is a key and a value.
pub(crate) fn pairs(data: &Data) -> Result<Vec<(Value, Data)>> {
    let mut pairs = Vec::new();
    each_pair(data, |key, value| insert(&mut pairs, key, value))?;
    Ok(pairs)
}

/// Takes the pairs of [`pairs`] one by one, until one is none.
pub(crate) fn each_pair(data: &Data, mut take: impl FnMut(Value, Data)) -> Result<()> {
    if let Data::Dict(pairs) = copy(data)? {
        let pairs = lock(&pairs).clone();
        pairs.into_iter().for_each(|(key, value)| take(key, value));
        return Ok(());
    }
    for item in items(data)? {
        let Ok([key, value]) = <[Data; 2]>::try_from(items(&item)?) else {
            let text = "a dict is made of pairs of a key and a value";
            return Err(Stop::error(ErrorKind::Value, text));
        };
        take(self::key(&key)?, value);
    }
    Ok(())
}

/// The key of a dict that data are; a list or dict, which can change, is none, nor is what has one.
pub(crate) fn key(data: &Data) -> Result<Value> {
    let is_key = |value: Value| operate::check_key(&value).is_ok().then_some(value);
    // What holds itself has no value, and holds a list or dict.
    let key = data.value().ok().and_then(is_key);
    key.ok_or_else(|| wrong("cannot be the key of a dict", data))
}

pub(crate) fn length(data: &Data) -> Result<usize> {
    match data {
        Data::List(items) => Ok(lock(items).len()),
        Data::Tuple(items) => Ok(items.len()),
        Data::Dict(pairs) => Ok(lock(pairs).len()),
        Data::Plain(Value::Str(text)) => Ok(text.chars().count()),
        Data::Plain(Value::Bytes(bytes)) => Ok(bytes.len()),
        Data::Object(object) => object.length(),
        other => Err(wrong("has no length", other)),
    }
}

pub(crate) fn item(container: &Data, index: &Data) -> Result<Data> {
    match container {
        Data::Dict(pairs) => {
            let key = key(index)?;
            let pairs = lock(pairs);
            let found = pairs.iter().find(|(known, _)| *known == key);
            found
                .map(|(_, value)| value.clone())
                .ok_or_else(|| no_key(&key))
        }
        Data::Object(object) => object.item(index),
        Data::List(_) | Data::Tuple(_) | Data::Plain(Value::Str(_) | Value::Bytes(_)) => {
            let mut items = items(container)?;
            let place = place(index.as_int()?, items.len())?;
            Ok(items.swap_remove(place))
        }
        other => Err(wrong("has no items", other)),
    }
}

pub(crate) fn set_item(container: &Data, index: &Data, value: Data) -> Result<()> {
    match container {
        Data::List(items) => {
            let mut items = lock(items);
            let place = place(index.as_int()?, items.len())?;
            items[place] = value;
            Ok(())
        }
        Data::Dict(pairs) => {
            let key = key(index)?;
            insert(&mut lock(pairs), key, value);
            Ok(())
        }
        Data::Object(object) => object.set_item(index, value),
        other => Err(wrong("cannot be changed", other)),
    }
}

/// Sets a key; an equal one keeps its place and its first form (`1 == 1.0 == True`).
pub(crate) fn insert(pairs: &mut Vec<(Value, Data)>, key: Value, value: Data) {
    match pairs.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => pairs.push((key, value)),
    }
}

pub(crate) fn slice(container: &Data, from: Option<i64>, to: Option<i64>) -> Result<Data> {
    if let Data::Object(object) = container {
        let own = object.slice(from, to);
        return own.unwrap_or_else(|| slice(&object.contents()?, from, to));
    }
    if let Data::Plain(Value::Bytes(bytes)) = container {
        let (from, to) = bounds(from, to, bytes.len());
        let part = bytes.get(from..to).unwrap_or_default().to_vec();
        return Ok(Data::Plain(Value::Bytes(part)));
    }
    let items = items(container)?;
    let (from, to) = bounds(from, to, items.len());
    let part = items.get(from..to).unwrap_or_default().to_vec();
    match container {
        Data::Tuple(_) => Ok(Data::Tuple(part.into())),
        Data::Plain(Value::Str(_)) => {
            let part: Result<String> = part.iter().map(Data::as_text).collect();
            part.map(Data::text)
        }
        _ => Ok(Data::list(part)),
    }
}

/// A slice's bounds inside a sequence: negative ones count from the end, others are cut off.
pub(crate) fn bounds(from: Option<i64>, to: Option<i64>, length: usize) -> (usize, usize) {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let inside = |bound: i64| {
        let bound = if bound < 0 {
            bound.saturating_add(length)
        } else {
            bound
        };
        usize::try_from(bound.clamp(0, length)).unwrap_or(0)
    };
    let (from, to) = (inside(from.unwrap_or(0)), inside(to.unwrap_or(length)));
    (from, to.max(from))
}

/// An index inside a sequence; negative ones count from the end.
pub(crate) fn place(index: i64, length: usize) -> Result<usize> {
    let size = i64::try_from(length).unwrap_or(i64::MAX);
    let from_start = if index < 0 {
        index.saturating_add(size)
    } else {
        index
    };
    match usize::try_from(from_start) {
        Ok(place) if place < length => Ok(place),
        _ => {
            let text = format!("index {index} is outside {length} items");
            Err(Stop::error(ErrorKind::Index, text))
        }
    }
}

/// The order of `sort` for data that are plain.
pub(crate) fn compare(left: &Data, right: &Data) -> Result<std::cmp::Ordering> {
    let (left, right) = (left.value()?, right.value()?);
    value::compare(&left, &right).ok_or_else(|| {
        let (left, right) = (left.type_name(), right.type_name());
        Stop::error(ErrorKind::Type, format!("{left} and {right} have no order"))
    })
}

pub(crate) fn no_key(key: &Value) -> Stop {
    Stop::error(
        ErrorKind::Key,
        format!("no key {}", poolproof_case::print::ascii(key)),
    )
}

fn wrong(what: &str, data: &Data) -> Stop {
    Stop::error(ErrorKind::Type, format!("{} {what}", data.type_name()))
}
