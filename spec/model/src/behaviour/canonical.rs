//! Canonical numbers: equal languages become equal values, whatever graph they came from.
//!
//! Only what the start reaches is kept, with the lines and endings that occur there.

use std::collections::BTreeSet;

use super::{Behaviour, End, Node, count};

/// The behaviour of the start's language, of lines and endings in order.
pub(super) fn behaviour(all: &[Node], start: u32, lines: &[String], ends: &[End]) -> Behaviour {
    let order = sources_first(all, start);
    let mut number = vec![0; all.len()];
    for (new, old) in order.iter().enumerate() {
        number[*old as usize] = new as u32;
    }
    let kept = || order.iter().map(|old| &all[*old as usize]);
    let (lines, line_number) = keep(
        lines,
        kept().flat_map(|node| node.edges.iter().map(|edge| edge.0)),
    );
    let (ends, end_number) = keep(ends, kept().flat_map(|node| node.ends.iter().copied()));
    let nodes: Vec<Node> = kept()
        .map(|node| Node {
            ends: node
                .ends
                .iter()
                .map(|end| end_number[*end as usize])
                .collect(),
            edges: node
                .edges
                .iter()
                .map(|(line, to)| (line_number[*line as usize], number[*to as usize]))
                .collect(),
            is_undefined: node.is_undefined,
        })
        .collect();
    Behaviour {
        counts: count::from_each(&nodes),
        lines,
        ends,
        nodes,
    }
}

/// What is used, in the same order, and for each index its new one.
fn keep<T: Clone>(all: &[T], used: impl Iterator<Item = u32>) -> (Vec<T>, Vec<u32>) {
    let used: BTreeSet<u32> = used.collect();
    let mut new = vec![0; all.len()];
    for (index, old) in used.iter().enumerate() {
        new[*old as usize] = index as u32;
    }
    let kept = used.iter().map(|old| all[*old as usize].clone()).collect();
    (kept, new)
}

/// The nodes that the start reaches, each before all that its edges lead to, by the order of lines.
fn sources_first(all: &[Node], start: u32) -> Vec<u32> {
    let mut seen = vec![false; all.len()];
    let mut order = Vec::new();
    let mut path = vec![(start, 0)];
    seen[start as usize] = true;
    while let Some((node, edge)) = path.last_mut() {
        let Some((_, to)) = all[*node as usize].edges.get(*edge) else {
            order.push(*node);
            path.pop();
            continue;
        };
        *edge += 1;
        if !seen[*to as usize] {
            seen[*to as usize] = true;
            path.push((*to, 0));
        }
    }
    order.reverse();
    order
}
