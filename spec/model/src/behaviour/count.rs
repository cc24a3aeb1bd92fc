//! Counting outcomes, exactly however many there are.

use num_bigint::BigUint;

use super::{Behaviour, Node};

/// How many outcomes continue from each node; each edge leads to a higher number.
pub(super) fn from_each(nodes: &[Node]) -> Vec<BigUint> {
    let mut counts = vec![BigUint::ZERO; nodes.len()];
    for (number, node) in nodes.iter().enumerate().rev() {
        let mut count = BigUint::from(node.ends.len());
        for (_, to) in &node.edges {
            count += &counts[*to as usize];
        }
        counts[number] = count;
    }
    counts
}

impl Behaviour {
    /// How many outcomes are allowed.
    #[must_use]
    pub fn count(&self) -> BigUint {
        self.counts[0].clone()
    }
}
