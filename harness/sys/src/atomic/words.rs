//! Words with a place to die on each side of each write.

use std::sync::atomic::Ordering;

use crate::failpoint::{Side, hit};

macro_rules! word {
    ($name:ident, $number:ty) => {
        /// A word of shared memory.
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name(pub(super) std::sync::atomic::$name);

        impl $name {
            /// A word of this process alone.
            #[must_use]
            pub const fn new(value: $number) -> $name {
                $name(std::sync::atomic::$name::new(value))
            }

            /// The word at an address.
            ///
            /// # Safety
            /// As the standard library's function of this name.
            pub const unsafe fn from_ptr<'a>(at: *mut $number) -> &'a $name {
                // SAFETY: the caller promises what the standard library asks for; this type has
                // its representation.
                unsafe { &*at.cast::<$name>() }
            }

            /// Reads the word.
            #[inline]
            pub fn load(&self, order: Ordering) -> $number {
                self.0.load(order)
            }

            /// Writes the word.
            #[inline]
            #[track_caller]
            pub fn store(&self, value: $number, order: Ordering) {
                hit(Side::Before);
                self.0.store(value, order);
                hit(Side::After);
            }

            /// As the standard library's.
            ///
            /// # Errors
            /// The value found, where it is not `current`.
            #[inline]
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $number,
                new: $number,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$number, $number> {
                hit(Side::Before);
                let outcome = self.0.compare_exchange(current, new, success, failure);
                hit(Side::After);
                outcome
            }

            /// As the standard library's.
            ///
            /// # Errors
            /// The value found, where it was not changed.
            #[inline]
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $number,
                new: $number,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$number, $number> {
                hit(Side::Before);
                let outcome = self.0.compare_exchange_weak(current, new, success, failure);
                hit(Side::After);
                outcome
            }

            /// As the standard library's.
            ///
            /// # Errors
            /// The value found, where `change` gives none.
            #[inline]
            #[track_caller]
            pub fn fetch_update<F: FnMut($number) -> Option<$number>>(
                &self,
                success: Ordering,
                failure: Ordering,
                change: F,
            ) -> Result<$number, $number> {
                hit(Side::Before);
                let outcome = self.0.fetch_update(success, failure, change);
                hit(Side::After);
                outcome
            }

            word!(change $number: swap fetch_add fetch_sub fetch_or fetch_and fetch_xor fetch_max fetch_min);
        }
    };
    (change $number:ty: $($method:ident)*) => {
        $(
            /// As the standard library's.
            #[inline]
            #[track_caller]
            pub fn $method(&self, value: $number, order: Ordering) -> $number {
                hit(Side::Before);
                let outcome = self.0.$method(value, order);
                hit(Side::After);
                outcome
            }
        )*
    };
}

word!(AtomicU8, u8);
word!(AtomicU16, u16);
word!(AtomicU32, u32);
word!(AtomicU64, u64);
