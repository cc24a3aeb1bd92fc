//! A run as a report shows it: what was observed, and where it leaves what is allowed.

use poolproof_case::Outcome;
use poolproof_report::Observation;

use crate::execute::{Job, Sighting};
use crate::judge::Judged;

/// The first observation of an outcome under a plan; nothing is counted yet.
pub(crate) fn first(
    job: &Job<'_>,
    sighting: &Sighting,
    judged: Judged,
    leaked: Vec<String>,
) -> Observation {
    let allowed = matches!(judged, Judged::Allowed);
    let (known, rejection) = match judged {
        Judged::Allowed => (None, None),
        Judged::Known(reason) => (Some(reason), None),
        Judged::Forbidden(rejection) => (None, rejection.map(|rejection| *rejection)),
    };
    let is_good = allowed && leaked.is_empty();
    Observation {
        lines: sighting.outcome.lines.clone(),
        ending: sighting.outcome.ending.clone(),
        left: sighting.outcome.left,
        plan: job.plan.name().to_owned(),
        count: 0,
        allowed,
        seed: Some(job.seed),
        known,
        rejection,
        leaked,
        stderr: if is_good {
            String::new()
        } else {
            sighting.stderr.clone()
        },
        seconds: None,
    }
}

/// Where a forbidden outcome leaves what is allowed.
pub(crate) fn explain(outcome: &Outcome, accepted: u64, expected: &[String]) -> String {
    let index = usize::try_from(accepted).unwrap_or(usize::MAX);
    let got = outcome
        .lines
        .get(index)
        .map_or_else(|| outcome.ending.to_string(), |line| format!("\"{line}\""));
    let wanted = match expected {
        [] => "nothing".to_owned(),
        few if few.len() <= 3 => few.join(" or "),
        [first, ..] => format!("{first} or {} others", expected.len() - 1),
    };
    format!("after {accepted} allowed lines came {got} where {wanted} is allowed")
}
