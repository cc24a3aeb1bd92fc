//! How two behaviours differ.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use poolproof_case::Outcome;
use rustc_hash::FxBuildHasher;

use super::{Behaviour, End};

/// A node of each side; none where that side allows nothing any more.
type Pair = (Option<u32>, Option<u32>);

/// Each pair that was reached: from which, and by which line.
type Reached<'a> = IndexMap<Pair, (usize, &'a str), FxBuildHasher>;

/// The endings at a node.
type Ends<'a> = BTreeSet<&'a End>;

/// A shortest outcome that one of two behaviours allows and the other does not.
#[must_use]
pub fn difference(left: &Behaviour, right: &Behaviour) -> Option<Outcome> {
    search(left, right, |here, there| {
        here.symmetric_difference(there).next().copied().cloned()
    })
}

impl Behaviour {
    /// A shortest outcome that this allows and another behaviour does not.
    #[must_use]
    pub fn beyond(&self, other: &Behaviour) -> Option<Outcome> {
        search(self, other, |here, there| {
            here.difference(there).next().copied().cloned()
        })
    }
}

/// The first outcome by length whose ending is chosen out of the endings that both sides have there.
fn search(
    left: &Behaviour,
    right: &Behaviour,
    choose: impl Fn(&Ends<'_>, &Ends<'_>) -> Option<End>,
) -> Option<Outcome> {
    let mut reached = Reached::default();
    reached.insert((Some(0), Some(0)), (0, ""));
    let mut next = 0;
    while let Some((&pair, _)) = reached.get_index(next) {
        let (here, there) = (left.at(pair.0), right.at(pair.1));
        if let Some((ending, alive)) = choose(&here.0, &there.0) {
            return Some(Outcome {
                lines: retrace(&reached, next),
                ending,
                left: alive,
            });
        }
        let lines: BTreeSet<&str> = here.1.keys().chain(there.1.keys()).copied().collect();
        for line in lines {
            let after = (here.1.get(line).copied(), there.1.get(line).copied());
            reached.entry(after).or_insert((next, line));
        }
        next += 1;
    }
    None
}

fn retrace(reached: &Reached<'_>, mut place: usize) -> Vec<String> {
    let mut lines = Vec::new();
    while place != 0 {
        let (from, line) = reached[place];
        lines.push(line.to_owned());
        place = from;
    }
    lines.reverse();
    lines
}

impl Behaviour {
    /// The endings at a node, and the nodes after its lines; nothing at no node.
    fn at(&self, node: Option<u32>) -> (Ends<'_>, BTreeMap<&str, u32>) {
        let Some(node) = node.map(|node| &self.nodes[node as usize]) else {
            return (BTreeSet::new(), BTreeMap::new());
        };
        let ends = node.ends.iter().map(|end| &self.ends[*end as usize]);
        let lines = node
            .edges
            .iter()
            .map(|(line, to)| (self.lines[*line as usize].as_str(), *to));
        (ends.collect(), lines.collect())
    }
}
