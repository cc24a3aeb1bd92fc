//! The behaviour: every outcome that the specification allows a program, as a minimal automaton.
//!
//! Its edges bear lines, its nodes bear the endings that are allowed there.
//! Where the graph comes from is exploration's business; what a verdict is, the runner's.

mod canonical;
mod claims;
mod count;
mod difference;
mod dot;
mod fingerprint;
pub(crate) mod language;
mod nearest;
mod rejection;
mod sample;
#[cfg(test)]
mod tests;
mod words;

use num_bigint::BigUint;
use poolproof_case::{Ending, Outcome};

use crate::graph::Graph;

pub use claims::Refutation;
pub use difference::difference;
pub use rejection::Rejection;

/// How a program may end: main's ending, and how many of its processes still live.
type End = (Ending, u32);

/// All outcomes that a program may have under one start method.
///
/// Two behaviours are equal if and only if they allow the same outcomes, since a minimal automaton
/// with canonical numbers is the same whatever graph it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// The lines that occur, sorted.
    lines: Vec<String>,
    /// The endings that occur, sorted.
    ends: Vec<End>,
    /// The nodes; node 0 is the start, and each edge leads to a higher number.
    nodes: Vec<Node>,
    /// How many outcomes continue from each node.
    counts: Vec<BigUint>,
}

/// What is known after some lines: how the program may end now, and which lines may follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Node {
    /// Indices into the endings, sorted.
    ends: Vec<u32>,
    /// A line's index and the node after it, sorted by line; no line twice.
    edges: Vec<(u32, u32)>,
    /// Whether anything may follow.
    is_undefined: bool,
}

impl Behaviour {
    /// The behaviour of a state graph: determinised and minimal.
    ///
    /// # Panics
    /// When the graph has a cycle or an edge to nowhere, which exploration never makes.
    #[must_use]
    pub fn from_graph(graph: &Graph) -> Behaviour {
        language::of(graph)
    }

    /// How many nodes the minimal automaton has.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// How many edges the minimal automaton has.
    #[must_use]
    pub fn edges(&self) -> usize {
        self.nodes.iter().map(|node| node.edges.len()).sum()
    }

    /// The lines that occur, in order; edges name them by their place here.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The endings that occur, each with how many processes are left; nodes name them by their place
    /// here.
    #[must_use]
    pub fn endings(&self) -> &[(Ending, u32)] {
        &self.ends
    }

    /// The edges of a node: a line, and the node after it. Node 0 is the start.
    ///
    /// # Panics
    /// When there is no such node.
    #[must_use]
    pub fn edges_of(&self, node: usize) -> &[(u32, u32)] {
        &self.nodes[node].edges
    }

    /// The endings that are allowed at a node.
    ///
    /// # Panics
    /// When there is no such node.
    #[must_use]
    pub fn endings_of(&self, node: usize) -> &[u32] {
        &self.nodes[node].ends
    }

    /// Whether this outcome is allowed.
    #[must_use]
    pub fn allows(&self, outcome: &Outcome) -> bool {
        let (accepted, node) = self.follow(&outcome.lines);
        accepted == outcome.lines.len()
            && self
                .end_index(outcome)
                .is_some_and(|end| self.nodes[node].ends.contains(&end))
    }

    /// Whether the program may have done, after the first of these lines, what the documentation
    /// leaves undefined: nothing is known of what follows, and it is neither allowed nor forbidden.
    #[must_use]
    pub fn is_undefined(&self, outcome: &Outcome) -> bool {
        let mut node = 0;
        let mut lines = outcome.lines.iter();
        loop {
            if self.nodes[node].is_undefined {
                return true;
            }
            let line = lines.next().and_then(|line| self.line_index(line));
            match line.and_then(|line| self.step(node, line)) {
                Some(next) => node = next,
                None => return false,
            }
        }
    }

    /// Whether the program may do what the documentation leaves undefined.
    #[must_use]
    pub fn may_be_undefined(&self) -> bool {
        self.nodes.iter().any(|node| node.is_undefined)
    }

    /// Whether some allowed outcome is a hang.
    #[must_use]
    pub fn may_hang(&self) -> bool {
        self.ends.iter().any(|(ending, _)| *ending == Ending::Hang)
    }

    /// Follows the lines as far as they are allowed: how many, and the node after them.
    fn follow(&self, lines: &[String]) -> (usize, usize) {
        let mut node = 0;
        for (accepted, line) in lines.iter().enumerate() {
            match self.line_index(line).and_then(|line| self.step(node, line)) {
                Some(next) => node = next,
                None => return (accepted, node),
            }
        }
        (lines.len(), node)
    }

    /// The node after a line.
    fn step(&self, node: usize, line: u32) -> Option<usize> {
        let edges = &self.nodes[node].edges;
        let found = edges.binary_search_by_key(&line, |edge| edge.0).ok()?;
        Some(edges[found].1 as usize)
    }

    fn line_index(&self, line: &String) -> Option<u32> {
        self.lines
            .binary_search(line)
            .ok()
            .map(|index| index as u32)
    }

    fn end_index(&self, outcome: &Outcome) -> Option<u32> {
        self.ends
            .iter()
            .position(|(ending, left)| *ending == outcome.ending && *left == outcome.left)
            .map(|index| index as u32)
    }

    /// The outcome of lines and an ending, both by index.
    fn outcome(&self, lines: &[u32], end: u32) -> Outcome {
        let (ending, left) = self.ends[end as usize].clone();
        Outcome {
            lines: lines
                .iter()
                .map(|line| self.lines[*line as usize].clone())
                .collect(),
            ending,
            left,
        }
    }
}
