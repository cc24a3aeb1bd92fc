//! A manager's list. What depends on the items' meaning (sorting, finding) is done by the client on
//! a copy, and applied only if the list is still what was copied.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::coding::{decoded, encoded};
use super::protocol::Item;
use super::proxy::managed;
use super::table::{Kept, Object, Table};
use super::waiting::Caller;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;
use crate::transfer::Message;

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

managed! {
    /// A list of a manager. Items are copies: to change one, set it again.
    ///
    /// Negative indices count from the end. Each call fails with `is_broken_pipe` when the manager
    /// has ended, and with `is_serialize` or `is_deserialize` for an item that cannot travel.
    ListProxy<T>: List
}

impl<T: Message> ListProxy<T> {
    /// The item at an index.
    ///
    /// # Errors
    /// `is_index` when there is none.
    pub fn get(&self, index: i64) -> Result<T> {
        let bytes: ByteBuf = self.proxy.call(&Call::Get(index))?;
        decoded(&bytes)
    }

    /// Puts another item in the place of one.
    ///
    /// # Errors
    /// `is_index` when there is none.
    pub fn set(&self, index: i64, item: &T) -> Result<()> {
        self.change(Change::Set(index, self.item(item)?))
    }

    /// Adds an item at the end.
    ///
    /// # Errors
    /// `is_serialize` when it cannot be sent.
    pub fn push(&self, item: &T) -> Result<()> {
        self.change(Change::Push(self.item(item)?))
    }

    /// Adds several items at the end, at once.
    ///
    /// # Errors
    /// As [`push`](ListProxy::push).
    pub fn extend<'a>(&self, items: impl IntoIterator<Item = &'a T>) -> Result<()> {
        self.change(Change::Extend(self.items_of(items)?))
    }

    /// Replaces all items, at once.
    ///
    /// # Errors
    /// As [`push`](ListProxy::push).
    pub fn replace_all<'a>(&self, items: impl IntoIterator<Item = &'a T>) -> Result<()> {
        self.change(Change::ReplaceAll(self.items_of(items)?))
    }

    /// Adds an item before an index; beyond an end, at that end.
    ///
    /// # Errors
    /// As [`push`](ListProxy::push).
    pub fn insert(&self, index: i64, item: &T) -> Result<()> {
        self.change(Change::Insert(index, self.item(item)?))
    }

    /// Removes the item at an index and gives it; -1 is the last.
    ///
    /// # Errors
    /// `is_index` when there is none.
    pub fn pop(&self, index: i64) -> Result<T> {
        let bytes: ByteBuf = self.proxy.call(&Call::Pop(index))?;
        decoded(&bytes)
    }

    /// Removes the item at an index: Python's `del list[index]`.
    ///
    /// # Errors
    /// `is_index` when there is none.
    pub fn remove(&self, index: i64) -> Result<()> {
        self.pop(index).map(drop)
    }

    /// A copy of some items: Python's `list[from:to]`, with none for an end.
    ///
    /// # Errors
    /// `is_deserialize` when one is no `T`.
    pub fn slice(&self, from: Option<i64>, to: Option<i64>) -> Result<Vec<T>> {
        let items: Vec<ByteBuf> = self.proxy.call(&Call::Slice((from, to)))?;
        items.iter().map(|item| decoded(item)).collect()
    }

    /// Puts other items, any number, in the place of some: Python's `list[from:to] = items`, and
    /// with no items `del list[from:to]`.
    ///
    /// # Errors
    /// As [`push`](ListProxy::push).
    pub fn splice<'a>(
        &self,
        from: Option<i64>,
        to: Option<i64>,
        items: impl IntoIterator<Item = &'a T>,
    ) -> Result<()> {
        self.change(Change::Splice((from, to), self.items_of(items)?))
    }

    /// Has all items so many times, one after the other: Python's `list *= times`.
    ///
    /// # Errors
    /// `is_value` for more than 1 Mi items.
    pub fn repeat(&self, times: usize) -> Result<()> {
        self.change(Change::Repeat(times))
    }

    /// A copy of all items, the last first.
    ///
    /// # Errors
    /// As [`items`](ListProxy::items).
    pub fn reversed(&self) -> Result<Vec<T>> {
        let mut items = self.items()?;
        items.reverse();
        Ok(items)
    }

    /// Whether an item is equal to one that is there.
    ///
    /// # Errors
    /// As [`items`](ListProxy::items).
    pub fn contains(&self, item: &T) -> Result<bool>
    where
        T: PartialEq,
    {
        Ok(self.items()?.contains(item))
    }

    /// How many items are equal to one.
    ///
    /// # Errors
    /// As [`items`](ListProxy::items).
    pub fn count(&self, item: &T) -> Result<usize>
    where
        T: PartialEq,
    {
        let items = self.items()?;
        Ok(items.iter().filter(|found| *found == item).count())
    }

    /// Turns the order round.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn reverse(&self) -> Result<()> {
        self.change(Change::Reverse)
    }

    /// Removes everything.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn clear(&self) -> Result<()> {
        self.change(Change::Clear)
    }

    /// How many items there are.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn len(&self) -> Result<usize> {
        self.proxy.call(&Call::Len)
    }

    /// Whether there is no item.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// A copy of all items.
    ///
    /// # Errors
    /// `is_deserialize` when one is no `T`.
    pub fn items(&self) -> Result<Vec<T>> {
        Ok(self.snapshot()?.1)
    }

    /// Sorts the items by what `compare` says, equal ones in their order.
    ///
    /// # Errors
    /// `is_deserialize` when one is no `T`.
    pub fn sort_by(&self, mut compare: impl FnMut(&T, &T) -> std::cmp::Ordering) -> Result<()> {
        loop {
            let (version, items) = self.snapshot()?;
            let mut order: Vec<usize> = (0..items.len()).collect();
            order.sort_by(|one, other| compare(&items[*one], &items[*other]));
            if self.change_if(version, Change::Reorder(order))? {
                return Ok(());
            }
        }
    }

    /// Sorts the items.
    ///
    /// # Errors
    /// `is_deserialize` when one is no `T`.
    pub fn sort(&self) -> Result<()>
    where
        T: Ord,
    {
        self.sort_by(T::cmp)
    }

    /// Where the first item is that `is_wanted`.
    ///
    /// # Errors
    /// `is_value` when there is none.
    pub fn position(&self, is_wanted: impl FnMut(&T) -> bool) -> Result<usize> {
        let items = self.items()?;
        items.iter().position(is_wanted).ok_or_else(no_such_item)
    }

    /// Removes the first item that `is_wanted` and gives it.
    ///
    /// # Errors
    /// `is_value` when there is none.
    pub fn remove_first(&self, mut is_wanted: impl FnMut(&T) -> bool) -> Result<T> {
        loop {
            let (version, mut items) = self.snapshot()?;
            let at = items
                .iter()
                .position(&mut is_wanted)
                .ok_or_else(no_such_item)?;
            if self.change_if(version, Change::Remove(at))? {
                return Ok(items.swap_remove(at));
            }
        }
    }

    fn snapshot(&self) -> Result<(u64, Vec<T>)> {
        let (version, items): (u64, Vec<ByteBuf>) = self.proxy.call(&Call::Items)?;
        let items = items.iter().map(|item| decoded(item));
        Ok((version, items.collect::<Result<_>>()?))
    }

    fn change(&self, change: Change) -> Result<()> {
        self.proxy.call(&Call::Change(change))
    }

    fn change_if(&self, version: u64, change: Change) -> Result<bool> {
        self.proxy.call(&Call::ChangeIf(version, change))
    }

    fn item(&self, item: &T) -> Result<Item> {
        self.proxy.server().encode(item)
    }

    fn items_of<'a>(&self, items: impl IntoIterator<Item = &'a T>) -> Result<Vec<Item>> {
        items.into_iter().map(|item| self.item(item)).collect()
    }
}

fn no_such_item() -> Error {
    Error::new(Kind::Value, "find an item in a list that has no such item")
}
