//! Who is who in one piece of shared memory: a table from slots to processes.
//!
//! A lock word has room for a slot and its generation, not for a process's identity; this table
//! says whose slot it is and whether that process still lives. The memory is the segment's.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use poolproof_sys::identity::Identity;
use poolproof_sys::memory::SharedMemory;

use crate::error::{Error, Kind, Result};

/// Processes that may use one object at the same time.
pub(super) const SLOTS: u32 = 2048;
const ENTRY_BYTES: usize = 16;
const GENERATION_AT: usize = 8;
/// The table begins with a cursor that lets each claim start where the last one ended.
const TABLE_AT: usize = 64;
/// What the table needs in shared memory; untouched pages of it cost nothing.
pub(super) const BYTES: usize = TABLE_AT + SLOTS as usize * ENTRY_BYTES;

const SLOT_BITS: u32 = 12;
const GENERATION_BITS: u32 = 19;
const SLOT_MASK: u32 = (1 << SLOT_BITS) - 1;
const GENERATION_MASK: u32 = (1 << GENERATION_BITS) - 1;
/// The part of a lock word that names an owner.
pub(super) const OWNER_MASK: u32 = (1 << (SLOT_BITS + GENERATION_BITS)) - 1;

/// The table at `base` of a memory.
#[derive(Clone, Copy)]
pub(super) struct Registry<'m> {
    pub(super) memory: &'m SharedMemory,
    pub(super) base: usize,
}

impl Registry<'_> {
    /// Takes a slot for this process; gives what it writes into a lock word, never zero.
    ///
    /// The identity is claimed before the generation is counted up: an owner of the slot's last
    /// generation may look alive in between, and is found dead at the next look.
    pub(super) fn claim(self) -> Result<u32> {
        let me = Identity::current().to_bits();
        let first = self.memory.atomic_u32(self.base).fetch_add(1, Relaxed);
        for step in 0..SLOTS {
            let slot = first.wrapping_add(step) % SLOTS;
            let identity = self.memory.atomic_u64(self.entry(slot));
            let seen = identity.load(Acquire);
            let free = seen == 0 || !Identity::from_bits(seen).is_alive();
            if free && identity.compare_exchange(seen, me, AcqRel, Relaxed).is_ok() {
                let generation = self.memory.atomic_u32(self.entry(slot) + GENERATION_AT);
                let next = generation.fetch_add(1, AcqRel).wrapping_add(1) & GENERATION_MASK;
                return Ok(next << SLOT_BITS | (slot + 1));
            }
        }
        Err(Error::new(
            Kind::Usage,
            format!("{SLOTS} processes use one lock already: give some of them another"),
        ))
    }

    /// Gives back a slot that nothing was ever locked with.
    pub(super) fn unclaim(self, owner: u32) {
        if let Some(slot) = slot_of(owner) {
            self.memory.atomic_u64(self.entry(slot)).store(0, Release);
        }
    }

    /// Whether the process that wrote `owner` into a lock word still lives.
    pub(super) fn is_alive(self, owner: u32) -> bool {
        let Some(slot) = slot_of(owner) else {
            return false;
        };
        let generation = self.memory.atomic_u32(self.entry(slot) + GENERATION_AT);
        if generation.load(Acquire) & GENERATION_MASK != owner >> SLOT_BITS & GENERATION_MASK {
            return false;
        }
        let identity = self.memory.atomic_u64(self.entry(slot)).load(Acquire);
        identity != 0 && Identity::from_bits(identity).is_alive()
    }

    /// The slots that were ever claimed and whose process is dead.
    pub(super) fn dead_slots(self) -> impl Iterator<Item = usize> {
        let dead = move |slot: &u32| {
            let identity = self.memory.atomic_u64(self.entry(*slot)).load(Acquire);
            identity == 0 || !Identity::from_bits(identity).is_alive()
        };
        (0..self.claimed_slots())
            .filter(dead)
            .map(|slot| slot as usize)
    }

    /// A number above all slots that were ever claimed: claims start one after the other.
    pub(super) fn claimed_slots(self) -> u32 {
        self.memory.atomic_u32(self.base).load(Relaxed).min(SLOTS)
    }

    fn entry(self, slot: u32) -> usize {
        self.base + TABLE_AT + slot as usize * ENTRY_BYTES
    }
}

pub(super) fn slot_of(owner: u32) -> Option<u32> {
    (owner & SLOT_MASK)
        .checked_sub(1)
        .filter(|slot| *slot < SLOTS)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use poolproof_sys::memory::SharedMemory;

    use super::{BYTES, OWNER_MASK, Registry};

    #[test]
    fn each_claim_is_another_living_owner() {
        let memory = SharedMemory::anonymous(BYTES).unwrap();
        let registry = Registry {
            memory: &memory,
            base: 0,
        };
        let first = registry.claim().unwrap();
        let second = registry.claim().unwrap();
        assert_ne!(first, second);
        assert_eq!((first | second) & !OWNER_MASK, 0);
        assert!(registry.is_alive(first) && registry.is_alive(second));
        registry.unclaim(first);
        assert!(!registry.is_alive(first));
    }

    #[test]
    fn an_owner_whose_slot_has_a_newer_generation_is_dead() {
        let memory = SharedMemory::anonymous(BYTES).unwrap();
        let registry = Registry {
            memory: &memory,
            base: 0,
        };
        let owner = registry.claim().unwrap();
        registry.unclaim(owner);
        memory.atomic_u32(0).store(0, Ordering::SeqCst);
        let next = registry.claim().unwrap();
        assert_ne!(owner, next);
        assert!(!registry.is_alive(owner) && registry.is_alive(next));
    }

    #[test]
    fn a_word_of_garbage_has_no_living_owner() {
        let memory = SharedMemory::anonymous(BYTES).unwrap();
        let registry = Registry {
            memory: &memory,
            base: 0,
        };
        for word in [0, 1, 0xfff, OWNER_MASK] {
            assert!(!registry.is_alive(word), "{word:#x}");
        }
    }
}
