//! The objects of a server, by number: who still refers to each, and which have names.
//!
//! An object that nobody refers to is kept a while, since a reference may be on its way: in a
//! message, or in a process that was copied a moment ago and has not spoken yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

use serde_bytes::{ByteBuf, Bytes};

use super::memory::Blocks;
use super::protocol::{Class, Item, Process};
use super::waiting::Caller;
use crate::auth;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;

/// How long an object is kept that nobody refers to.
const LIMBO: Duration = Duration::from_secs(60);

/// Something that clients call.
pub(super) trait Object: Send + Sync {
    /// Does what an encoded call says; gives the encoded result.
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>>;

    /// A client is gone: what it held is not given back any more.
    fn lose(&self, _gone: &Gone) {}
}

/// A client that is gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gone {
    /// The thread, by its connection.
    pub(super) client: u64,
    /// The process, if that was its last connection.
    pub(super) process: Option<Process>,
}

struct Entry {
    object: Arc<dyn Object>,
    class: Class,
    references: u64,
    unused_since: Option<Instant>,
}

/// The books of a server.
pub(super) struct Table {
    pub(super) blocks: Blocks,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<u64, Entry>,
    names: HashMap<String, u64>,
    last: u64,
    /// When something was last thrown away.
    swept: Option<Instant>,
}

impl Table {
    /// Books whose numbers no other server has: a proxy of one that has ended must not find
    /// another's object at the same address.
    pub(super) fn new() -> Result<Table> {
        let mut random = [0; 8];
        auth::fill_random(&mut random)?;
        let state = State {
            last: u64::from_le_bytes(random) >> 1,
            ..State::default()
        };
        Ok(Table {
            blocks: Blocks::new(),
            state: Mutex::new(state),
        })
    }

    /// Keeps an object; gives its number. It has one reference.
    pub(super) fn add(&self, class: Class, object: Arc<dyn Object>) -> u64 {
        let mut state = self.lock();
        state.last += 1;
        let id = state.last;
        let entry = Entry {
            object,
            class,
            references: 1,
            unused_since: None,
        };
        state.entries.insert(id, entry);
        let unused = state.sweep();
        drop(state);
        // Outside the lock: what it holds gives up references of its own.
        drop(unused);
        id
    }

    pub(super) fn hold(&self, id: u64) -> Result<()> {
        let mut state = self.lock();
        let entry = state.entries.get_mut(&id).ok_or_else(|| gone(id))?;
        entry.references += 1;
        entry.unused_since = None;
        Ok(())
    }

    pub(super) fn release(&self, id: u64) {
        let mut state = self.lock();
        if let Some(entry) = state.entries.get_mut(&id) {
            entry.references = entry.references.saturating_sub(1);
            if entry.references == 0 {
                entry.unused_since = Some(Instant::now());
            }
        }
        let unused = state.sweep();
        drop(state);
        drop(unused);
    }

    /// Names an object, which then stays.
    pub(super) fn share(&self, name: String, id: u64) -> Result<()> {
        self.hold(id)?;
        let before = self.lock().names.insert(name, id);
        if let Some(before) = before {
            self.release(before);
        }
        Ok(())
    }

    /// The number of a named object of a class, with one more reference.
    pub(super) fn find(&self, name: &str, class: &Class) -> Result<u64> {
        let state = self.lock();
        let id = state.names.get(name).copied();
        let id = id.ok_or_else(|| nothing_named(name, &state.names))?;
        let found = state.entries.get(&id).map(|entry| entry.class.clone());
        drop(state);
        if let Some(found) = found.filter(|found| found != class) {
            let text = format!("use `{name}` as a `{class:?}`: it is a `{found:?}`");
            return Err(Error::new(Kind::Usage, text));
        }
        self.hold(id)?;
        Ok(id)
    }

    pub(super) fn object(&self, id: u64) -> Result<Arc<dyn Object>> {
        let mut state = self.lock();
        let entry = state.entries.get_mut(&id).ok_or_else(|| gone(id))?;
        if entry.unused_since.is_some() {
            entry.unused_since = Some(Instant::now());
        }
        Ok(Arc::clone(&entry.object))
    }

    /// Tells every object that can be held that a client is gone.
    pub(super) fn lose(&self, gone: &Gone) {
        let state = self.lock();
        let can_be_held =
            |entry: &&Entry| matches!(entry.class, Class::Lock | Class::RLock | Class::Condition);
        let entries = state.entries.values().filter(can_be_held);
        let objects: Vec<_> = entries.map(|entry| Arc::clone(&entry.object)).collect();
        drop(state);
        objects.iter().for_each(|object| object.lose(gone));
    }

    /// How many objects are referred to.
    pub(super) fn count(&self) -> usize {
        let state = self.lock();
        let entries = state.entries.values();
        entries.filter(|entry| entry.references > 0).count()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// Takes out what has been unused for long; now and then, as it looks at everything.
    fn sweep(&mut self) -> Vec<Entry> {
        let now = Instant::now();
        if self.swept.is_some_and(|swept| now < swept + LIMBO) {
            return Vec::new();
        }
        self.swept = Some(now);
        let is_old =
            |entry: &mut Entry| entry.unused_since.is_some_and(|since| now >= since + LIMBO);
        let old = self.entries.extract_if(|_, entry| is_old(entry));
        old.map(|(_, entry)| entry).collect()
    }
}

fn gone(id: u64) -> Error {
    Error::new(
        Kind::Missing,
        format!("use object {id} of a manager, which is gone"),
    )
}

fn nothing_named(name: &str, names: &HashMap<String, u64>) -> Error {
    let mut names: Vec<_> = names.keys().map(|name| format!("`{name}`")).collect();
    names.sort_unstable();
    let known = match names.is_empty() {
        true => "nothing is shared".to_owned(),
        false => format!("there are {}", names.join(", ")),
    };
    Error::new(
        Kind::Missing,
        format!("the manager shares no `{name}` ({known})"),
    )
}

/// A value in an object, which keeps alive the objects that it has proxies of.
#[derive(Clone)]
pub(super) struct Kept {
    item: Arc<Holding>,
}

struct Holding {
    bytes: Vec<u8>,
    holds: Vec<u64>,
    table: Weak<Table>,
}

impl Kept {
    pub(super) fn new(item: Item, table: &Arc<Table>) -> Result<Kept> {
        let mut holding = Holding {
            bytes: item.bytes,
            holds: Vec::new(),
            table: Arc::downgrade(table),
        };
        for id in item.holds {
            table.hold(id)?;
            holding.holds.push(id);
        }
        let item = Arc::new(holding);
        Ok(Kept { item })
    }

    pub(super) fn as_bytes(&self) -> &Bytes {
        Bytes::new(&self.item.bytes)
    }

    pub(super) fn bytes(&self) -> ByteBuf {
        ByteBuf::from(self.item.bytes.clone())
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        if let Some(table) = self.table.upgrade() {
            for id in &self.holds {
                table.release(*id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;
    impl Object for Nothing {
        fn call(&self, _call: &[u8], _caller: &Caller<'_>) -> Result<Vec<u8>> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn an_object_is_counted_as_long_as_it_is_referred_to() {
        let table = Arc::new(Table::new().unwrap());
        let id = table.add(Class::List, Arc::new(Nothing));
        table.hold(id).unwrap();
        table.release(id);
        assert_eq!(table.count(), 1);
        let holds = vec![id];
        let bytes = Vec::new();
        let kept = Kept::new(Item { bytes, holds }, &table).unwrap();
        table.release(id);
        assert_eq!(table.count(), 1, "a kept value holds it");
        drop(kept);
        assert_eq!(table.count(), 0);
        table.hold(id).unwrap();
        assert_eq!(table.count(), 1, "a late reference revives it");
    }

    #[test]
    fn a_name_is_found_with_its_class_only() {
        let table = Arc::new(Table::new().unwrap());
        let id = table.add(Class::List, Arc::new(Nothing));
        table.share("items".into(), id).unwrap();
        table.release(id);
        assert_eq!(table.find("items", &Class::List).unwrap(), id);
        assert!(table.find("items", &Class::Dict).unwrap_err().is_usage());
        assert!(table.find("item", &Class::List).unwrap_err().is_missing());
        assert!(table.hold(99).unwrap_err().is_missing());
    }
}
