//! Verdicts: what the judge says of a case on a driver under one start method.
//!
//! This says which verdict is worse and which exit code they add up to; how one is reached is the
//! judge's business.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is said of a case on a driver; a greater one is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Not run, for a reason that the record gives.
    Skipped,
    /// The driver lacks something that the case uses.
    Unsupported,
    /// Each run came to what the documentation leaves undefined, so that there was nothing to judge.
    Undefined,
    /// Each outcome was allowed.
    Conforms,
    /// An outcome was forbidden, or a relation that the case claims does not hold, and the driver's
    /// manifest says so.
    Known,
    /// A relation that the case claims was not settled in the time that there was for it.
    Unsettled,
    /// Too few usable runs.
    Inconclusive,
    /// A relation that the case claims of what is measured does not hold.
    Refuted,
    /// An outcome offends a SHOULD.
    Differs,
    /// An outcome offends a MUST.
    Deviates,
    /// A crash, or something left behind, that the case does not state.
    Broken,
}

impl Verdict {
    /// Every verdict, in the order of reports.
    pub const ALL: [Verdict; 11] = [
        Verdict::Conforms,
        Verdict::Known,
        Verdict::Unsettled,
        Verdict::Inconclusive,
        Verdict::Refuted,
        Verdict::Differs,
        Verdict::Deviates,
        Verdict::Broken,
        Verdict::Undefined,
        Verdict::Unsupported,
        Verdict::Skipped,
    ];

    /// The word in run files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Skipped => "skipped",
            Verdict::Unsupported => "unsupported",
            Verdict::Undefined => "undefined",
            Verdict::Conforms => "conforms",
            Verdict::Known => "known",
            Verdict::Unsettled => "unsettled",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Refuted => "refuted",
            Verdict::Differs => "differs",
            Verdict::Deviates => "deviates",
            Verdict::Broken => "broken",
        }
    }

    /// One column wide, for matrices.
    #[must_use]
    pub fn glyph(self) -> char {
        match self {
            Verdict::Skipped => '-',
            Verdict::Unsupported => '·',
            Verdict::Undefined => '∘',
            Verdict::Conforms => '✓',
            Verdict::Known => '~',
            Verdict::Unsettled => '≈',
            Verdict::Inconclusive => '?',
            Verdict::Refuted => '≯',
            Verdict::Differs => '≠',
            Verdict::Deviates => '✗',
            Verdict::Broken => '!',
        }
    }

    /// Whether the case ran at all; only these are counted in rates.
    #[must_use]
    pub fn is_judged(self) -> bool {
        self >= Verdict::Conforms
    }

    /// Whether a run ends with a code that says so: something is wrong, or a relation does not hold.
    #[must_use]
    pub fn is_failure(self) -> bool {
        self >= Verdict::Refuted
    }

    /// Whether the driver did what the specification forbids.
    #[must_use]
    pub fn is_bad(self) -> bool {
        self >= Verdict::Differs
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// Exit codes in the order in which they win: our error, usage, deviates, relation failed, stale,
/// inconclusive, nothing selected, fine.
const EXITS: [i32; 8] = [70, 64, 1, 3, 5, 2, 4, 0];

/// The exit code that several runs add up to.
#[must_use]
pub fn worst_exit(exits: impl IntoIterator<Item = i32>) -> i32 {
    let rank = |exit: &i32| EXITS.iter().position(|known| known == exit).unwrap_or(0);
    exits.into_iter().min_by_key(rank).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worse_verdict_is_greater() {
        let worst = [Verdict::Known, Verdict::Broken, Verdict::Deviates]
            .into_iter()
            .max();
        assert_eq!(worst, Some(Verdict::Broken));
        assert!(Verdict::Conforms < Verdict::Inconclusive);
        assert!(!Verdict::Unsupported.is_judged() && !Verdict::Undefined.is_judged());
    }

    #[test]
    fn a_deviation_wins_over_an_inconclusive_run_and_our_own_error_over_all() {
        assert_eq!(worst_exit([2, 1, 0]), 1);
        assert_eq!(worst_exit([2, 4, 0]), 2);
        assert_eq!(worst_exit([1, 70, 64]), 70);
        assert_eq!(worst_exit([]), 0);
    }
}
