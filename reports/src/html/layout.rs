//! Where the nodes of an automaton are drawn: a column for the longest way to a node, and in it rows
//! near those that they come from.

use std::collections::BTreeMap;

use crate::case_record::Automaton;

/// How often the rows are put in order anew; more changes nothing that can be seen.
const SWEEPS: usize = 4;

/// Where a node is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Place {
    /// The column, from the left.
    pub(super) column: usize,
    /// The row, from above; columns are centered.
    pub(super) row: f64,
}

/// A place for each node.
pub(super) fn layout(automaton: &Automaton) -> Vec<Place> {
    let columns = columns(automaton);
    let mut by_column: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (node, column) in columns.iter().enumerate() {
        by_column.entry(*column).or_default().push(node);
    }
    let mut rows = vec![0.0; columns.len()];
    place(&by_column, &mut rows);
    let (befores, afters) = neighbours(automaton);
    for sweep in 0..SWEEPS {
        let near = if sweep % 2 == 0 { &befores } else { &afters };
        for nodes in by_column.values_mut() {
            let middle = |node: &usize| mean(&near[*node], &rows).unwrap_or(rows[*node]);
            nodes.sort_by(|one, other| middle(one).total_cmp(&middle(other)));
        }
        place(&by_column, &mut rows);
    }
    let places = columns.into_iter().zip(rows);
    places.map(|(column, row)| Place { column, row }).collect()
}

/// The longest way to each node from the start; each edge leads to a later node.
fn columns(automaton: &Automaton) -> Vec<usize> {
    let mut columns = vec![0; automaton.nodes.len()];
    for (from, node) in automaton.nodes.iter().enumerate() {
        for (_, to) in &node.edges {
            let to = *to as usize;
            // A file that somebody has written may say otherwise; then the picture is what suffers.
            if to > from && to < columns.len() {
                columns[to] = columns[to].max(columns[from] + 1);
            }
        }
    }
    columns
}

type Neighbours = Vec<Vec<usize>>;

/// Who leads to each node, and where each leads.
fn neighbours(automaton: &Automaton) -> (Neighbours, Neighbours) {
    let count = automaton.nodes.len();
    let (mut befores, mut afters) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for (from, node) in automaton.nodes.iter().enumerate() {
        for (_, to) in &node.edges {
            let to = *to as usize;
            if to < count {
                befores[to].push(from);
                afters[from].push(to);
            }
        }
    }
    (befores, afters)
}

fn mean(nodes: &[usize], rows: &[f64]) -> Option<f64> {
    let sum: f64 = nodes.iter().map(|node| rows[*node]).sum();
    (!nodes.is_empty()).then(|| sum / nodes.len() as f64)
}

/// Gives the nodes of each column rows in their order, around the middle of the tallest.
fn place(by_column: &BTreeMap<usize, Vec<usize>>, rows: &mut [f64]) {
    let tallest = by_column.values().map(Vec::len).max().unwrap_or(0);
    for nodes in by_column.values() {
        let first = (tallest - nodes.len()) as f64 / 2.0;
        for (index, node) in nodes.iter().enumerate() {
            rows[*node] = first + index as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case_record::NodeRecord;

    fn automaton(edges: &[&[u32]]) -> Automaton {
        let node = |targets: &&[u32]| NodeRecord {
            edges: targets.iter().map(|to| (0, *to)).collect(),
            endings: Vec::new(),
        };
        Automaton {
            nodes: edges.iter().map(node).collect(),
            ..Automaton::default()
        }
    }

    #[test]
    fn each_node_stands_right_of_those_that_lead_to_it_and_none_on_another() {
        let places = layout(&automaton(&[&[1, 2, 3], &[4], &[4, 3], &[5], &[5], &[]]));
        let columns: Vec<usize> = places.iter().map(|place| place.column).collect();
        assert_eq!(columns, [0, 1, 1, 2, 2, 3]);
        for (index, place) in places.iter().enumerate() {
            assert!(!places[..index].contains(place), "{places:?}");
        }
    }

    #[test]
    fn an_automaton_that_is_none_is_drawn_nevertheless() {
        assert_eq!(layout(&automaton(&[])), []);
        assert_eq!(layout(&automaton(&[&[0, 7]])).len(), 1);
    }
}
