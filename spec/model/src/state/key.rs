//! Exact keys: a state as the numbers of its parts, each written in as few bytes as it needs.
//!
//! Equal parts have one number, so that two states have one key only where they are equal; a
//! fingerprint that collides would silently shrink what is allowed.

use std::hash::{Hash, Hasher};

use hashbrown::HashTable;
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHasher};

use super::part::Part;
use super::{Process, Space, State};
use crate::objects::Object;

/// The parts that were met, each with its number.
#[derive(Default)]
pub(crate) struct Parts {
    processes: Known<Process>,
    spaces: Known<Space>,
    objects: Known<Object>,
}

type Known<T> = IndexSet<Part<T>, FxBuildHasher>;

impl Parts {
    /// The key of a compact state, whose parts become those that are known.
    pub(crate) fn key(&mut self, state: &mut State, key: &mut Vec<u8>) {
        key.clear();
        write_parts(&mut self.processes, &mut state.processes, key);
        write_parts(&mut self.spaces, &mut state.spaces, key);
        write_parts(&mut self.objects, &mut state.objects, key);
        write(state.managers.len() as u32, key);
        state.managers.iter().for_each(|one| write(*one, key));
        write(state.opaque_next, key);
        match state.main_ended {
            None => key.push(u8::from(state.has_fork_server)),
            Some(code) => {
                key.push(2 + u8::from(state.has_fork_server));
                write(code.cast_unsigned(), key);
            }
        }
    }
}

fn write_parts<T: Clone + Eq + Hash>(
    known: &mut Known<T>,
    parts: &mut [Part<T>],
    key: &mut Vec<u8>,
) {
    write(parts.len() as u32, key);
    for part in parts {
        if part.is_changed() {
            let (place, is_new) = known.insert_full(part.clone());
            if !is_new {
                *part = known[place].clone();
            }
            part.set_number(place as u32);
        }
        write(part.number(), key);
    }
}

/// A number in seven bits a byte, the lowest first.
fn write(mut number: u32, key: &mut Vec<u8>) {
    while number >= 0x80 {
        key.push(number as u8 | 0x80);
        number >>= 7;
    }
    key.push(number as u8);
}

/// Keys one after the other, each with its place among them.
#[derive(Default)]
pub(crate) struct Keys {
    bytes: Vec<u8>,
    /// Where each key ends.
    ends: Vec<usize>,
    places: HashTable<u32>,
}

impl Keys {
    /// The place of a key that is there.
    pub(crate) fn get(&self, key: &[u8]) -> Option<u32> {
        let is_it = |place: &u32| of(&self.bytes, &self.ends, *place) == key;
        self.places.find(hash(key), is_it).copied()
    }

    /// Adds a key that is not there.
    pub(crate) fn add(&mut self, key: &[u8]) -> u32 {
        let place = self.ends.len() as u32;
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
        let (bytes, ends) = (&self.bytes, &self.ends);
        let hash_of = |place: &u32| hash(of(bytes, ends, *place));
        self.places.insert_unique(hash(key), place, hash_of);
        place
    }
}

fn of<'a>(bytes: &'a [u8], ends: &[usize], place: u32) -> &'a [u8] {
    let begin = match place {
        0 => 0,
        place => ends[place as usize - 1],
    };
    &bytes[begin..ends[place as usize]]
}

fn hash(key: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(key);
    hasher.finish()
}
