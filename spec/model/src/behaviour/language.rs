//! Determinising and minimising: the language of each state, equal languages being one node.
//!
//! Languages are built from the ends of the graph to its start, and a node is made only once for
//! the same endings and the same languages after the same lines, so that two numbers are equal
//! exactly when the languages are: nothing is left to minimise afterwards.
//! No step recurses: a graph may be a million states deep.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{Behaviour, End, Node, canonical};
use crate::graph::Graph;

/// The language without any outcome.
pub(crate) const EMPTY: u32 = 0;

/// Languages, each known by a number; those of what comes later are made first.
///
/// Lines are numbers of who asks, one for each distinct line.
pub(crate) struct Languages {
    ends: IndexSet<End, FxBuildHasher>,
    nodes: IndexSet<Node, FxBuildHasher>,
    /// The union of each set of languages that was asked for.
    unions: FxHashMap<Vec<u32>, u32>,
    /// The lines of a state's edges with their languages, while it is looked at.
    after: Vec<(u32, u32)>,
    parts: Vec<u32>,
}

impl Default for Languages {
    fn default() -> Languages {
        let mut languages = Languages {
            ends: IndexSet::default(),
            nodes: IndexSet::default(),
            unions: FxHashMap::default(),
            after: Vec::new(),
            parts: Vec::new(),
        };
        languages.intern(Node::default());
        languages
    }
}

/// The behaviour of a graph.
pub(super) fn of(graph: &Graph) -> Behaviour {
    let mut lines: IndexSet<&String, FxBuildHasher> = IndexSet::default();
    let number = |line| lines.insert_full(line).0 as u32;
    let line_of: Vec<u32> = graph.lines.iter().map(number).collect();
    let mut languages = Languages::default();
    let mut known = vec![EMPTY; graph.nodes.len()];
    for state in targets_first(graph) {
        let node = &graph.nodes[state];
        let edges = node.edges.iter().map(|edge| {
            let line = edge.line.map(|line| line_of[line as usize]);
            (line, known[edge.to as usize])
        });
        known[state] = languages.of_state(edges, node.end.clone(), node.is_undefined);
    }
    let start = known.first().copied().unwrap_or(EMPTY);
    languages.behaviour(start, lines.into_iter().cloned().collect())
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
    let mut path: Vec<(usize, usize)> = marks.first().map(|_| (0, 0)).into_iter().collect();
    while let Some((state, edge)) = path.last_mut() {
        marks[*state] = Mark::Open;
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

    /// The language of a state: of its edges, each with the language of where it leads, and of its end.
    pub(crate) fn of_state(
        &mut self,
        edges: impl Iterator<Item = (Option<u32>, u32)>,
        end: Option<End>,
        is_undefined: bool,
    ) -> u32 {
        self.after.clear();
        self.parts.clear();
        for (line, language) in edges {
            match line {
                _ if language == EMPTY => {}
                None => self.parts.push(language),
                Some(line) => self.after.push((line, language)),
            }
        }
        let ends = end.map(|end| self.ends.insert_full(end).0 as u32);
        let mut own = Node {
            ends: ends.into_iter().collect(),
            edges: Vec::new(),
            is_undefined,
        };
        let mut after = std::mem::take(&mut self.after);
        for (line, languages) in by_line(&mut after) {
            own.edges.push((line, self.union(languages)));
        }
        self.after = after;
        if own != Node::default() {
            let own = self.intern(own);
            self.parts.push(own);
        }
        self.parts.sort_unstable();
        self.parts.dedup();
        match self.known_union(&self.parts) {
            Some(known) => known,
            None => self.union(self.parts.clone()),
        }
    }

    /// The behaviour with this language, its lines by their numbers.
    pub(crate) fn behaviour(self, start: u32, lines: Vec<String>) -> Behaviour {
        let (lines, line_rank) = sorted(lines);
        let (ends, end_rank) = sorted(self.ends);
        let ranked = |mut node: Node| {
            let edges = node.edges.iter_mut();
            edges.for_each(|(line, _)| *line = line_rank[*line as usize]);
            node.edges.sort_unstable();
            let ends = node.ends.iter_mut();
            ends.for_each(|end| *end = end_rank[*end as usize]);
            node.ends.sort_unstable();
            node
        };
        let nodes: Vec<Node> = self.nodes.into_iter().map(ranked).collect();
        canonical::behaviour(&nodes, start, &lines, &ends)
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
        let rest = by_line(&mut after).rev().collect();
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
fn by_line(after: &mut Vec<(u32, u32)>) -> impl DoubleEndedIterator<Item = (u32, Vec<u32>)> {
    after.sort_unstable();
    after.dedup();
    let groups = after.chunk_by(|one, other| one.0 == other.0);
    groups.map(|group| (group[0].0, group.iter().map(|one| one.1).collect()))
}

/// All in order, and for each its place there.
fn sorted<T: Ord + Clone>(all: impl IntoIterator<Item = T>) -> (Vec<T>, Vec<u32>) {
    let mut numbered: Vec<(T, usize)> = all
        .into_iter()
        .enumerate()
        .map(|(at, one)| (one, at))
        .collect();
    numbered.sort_unstable();
    let mut ranks = vec![0; numbered.len()];
    for (rank, (_, at)) in numbered.iter().enumerate() {
        ranks[*at] = rank as u32;
    }
    (numbered.into_iter().map(|(one, _)| one).collect(), ranks)
}
