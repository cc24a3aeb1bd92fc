//! `ShareableList`: a few values of different kinds in a row, in one block of shared memory.
//!
//! The block holds a mark and the number of items; then for each item its kind with its length,
//! where its bytes are and how many there is room for; then the bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Item, SharedMemory};
use crate::Context;
use crate::error::{Error, Kind, Result};

/// What tells a list from other blocks.
const MARK: u64 = u64::from_be_bytes(*b"poollist");
const MARK_AT: usize = 0;
const LENGTH_AT: usize = 8;
const ENTRIES_AT: usize = 16;
/// An entry's words: kind and length, place of the bytes, room for them.
const ENTRY: usize = 24;
/// Each item begins at a multiple of this, and has at least this room.
const STEP: usize = 8;
/// The kind is in the upper bits of its word, the length in the others.
const LENGTH_BITS: u32 = 56;

/// How much room an item is given: its own bytes and, for text and bytes, up to seven more.
fn room(length: usize) -> usize {
    (length + 1).next_multiple_of(STEP)
}

/// A fixed number of items in shared memory; each can be replaced by one that fits into its room.
///
/// Lengths are stored, so that text and bytes come back as they are, zeros at their end too. There
/// is no lock: what another process sets at the same time may be read in parts, which is then an
/// error or a mixture.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let list = mp::Context::default().shareable_list(["spam".into(), 42.into(), 2.5.into(), ().into()])?;
/// list.set(1, -1)?;
/// assert_eq!(list.get(1)?, mp::Item::Int(-1));
/// assert_eq!(list.index_of(&"spam".into())?, Some(0));
/// assert!(list.set(0, "more than there is room for").unwrap_err().is_value());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShareableList {
    memory: SharedMemory,
}

impl Context {
    /// A list of these items in a block without a name: it goes only where it is sent.
    ///
    /// # Errors
    /// As [`Context::shared_memory`].
    pub fn shareable_list(&self, items: impl IntoIterator<Item = Item>) -> Result<ShareableList> {
        ShareableList::fill(items, |size| self.shared_memory(size))
    }
}

impl ShareableList {
    /// A list of these items in a block with a name; without one a free name is chosen.
    ///
    /// # Errors
    /// As [`SharedMemory::create`].
    pub fn create(
        name: Option<&str>,
        items: impl IntoIterator<Item = Item>,
    ) -> Result<ShareableList> {
        ShareableList::fill(items, |size| SharedMemory::create(name, size))
    }

    /// The list whose block has a name now.
    ///
    /// # Errors
    /// As [`SharedMemory::attach`]; `is_value` for a block that is no list.
    pub fn attach(name: &str) -> Result<ShareableList> {
        let memory = SharedMemory::attach(name)?;
        if memory.size() < ENTRIES_AT || memory.get::<u64>(MARK_AT)? != MARK {
            let subject = format!("attach to the shared memory `{name}`: it is no list");
            return Err(Error::new(Kind::Value, subject));
        }
        Ok(ShareableList { memory })
    }

    pub(crate) fn fill(
        items: impl IntoIterator<Item = Item>,
        make: impl FnOnce(usize) -> Result<SharedMemory>,
    ) -> Result<ShareableList> {
        let items: Vec<_> = items.into_iter().collect();
        let bytes: Vec<_> = items.iter().map(Item::to_bytes).collect();
        let rooms = bytes.iter().map(|bytes| room(bytes.len()));
        let mut at = ENTRIES_AT + ENTRY * items.len();
        let memory = make(at + rooms.clone().sum::<usize>())?;
        memory.set(LENGTH_AT, items.len() as u64)?;
        for (index, room) in rooms.enumerate() {
            memory.set(entry(index) + 8, at as u64)?;
            memory.set(entry(index) + 16, room as u64)?;
            at += room;
        }
        let list = ShareableList { memory };
        for (index, item) in items.into_iter().enumerate() {
            list.set(index, item)?;
        }
        list.memory.set(MARK_AT, MARK)?;
        Ok(list)
    }

    /// The item at an index.
    ///
    /// # Errors
    /// `is_index` beyond the end; `is_deserialize` when it is half another's.
    pub fn get(&self, index: usize) -> Result<Item> {
        let (start, room) = self.room(index)?;
        let word = self.memory.get::<u64>(entry(index))?;
        let length = (word & ((1 << LENGTH_BITS) - 1)) as usize;
        let broken = || {
            let subject = format!("get item {index} of a shareable list");
            Error::new(Kind::Deserialize, subject)
        };
        if length > room {
            return Err(broken());
        }
        let mut bytes = vec![0; length];
        self.memory.read(start, &mut bytes)?;
        Item::from_bytes(word >> LENGTH_BITS, bytes).ok_or_else(broken)
    }

    /// Replaces the item at an index by another, of any kind.
    ///
    /// # Errors
    /// `is_index` beyond the end; `is_value` for one that is longer than the room that the first
    /// item at this index was given, and then nothing is changed.
    pub fn set(&self, index: usize, item: impl Into<Item>) -> Result<()> {
        let item = item.into();
        let (start, room) = self.room(index)?;
        let bytes = item.to_bytes();
        if bytes.len() > room {
            let length = bytes.len();
            let text = format!(
                "set item {index} of a shareable list: it has {length} bytes, and room for {room}"
            );
            return Err(Error::new(Kind::Value, text));
        }
        self.memory.write(start, &bytes)?;
        let word = item.kind() << LENGTH_BITS | bytes.len() as u64;
        self.memory.set(entry(index), word)
    }

    /// How many items there are; it never changes.
    #[must_use]
    pub fn len(&self) -> usize {
        // No more than there is room for, whatever another process has written there.
        let most = self.memory.size().saturating_sub(ENTRIES_AT) / ENTRY;
        let length = self.memory.get::<u64>(LENGTH_AT).unwrap_or(0);
        usize::try_from(length).map_or(most, |length| length.min(most))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All items.
    ///
    /// # Errors
    /// As [`ShareableList::get`].
    pub fn to_vec(&self) -> Result<Vec<Item>> {
        (0..self.len()).map(|index| self.get(index)).collect()
    }

    /// How many items are equal to one.
    ///
    /// # Errors
    /// As [`ShareableList::get`].
    pub fn count(&self, item: &Item) -> Result<usize> {
        let items = self.to_vec()?;
        Ok(items.iter().filter(|other| *other == item).count())
    }

    /// The index of the first item that is equal to one.
    ///
    /// # Errors
    /// As [`ShareableList::get`].
    pub fn index_of(&self, item: &Item) -> Result<Option<usize>> {
        Ok(self.to_vec()?.iter().position(|other| other == item))
    }

    /// What kinds the items are now, as Python's `struct` module would write them down.
    ///
    /// # Errors
    /// As [`ShareableList::get`].
    pub fn format(&self) -> Result<String> {
        let one = |index| Ok(self.get(index)?.format(self.room(index)?.1));
        (0..self.len()).map(one).collect()
    }

    /// The block that it lies in.
    #[must_use]
    pub fn memory(&self) -> &SharedMemory {
        &self.memory
    }

    /// Where the bytes of an item are, and how many there is room for.
    fn room(&self, index: usize) -> Result<(usize, usize)> {
        if index >= self.len() {
            let length = self.len();
            let subject = format!("item {index} of a shareable list of {length}: out of range");
            return Err(Error::new(Kind::Index, subject));
        }
        let word = |at| Ok(self.memory.get::<u64>(entry(index) + at)? as usize);
        Ok((word(8)?, word(16)?.min(self.memory.size())))
    }
}

/// Where an item's entry is.
fn entry(index: usize) -> usize {
    ENTRIES_AT + ENTRY * index
}

impl fmt::Debug for ShareableList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.memory.name().unwrap_or_default();
        write!(f, "ShareableList({:?}, name={name:?})", self.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::{Item, ShareableList};
    use crate::{Context, SharedMemory, StartMethod};

    fn list(items: &[Item]) -> ShareableList {
        let context = Context::new(StartMethod::Spawn).unwrap();
        context.shareable_list(items.iter().cloned()).unwrap()
    }

    fn some() -> [Item; 6] {
        let zeros: &[u8] = b"\0\x01\0\0";
        [
            ().into(),
            true.into(),
            i64::MIN.into(),
            (-0.5).into(),
            "0\u{10000}\u{10000}\0".into(),
            zeros.into(),
        ]
    }

    #[test]
    fn items_of_each_kind_come_back_as_they_are() {
        assert_eq!(list(&some()).to_vec().unwrap(), some());
        assert!(list(&[]).is_empty());
    }

    #[test]
    fn an_item_is_replaced_by_any_that_fits() {
        let list = list(&["12345678".into(), 1.into()]);
        for (index, item) in some().into_iter().enumerate() {
            list.set(0, item.clone()).unwrap();
            assert_eq!(list.get(0).unwrap(), item, "{index}");
        }
        list.set(1, "12345678").unwrap();
        assert!(list.set(1, "12345678901234567").unwrap_err().is_value());
        assert_eq!(list.get(1).unwrap(), "12345678".into());
    }

    #[test]
    fn items_are_counted_and_found() {
        let list = list(&[1.into(), "a".into(), 1.into()]);
        assert_eq!(list.count(&1.into()).unwrap(), 2);
        assert_eq!(list.index_of(&"a".into()).unwrap(), Some(1));
        assert_eq!(list.index_of(&2.into()).unwrap(), None);
        assert!(list.get(3).unwrap_err().is_index());
        assert!(list.set(3, 1).unwrap_err().is_index());
        assert_eq!(list.format().unwrap(), "q8sq");
    }

    #[test]
    fn a_list_is_found_by_its_name_and_another_block_is_none() {
        let list = ShareableList::create(None, some()).unwrap();
        let name = list.memory().name().unwrap();
        assert_eq!(
            ShareableList::attach(name).unwrap().to_vec().unwrap(),
            some()
        );
        let block = SharedMemory::create(None, 64).unwrap();
        let refused = ShareableList::attach(block.name().unwrap());
        assert!(refused.unwrap_err().is_value());
    }

    #[test]
    fn a_block_that_lies_about_itself_is_an_error() {
        let list = list(&["a".into()]);
        for at in [0, 8, 16] {
            let before = list.memory.get::<u64>(super::entry(0) + at).unwrap();
            list.memory.set(super::entry(0) + at, u64::MAX).unwrap();
            let outcome = list.get(0);
            assert!(outcome.is_err() || at == 16, "{at}: {outcome:?}");
            list.memory.set(super::entry(0) + at, before).unwrap();
        }
        list.memory.set(super::LENGTH_AT, u64::MAX).unwrap();
        assert!(list.get(5).unwrap_err().is_index());
    }
}
