//! A predicate as a machine that reads an outcome line by line.
//!
//! So a predicate has one meaning, for a finished outcome and along the paths of an automaton, where
//! equal machines at one node are one state.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::claim::Predicate;
use crate::outcome::{Ending, Outcome};

/// A predicate and what it remembers of the lines so far.
///
/// Monitors are equal when they remember the same; compare only those of one predicate.
#[derive(Clone, Debug)]
pub struct Monitor {
    predicate: Arc<Predicate>,
    /// One number for each leaf that looks at lines, in the order of the predicate.
    memory: Vec<u32>,
}

impl PartialEq for Monitor {
    fn eq(&self, other: &Monitor) -> bool {
        self.memory == other.memory
    }
}

impl Eq for Monitor {}

impl Hash for Monitor {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.memory.hash(hasher);
    }
}

impl Monitor {
    /// A monitor that has seen no line.
    #[must_use]
    pub fn new(predicate: &Predicate) -> Monitor {
        let mut leaves = 0;
        count_leaves(predicate, &mut leaves);
        Monitor {
            predicate: Arc::new(predicate.clone()),
            memory: vec![0; leaves],
        }
    }

    /// Sees the next line.
    pub fn step(&mut self, line: &str) {
        step(&self.predicate, line, &mut self.memory.iter_mut());
    }

    /// Whether the predicate holds of an outcome with the lines seen and this end.
    #[must_use]
    pub fn verdict(&self, ending: &Ending, left: u32) -> bool {
        verdict(&self.predicate, ending, left, &mut self.memory.iter())
    }
}

impl Predicate {
    /// Whether it holds of an outcome.
    ///
    /// # Examples
    /// ```
    /// use poolproof_case::{Ending, Outcome, Predicate};
    ///
    /// let outcome = Outcome {
    ///     lines: vec!["a".to_owned(), "b".to_owned()],
    ///     ending: Ending::Exit(0),
    ///     left: 0,
    /// };
    /// assert!(Predicate::Before("a".to_owned(), "b".to_owned()).holds(&outcome));
    /// assert!(!Predicate::Hang.holds(&outcome));
    /// ```
    #[must_use]
    pub fn holds(&self, outcome: &Outcome) -> bool {
        let mut monitor = Monitor::new(self);
        for line in &outcome.lines {
            monitor.step(line);
        }
        monitor.verdict(&outcome.ending, outcome.left)
    }
}

// What a leaf remembers, by predicate.
// Line and Count: how often the line came, as far as it matters.
// Lines: how many came as expected, or one more than there are once one did not.
const BEFORE_NEITHER: u32 = 0;
const BEFORE_FIRST: u32 = 1;
const BEFORE_HOLDS: u32 = 2;
const BEFORE_FAILS: u32 = 3;
const ADJACENT_HOLDS: u32 = 0;
const ADJACENT_WAITS: u32 = 1;
const ADJACENT_FAILS: u32 = 2;

fn count_leaves(predicate: &Predicate, leaves: &mut usize) {
    match predicate {
        Predicate::Hang | Predicate::Ends(_) | Predicate::Left(_) => {}
        Predicate::Line(_)
        | Predicate::Lines(_)
        | Predicate::Count(..)
        | Predicate::Before(..)
        | Predicate::Adjacent(..) => *leaves += 1,
        Predicate::Not(inner) => count_leaves(inner, leaves),
        Predicate::And(all) | Predicate::Or(all) => {
            for inner in all {
                count_leaves(inner, leaves);
            }
        }
    }
}

fn step(predicate: &Predicate, line: &str, memory: &mut dyn Iterator<Item = &mut u32>) {
    let mut change = |change_leaf: &dyn Fn(u32) -> u32| {
        let leaf = memory.next().expect("`new` counted the leaves");
        *leaf = change_leaf(*leaf);
    };
    match predicate {
        Predicate::Hang | Predicate::Ends(_) | Predicate::Left(_) => {}
        Predicate::Line(wanted) => change(&|seen| seen.max(u32::from(line == wanted))),
        Predicate::Lines(wanted) => change(&|seen| {
            let is_next = wanted.get(seen as usize).is_some_and(|next| next == line);
            let failed = u32::try_from(wanted.len()).unwrap_or(u32::MAX - 1) + 1;
            if is_next { seen + 1 } else { failed }
        }),
        Predicate::Count(wanted, times) => change(&|seen| {
            // One more than wanted is as wrong as any more.
            let most = times.saturating_add(1);
            seen.saturating_add(u32::from(line == wanted)).min(most)
        }),
        Predicate::Before(first, second) => change(&|state| match state {
            BEFORE_NEITHER if line == second => BEFORE_FAILS,
            BEFORE_NEITHER if line == first => BEFORE_FIRST,
            BEFORE_FIRST if line == second => BEFORE_HOLDS,
            other => other,
        }),
        Predicate::Adjacent(first, second) => change(&|state| match state {
            ADJACENT_FAILS => ADJACENT_FAILS,
            ADJACENT_WAITS if line != second => ADJACENT_FAILS,
            _ if line == first => ADJACENT_WAITS,
            _ => ADJACENT_HOLDS,
        }),
        Predicate::Not(inner) => step(inner, line, memory),
        Predicate::And(all) | Predicate::Or(all) => {
            for inner in all {
                step(inner, line, memory);
            }
        }
    }
}

fn verdict(
    predicate: &Predicate,
    ending: &Ending,
    left: u32,
    memory: &mut dyn Iterator<Item = &u32>,
) -> bool {
    let mut leaf = || *memory.next().expect("`new` counted the leaves");
    match predicate {
        Predicate::Hang => *ending == Ending::Hang,
        Predicate::Ends(wanted) => ending == wanted,
        Predicate::Left(wanted) => left == *wanted,
        Predicate::Line(_) => leaf() > 0,
        Predicate::Lines(wanted) => leaf() as usize == wanted.len(),
        Predicate::Count(_, times) => leaf() == *times,
        Predicate::Before(..) => leaf() == BEFORE_HOLDS,
        Predicate::Adjacent(..) => leaf() == ADJACENT_HOLDS,
        Predicate::Not(inner) => !verdict(inner, ending, left, memory),
        // Every part is asked, so that each takes its own memory.
        Predicate::And(all) => {
            let verdicts = all.iter().map(|inner| verdict(inner, ending, left, memory));
            verdicts.filter(|holds| !holds).count() == 0
        }
        Predicate::Or(all) => {
            let verdicts = all.iter().map(|inner| verdict(inner, ending, left, memory));
            verdicts.filter(|holds| *holds).count() > 0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(predicate: &Predicate, lines: &str, expected: bool) {
        let outcome = Outcome {
            lines: lines.split_whitespace().map(str::to_owned).collect(),
            ending: Ending::Exit(0),
            left: 1,
        };
        assert_eq!(
            predicate.holds(&outcome),
            expected,
            "{predicate:?} of {lines}"
        );
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn lines_are_found_counted_and_compared() {
        check(&Predicate::Line(text("a")), "b a", true);
        check(&Predicate::Line(text("a")), "b", false);
        check(&Predicate::Count(text("a"), 2), "a b a", true);
        check(&Predicate::Count(text("a"), 2), "a a a", false);
        check(&Predicate::Count(text("a"), 0), "b", true);
        let lines = Predicate::Lines(vec![text("a"), text("b")]);
        check(&lines, "a b", true);
        check(&lines, "a", false);
        check(&lines, "a b b", false);
        check(&lines, "b a b", false);
        check(&Predicate::Lines(vec![]), "", true);
        check(&Predicate::Lines(vec![]), "a", false);
    }

    #[test]
    fn before_needs_both_and_adjacent_needs_neither() {
        let before = Predicate::Before(text("a"), text("b"));
        check(&before, "a x b a", true);
        check(&before, "b a b", false);
        check(&before, "a", false);
        check(&Predicate::Before(text("a"), text("a")), "a a", false);
        let adjacent = Predicate::Adjacent(text("a"), text("b"));
        check(&adjacent, "", true);
        check(&adjacent, "a b x a b", true);
        check(&adjacent, "a x b", false);
        check(&adjacent, "a b a", false);
        check(&adjacent, "b", true);
    }

    #[test]
    fn ends_and_what_is_left_are_seen() {
        check(&Predicate::Left(1), "", true);
        check(&Predicate::Ends(Ending::Exit(0)), "", true);
        check(&Predicate::Hang, "", false);
    }

    #[test]
    fn each_part_of_a_combination_has_its_own_memory() {
        let (a, b) = (Predicate::Line(text("a")), Predicate::Line(text("b")));
        let not_a = Predicate::Not(Box::new(a.clone()));
        check(&Predicate::And(vec![not_a.clone(), b.clone()]), "b", true);
        check(
            &Predicate::And(vec![not_a.clone(), b.clone()]),
            "b a",
            false,
        );
        check(&Predicate::Or(vec![a, not_a, b]), "", true);
        check(&Predicate::And(vec![]), "", true);
        check(&Predicate::Or(vec![]), "", false);
    }
}
