//! `Array` and `RawArray`: plain values in a row that processes share, with and without a lock.
//! Never a slice of the memory itself, since others may write to it at any time.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use poolproof_sys::shared::Shared;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Context;
use crate::error::{Error, Kind, Result};
use crate::lock::RLock;
use crate::lock::recursive::{self, Recursive};
use crate::lock::segment::{self, Segment, SegmentKind};

const LENGTH_AT: usize = recursive::BYTES;
/// A multiple of every plain type's alignment.
const ITEMS_AT: usize = 64;

/// Values in shared memory whose every access holds their lock; a clone is the same array.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let array = mp::Context::default().array(&[1, 2, 3])?;
/// array.set(0, -1)?;
/// array.set_slice(1, &[5, 6])?;
/// assert_eq!(array.to_vec()?, [-1, 5, 6]);
/// assert!(array.get(3).unwrap_err().is_index());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Array<T: Shared> {
    raw: RawArray<T>,
}

/// Values in shared memory without a lock; a clone is the same array.
///
/// An access to an item of 1, 2, 4 or 8 bytes is whole, to a larger one may be torn.
#[derive(Clone, Debug, Serialize)]
#[serde(bound = "")]
pub struct RawArray<T: Shared> {
    #[serde(serialize_with = "segment::serialize")]
    segment: Arc<Segment>,
    #[serde(skip)]
    length: usize,
    #[serde(skip)]
    kind: PhantomData<fn() -> T>,
}

impl Context {
    /// A shared array of these values with a recursive lock.
    ///
    /// # Errors
    /// What the system says when it has no memory or no handles left.
    pub fn array<T: Shared>(&self, values: &[T]) -> Result<Array<T>> {
        let raw = self.raw_array(values)?;
        Ok(Array { raw })
    }

    /// A shared array of these values without a lock.
    ///
    /// # Errors
    /// As [`Context::array`].
    pub fn raw_array<T: Shared>(&self, values: &[T]) -> Result<RawArray<T>> {
        let bytes = ITEMS_AT + size_of_val(values);
        let segment = Segment::create(SegmentKind::Value, bytes)?;
        segment
            .atomic_u64(LENGTH_AT)
            .store(values.len() as u64, Relaxed);
        let array = RawArray {
            segment,
            length: values.len(),
            kind: PhantomData,
        };
        array.set_slice(0, values)?;
        Ok(array)
    }
}

impl<T: Shared> Array<T> {
    /// The item at an index, read under the lock.
    ///
    /// # Errors
    /// `is_index` beyond the end; `is_owner_died` when a process died with the lock.
    pub fn get(&self, index: usize) -> Result<T> {
        let _guard = Recursive::in_segment(&self.raw.segment).acquire()?;
        self.raw.get(index)
    }

    /// Sets the item at an index under the lock.
    ///
    /// # Errors
    /// As [`Array::get`].
    pub fn set(&self, index: usize, value: T) -> Result<()> {
        let _guard = Recursive::in_segment(&self.raw.segment).acquire()?;
        self.raw.set(index, value)
    }

    /// The items of a range, read under one hold of the lock.
    ///
    /// # Errors
    /// As [`Array::get`].
    pub fn slice(&self, range: Range<usize>) -> Result<Vec<T>> {
        let _guard = Recursive::in_segment(&self.raw.segment).acquire()?;
        self.raw.slice(range)
    }

    /// Sets the items from an index on, under one hold of the lock.
    ///
    /// # Errors
    /// As [`Array::get`], and then nothing is set.
    pub fn set_slice(&self, first: usize, values: &[T]) -> Result<()> {
        let _guard = Recursive::in_segment(&self.raw.segment).acquire()?;
        self.raw.set_slice(first, values)
    }

    /// All items, read under one hold of the lock.
    ///
    /// # Errors
    /// `is_owner_died` when a process died with the lock.
    pub fn to_vec(&self) -> Result<Vec<T>> {
        self.slice(0..self.len())
    }

    /// How many items there are; it never changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The lock, to be held over several accesses.
    #[must_use]
    pub fn get_lock(&self) -> RLock {
        RLock::in_segment(&self.raw.segment)
    }

    /// The same array without its lock.
    #[must_use]
    pub fn raw(&self) -> &RawArray<T> {
        &self.raw
    }
}

impl<T: Shared> RawArray<T> {
    /// The same array with a lock, which only those respect who use it.
    #[must_use]
    pub fn synchronized(&self) -> Array<T> {
        let raw = self.clone();
        Array { raw }
    }

    /// The item at an index.
    ///
    /// # Errors
    /// `is_index` beyond the end.
    pub fn get(&self, index: usize) -> Result<T> {
        let at = self.place(index..index.saturating_add(1))?;
        Ok(self.segment.memory().load(at))
    }

    /// Sets the item at an index.
    ///
    /// # Errors
    /// `is_index` beyond the end.
    pub fn set(&self, index: usize, value: T) -> Result<()> {
        let at = self.place(index..index.saturating_add(1))?;
        self.segment.memory().store(at, value);
        Ok(())
    }

    /// The items of a range, read one by one.
    ///
    /// # Errors
    /// `is_index` for a range that goes beyond the end.
    pub fn slice(&self, range: Range<usize>) -> Result<Vec<T>> {
        let at = self.place(range.clone())?;
        let item = |index| self.segment.memory().load(at + index * size_of::<T>());
        Ok((0..range.len()).map(item).collect())
    }

    /// Sets the items from an index on, one by one.
    ///
    /// # Errors
    /// `is_index` when they go beyond the end, and then nothing is set.
    pub fn set_slice(&self, first: usize, values: &[T]) -> Result<()> {
        let at = self.place(first..first.saturating_add(values.len()))?;
        for (index, value) in values.iter().enumerate() {
            let offset = at + index * size_of::<T>();
            self.segment.memory().store(offset, *value);
        }
        Ok(())
    }

    /// All items, read one by one.
    #[must_use]
    pub fn to_vec(&self) -> Vec<T> {
        self.slice(0..self.length).unwrap_or_default()
    }

    /// How many items there are; it never changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Where the items of a range begin in the memory.
    fn place(&self, range: Range<usize>) -> Result<usize> {
        if range.start > range.end || range.end > self.length {
            let subject = format!(
                "items {} to {} of a shared array of {}: out of range",
                range.start, range.end, self.length
            );
            return Err(Error::new(Kind::Index, subject));
        }
        Ok(self.segment.at(ITEMS_AT) + range.start * size_of::<T>())
    }
}

impl<'de, T: Shared> Deserialize<'de> for RawArray<T> {
    fn deserialize<D: Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<RawArray<T>, D::Error> {
        use serde::de::Error;
        let segment = segment::deserialize::<D, ITEMS_AT>(deserializer)?;
        let length = segment.atomic_u64(LENGTH_AT).load(Relaxed);
        let room = segment.body_bytes().saturating_sub(ITEMS_AT);
        let length = usize::try_from(length).map_err(D::Error::custom)?;
        match length.checked_mul(size_of::<T>()) {
            Some(bytes) if bytes <= room => Ok(RawArray {
                segment,
                length,
                kind: PhantomData,
            }),
            _ => Err(D::Error::custom(
                "the shared array is longer than its memory",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Context, StartMethod};

    #[test]
    fn items_and_slices_are_read_as_they_were_set() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        let array = context.array(&[1_i32, 2, 3, 4]).unwrap();
        array.set(1, -2).unwrap();
        array.set_slice(2, &[7, 8]).unwrap();
        assert_eq!(array.to_vec().unwrap(), [1, -2, 7, 8]);
        assert_eq!(array.slice(1..3).unwrap(), [-2, 7]);
        assert_eq!(array.get(3).unwrap(), 8);
        assert_eq!(array.raw().to_vec(), [1, -2, 7, 8]);
    }

    #[test]
    fn nothing_beyond_the_end_is_touched() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        let array = context.array(&[1_u8, 2]).unwrap();
        assert!(array.get(2).unwrap_err().is_index());
        assert!(array.set(2, 0).unwrap_err().is_index());
        assert!(array.set_slice(1, &[5, 6]).unwrap_err().is_index());
        assert!(array.slice(1..3).unwrap_err().is_index());
        assert_eq!(array.to_vec().unwrap(), [1, 2]);
        assert!(context.array::<u64>(&[]).unwrap().is_empty());
    }
}
