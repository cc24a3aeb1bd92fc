//! Explaining a rejection: how far an outcome was allowed, and what would have been.

use poolproof_case::{Ending, Outcome};

use super::{Behaviour, End};

/// Why an outcome is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// How many of its lines some allowed outcome begins with.
    pub accepted: usize,
    /// What may follow them: lines in quotes, endings without.
    pub expected: Vec<String>,
    /// An allowed outcome with the fewest changed, missing or added lines; none where nothing is
    /// allowed at all.
    pub nearest: Option<Outcome>,
}

impl Behaviour {
    /// Why an outcome is not allowed (what would continue it, where it is).
    #[must_use]
    pub fn explain(&self, outcome: &Outcome) -> Rejection {
        let (accepted, node) = self.follow(&outcome.lines);
        let node = &self.nodes[node];
        let lines = node
            .edges
            .iter()
            .map(|(line, _)| format!("\"{}\"", self.lines[*line as usize]));
        let ends = node
            .ends
            .iter()
            .map(|end| describe(&self.ends[*end as usize]));
        Rejection {
            accepted,
            expected: lines.chain(ends).collect(),
            nearest: self.nearest(outcome),
        }
    }
}

/// `exit 0`, or `exit 0, left 2` where processes are left.
fn describe((ending, left): &End) -> String {
    match (ending, left) {
        (Ending::Hang, _) | (_, 0) => ending.to_string(),
        (_, left) => format!("{ending}, left {left}"),
    }
}
