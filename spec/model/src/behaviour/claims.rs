//! Deciding claims exactly: all outcomes are looked at, however many there are.
//!
//! A predicate walks along the automaton as a monitor; a node with a monitor that remembers the same
//! is visited once.

use std::fmt;

use indexmap::IndexMap;
use num_bigint::BigUint;
use poolproof_case::claim::ClaimKind;
use poolproof_case::{Monitor, Outcome, Predicate};
use rustc_hash::FxBuildHasher;

use super::Behaviour;

/// Why a claim is false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refutation {
    /// `Always` or `Never`: an allowed outcome that breaks it.
    Outcome(Outcome),
    /// `Sometimes`: no allowed outcome is like this.
    NoOutcome,
    /// `AllowedCount`: how many outcomes are allowed.
    Count(BigUint),
}

impl fmt::Display for Refutation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refutation::Outcome(outcome) => {
                formatter.write_str("an allowed outcome breaks it: ")?;
                for line in &outcome.lines {
                    write!(formatter, "\"{line}\", ")?;
                }
                write!(formatter, "{}", outcome.ending)?;
                match outcome.left {
                    0 => Ok(()),
                    left => write!(formatter, ", left {left}"),
                }
            }
            Refutation::NoOutcome => formatter.write_str("no allowed outcome is like this"),
            Refutation::Count(count) if *count == BigUint::from(1_u8) => {
                formatter.write_str("1 outcome is allowed")
            }
            Refutation::Count(count) => write!(formatter, "{count} outcomes are allowed"),
        }
    }
}

impl Behaviour {
    /// Whether a claim is true of the allowed outcomes.
    ///
    /// # Errors
    /// When it is false, with what shows it.
    pub fn check(&self, claim: &ClaimKind) -> Result<(), Refutation> {
        let none = |found: Option<Outcome>| match found {
            None => Ok(()),
            Some(outcome) => Err(Refutation::Outcome(outcome)),
        };
        match claim {
            ClaimKind::Always(predicate) => none(self.find(predicate, false)),
            ClaimKind::Never(predicate) => none(self.find(predicate, true)),
            ClaimKind::Sometimes(predicate) => match self.find(predicate, true) {
                Some(_) => Ok(()),
                None => Err(Refutation::NoOutcome),
            },
            ClaimKind::AllowedCount(digits) if *digits == self.count().to_string() => Ok(()),
            ClaimKind::AllowedCount(_) => Err(Refutation::Count(self.count())),
            // What is measured is none of the specification's business.
            ClaimKind::Relation(_) => Ok(()),
        }
    }

    /// A shortest allowed outcome of which the predicate holds.
    #[must_use]
    pub fn reachable(&self, predicate: &Predicate) -> Option<Outcome> {
        self.find(predicate, true)
    }

    /// A shortest allowed outcome for which the predicate has this truth.
    fn find(&self, predicate: &Predicate, truth: bool) -> Option<Outcome> {
        // Each place remembers where it was reached from and by which line.
        let mut places: IndexMap<(u32, Monitor), (usize, u32), FxBuildHasher> = IndexMap::default();
        places.insert((0, Monitor::new(predicate)), (0, 0));
        let mut next = 0;
        while let Some(((node, monitor), _)) = places.get_index(next) {
            let (node, monitor) = (&self.nodes[*node as usize], monitor.clone());
            for end in &node.ends {
                let (ending, left) = &self.ends[*end as usize];
                if monitor.verdict(ending, *left) == truth {
                    let lines = retrace(next, |place| places[place]);
                    return Some(self.outcome(&lines, *end));
                }
            }
            for (line, to) in &node.edges {
                let mut after = monitor.clone();
                after.step(&self.lines[*line as usize]);
                places.entry((*to, after)).or_insert((next, *line));
            }
            next += 1;
        }
        None
    }
}

/// The lines on the way to a place; the first place is the start.
fn retrace(mut place: usize, origin: impl Fn(usize) -> (usize, u32)) -> Vec<u32> {
    let mut lines = Vec::new();
    while place != 0 {
        let (from, line) = origin(place);
        lines.push(line);
        place = from;
    }
    lines.reverse();
    lines
}
