//! The atomic words that lie in shared memory.
//!
//! They are the standard library's; with the feature `failpoints` each write has a place to die
//! before it and one after it. Words of one process alone are the standard library's by name.

#[cfg(feature = "failpoints")]
mod words;

#[cfg(not(feature = "failpoints"))]
pub use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};
#[cfg(feature = "failpoints")]
pub use words::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};

/// The standard library's word, for calls that take its address.
#[cfg(all(unix, not(feature = "failpoints")))]
#[inline(always)]
pub(crate) fn bare(word: &AtomicU32) -> &std::sync::atomic::AtomicU32 {
    word
}

/// The standard library's word, for calls that take its address.
#[cfg(all(unix, feature = "failpoints"))]
pub(crate) fn bare(word: &AtomicU32) -> &std::sync::atomic::AtomicU32 {
    &word.0
}
