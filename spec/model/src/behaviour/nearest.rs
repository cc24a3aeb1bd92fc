//! The nearest allowed outcome by edit distance.
//!
//! A line added, missing or changed counts one, another ending one.
//! The search goes by distance and ends at the first outcome that it completes, which is a nearest
//! one; past a limit of visits (far beyond what cases have) it settles for any outcome that begins
//! as the given one does.

use std::collections::VecDeque;

use poolproof_case::Outcome;
use rustc_hash::FxHashMap;

use super::Behaviour;

/// How many places the search visits before it settles.
const VISITS_MAX: usize = 2_000_000;

/// Where the search stands: so many lines of the given outcome are dealt with, at this node.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    At { position: u32, node: u32 },
    Ended(u32),
}

/// How a place was reached: from where, and the line that the nearest outcome has there.
type Origin = (Place, Option<u32>);

impl Behaviour {
    /// An allowed outcome with the fewest differences from the given one.
    pub(super) fn nearest(&self, outcome: &Outcome) -> Option<Outcome> {
        if self.counts[0] == num_bigint::BigUint::ZERO {
            return None;
        }
        Some(
            self.search(outcome, VISITS_MAX)
                .unwrap_or_else(|| self.begin_alike(outcome)),
        )
    }

    /// A nearest outcome, or none within so many visits.
    pub(super) fn search(&self, outcome: &Outcome, visits_max: usize) -> Option<Outcome> {
        let given: Vec<Option<u32>> = outcome
            .lines
            .iter()
            .map(|line| self.line_index(line))
            .collect();
        let given_end = self.end_index(outcome);
        let start = Place::At {
            position: 0,
            node: 0,
        };
        // Steps cost nothing or one, so places wait in two layers: this distance, and the next.
        let mut now = VecDeque::from([(start, None)]);
        let mut next = VecDeque::new();
        let mut origins: FxHashMap<Place, Option<Origin>> = FxHashMap::default();
        loop {
            let Some((place, origin)) = now.pop_front() else {
                if next.is_empty() {
                    return None;
                }
                std::mem::swap(&mut now, &mut next);
                continue;
            };
            if origins.contains_key(&place) {
                continue;
            }
            if origins.len() == visits_max {
                return None;
            }
            origins.insert(place, origin);
            match place {
                Place::Ended(end) => return Some(self.retrace(place, end, &origins)),
                Place::At { position, node } => {
                    for (step, line, cost) in self.steps(position, node, &given, given_end) {
                        let reached = (step, Some((place, line)));
                        if cost == 0 {
                            now.push_front(reached);
                        } else {
                            next.push_back(reached);
                        }
                    }
                }
            }
        }
    }

    /// What can be done at a place: the next place, the line written on the way, the cost.
    fn steps(
        &self,
        position: u32,
        node: u32,
        given: &[Option<u32>],
        given_end: Option<u32>,
    ) -> Vec<(Place, Option<u32>, u32)> {
        let at = |position, node| Place::At { position, node };
        let here = &self.nodes[node as usize];
        let mut steps = Vec::new();
        let line = given.get(position as usize);
        for (other, to) in &here.edges {
            steps.push((at(position, *to), Some(*other), 1));
            if let Some(line) = line {
                let cost = u32::from(*line != Some(*other));
                steps.push((at(position + 1, *to), Some(*other), cost));
            }
        }
        match line {
            Some(_) => steps.push((at(position + 1, node), None, 1)),
            None => {
                for end in &here.ends {
                    steps.push((Place::Ended(*end), None, u32::from(Some(*end) != given_end)));
                }
            }
        }
        steps
    }

    /// The outcome of the way to a place.
    fn retrace(
        &self,
        mut place: Place,
        end: u32,
        origins: &FxHashMap<Place, Option<Origin>>,
    ) -> Outcome {
        let mut lines = Vec::new();
        while let Some(Some((from, line))) = origins.get(&place) {
            lines.extend(line);
            place = *from;
        }
        lines.reverse();
        self.outcome(&lines, end)
    }

    /// An outcome with the longest possible beginning of the given one.
    pub(super) fn begin_alike(&self, outcome: &Outcome) -> Outcome {
        let (accepted, mut node) = self.follow(&outcome.lines);
        let mut lines: Vec<u32> = outcome.lines[..accepted]
            .iter()
            .filter_map(|line| self.line_index(line))
            .collect();
        loop {
            let here = &self.nodes[node];
            if let Some(end) = here.ends.first() {
                return self.outcome(&lines, *end);
            }
            let (line, to) = here.edges[0];
            lines.push(line);
            node = to as usize;
        }
    }
}
