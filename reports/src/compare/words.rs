//! Changes in words, the same in every report.

use crate::outcome_text::outcome_text;
use crate::quantity::{counted, quantity};
use crate::rate::rate;
use crate::record::Holds;
use crate::shown::shown;

use super::{Change, Comparison, Side, What};

impl Comparison {
    /// The one sentence that says what changed.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.compared == 0 {
            return "Nothing can be compared: no case ran in both.".to_owned();
        }
        let compared = counted(self.compared, "record", "records");
        let worse = self.regressions();
        match (worse, self.changes.len()) {
            (0, 0) => format!("Nothing changed beyond chance in {compared}."),
            (0, all) => format!("Nothing is worse; {all} changed beyond chance in {compared}."),
            (worse, all) => {
                let verb = if worse == 1 { "is" } else { "are" };
                format!(
                    "{} {verb} worse in {compared}; {all} changed in all.",
                    counted(worse, "thing", "things")
                )
            }
        }
    }

    /// What was not compared, and why; nothing where all was.
    #[must_use]
    pub fn left_out(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.only_before > 0 {
            parts.push(format!(
                "{} only before",
                counted(self.only_before, "record", "records")
            ));
        }
        if self.only_after > 0 {
            parts.push(format!(
                "{} only after",
                counted(self.only_after, "record", "records")
            ));
        }
        if let Some(first) = self.changed_cases.first() {
            let count = counted(self.changed_cases.len(), "case", "cases");
            parts.push(format!("{count} with another text ({})", shown(first, 80)));
        }
        for side in &self.cut_short {
            let run = match side {
                Side::Before => "older",
                Side::After => "newer",
            };
            parts.push(format!("what the {run} run was cut short before"));
        }
        (!parts.is_empty()).then(|| format!("not compared: {}", parts.join(", ")))
    }
}

impl Change {
    /// Where it is.
    #[must_use]
    pub fn place(&self) -> String {
        let place = format!(
            "{} on {} under {}",
            self.case, self.driver, self.start_method
        );
        shown(&place, 200)
    }

    /// What it is, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let share = |(count, runs): (u64, u64)| rate(count, runs).to_string();
        let short =
            |(count, runs): (u64, u64)| format!("{count} of {runs}, {}", share((count, runs)));
        let kind = |allowed: bool| if allowed { "allowed" } else { "forbidden" };
        match &self.what {
            What::Verdict { before, after } => format!("{after}, before {before}"),
            What::Appeared {
                outcome,
                allowed,
                after,
            } => format!(
                "{} outcome appeared ({}): {}",
                kind(*allowed),
                short(*after),
                outcome_text(outcome)
            ),
            What::Went {
                outcome,
                allowed,
                before,
            } => format!(
                "{} outcome went (before {}): {}",
                kind(*allowed),
                short(*before),
                outcome_text(outcome)
            ),
            What::Rate {
                outcome,
                allowed,
                before,
                after,
            } => format!(
                "{} outcome in {}, before {}: {}",
                kind(*allowed),
                share(*after),
                share(*before),
                outcome_text(outcome)
            ),
            What::Figure {
                label,
                unit,
                before,
                after,
                ratio,
            } => format!(
                "{}: {}, before {}: {:.2}× ({:.2} to {:.2})",
                shown(label, 80),
                quantity(*unit, *after),
                quantity(*unit, *before),
                ratio.value,
                ratio.low,
                ratio.high
            ),
            What::Relation {
                claim,
                before,
                after,
            } => format!(
                "{} {}, before it {}",
                shown(claim, 200),
                holds(*after),
                holds(*before)
            ),
        }
    }

    /// A sign for whether it is worse: never colour alone.
    #[must_use]
    pub fn sign(&self) -> char {
        if self.regression { '▲' } else { '•' }
    }
}

fn holds(holds: Holds) -> &'static str {
    match holds {
        Holds::Yes => "holds",
        Holds::No => "does not hold",
        Holds::Open => "is open",
    }
}
