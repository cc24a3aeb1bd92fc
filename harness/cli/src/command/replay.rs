//! `replay`: a run again, with all that it showed.
//!
//! What is repeated is the plan; the order in which the system lets processes go is the system's.

use std::time::{Duration, Instant};

use poolproof_report::{Record, outcome_text, shown};
use poolproof_runner::suite::{self, Options};
use poolproof_runner::{Driver, Error, Loaded, Workshop, exit_code, load};

use crate::arguments::{Replay, Until};
use crate::failure::{Failure, Outcome};
use crate::{drivers, interrupt, output};

/// Of a longer line, only the beginning and the length are shown.
const SHOWN_CHARS: usize = 2000;

/// So often at most, where somebody waits for what is rare.
const UNTIL_MAX: u64 = 1000;

/// How often it is said how far it has come.
const SAY: Duration = Duration::from_secs(5);

pub(crate) fn replay(arguments: &Replay) -> Outcome {
    let clauses = poolproof_spec::clauses::ids();
    let loaded = load::select_one(&arguments.case, &clauses)??;
    let workshop = drivers::workshop()?;
    let driver = drivers::only(&arguments.implementations, &workshop, "repeats a run")?;
    let cases = [loaded];
    let runs = |runs| once(&workshop, &cases, &driver, arguments, runs);
    let Some(Until::Deviates) = arguments.until else {
        return match runs(arguments.runs.unwrap_or(1))? {
            Some(record) => Ok(tell(&record, arguments, "")),
            None => Ok(interrupt::EXIT),
        };
    };
    let most = arguments.runs.unwrap_or(UNTIL_MAX);
    let mut said = Instant::now();
    for number in 1..=most {
        let Some(record) = runs(1)? else {
            return Ok(interrupt::EXIT);
        };
        if record.verdict.is_bad() || number == most {
            let which = format!("run {number} of {most} at most\n");
            return Ok(tell(&record, arguments, &which));
        }
        if said.elapsed() >= SAY {
            said = Instant::now();
            output::complain(&format!("{number} runs, none of which is wrong"));
        }
    }
    Ok(interrupt::EXIT)
}

/// The plan again, so many times; none where it was interrupted.
fn once(
    workshop: &Workshop,
    cases: &[Loaded; 1],
    driver: &Driver,
    arguments: &Replay,
    runs: u64,
) -> Result<Option<Record>, Failure> {
    let options = Options {
        methods: vec![arguments.method],
        runs: Some(runs),
        seed: arguments.seed,
        plan: Some(arguments.plan),
        jobs: 1,
        exact: true,
        ..Options::default()
    };
    let drivers = std::slice::from_ref(driver);
    let mut results = suite::run(workshop, cases, drivers, &options, &|_| {});
    if let Some(error) = results.failure {
        return Err(error.into());
    }
    if let Some(problem) = results.problems.pop() {
        return Err(problem.into());
    }
    match results.records.pop() {
        None if !results.interrupted => {
            let id = &cases[0].case.id;
            let message = format!("`{id}` does not exist under {}", arguments.method);
            Err(Error::usage(message).into())
        }
        record => Ok(record),
    }
}

fn tell(record: &Record, arguments: &Replay, which: &str) -> i32 {
    if arguments.json {
        output::say_json(record);
    } else {
        output::say(&format!("{which}{}", text(record)));
    }
    exit_code([record.verdict])
}

fn text(record: &Record) -> String {
    let mut text = format!(
        "{} on {} under {}: {}\n",
        record.case, record.driver, record.start_method, record.verdict
    );
    if let Some(reason) = &record.reason {
        text += &format!("  {}\n", shown(reason, SHOWN_CHARS));
    }
    for observation in &record.observations {
        text += &match record.runs {
            0 | 1 => "the outcome:\n".to_owned(),
            runs => format!("the outcome of {} of {runs} runs:\n", observation.count),
        };
        for line in &observation.lines {
            text += &format!("  {}\n", shown(line, SHOWN_CHARS));
        }
        let left = match observation.left {
            0 => String::new(),
            left => format!(", left {left}"),
        };
        text += &format!("  ({}{left})\n", observation.ending);
        if let Some(rejection) = &observation.rejection {
            text += &format!(
                "the nearest allowed outcome: {}\n",
                outcome_text(&rejection.nearest)
            );
            for clause in &rejection.offends {
                text += &format!("it offends {}: {}\n", clause.id, clause.text);
            }
        }
        if !observation.stderr.is_empty() {
            text += "stderr:\n";
            for line in observation.stderr.trim_end().lines() {
                text += &format!("  {}\n", shown(line, SHOWN_CHARS));
            }
        }
    }
    text
}
