//! Plain values in shared memory: which types may lie there, and how they are read and written.
//! Whose turn it is to write is for the locks to say.

use std::mem::MaybeUninit;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::atomic::AtomicU64;
use crate::memory::SharedMemory;

/// A type whose every bit pattern is a value, or is made one when it is read, so that what another
/// process wrote can be read.
///
/// # Safety
/// Implementors have no padding, no bit pattern that is invalid once [`Shared::settle`] has seen it,
/// and nothing that means something in one process only (no pointer, no reference, no handle).
pub unsafe trait Shared: Copy + Send + 'static {
    /// Makes the bytes of one value valid, where not all bit patterns are.
    fn settle(_bytes: &mut [u8]) {}
}

macro_rules! shared {
    ($($name:ty),*) => {
        $(
            // SAFETY: every bit pattern of a number is a number, and it has no padding.
            unsafe impl Shared for $name {}
        )*
    };
}
shared!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64
);

// SAFETY: a bool has one byte, and after `settle` that is 0 or 1.
unsafe impl Shared for bool {
    fn settle(bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte &= 1);
    }
}

// SAFETY: a char has four bytes, and after `settle` they are those of a char.
unsafe impl Shared for char {
    fn settle(bytes: &mut [u8]) {
        for four in bytes.chunks_exact_mut(4) {
            let bits = u32::from_ne_bytes([four[0], four[1], four[2], four[3]]);
            let settled = char::from_u32(bits).unwrap_or(char::REPLACEMENT_CHARACTER);
            four.copy_from_slice(&u32::from(settled).to_ne_bytes());
        }
    }
}

// SAFETY: an array adds no padding between its items, and each item is settled.
unsafe impl<T: Shared, const N: usize> Shared for [T; N] {
    fn settle(bytes: &mut [u8]) {
        if size_of::<T>() > 0 {
            bytes.chunks_exact_mut(size_of::<T>()).for_each(T::settle);
        }
    }
}

impl SharedMemory {
    /// The value at `offset`; one of 1, 2, 4 or 8 aligned bytes is read at once, a larger one
    /// in pieces.
    ///
    /// # Panics
    /// When the value is not wholly inside, or not aligned to its size.
    #[inline]
    pub fn load<T: Shared>(&self, offset: usize) -> T {
        let mut value = MaybeUninit::<T>::uninit();
        let at = value.as_mut_ptr();
        match size_of::<T>() {
            1 => {
                let bits = self.atomic_u8(offset).load(Acquire);
                // SAFETY: `value` has one byte.
                unsafe { at.cast::<u8>().write_unaligned(bits) }
            }
            2 => {
                let bits = self.atomic_u16(offset).load(Acquire);
                // SAFETY: `value` has two bytes.
                unsafe { at.cast::<u16>().write_unaligned(bits) }
            }
            4 => {
                let bits = self.atomic_u32(offset).load(Acquire);
                // SAFETY: `value` has four bytes.
                unsafe { at.cast::<u32>().write_unaligned(bits) }
            }
            8 => {
                let bits = self.atomic_u64(offset).load(Acquire);
                // SAFETY: `value` has eight bytes.
                unsafe { at.cast::<u64>().write_unaligned(bits) }
            }
            size => {
                // SAFETY: writing zeros makes all `size` bytes of `value` initialised.
                unsafe { at.write_bytes(0, 1) };
                // SAFETY: the bytes are initialised and belong to `value` alone.
                let bytes = unsafe { std::slice::from_raw_parts_mut(at.cast::<u8>(), size) };
                self.copy_out(offset, bytes);
            }
        }
        // SAFETY: all bytes were written above and belong to `value` alone.
        T::settle(unsafe { std::slice::from_raw_parts_mut(at.cast::<u8>(), size_of::<T>()) });
        // SAFETY: all bytes were written above, and settled they are a `T` by `Shared`.
        unsafe { value.assume_init() }
    }

    /// Writes the value at `offset`; one of 1, 2, 4 or 8 aligned bytes is written at once, a
    /// larger one in pieces.
    ///
    /// # Panics
    /// When the value is not wholly inside, or not aligned to its size.
    #[inline]
    pub fn store<T: Shared>(&self, offset: usize, value: T) {
        let at = &raw const value;
        match size_of::<T>() {
            1 => {
                // SAFETY: `value` has one byte, and no padding by `Shared`.
                let bits = unsafe { at.cast::<u8>().read_unaligned() };
                self.atomic_u8(offset).store(bits, Release);
            }
            2 => {
                // SAFETY: `value` has two bytes, and no padding by `Shared`.
                let bits = unsafe { at.cast::<u16>().read_unaligned() };
                self.atomic_u16(offset).store(bits, Release);
            }
            4 => {
                // SAFETY: `value` has four bytes, and no padding by `Shared`.
                let bits = unsafe { at.cast::<u32>().read_unaligned() };
                self.atomic_u32(offset).store(bits, Release);
            }
            8 => {
                // SAFETY: `value` has eight bytes, and no padding by `Shared`.
                let bits = unsafe { at.cast::<u64>().read_unaligned() };
                self.atomic_u64(offset).store(bits, Release);
            }
            size => {
                // SAFETY: `value` has `size` bytes, all initialised since it has no padding.
                let bytes = unsafe { std::slice::from_raw_parts(at.cast::<u8>(), size) };
                self.copy_in(offset, bytes);
            }
        }
    }

    /// Copies bytes out of the memory; bytes that another process writes meanwhile may be old
    /// or new.
    ///
    /// # Panics
    /// When the range is not wholly inside.
    #[inline]
    pub fn copy_out(&self, offset: usize, bytes: &mut [u8]) {
        let (head, middle) = self.split(offset, bytes.len());
        let (start, rest) = bytes.split_at_mut(head);
        for (index, byte) in start.iter_mut().enumerate() {
            *byte = self.atomic_u8(offset + index).load(Relaxed);
        }
        let (words, end) = rest.split_at_mut(middle);
        let at = offset + head + middle;
        let shared = self.words(offset + head, middle);
        for (word, shared) in words.chunks_exact_mut(8).zip(shared) {
            word.copy_from_slice(&shared.load(Relaxed).to_ne_bytes());
        }
        for (index, byte) in end.iter_mut().enumerate() {
            *byte = self.atomic_u8(at + index).load(Relaxed);
        }
    }

    /// Appends bytes that were written by [`SharedMemory::put_words`] to others; bytes that another
    /// process writes meanwhile may be old or new.
    ///
    /// # Panics
    /// When the words that they begin are not wholly inside, or not aligned.
    #[inline]
    pub fn append_words(&self, bytes: &mut Vec<u8>, offset: usize, count: usize) {
        let whole = count.next_multiple_of(8);
        let words = self.words(offset, whole);
        bytes.reserve(whole);
        let spare = bytes.spare_capacity_mut();
        for (place, word) in spare[..whole].as_chunks_mut::<8>().0.iter_mut().zip(words) {
            place.write_copy_of_slice(&word.load(Relaxed).to_ne_bytes());
        }
        let filled = bytes.len() + count;
        // SAFETY: the spare bytes up to `whole`, which is not less than `count`, were all written
        // above: there are as many words as places.
        unsafe { bytes.set_len(filled) };
    }

    /// Copies bytes into whole words of the memory, what is left of the last of which is zero; who
    /// reads meanwhile may see some of them.
    ///
    /// # Panics
    /// When the words that they begin are not wholly inside, or not aligned.
    #[inline]
    pub fn put_words(&self, offset: usize, bytes: &[u8]) {
        let (whole, rest) = bytes.as_chunks();
        let words = self.words(offset, bytes.len().next_multiple_of(8));
        for (word, eight) in words.iter().zip(whole) {
            word.store(u64::from_ne_bytes(*eight), Relaxed);
        }
        if !rest.is_empty() {
            let bits = rest.iter().rev();
            let last = bits.fold(0, |last, byte| last << 8 | u64::from(*byte));
            words[whole.len()].store(last.to_le(), Relaxed);
        }
    }

    /// Copies bytes into the memory; who reads meanwhile may see some of them.
    ///
    /// # Panics
    /// When the range is not wholly inside.
    #[inline]
    pub fn copy_in(&self, offset: usize, bytes: &[u8]) {
        let (head, middle) = self.split(offset, bytes.len());
        let (start, rest) = bytes.split_at(head);
        for (index, byte) in start.iter().enumerate() {
            self.atomic_u8(offset + index).store(*byte, Relaxed);
        }
        let (words, end) = rest.split_at(middle);
        let at = offset + head + middle;
        let shared = self.words(offset + head, middle);
        for (word, shared) in words.chunks_exact(8).zip(shared) {
            let word = <[u8; 8]>::try_from(word).expect("chunks of eight are eight long");
            shared.store(u64::from_ne_bytes(word), Relaxed);
        }
        for (index, byte) in end.iter().enumerate() {
            self.atomic_u8(at + index).store(*byte, Relaxed);
        }
    }

    /// The aligned words in `bytes` bytes at `offset`.
    ///
    /// # Panics
    /// When one is outside or not aligned.
    #[inline]
    pub fn words(&self, offset: usize, bytes: usize) -> &[AtomicU64] {
        if bytes < 8 {
            return &[];
        }
        let first: *const AtomicU64 = self.atomic_u64(offset);
        // The first and the last are inside, and so are those between them.
        let _last = self.atomic_u64(offset + bytes / 8 * 8 - 8);
        // SAFETY: all of the words lie inside the mapping, which lives as long as `self`; every
        // process accesses them atomically.
        unsafe { std::slice::from_raw_parts(first, bytes / 8) }
    }

    /// How many bytes come before the first aligned word, and how many the aligned words have.
    #[inline]
    fn split(&self, offset: usize, length: usize) -> (usize, usize) {
        let inside = offset
            .checked_add(length)
            .is_some_and(|end| end <= self.bytes());
        assert!(
            inside,
            "{length} bytes at {offset} are outside of {} bytes of shared memory",
            self.bytes()
        );
        let head = (offset.next_multiple_of(8) - offset).min(length);
        (head, (length - head) / 8 * 8)
    }
}

/// Panics where `size` bytes at `offset` are not wholly inside, or not aligned to their size.
#[inline]
pub(crate) fn check_place(offset: usize, size: usize, bytes: usize) {
    let is_inside = size <= bytes && offset <= bytes - size;
    if !is_inside || !offset.is_multiple_of(size) {
        misplaced(offset, size, bytes);
    }
}

/// By itself, so that who is in the right place does not lay the message out.
#[cold]
#[inline(never)]
fn misplaced(offset: usize, size: usize, bytes: usize) -> ! {
    panic!("{size} aligned bytes at offset {offset} are not inside of {bytes} of shared memory")
}

#[cfg(test)]
mod tests {
    use crate::memory::SharedMemory;

    #[test]
    fn a_value_is_read_as_it_was_written() {
        let memory = SharedMemory::anonymous(64).unwrap();
        memory.store(0, -5_i64);
        memory.store(8, 2.5_f64);
        memory.store(16, 7_u8);
        memory.store(18, 300_u16);
        memory.store(20, 1.5_f32);
        memory.store(32, [1_u32, 2, 3]);
        assert_eq!(memory.load::<i64>(0), -5);
        assert_eq!(memory.load::<f64>(8), 2.5);
        assert_eq!(memory.load::<u8>(16), 7);
        assert_eq!(memory.load::<u16>(18), 300);
        assert_eq!(memory.load::<f32>(20), 1.5);
        assert_eq!(memory.load::<[u32; 3]>(32), [1, 2, 3]);
    }

    #[test]
    fn bits_that_are_no_value_are_made_one() {
        let memory = SharedMemory::anonymous(64).unwrap();
        memory.store(0, [3_u8, 2, 1]);
        assert_eq!(memory.load::<[bool; 3]>(0), [true, false, true]);
        memory.store(8, ['a', 'é', '🦀']);
        assert_eq!(memory.load::<[char; 3]>(8), ['a', 'é', '🦀']);
        memory.store(12, 0xd800_u32);
        assert_eq!(memory.load::<char>(12), char::REPLACEMENT_CHARACTER);
        memory.store(20, true);
        assert!(memory.load::<bool>(20));
    }

    #[test]
    fn bytes_at_any_offset_and_length_come_back() {
        let memory = SharedMemory::anonymous(64).unwrap();
        for offset in 0..16 {
            for length in 0..40 {
                let bytes: Vec<u8> = (0..length).map(|byte| byte ^ offset as u8).collect();
                memory.copy_in(offset, &bytes);
                let mut read = vec![0; bytes.len()];
                memory.copy_out(offset, &mut read);
                assert_eq!(read, bytes, "offset {offset} length {length}");
            }
        }
    }

    #[test]
    fn words_of_any_length_come_back_behind_what_there_is() {
        let memory = SharedMemory::anonymous(64).unwrap();
        for length in 0..=40 {
            let bytes: Vec<u8> = (1..=length).collect();
            memory.put_words(16, &[0xff; 40]);
            memory.put_words(16, &bytes);
            let mut read = vec![7];
            memory.append_words(&mut read, 16, bytes.len());
            assert_eq!(read, [&[7], &bytes[..]].concat());
            let mut whole = Vec::new();
            memory.append_words(&mut whole, 16, bytes.len().next_multiple_of(8));
            assert!(whole[bytes.len()..].iter().all(|byte| *byte == 0));
        }
    }
}
