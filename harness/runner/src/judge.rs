//! The judge: what each outcome is, and what they add up to for a case on a driver.
//!
//! It knows the behaviour and what was seen; how it was seen, and when it must be seen again, is
//! `examine`'s business.

use poolproof_case::{Ending, Outcome, Predicate, StartMethod};
use poolproof_report::{Rejection, Verdict};
use poolproof_spec::Behaviour;

use crate::driver::Driver;

/// What one run was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RunKind {
    /// Main ended.
    Completed,
    /// Main did not end.
    Hung,
    /// A signal ended main.
    Crashed,
    /// Something was left behind that the case does not state.
    Leaked,
}

/// What one outcome is.
#[derive(Clone, Debug)]
pub(crate) enum Judged {
    /// The specification allows it.
    Allowed,
    /// The specification allows it, and why what it left behind is known.
    Left(String),
    /// The specification says nothing of it.
    Undefined,
    /// It does not, and the manifest says why.
    Known(String),
    /// It does not; why, unless exploration found nothing that is allowed.
    Forbidden(Option<Box<Rejection>>),
}

/// Judges an outcome.
pub(crate) fn judge(
    behaviour: &Behaviour,
    outcome: &Outcome,
    driver: &Driver,
    case: &str,
    method: StartMethod,
) -> Judged {
    if behaviour.allows(outcome) {
        return Judged::Allowed;
    }
    if behaviour.is_undefined(outcome) {
        return Judged::Undefined;
    }
    let known = driver
        .manifest
        .excuse(case, method, &driver.version, outcome);
    if let Some(known) = known {
        return Judged::Known(known.explanation());
    }
    let why = behaviour.explain(outcome);
    Judged::Forbidden(why.nearest.map(|nearest| {
        Box::new(Rejection {
            accepted: why.accepted as u64,
            expected: why.expected,
            nearest,
            offends: Vec::new(),
            interleaving: None,
            followed: None,
        })
    }))
}

/// What a run was, by its outcome.
pub(crate) fn kind_of(
    behaviour: &Behaviour,
    outcome: &Outcome,
    judged: &Judged,
    leaked: bool,
) -> RunKind {
    let is_forbidden = matches!(judged, Judged::Forbidden(_));
    if matches!(judged, Judged::Undefined) {
        RunKind::Completed
    } else if is_forbidden && matches!(outcome.ending, Ending::Signal(_)) {
        RunKind::Crashed
    } else if leaked || (is_forbidden && is_unstated(behaviour, outcome)) {
        RunKind::Leaked
    } else if outcome.ending == Ending::Hang {
        RunKind::Hung
    } else {
        RunKind::Completed
    }
}

/// Whether processes outlived main where the case does not state it: without them the outcome would
/// be allowed, or no allowed outcome has any.
fn is_unstated(behaviour: &Behaviour, outcome: &Outcome) -> bool {
    let without = Outcome {
        left: 0,
        ..outcome.clone()
    };
    let some_left = Predicate::Not(Box::new(Predicate::Left(0)));
    outcome.left > 0 && (behaviour.allows(&without) || behaviour.reachable(&some_left).is_none())
}

/// What the runs of a case on a driver add up to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// How many were asked for.
    pub(crate) asked: u64,
    /// How many were usable.
    pub(crate) usable: u64,
    /// How many came to what is undefined.
    pub(crate) undefined: u64,
    /// How many spoke against the implementation, and did not show again.
    pub(crate) once: u64,
    /// Whether a run crashed or left something behind, against the specification.
    pub(crate) is_broken: bool,
    /// Whether an outcome was forbidden and not known.
    pub(crate) is_forbidden: bool,
    /// Whether an outcome was known.
    pub(crate) is_known: bool,
    /// Whether exploration hit its limit, so that what is allowed is not fully known.
    pub(crate) is_bounded: bool,
}

impl Tally {
    /// The verdict, the worst first.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.is_broken {
            Verdict::Broken
        } else if self.is_forbidden && !self.is_bounded {
            Verdict::Deviates
        } else if self.is_forbidden
            || self.once > 0
            || (self.usable + self.undefined) * 2 < self.asked
        {
            Verdict::Inconclusive
        } else if self.usable == 0 {
            match self.undefined {
                0 => Verdict::Inconclusive,
                _ => Verdict::Undefined,
            }
        } else if self.is_known {
            Verdict::Known
        } else {
            Verdict::Conforms
        }
    }
}

/// The exit code of a run in which nothing was judged.
const NOTHING: i32 = 4;

/// The exit code that verdicts add up to: where none of them says anything, that of nothing.
#[must_use]
pub fn exit_code(verdicts: impl IntoIterator<Item = Verdict>) -> i32 {
    let codes = verdicts.into_iter().filter_map(|verdict| match verdict {
        Verdict::Broken | Verdict::Deviates | Verdict::Differs => Some(1),
        Verdict::Refuted => Some(3),
        Verdict::Inconclusive => Some(2),
        Verdict::Known | Verdict::Conforms => Some(0),
        Verdict::Unsettled | Verdict::Undefined | Verdict::Unsupported | Verdict::Skipped => None,
    });
    let worst = |one, other| poolproof_report::worst_exit([one, other]);
    codes.reduce(worst).unwrap_or(NOTHING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_that_was_seen_is_the_verdict() {
        let good = Tally {
            asked: 10,
            usable: 10,
            ..Tally::default()
        };
        assert_eq!(good.verdict(), Verdict::Conforms);
        let known = Tally {
            is_known: true,
            ..good.clone()
        };
        assert_eq!(known.verdict(), Verdict::Known);
        let few = Tally {
            usable: 4,
            ..known.clone()
        };
        assert_eq!(few.verdict(), Verdict::Inconclusive);
        let forbidden = Tally {
            is_forbidden: true,
            ..few.clone()
        };
        assert_eq!(forbidden.verdict(), Verdict::Deviates);
        let bounded = Tally {
            is_bounded: true,
            ..forbidden.clone()
        };
        assert_eq!(bounded.verdict(), Verdict::Inconclusive);
        let broken = Tally {
            is_broken: true,
            ..forbidden
        };
        assert_eq!(broken.verdict(), Verdict::Broken);
    }

    #[test]
    fn runs_that_come_to_what_is_undefined_are_neither_for_nor_against() {
        let tally = |usable, undefined, is_forbidden| Tally {
            asked: 10,
            usable,
            undefined,
            is_forbidden,
            ..Tally::default()
        };
        assert_eq!(tally(0, 10, false).verdict(), Verdict::Undefined);
        assert_eq!(tally(1, 9, false).verdict(), Verdict::Conforms);
        assert_eq!(tally(1, 9, true).verdict(), Verdict::Deviates);
        assert_eq!(tally(0, 4, false).verdict(), Verdict::Inconclusive);
        assert_eq!(tally(0, 0, false).verdict(), Verdict::Inconclusive);
        assert_eq!(exit_code([Verdict::Undefined]), 4);
        assert_eq!(exit_code([Verdict::Undefined, Verdict::Conforms]), 0);
    }

    #[test]
    fn exit_codes_follow_the_verdicts() {
        assert_eq!(exit_code([]), 4);
        assert_eq!(exit_code([Verdict::Unsupported, Verdict::Skipped]), 4);
        assert_eq!(
            exit_code([Verdict::Conforms, Verdict::Known, Verdict::Unsupported]),
            0
        );
        assert_eq!(exit_code([Verdict::Conforms, Verdict::Inconclusive]), 2);
        assert_eq!(exit_code([Verdict::Inconclusive, Verdict::Deviates]), 1);
    }
}
