//! Where large arguments lie in a pool's shared memory: first fit, merged again when given back.
//! Only the pool's own process makes and gives back room, so the books are its private memory.

use std::collections::BTreeMap;

/// Room in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) at: usize,
    pub(super) bytes: usize,
}

/// The books of an arena.
#[derive(Debug)]
pub(super) struct Arena {
    free: BTreeMap<usize, usize>,
    bytes: usize,
}

impl Arena {
    /// An empty arena of `bytes` bytes at `at`.
    pub(super) fn new(at: usize, bytes: usize) -> Arena {
        Arena {
            free: BTreeMap::from([(at, bytes)]),
            bytes,
        }
    }

    /// Whether so many bytes can ever have room.
    pub(super) fn can_hold(&self, bytes: usize) -> bool {
        round(bytes) <= self.bytes / 4
    }

    /// Takes room; none until others have given back theirs.
    pub(super) fn take(&mut self, bytes: usize) -> Option<Block> {
        let bytes = round(bytes);
        let (&at, &size) = self.free.iter().find(|(_, size)| **size >= bytes)?;
        self.free.remove(&at);
        if size > bytes {
            self.free.insert(at + bytes, size - bytes);
        }
        Some(Block { at, bytes })
    }

    /// Gives room back.
    pub(super) fn give_back(&mut self, block: Block) {
        let Block { mut at, mut bytes } = block;
        if let Some((&before, &size)) = self.free.range(..at).next_back()
            && before + size == at
        {
            self.free.remove(&before);
            (at, bytes) = (before, size + bytes);
        }
        if let Some(size) = self.free.remove(&(at + bytes)) {
            bytes += size;
        }
        self.free.insert(at, bytes);
    }
}

fn round(bytes: usize) -> usize {
    bytes.max(1).next_multiple_of(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_never_overlap_and_merge_when_given_back_in_any_order() {
        let mut random = 7_u64;
        let mut arena = Arena::new(4096, 64 * 1024);
        let mut taken: Vec<Block> = Vec::new();
        for _ in 0..5000 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let choice = (random >> 33) as usize;
            if choice.is_multiple_of(2) || taken.is_empty() {
                if let Some(block) = arena.take(choice % 3000) {
                    let ends = |other: &Block| {
                        other.at + other.bytes <= block.at || block.at + block.bytes <= other.at
                    };
                    assert!(taken.iter().all(ends));
                    taken.push(block);
                }
            } else {
                arena.give_back(taken.swap_remove(choice % taken.len()));
            }
        }
        for block in taken.drain(..) {
            arena.give_back(block);
        }
        assert_eq!(arena.free, BTreeMap::from([(4096, 64 * 1024)]));
    }

    #[test]
    fn a_full_arena_gives_nothing_until_room_is_given_back() {
        let mut arena = Arena::new(0, 128);
        let first = arena.take(100).unwrap();
        assert_eq!(arena.take(1), None);
        arena.give_back(first);
        assert!(arena.take(64).is_some() && arena.take(64).is_some());
        assert!(!arena.can_hold(1000));
    }
}
