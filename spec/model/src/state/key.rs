//! Exact packed keys: the state itself, written by its own `Hash` as a byte string.
//!
//! Each number is a self-delimiting varint and each sequence has its length before it, so that two
//! states have one key only where they are equal; a fingerprint that collides would silently
//! shrink what is allowed.

use std::hash::{Hash, Hasher};

use super::State;

/// The key of a compact state.
pub(crate) fn key(state: &State, scratch: &mut Vec<u8>) {
    scratch.clear();
    let mut writer = Writer(scratch);
    state.hash(&mut writer);
}

/// A hasher that keeps all it is given.
struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn signed(&mut self, number: i64) {
        self.varint(((number << 1) ^ (number >> 63)) as u64);
    }
}

impl Hasher for Writer<'_> {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn write_u8(&mut self, number: u8) {
        self.0.push(number);
    }

    fn write_u16(&mut self, number: u16) {
        self.varint(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.varint(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.varint(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.varint(number as u64);
    }

    fn write_i32(&mut self, number: i32) {
        self.signed(number.into());
    }

    fn write_i64(&mut self, number: i64) {
        self.signed(number);
    }

    fn write_isize(&mut self, number: isize) {
        self.signed(number as i64);
    }
}
