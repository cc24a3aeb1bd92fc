//! An automaton drawn as SVG: nodes from left to right, a line of output on each edge, what was seen
//! marked by strength and colour, what was not by a dashed line.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use poolproof_case::Outcome;

use super::layout::{Place, layout};
use super::pieces::{text, wide};
use crate::case_record::{Automaton, EndingRecord};
use crate::shown::shown;

const NODE_RADIUS: f64 = 9.0;
const COLUMN: f64 = 132.0;
const ROW: f64 = 46.0;
const MARGIN: f64 = 26.0;

/// Of a longer label, only the beginning is drawn; the whole stands in its title.
const LABEL_CHARS: usize = 15;

/// What of an automaton was seen.
#[derive(Debug, Default)]
pub(super) struct Marks {
    nodes: BTreeSet<usize>,
    edges: BTreeSet<(usize, u32)>,
}

/// Marks what these outcomes went through, as far as they are allowed.
pub(super) fn marks<'a>(
    automaton: &Automaton,
    seen: impl IntoIterator<Item = &'a Outcome>,
) -> Marks {
    let numbers: BTreeMap<&str, u32> = automaton
        .lines
        .iter()
        .map(String::as_str)
        .zip(0..)
        .collect();
    let mut marks = Marks::default();
    for outcome in seen {
        let mut node = 0;
        marks.nodes.insert(node);
        for line in &outcome.lines {
            let edges = automaton
                .nodes
                .get(node)
                .map_or(&[][..], |node| &node.edges);
            let number = numbers.get(line.as_str());
            let Some((line, next)) = edges.iter().find(|(line, _)| Some(line) == number) else {
                break;
            };
            marks.edges.insert((node, *line));
            node = *next as usize;
            marks.nodes.insert(node);
        }
    }
    marks
}

/// The picture, in a box that scrolls.
pub(super) fn drawn(automaton: &Automaton, marks: &Marks) -> Markup {
    let places = layout(automaton);
    let at = |place: &Place| {
        (
            MARGIN + place.column as f64 * COLUMN,
            MARGIN + place.row * ROW,
        )
    };
    let points: Vec<(f64, f64)> = places.iter().map(at).collect();
    let most = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).fold(0.0, f64::max);
    let (width, height) = (
        most(|point| point.0) + 110.0,
        most(|point| point.1) + MARGIN + 4.0,
    );
    let label = format!(
        "Automaton of what is allowed: {} nodes, {} of {} edges seen",
        automaton.nodes.len(),
        marks.edges.len(),
        automaton
            .nodes
            .iter()
            .map(|node| node.edges.len())
            .sum::<usize>(),
    );
    let picture = html! {
        svg class="automaton" width=(width) height=(height)
            viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(label) {
            @for (from, node) in automaton.nodes.iter().enumerate() {
                @for (to, lines) in bundles(&node.edges) {
                    (edge(automaton, (points[from], points[to]), &lines, |line| {
                        marks.edges.contains(&(from, line))
                    }))
                }
            }
            @for (index, node) in automaton.nodes.iter().enumerate() {
                (self::node(points[index], marks.nodes.contains(&index), node.endings.iter().filter_map(
                    |ending| automaton.endings.get(*ending as usize),
                )))
            }
        }
    };
    wide(&label, picture)
}

/// The edges of a node by where they lead.
fn bundles(edges: &[(u32, u32)]) -> BTreeMap<usize, Vec<u32>> {
    let mut bundles: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for (line, to) in edges {
        bundles.entry(*to as usize).or_default().push(*line);
    }
    bundles
}

fn edge(
    automaton: &Automaton,
    ((x, y), (to_x, to_y)): ((f64, f64), (f64, f64)),
    lines: &[u32],
    is_seen: impl Fn(u32) -> bool,
) -> Markup {
    let (start, end) = (x + NODE_RADIUS, to_x - NODE_RADIUS);
    let bend = ((end - start) / 2.0).min(COLUMN * 0.6);
    let path = format!(
        "M{start:.0} {y:.0}C{:.0} {y:.0} {:.0} {to_y:.0} {end:.0} {to_y:.0}",
        start + bend,
        end - bend,
    );
    let seen = lines.iter().any(|line| is_seen(*line));
    let name = |line: &u32| {
        automaton
            .lines
            .get(*line as usize)
            .map_or("", String::as_str)
    };
    let whole: Vec<String> = lines.iter().map(|line| text(name(line))).collect();
    let short = match lines {
        [one] => shortened(name(one)),
        [first, ..] => format!("{} +{}", shortened(name(first)), lines.len() - 1),
        [] => String::new(),
    };
    // In its middle an edge is apart from those that begin or end at the same node.
    let (label_x, label_y) = ((start + end) / 2.0, (y + to_y) / 2.0 - 4.0);
    html! {
        g class=(if seen { "edge seen" } else { "edge" }) {
            path d=(path) {}
            text x={ (format!("{label_x:.0}")) } y={ (format!("{label_y:.0}")) } {
                (short) title { (whole.join(" | ")) }
            }
        }
    }
}

fn shortened(line: &str) -> String {
    let line = shown(line, 200);
    if line.chars().count() <= LABEL_CHARS {
        return line;
    }
    line.chars().take(LABEL_CHARS - 1).chain(['…']).collect()
}

fn node<'a>(
    (x, y): (f64, f64),
    is_seen: bool,
    endings: impl Iterator<Item = &'a EndingRecord>,
) -> Markup {
    let endings: Vec<String> = endings
        .map(|ending| match ending.left {
            0 => ending.ending.to_string(),
            left => format!("{}, {left} left", ending.ending),
        })
        .collect();
    html! {
        g class=(if is_seen { "node seen" } else { "node" }) {
            circle cx=(x) cy=(format!("{y:.0}")) r=(NODE_RADIUS) {}
            @if !endings.is_empty() {
                circle cx=(x) cy=(format!("{y:.0}")) r=(NODE_RADIUS - 3.0) {}
                text x=(x + NODE_RADIUS + 4.0) y={ (format!("{:.0}", y + 4.0)) } class="ends" {
                    (endings.join(" or "))
                }
            }
        }
    }
}
