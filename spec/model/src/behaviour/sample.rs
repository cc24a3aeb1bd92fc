//! Drawing outcomes, each as likely as any other.

use num_bigint::BigUint;
use poolproof_case::Outcome;

use super::Behaviour;

impl Behaviour {
    /// An outcome drawn uniformly; the same for the same seed. None where nothing is allowed.
    #[must_use]
    pub fn sample(&self, seed: u64) -> Option<Outcome> {
        let mut rank = below(&self.counts[0], &mut Generator(seed))?;
        let mut lines = Vec::new();
        let mut node = &self.nodes[0];
        loop {
            let ends = BigUint::from(node.ends.len());
            if rank < ends {
                let index = usize::try_from(&rank).expect("it is below a length");
                return Some(self.outcome(&lines, node.ends[index]));
            }
            rank -= ends;
            let mut edges = node.edges.iter();
            node = loop {
                let (line, to) = edges.next().expect("a rank is below the node's count");
                let count = &self.counts[*to as usize];
                if rank < *count {
                    lines.push(*line);
                    break &self.nodes[*to as usize];
                }
                rank -= count;
            };
        }
    }
}

/// A number below another, uniformly: bits are drawn again until they fit.
fn below(bound: &BigUint, generator: &mut Generator) -> Option<BigUint> {
    if *bound == BigUint::ZERO {
        return None;
    }
    let bits = bound.bits();
    loop {
        let digits = (0..bits.div_ceil(32)).map(|digit| {
            let kept = (bits - 32 * digit).min(32);
            (generator.next() >> (64 - kept)) as u32
        });
        let drawn = BigUint::new(digits.collect());
        if drawn < *bound {
            return Some(drawn);
        }
    }
}

/// Steele, Lea and Flood's SplitMix64.
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
