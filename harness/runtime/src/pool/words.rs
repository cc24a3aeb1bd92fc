//! Bytes in whole words of shared memory, where both sides know how many bytes count.

use std::sync::atomic::Ordering::Relaxed;

use poolproof_sys::atomic::AtomicU64;

/// Writes bytes into words; what is left of the last one is zero.
#[inline]
pub(super) fn put(words: &[AtomicU64], bytes: &[u8]) {
    let (whole, rest) = bytes.as_chunks();
    for (word, eight) in words.iter().zip(whole) {
        word.store(u64::from_ne_bytes(*eight), Relaxed);
    }
    if !rest.is_empty() {
        let mut eight = [0; 8];
        eight[..rest.len()].copy_from_slice(rest);
        words[whole.len()].store(u64::from_ne_bytes(eight), Relaxed);
    }
}

/// Reads as many whole words as `count` bytes need.
#[inline]
pub(super) fn take(words: &[AtomicU64], bytes: &mut [u8], count: usize) {
    let (places, _) = bytes.as_chunks_mut();
    for (place, word) in places.iter_mut().zip(words).take(count.div_ceil(8)) {
        *place = word.load(Relaxed).to_ne_bytes();
    }
}
