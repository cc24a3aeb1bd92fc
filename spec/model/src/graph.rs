//! A graph of states without their contents, of which a behaviour can be made.
//!
//! Exploration keeps none: it makes its languages on the way.

use poolproof_case::Ending;

/// A graph without cycles; node 0 is the start.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The states.
    pub nodes: Vec<Node>,
    /// The lines that edges bear.
    pub lines: Vec<String>,
}

/// A state.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// The steps that can follow.
    pub edges: Vec<Edge>,
    /// How the program has ended here, and how many of its processes still live.
    pub end: Option<(Ending, u32)>,
    /// Whether anything may follow: the program has done what the documentation leaves undefined.
    pub is_undefined: bool,
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The state it leads to.
    pub to: u32,
    /// The line it writes (an index into the graph's lines), if it writes one.
    pub line: Option<u32>,
}
