//! A manager's dict: keys are equal when their encodings are, and keep the order of insertion.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};

use super::coding::{decoded, encoded, packed};
use super::protocol::Item;
use super::proxy::managed;
use super::table::{Kept, Object, Table};
use super::waiting::Caller;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;
use crate::transfer::Message;

#[derive(Serialize, Deserialize)]
enum Call<'a> {
    #[serde(borrow)]
    Get(&'a Bytes),
    Insert(&'a Bytes, Item),
    Update(Vec<(ByteBuf, Item)>),
    SetDefault(&'a Bytes, Item),
    Remove(&'a Bytes),
    PopLast,
    Contains(&'a Bytes),
    Len,
    Clear,
    Items,
}

/// The object.
pub(super) struct Dict {
    table: Arc<Table>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    places: HashMap<ByteBuf, u64>,
    entries: BTreeMap<u64, (ByteBuf, Kept)>,
    next: u64,
}

impl Dict {
    pub(super) fn new(table: &Arc<Table>) -> Dict {
        Dict {
            table: Arc::clone(table),
            state: Mutex::default(),
        }
    }
}

impl State {
    fn get(&self, key: &Bytes) -> Option<&Bytes> {
        let place = self.places.get(key)?;
        self.entries.get(place).map(|(_, kept)| kept.as_bytes())
    }

    fn insert(&mut self, key: &Bytes, value: Kept) {
        let place = self.places.get(key);
        if let Some((_, kept)) = place.and_then(|place| self.entries.get_mut(place)) {
            *kept = value;
            return;
        }
        let key = ByteBuf::from(key.to_vec());
        self.next += 1;
        self.places.insert(key.clone(), self.next);
        self.entries.insert(self.next, (key, value));
    }

    fn remove(&mut self, key: &Bytes) -> Option<ByteBuf> {
        let place = self.places.remove(key)?;
        self.entries.remove(&place).map(|(_, kept)| kept.bytes())
    }

    fn pop_last(&mut self) -> Option<(ByteBuf, ByteBuf)> {
        let (_, (key, kept)) = self.entries.pop_last()?;
        self.places.remove(&key);
        Some((key, kept.bytes()))
    }

    fn items(&self) -> Vec<(ByteBuf, ByteBuf)> {
        let entries = self.entries.values();
        entries
            .map(|(key, kept)| (key.clone(), kept.bytes()))
            .collect()
    }
}

impl Object for Dict {
    fn call(&self, call: &[u8], _caller: &Caller<'_>) -> Result<Vec<u8>> {
        let mut state = lock(&self.state);
        match decoded(call)? {
            Call::Get(key) => encoded(&state.get(key)),
            Call::Insert(key, value) => encoded(&state.insert(key, Kept::new(value, &self.table)?)),
            Call::Update(pairs) => {
                for (key, value) in pairs {
                    state.insert(Bytes::new(&key), Kept::new(value, &self.table)?);
                }
                encoded(&())
            }
            Call::SetDefault(key, value) => {
                if let Some(found) = state.get(key) {
                    return encoded(&found);
                }
                let value = Kept::new(value, &self.table)?;
                let bytes = encoded(&value.as_bytes());
                state.insert(key, value);
                bytes
            }
            Call::Remove(key) => encoded(&state.remove(key)),
            Call::PopLast => encoded(&state.pop_last()),
            Call::Contains(key) => encoded(&state.places.contains_key(key)),
            Call::Len => encoded(&state.places.len()),
            Call::Clear => {
                state.places.clear();
                encoded(&state.entries.clear())
            }
            Call::Items => encoded(&state.items()),
        }
    }
}

managed! {
    /// A dict of a manager. Values are copies: to change one, insert it again.
    ///
    /// Each call fails with `is_broken_pipe` when the manager has ended.
    DictProxy<K, V>: Dict
}

impl<K: Message, V: Message> DictProxy<K, V> {
    /// The value of a key, if it is there.
    ///
    /// # Errors
    /// `is_deserialize` when it is no `V`.
    pub fn get(&self, key: &K) -> Result<Option<V>> {
        let found: Option<ByteBuf> = self.proxy.call(&Call::Get(Bytes::new(&encoded(key)?)))?;
        found.map(|found| decoded(&found)).transpose()
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    /// `is_serialize` when it cannot be sent.
    pub fn insert(&self, key: &K, value: &V) -> Result<()> {
        let value = self.proxy.server().encode(value)?;
        self.proxy
            .call(&Call::Insert(Bytes::new(&encoded(key)?), value))
    }

    /// Sets the values of several keys, at once.
    ///
    /// # Errors
    /// As [`insert`](DictProxy::insert).
    pub fn update<'a>(&self, pairs: impl IntoIterator<Item = (&'a K, &'a V)>) -> Result<()> {
        let server = self.proxy.server();
        let pairs = pairs.into_iter();
        let pairs = pairs.map(|(key, value)| Ok((packed(key)?, server.encode(value)?)));
        self.proxy
            .call(&Call::Update(pairs.collect::<Result<_>>()?))
    }

    /// The value of a key, which is set first if it is not there.
    ///
    /// # Errors
    /// As [`insert`](DictProxy::insert) and [`get`](DictProxy::get).
    pub fn get_or_insert(&self, key: &K, default: &V) -> Result<V> {
        let default = self.proxy.server().encode(default)?;
        let key = encoded(key)?;
        let call = Call::SetDefault(Bytes::new(&key), default);
        let found: ByteBuf = self.proxy.call(&call)?;
        decoded(&found)
    }

    /// Removes a key and gives its value, if it was there.
    ///
    /// # Errors
    /// As [`get`](DictProxy::get).
    pub fn remove(&self, key: &K) -> Result<Option<V>> {
        let found: Option<ByteBuf> = self.proxy.call(&Call::Remove(Bytes::new(&encoded(key)?)))?;
        found.map(|found| decoded(&found)).transpose()
    }

    /// The value of a key that must be there: Python's `dict[key]`.
    ///
    /// # Errors
    /// `is_key` when it is not; as [`get`](DictProxy::get).
    pub fn item(&self, key: &K) -> Result<V> {
        self.get(key)?.ok_or_else(|| no_such_key("get"))
    }

    /// Removes a key that must be there and gives its value: Python's `pop(key)` and `del`.
    ///
    /// # Errors
    /// `is_key` when it is not; as [`get`](DictProxy::get).
    pub fn pop(&self, key: &K) -> Result<V> {
        self.remove(key)?.ok_or_else(|| no_such_key("remove"))
    }

    /// Removes the pair that was inserted last.
    ///
    /// # Errors
    /// As [`get`](DictProxy::get).
    pub fn pop_last(&self) -> Result<Option<(K, V)>> {
        let found: Option<(ByteBuf, ByteBuf)> = self.proxy.call(&Call::PopLast)?;
        let pair = found.map(|(key, found)| Ok((decoded(&key)?, decoded(&found)?)));
        pair.transpose()
    }

    /// Whether a key is there.
    ///
    /// # Errors
    /// `is_serialize` when the key cannot be sent.
    pub fn contains_key(&self, key: &K) -> Result<bool> {
        self.proxy.call(&Call::Contains(Bytes::new(&encoded(key)?)))
    }

    /// How many keys there are.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn len(&self) -> Result<usize> {
        self.proxy.call(&Call::Len)
    }

    /// Whether there is no key.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Removes everything.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn clear(&self) -> Result<()> {
        self.proxy.call(&Call::Clear)
    }

    /// A copy of all pairs, in the order in which their keys were inserted.
    ///
    /// # Errors
    /// As [`get`](DictProxy::get).
    pub fn items(&self) -> Result<Vec<(K, V)>> {
        let items: Vec<(ByteBuf, ByteBuf)> = self.proxy.call(&Call::Items)?;
        let items = items.iter();
        let items = items.map(|(key, found)| Ok((decoded(key)?, decoded(found)?)));
        items.collect()
    }

    /// A copy of all keys.
    ///
    /// # Errors
    /// As [`get`](DictProxy::get).
    pub fn keys(&self) -> Result<Vec<K>> {
        Ok(self.items()?.into_iter().map(|(key, _)| key).collect())
    }

    /// A copy of all values.
    ///
    /// # Errors
    /// As [`get`](DictProxy::get).
    pub fn values(&self) -> Result<Vec<V>> {
        Ok(self.items()?.into_iter().map(|(_, value)| value).collect())
    }
}

fn no_such_key(verb: &str) -> Error {
    Error::new(Kind::Key, format!("{verb} a key that is not in a dict"))
}
