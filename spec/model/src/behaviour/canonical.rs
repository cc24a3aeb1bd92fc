//! Canonical numbers: equal languages become equal values, whatever graph they came from.
//!
//! Only what the start reaches is kept, with the lines and endings that occur there.

use std::collections::BTreeSet;

use super::language::Languages;
use super::{Behaviour, Node, count};

/// The behaviour of the start's language.
pub(super) fn behaviour(languages: &Languages) -> Behaviour {
    let order = sources_first(languages);
    let mut number = vec![0; languages.nodes.len()];
    for (new, old) in order.iter().enumerate() {
        number[*old as usize] = new as u32;
    }
    let kept = || order.iter().map(|old| &languages.nodes[*old as usize]);
    let (lines, line_number) = keep(
        &languages.lines,
        kept().flat_map(|node| node.edges.iter().map(|edge| edge.0)),
    );
    let (ends, end_number) = keep(
        &languages.ends,
        kept().flat_map(|node| node.ends.iter().copied()),
    );
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
fn sources_first(languages: &Languages) -> Vec<u32> {
    let mut seen = vec![false; languages.nodes.len()];
    let mut order = Vec::new();
    let mut path = vec![(languages.start, 0)];
    seen[languages.start as usize] = true;
    while let Some((node, edge)) = path.last_mut() {
        let Some((_, to)) = languages.nodes[*node as usize].edges.get(*edge) else {
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
