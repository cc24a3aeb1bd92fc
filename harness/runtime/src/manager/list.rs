//! A manager's list. What depends on the items' meaning (sorting, finding) is done by the client on
//! a copy, and applied only if the list is still what was copied.

mod proxy;

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::coding::{decoded, encoded};
use super::protocol::Item;
use super::table::{Kept, Object, Table};
use super::waiting::Caller;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;
pub use proxy::ListProxy;

#[derive(Serialize, Deserialize)]
enum Call {
    Get(i64),
    Len,
    /// The list's version and its items.
    Items,
    Change(Change),
    /// The items from the first place until before the second.
    Slice(Range),
    /// A change that is made unless the version is another; says whether it was made.
    ChangeIf(u64, Change),
    Pop(i64),
}

#[derive(Serialize, Deserialize)]
enum Change {
    Set(i64, Item),
    Push(Item),
    Extend(Vec<Item>),
    Insert(i64, Item),
    Remove(usize),
    Reverse,
    Clear,
    Reorder(Vec<usize>),
    ReplaceAll(Vec<Item>),
    /// Puts other items, as many as there are, in the place of some.
    Splice(Range, Vec<Item>),
    /// Has all items so many times, one after the other.
    Repeat(usize),
}

/// Two places between items; negative ones count from the end, none is an end, and what lies beyond
/// an end is at that end.
type Range = (Option<i64>, Option<i64>);

/// The object.
pub(super) struct List {
    table: Arc<Table>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    items: Vec<Kept>,
    version: u64,
}

/// Where an index points; negative ones count from the end.
pub(super) fn place(index: i64, length: usize) -> Result<usize> {
    let from_start = match index < 0 {
        true => index + length as i64,
        false => index,
    };
    let place = usize::try_from(from_start).ok();
    place.filter(|place| *place < length).ok_or_else(|| {
        Error::new(
            Kind::Index,
            format!("index {index} is out of a list of {length} items"),
        )
    })
}

/// Where a place between items points, as Python does it.
fn between(index: i64, length: usize) -> usize {
    let from_start = match index < 0 {
        true => (index + length as i64).max(0),
        false => index.min(length as i64),
    };
    from_start as usize
}

fn within((from, to): Range, length: usize) -> std::ops::Range<usize> {
    let from = from.map_or(0, |from| between(from, length));
    let to = to.map_or(length, |to| between(to, length));
    from..to.max(from)
}

impl List {
    pub(super) fn new(table: &Arc<Table>) -> List {
        List {
            table: Arc::clone(table),
            state: Mutex::default(),
        }
    }

    fn keep(&self, items: Vec<Item>) -> Result<Vec<Kept>> {
        items
            .into_iter()
            .map(|item| Kept::new(item, &self.table))
            .collect()
    }

    fn change(&self, state: &mut State, change: Change) -> Result<()> {
        let length = state.items.len();
        match change {
            Change::Set(index, item) => {
                state.items[place(index, length)?] = Kept::new(item, &self.table)?;
            }
            Change::Push(item) => state.items.push(Kept::new(item, &self.table)?),
            Change::Extend(items) => state.items.extend(self.keep(items)?),
            Change::Insert(index, item) => {
                let item = Kept::new(item, &self.table)?;
                state.items.insert(between(index, length), item);
            }
            Change::Remove(at) => drop(state.items.remove(place(at as i64, length)?)),
            Change::Reverse => state.items.reverse(),
            Change::Clear => state.items.clear(),
            Change::Reorder(order) => state.reorder(&order)?,
            Change::ReplaceAll(items) => state.items = self.keep(items)?,
            Change::Splice(range, items) => {
                drop(state.items.splice(within(range, length), self.keep(items)?));
            }
            Change::Repeat(times) => state.repeat(times)?,
        }
        state.version += 1;
        Ok(())
    }
}

/// How many items a list may be made to have at once, so that a number alone fills no memory.
const REPEATED_MAX: usize = 1 << 20;

impl State {
    fn repeat(&mut self, times: usize) -> Result<()> {
        let length = self.items.len().checked_mul(times);
        let length = length.filter(|length| *length <= REPEATED_MAX);
        let length = length.ok_or_else(|| {
            let text = format!("repeat a list {times} times: {REPEATED_MAX} items are the most");
            Error::new(Kind::Value, text)
        })?;
        let items = std::mem::take(&mut self.items);
        self.items = items.into_iter().cycle().take(length).collect();
        Ok(())
    }

    fn reorder(&mut self, order: &[usize]) -> Result<()> {
        let mut is_seen = vec![false; self.items.len()];
        let is_permutation = order.len() == self.items.len()
            && order.iter().all(|index| {
                let seen = is_seen.get_mut(*index);
                seen.is_some_and(|seen| !std::mem::replace(seen, true))
            });
        if !is_permutation {
            return Err(Error::new(
                Kind::Usage,
                "reorder a list by what is no order",
            ));
        }
        self.items = order
            .iter()
            .map(|index| self.items[*index].clone())
            .collect();
        Ok(())
    }
}

impl Object for List {
    fn call(&self, call: &[u8], _caller: &Caller<'_>) -> Result<Vec<u8>> {
        let call = decoded(call)?;
        let mut state = lock(&self.state);
        let length = state.items.len();
        match call {
            Call::Get(index) => encoded(&state.items[place(index, length)?].bytes()),
            Call::Len => encoded(&length),
            Call::Slice(range) => {
                let items = &state.items[within(range, length)];
                encoded(&items.iter().map(Kept::bytes).collect::<Vec<_>>())
            }
            Call::Items => {
                let items: Vec<ByteBuf> = state.items.iter().map(Kept::bytes).collect();
                encoded(&(state.version, items))
            }
            Call::Change(change) => encoded(&self.change(&mut state, change)?),
            Call::ChangeIf(version, change) => {
                let is_same = version == state.version;
                if is_same {
                    self.change(&mut state, change)?;
                }
                encoded(&is_same)
            }
            Call::Pop(index) => {
                let at = place(index, length)?;
                state.version += 1;
                encoded(&state.items.remove(at).bytes())
            }
        }
    }
}
