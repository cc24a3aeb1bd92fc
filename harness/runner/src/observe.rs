//! A run as a report shows it: what was observed, and where it leaves what is allowed.

use poolproof_case::{Outcome, StartMethod};
use poolproof_report::{Observation, Record, Verdict, shown};

use crate::driver::Driver;
use crate::execute::Sighting;
use crate::job::Job;
use crate::judge::Judged;
use crate::load::Loaded;
use crate::plan::Plan;

/// So much of a line is shown in a sentence.
const SHOWN: usize = 80;

/// So much of a line, and so many lines, are kept in a record: no case of a person prints more.
const KEPT_CHARS: usize = 4_096;
const KEPT_LINES: usize = 2_000;

/// A record of what was not run.
pub(crate) fn blank(loaded: &Loaded, driver: &Driver, method: StartMethod, seed: u64) -> Record {
    Record {
        case: loaded.case.id.clone(),
        case_hash: loaded.case.hash.clone(),
        driver: driver.name.clone(),
        driver_version: driver.version.own.clone(),
        program: driver.program.display().to_string(),
        module: driver.module.clone(),
        python: driver.python.clone(),
        driver_argument: driver.argument.clone(),
        system: String::new(),
        run: String::new(),
        start_method: method,
        verdict: Verdict::Unsupported,
        runs: 0,
        infrastructure: 0,
        undefined: 0,
        seen: 0,
        allowed: None,
        bounded: false,
        seed,
        observations: Vec::new(),
        title: loaded.case.title.clone(),
        clauses: loaded.case.clauses.clone(),
        reason: None,
        argument: (!loaded.is_of_suite).then(|| loaded.argument()),
        replay: None,
        sometimes: Vec::new(),
        stale: Vec::new(),
        seconds: None,
        memory: None,
        figures: Vec::new(),
        relations: Vec::new(),
    }
}

/// The first observation of an outcome under a plan; nothing is counted yet.
pub(crate) fn first(
    job: &Job<'_>,
    sighting: &Sighting,
    judged: Judged,
    leaked: Vec<String>,
) -> Observation {
    let undefined = matches!(judged, Judged::Undefined);
    let allowed = undefined || matches!(judged, Judged::Allowed | Judged::Left(_));
    let (known, rejection) = match judged {
        Judged::Allowed | Judged::Undefined => (None, None),
        Judged::Left(reason) | Judged::Known(reason) => (Some(reason), None),
        Judged::Forbidden(rejection) => (None, rejection.map(|rejection| *rejection)),
    };
    let is_good = allowed && leaked.is_empty();
    Observation {
        lines: kept(&sighting.outcome.lines),
        ending: sighting.outcome.ending.clone(),
        left: sighting.outcome.left,
        plan: job.plan.name().to_owned(),
        count: 0,
        allowed,
        undefined,
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

/// The observation of a run that cannot be measured by.
pub(crate) fn failed(plan: Plan, seed: u64, sighting: &Sighting) -> Observation {
    Observation {
        lines: kept(&sighting.outcome.lines),
        ending: sighting.outcome.ending.clone(),
        left: sighting.outcome.left,
        plan: plan.name().to_owned(),
        count: 0,
        allowed: false,
        undefined: false,
        seed: Some(seed),
        known: None,
        rejection: None,
        leaked: sighting.leaks.sentences(),
        stderr: sighting.stderr.clone(),
        seconds: None,
    }
}

/// The lines as a record keeps them: of very long ones, and of very many, the beginning.
fn kept(lines: &[String]) -> Vec<String> {
    let cut = |line: &String| match line.char_indices().nth(KEPT_CHARS) {
        None => line.clone(),
        Some((end, _)) => format!("{}… ({} bytes)", &line[..end], line.len()),
    };
    let mut kept: Vec<String> = lines.iter().take(KEPT_LINES).map(cut).collect();
    if lines.len() > KEPT_LINES {
        kept.push(format!("… ({} lines)", lines.len()));
    }
    kept
}

/// Where a forbidden outcome leaves what is allowed.
pub(crate) fn explain(outcome: &Outcome, accepted: u64, expected: &[String]) -> String {
    let index = usize::try_from(accepted).unwrap_or(usize::MAX);
    let got = outcome.lines.get(index).map_or_else(
        || outcome.ending.to_string(),
        |line| format!("\"{}\"", shown(line, SHOWN)),
    );
    let one = |line: &String| shown(line, SHOWN);
    let wanted = match expected {
        [] => "nothing".to_owned(),
        few if few.len() <= 3 => few.iter().map(one).collect::<Vec<_>>().join(" or "),
        [first, ..] => format!("{} or {} others", one(first), expected.len() - 1),
    };
    format!("after {accepted} allowed lines came {got} where {wanted} is allowed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_keeps_the_beginning_of_what_is_endless() {
        let lines = vec!["ä".repeat(5_000_000), "short".to_owned()];
        let kept = kept(&lines);
        assert!(kept[0].starts_with('ä') && kept[0].ends_with("… (10000000 bytes)"));
        assert_eq!(kept[1], "short");
        let many = super::kept(&vec!["more".to_owned(); 1_000_000]);
        assert_eq!(many.len(), KEPT_LINES + 1);
        assert_eq!(many.last().unwrap(), "… (1000000 lines)");
    }
}
