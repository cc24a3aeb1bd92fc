//! Chance from a seed: the same choices on every system and in every version.

/// A generator of numbers (splitmix64): a seed names a program for good, so it is written out here.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one, which is not 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        // The high half of the product: evenly spread, without a division.
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u32
    }

    /// A number of a range, both ends in it.
    pub(crate) fn between(&mut self, least: u32, most: u32) -> u32 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// True in so many of a hundred.
    pub(crate) fn percent(&mut self, share: u32) -> bool {
        self.below(100) < share
    }

    /// One of these, which are not none.
    pub(crate) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u32) as usize]
    }

    /// One of these by its weight; none where all weigh nothing.
    pub(crate) fn weighted<'a, T>(&mut self, all: &'a [(u32, T)]) -> Option<&'a T> {
        let total: u32 = all.iter().map(|(weight, _)| weight).sum();
        let mut at = if total == 0 {
            return None;
        } else {
            self.below(total)
        };
        for (weight, one) in all {
            if at < *weight {
                return Some(one);
            }
            at -= weight;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_numbers_that_are_published_for_it() {
        let mut chance = Chance::new(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!([chance.next(), chance.next(), chance.next()], expected);
    }

    #[test]
    fn what_weighs_nothing_is_never_chosen() {
        let mut chance = Chance::new(1);
        for _ in 0..1_000 {
            assert_eq!(
                chance.weighted(&[(0, "never"), (1, "always"), (0, "never")]),
                Some(&"always")
            );
        }
        assert_eq!(chance.weighted::<u8>(&[]), None);
    }
}
