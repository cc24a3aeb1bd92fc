//! `Value` and `RawValue`: one plain value that processes share, with and without a lock.

use std::marker::PhantomData;
use std::sync::Arc;

use poolproof_sys::shared::Shared;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Context;
use crate::error::Result;
use crate::lock::RLock;
use crate::lock::recursive::{self, Recursive};
use crate::lock::segment::{self, Segment, SegmentKind};

const VALUE_AT: usize = recursive::BYTES;

/// A value in shared memory whose every access holds its lock; a clone is the same value.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let value = mp::Context::default().value(3.0)?;
/// value.set(value.get()? / 2.0)?; // Two accesses: others may come between them.
/// assert_eq!(value.update(|old| old + 1.0)?, 2.5); // One.
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Value<T: Shared> {
    raw: RawValue<T>,
}

/// A value in shared memory without a lock; a clone is the same value.
///
/// An access of 1, 2, 4 or 8 bytes is whole, a larger one may be torn.
#[derive(Clone, Debug, Serialize)]
#[serde(bound = "")]
pub struct RawValue<T: Shared> {
    #[serde(serialize_with = "segment::serialize")]
    segment: Arc<Segment>,
    #[serde(skip)]
    kind: PhantomData<fn() -> T>,
}

impl Context {
    /// A shared value with a recursive lock.
    ///
    /// # Errors
    /// What the system says when it has no memory or no handles left.
    pub fn value<T: Shared>(&self, value: T) -> Result<Value<T>> {
        let raw = self.raw_value(value)?;
        Ok(Value { raw })
    }

    /// A shared value without a lock.
    ///
    /// # Errors
    /// As [`Context::value`].
    pub fn raw_value<T: Shared>(&self, value: T) -> Result<RawValue<T>> {
        let segment = Segment::create(SegmentKind::Value, VALUE_AT + size_of::<T>())?;
        let raw = RawValue {
            segment,
            kind: PhantomData,
        };
        raw.set(value);
        Ok(raw)
    }
}

impl<T: Shared> Value<T> {
    /// The value, read under the lock.
    ///
    /// # Errors
    /// `is_owner_died` when a process died with the lock.
    pub fn get(&self) -> Result<T> {
        let _guard = Recursive::in_segment(&self.raw.segment).acquire()?;
        Ok(self.raw.get())
    }

    /// Sets the value under the lock.
    ///
    /// # Errors
    /// As [`Value::get`].
    pub fn set(&self, value: T) -> Result<()> {
        self.update(|_| value).map(|_| ())
    }

    /// Reads, changes and sets the value under one hold of the lock; gives the new value.
    ///
    /// # Errors
    /// As [`Value::get`].
    pub fn update(&self, change: impl FnOnce(T) -> T) -> Result<T> {
        let _guard = Recursive::in_segment(&self.raw.segment).acquire()?;
        let value = change(self.raw.get());
        self.raw.set(value);
        Ok(value)
    }

    /// The lock, to be held over several accesses.
    #[must_use]
    pub fn get_lock(&self) -> RLock {
        RLock::in_segment(&self.raw.segment)
    }

    /// The same value without its lock.
    #[must_use]
    pub fn raw(&self) -> &RawValue<T> {
        &self.raw
    }
}

impl<T: Shared> RawValue<T> {
    /// The same value with a lock, which only those respect who use it.
    #[must_use]
    pub fn synchronized(&self) -> Value<T> {
        let raw = self.clone();
        Value { raw }
    }

    /// The value.
    #[must_use]
    pub fn get(&self) -> T {
        self.segment.memory().load(self.segment.at(VALUE_AT))
    }

    /// Sets the value.
    pub fn set(&self, value: T) {
        self.segment
            .memory()
            .store(self.segment.at(VALUE_AT), value);
    }
}

impl<'de, T: Shared> Deserialize<'de> for RawValue<T> {
    fn deserialize<D: Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<RawValue<T>, D::Error> {
        use serde::de::Error;
        let segment = segment::deserialize::<D, VALUE_AT>(deserializer)?;
        if segment.body_bytes() - VALUE_AT < size_of::<T>() {
            return Err(D::Error::custom(
                "the shared value is smaller than its type",
            ));
        }
        Ok(RawValue {
            segment,
            kind: PhantomData,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::transfer::{decode, encode};
    use crate::{Context, StartMethod};

    #[test]
    fn a_value_is_what_was_set_last() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        let value = context.value(0.5_f64).unwrap();
        assert_eq!(value.get().unwrap(), 0.5);
        value.clone().set(3.25).unwrap();
        assert_eq!(value.update(|old| old * 2.0).unwrap(), 6.5);
        assert_eq!(value.raw().get(), 6.5);
    }

    #[test]
    fn every_kind_of_plain_value_can_be_shared() {
        fn check<T: crate::Shared + PartialEq + std::fmt::Debug>(first: T, second: T) {
            let context = Context::new(StartMethod::Spawn).unwrap();
            let value = context.value(first).unwrap();
            assert_eq!(value.get().unwrap(), first);
            value.set(second).unwrap();
            assert_eq!(value.get().unwrap(), second);
            let array = context.array(&[first, second, first]).unwrap();
            assert_eq!(array.slice(1..3).unwrap(), [second, first]);
            array.set_slice(0, &[second]).unwrap();
            assert_eq!(array.to_vec().unwrap(), [second, second, first]);
        }
        check(i8::MIN, i8::MAX);
        check(u8::MIN, u8::MAX);
        check(i16::MIN, i16::MAX);
        check(u16::MIN, u16::MAX);
        check(i32::MIN, i32::MAX);
        check(u32::MIN, u32::MAX);
        check(i64::MIN, i64::MAX);
        check(u64::MIN, u64::MAX);
        check(isize::MIN, isize::MAX);
        check(usize::MIN, usize::MAX);
        check(i128::MIN, i128::MAX);
        check(u128::MIN, u128::MAX);
        check(f32::MIN, f32::EPSILON);
        check(f64::MIN, f64::EPSILON);
        check(false, true);
        check('a', '🦀');
        check([1_u16, 2, 3], [4, 5, 6]);
        check([true, false], [false, true]);
    }

    #[test]
    fn a_raw_value_and_its_locked_one_are_the_same() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        let raw = context.raw_value(1_u8).unwrap();
        raw.synchronized().set(2).unwrap();
        assert_eq!(raw.get(), 2);
        let raw = context.raw_array(&[1_u8, 2]).unwrap();
        raw.synchronized().set(1, 3).unwrap();
        assert_eq!(raw.to_vec(), [1, 3]);
    }

    #[test]
    fn its_lock_is_held_while_it_is_changed() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        let value = context.value(1_u32).unwrap();
        let is_free = || {
            let other = std::thread::scope(|scope| {
                let other = scope.spawn(|| value.get_lock().try_acquire());
                other.join().unwrap()
            });
            other.unwrap()
        };
        let changed = value.update(|old| old + u32::from(!is_free()));
        assert_eq!(changed.unwrap(), 2);
    }

    #[test]
    fn what_is_too_small_for_a_type_does_not_become_one() {
        const LARGE: usize = 1 << 16;
        let context = Context::new(StartMethod::Spawn).unwrap();
        let (value, mutex) = (
            context.raw_value(1_u8).unwrap(),
            context.mutex(1_u8).unwrap(),
        );
        let (mut bytes, mut others) = (Vec::new(), Vec::new());
        let handles = encode(&value, &mut bytes).unwrap();
        let beside = encode(&mutex, &mut others).unwrap();
        let larger = decode::<crate::RawValue<[u8; LARGE]>>(&bytes, handles);
        assert!(larger.unwrap_err().is_deserialize());
        let larger = decode::<crate::Mutex<[u8; LARGE]>>(&others, beside);
        assert!(larger.unwrap_err().is_deserialize());
    }

    #[test]
    fn its_lock_can_be_held_over_several_accesses() {
        let context = Context::new(StartMethod::Spawn).unwrap();
        let value = context.value(0_i32).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        let lock = value.get_lock();
                        let _guard = lock.acquire().unwrap();
                        value.set(value.get().unwrap() + 1).unwrap();
                    }
                });
            }
        });
        assert_eq!(value.get().unwrap(), 4000);
    }
}
