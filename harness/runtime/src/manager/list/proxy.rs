//! A managed list as its clients see it.

use serde_bytes::ByteBuf;

use super::super::coding::decoded;
use super::super::protocol::Item;
use super::super::proxy::managed;
use super::{Call, Change};
use crate::error::{Error, Kind, Result};
use crate::transfer::Message;

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
