//! Clauses turned off: what a program might do besides, were one of them no rule.
//!
//! An outcome that is not allowed offends the clause without which it would be. Each breach says how
//! accesses may then go wrong: they end at once, wait for ever, raise, or take what is not theirs.

mod rules;

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::Class;

use crate::compile::{Code, FunctionCode};
use crate::objects::Operation;
use crate::state::Stage;
pub(crate) use rules::BREACHES;

/// One way in which an access goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It ends at once with this, and changes nothing.
    Returns(Answer),
    /// It ends with this instead of waiting.
    Early(Answer),
    /// It waits for ever.
    Waits,
    /// It raises an error of this kind, and changes nothing.
    Raises(ErrorKind),
    /// It comes to nothing instead of an error of this kind.
    Hides(ErrorKind),
    /// It waits for ever instead of an error of this kind.
    Sticks(ErrorKind),
    /// It gives the opposite.
    Denies,
    /// It takes another than the first: the second, or the last.
    Second,
    Last,
    /// What it takes stays there.
    Keeps,
    /// Its list is the other way round.
    Reverses,
    /// The process that it starts does nothing.
    Idles,
}

/// What an access ends with that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Nothing,
    True,
    False,
    Number(i64),
}

/// A clause that is no rule.
#[derive(Clone, Copy)]
pub(crate) struct Breach {
    /// The clause.
    pub(crate) clause: &'static str,
    /// How an access to an object of a class then goes wrong.
    at: fn(Operation, Class) -> &'static [Wrong],
    /// What a process that ends leaves out.
    pub(crate) leaves_out: Option<Stage>,
}

impl Breach {
    const fn of(clause: &'static str, at: fn(Operation, Class) -> &'static [Wrong]) -> Breach {
        Breach {
            clause,
            at,
            leaves_out: None,
        }
    }

    const fn of_ends(clause: &'static str, stage: Stage) -> Breach {
        Breach {
            clause,
            at: |_, _| &[],
            leaves_out: Some(stage),
        }
    }

    /// Whether a program has anything that it changes.
    pub(crate) fn concerns(&self, code: &Code) -> bool {
        let is_changed = |operation| {
            let mut classes = Class::ALL.iter();
            classes.any(|class| !self.wrongs(operation, *class).is_empty())
        };
        let operations = |function: &FunctionCode| {
            let calls = function.calls.iter().flat_map(|site| site.name.anywhere());
            let attributes = function.attributes.iter();
            let attributes = attributes.flat_map(|site| site.name.anywhere());
            let attributes =
                attributes.flat_map(|one| [Operation::Get(Some(one)), Operation::Set(Some(one))]);
            let others = [
                Operation::Enter,
                Operation::Leave,
                Operation::SetItem,
                Operation::Next,
            ];
            let mut all = calls.map(Operation::Call).chain(attributes).chain(others);
            all.any(is_changed)
        };
        self.leaves_out.is_some() || code.functions.iter().any(operations)
    }

    pub(crate) fn wrongs(&self, operation: Operation, class: Class) -> &'static [Wrong] {
        (self.at)(operation, class)
    }
}

#[cfg(test)]
mod tests {
    use super::BREACHES;

    #[test]
    fn what_can_be_turned_off_is_a_rule_of_the_specification() {
        let known = crate::clauses::ids();
        for breach in BREACHES {
            assert!(known.contains(&breach.clause), "{}", breach.clause);
        }
    }
}
