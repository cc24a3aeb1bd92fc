//! Determinising and minimising: the language of each state, equal languages being one node.
//!
//! Languages are built from the ends of the graph to its start, and a node is made only once for
//! the same endings and the same languages after the same lines, so that two numbers are equal
//! exactly when the languages are: nothing is left to minimise afterwards.
//! No step recurses: a graph may be a million states deep.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{End, Node};
use crate::graph::Graph;

/// The language without any outcome.
const EMPTY: u32 = 0;

/// The nodes of an automaton, targets before sources, and the one that is the start.
pub(super) struct Languages {
    pub(super) lines: Vec<String>,
    pub(super) ends: Vec<End>,
    pub(super) nodes: IndexSet<Node, FxBuildHasher>,
    pub(super) start: u32,
    /// The union of each set of languages that was asked for.
    unions: FxHashMap<Vec<u32>, u32>,
}

/// The languages of a graph's states.
pub(super) fn of(graph: &Graph) -> Languages {
    let (lines, line_of) = sorted_lines(graph);
    let ends: BTreeSet<End> = graph
        .nodes
        .iter()
        .filter_map(|node| node.end.clone())
        .collect();
    let mut languages = Languages {
        lines,
        ends: ends.into_iter().collect(),
        nodes: IndexSet::default(),
        start: EMPTY,
        unions: FxHashMap::default(),
    };
    languages.intern(Node::default());
    if graph.nodes.is_empty() {
        return languages;
    }
    let mut language_of = vec![EMPTY; graph.nodes.len()];
    for state in targets_first(graph) {
        language_of[state] = languages.of_state(&graph.nodes[state], &line_of, &language_of);
    }
    languages.start = language_of[0];
    languages
}

/// The distinct lines in order, and for each of the graph's lines its index among them.
fn sorted_lines(graph: &Graph) -> (Vec<String>, Vec<u32>) {
    let distinct: BTreeSet<&String> = graph.lines.iter().collect();
    let lines: Vec<String> = distinct.into_iter().cloned().collect();
    let index = |line| lines.binary_search(line).expect("each line is among them") as u32;
    let line_of = graph.lines.iter().map(index).collect();
    (lines, line_of)
}

/// The states that can be reached, each after all that its edges lead to.
fn targets_first(graph: &Graph) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; graph.nodes.len()];
    let mut order = Vec::new();
    let mut path = vec![(0, 0)];
    marks[0] = Mark::Open;
    while let Some((state, edge)) = path.last_mut() {
        let Some(next) = graph.nodes[*state].edges.get(*edge) else {
            marks[*state] = Mark::Done;
            order.push(*state);
            path.pop();
            continue;
        };
        *edge += 1;
        let to = next.to as usize;
        assert!(marks[to] != Mark::Open, "a state graph has no cycle");
        if marks[to] == Mark::New {
            marks[to] = Mark::Open;
            path.push((to, 0));
        }
    }
    order
}

/// A union being made: the lines that are not done yet stand last.
struct Open {
    of: Vec<u32>,
    node: Node,
    rest: Vec<(u32, Vec<u32>)>,
}

impl Languages {
    fn intern(&mut self, node: Node) -> u32 {
        self.nodes.insert_full(node).0 as u32
    }

    /// The language of a state whose targets' languages are known.
    fn of_state(&mut self, state: &crate::graph::Node, line_of: &[u32], known: &[u32]) -> u32 {
        let mut after = Vec::new();
        let mut parts = Vec::new();
        for edge in &state.edges {
            let language = known[edge.to as usize];
            match edge.line {
                _ if language == EMPTY => {}
                None => parts.push(language),
                Some(line) => after.push((line_of[line as usize], language)),
            }
        }
        let ends = state.end.iter().map(|end| self.end_index(end)).collect();
        let mut own = Node {
            ends,
            edges: Vec::new(),
            is_undefined: state.is_undefined,
        };
        for (line, languages) in by_line(after) {
            let to = self.union(languages);
            own.edges.push((line, to));
        }
        if own != Node::default() {
            parts.push(self.intern(own));
        }
        parts.sort_unstable();
        parts.dedup();
        self.union(parts)
    }

    fn end_index(&self, end: &End) -> u32 {
        self.ends
            .binary_search(end)
            .expect("each ending is among them") as u32
    }

    /// The language of all outcomes of some languages (sorted, distinct, none of them empty).
    fn union(&mut self, languages: Vec<u32>) -> u32 {
        if let Some(known) = self.known_union(&languages) {
            return known;
        }
        let mut stack = vec![self.open(languages)];
        loop {
            let top = stack.last_mut().expect("the last one returns");
            let Some((line, languages)) = top.rest.pop() else {
                let done = stack.pop().expect("the top is there");
                let union = self.intern(done.node);
                self.unions.insert(done.of, union);
                if stack.is_empty() {
                    return union;
                }
                continue;
            };
            match self.known_union(&languages) {
                Some(to) => top.node.edges.push((line, to)),
                None => {
                    top.rest.push((line, languages.clone()));
                    stack.push(self.open(languages));
                }
            }
        }
    }

    fn known_union(&self, languages: &[u32]) -> Option<u32> {
        match languages {
            [] => Some(EMPTY),
            [one] => Some(*one),
            several => self.unions.get(several).copied(),
        }
    }

    fn open(&self, languages: Vec<u32>) -> Open {
        let mut ends = BTreeSet::new();
        let mut after = Vec::new();
        let mut is_undefined = false;
        for language in &languages {
            let node = &self.nodes[*language as usize];
            is_undefined |= node.is_undefined;
            ends.extend(node.ends.iter().copied());
            after.extend(node.edges.iter().copied());
        }
        let mut rest = by_line(after);
        rest.reverse();
        Open {
            of: languages,
            node: Node {
                ends: ends.into_iter().collect(),
                edges: Vec::new(),
                is_undefined,
            },
            rest,
        }
    }
}

/// For each line, in order, the languages after it, sorted and distinct.
fn by_line(mut after: Vec<(u32, u32)>) -> Vec<(u32, Vec<u32>)> {
    after.sort_unstable();
    after.dedup();
    let mut groups: Vec<(u32, Vec<u32>)> = Vec::new();
    for (line, language) in after {
        match groups.last_mut() {
            Some((last, languages)) if *last == line => languages.push(language),
            _ => groups.push((line, vec![language])),
        }
    }
    groups
}
