//! An outcome as somebody writes it on the command line, as outcomes are shown.

use std::collections::BTreeSet;

use poolproof_case::{Ending, Outcome, Predicate};
use poolproof_spec::Behaviour;

/// What stands between two lines, and before the ending, where outcomes are shown.
const BETWEEN: &str = " / ";
const BEFORE_ENDING: &str = " → ";

/// The lines that somebody asks for, and how it is to end, if they say so.
pub(super) struct Wanted {
    lines: Vec<String>,
    end: Option<(Ending, u32)>,
}

impl Wanted {
    /// As outcomes are shown: `a / b ×2 → exit 0, left 1`. A line that is known to end in ` ×2` is one.
    pub(super) fn read(text: &str, known: &[String]) -> Wanted {
        let (lines, end) = match text.rsplit_once(BEFORE_ENDING) {
            Some((lines, end)) => match ending(end) {
                Some(end) => (lines, Some(end)),
                None => (text, None),
            },
            None => (text, None),
        };
        let known: BTreeSet<&str> = known.iter().map(String::as_str).collect();
        let mut all = Vec::new();
        let parts = lines.split(BETWEEN);
        for part in parts.filter(|part| !matches!(part.trim(), "" | "(no line)")) {
            let (line, times) = match part.rsplit_once(" ×") {
                Some((line, times)) if !known.contains(part) => (line, times.parse().ok()),
                _ => (part, Some(1)),
            };
            match times {
                Some(times) => all.extend(std::iter::repeat_n(line.to_owned(), times)),
                None => all.push(part.to_owned()),
            }
        }
        Wanted { lines: all, end }
    }

    /// A shortest allowed outcome of these lines, with that ending if there is one.
    pub(super) fn allowed(&self, behaviour: &Behaviour) -> Option<Outcome> {
        let mut all = vec![Predicate::Lines(self.lines.clone())];
        if let Some((ending, left)) = &self.end {
            all.push(match ending {
                Ending::Hang => Predicate::Hang,
                other => Predicate::Ends(other.clone()),
            });
            all.push(Predicate::Left(*left));
        }
        behaviour.reachable(&Predicate::And(all))
    }

    /// Whether it says how it is to end.
    pub(super) fn has_ending(&self) -> bool {
        self.end.is_some()
    }

    /// Whether an outcome is meant.
    pub(super) fn is(&self, outcome: &Outcome) -> bool {
        let ends =
            |(ending, left): &(Ending, u32)| (ending, *left) == (&outcome.ending, outcome.left);
        self.lines == outcome.lines && self.end.as_ref().is_none_or(ends)
    }

    /// Its lines, with an ordinary ending where it says none.
    pub(super) fn outcome(&self) -> Outcome {
        let (ending, left) = self.end.clone().unwrap_or((Ending::Exit(0), 0));
        Outcome {
            lines: self.lines.clone(),
            ending,
            left,
        }
    }
}

fn ending(text: &str) -> Option<(Ending, u32)> {
    let (ending, left) = match text.split_once(", left ") {
        Some((ending, left)) => (ending, left.trim().parse().ok()?),
        None => (text, 0),
    };
    Some((ending.trim().parse().ok()?, left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_as_it_is_shown() {
        let read = |text| {
            let wanted = Wanted::read(text, &[]);
            (wanted.lines, wanted.end)
        };
        let lines = |lines: &[&str]| {
            lines
                .iter()
                .map(|line| (*line).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(read("a / b"), (lines(&["a", "b"]), None));
        assert_eq!(
            read("a ×2 / b → exit 1, left 2"),
            (lines(&["a", "a", "b"]), Some((Ending::Exit(1), 2)))
        );
        assert_eq!(
            read("(no line) → hang"),
            (lines(&[]), Some((Ending::Hang, 0)))
        );
        assert_eq!(read("a → b"), (lines(&["a → b"]), None));
    }
}
