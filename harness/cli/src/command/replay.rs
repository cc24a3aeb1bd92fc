//! `replay`: one run again, with all that it showed.

use poolproof_report::{Record, outcome_text, shown};
use poolproof_runner::suite::{self, Options};
use poolproof_runner::{Error, exit_code, load};

use crate::arguments::Replay;
use crate::failure::Outcome;
use crate::{drivers, interrupt, output};

/// Of a longer line, only the beginning and the length are shown.
const SHOWN_CHARS: usize = 2000;

pub(crate) fn replay(arguments: &Replay) -> Outcome {
    let clauses = poolproof_spec::clauses::ids();
    let loaded = load::select_one(&arguments.case, &clauses)??;
    let workshop = drivers::workshop()?;
    let driver = drivers::only(&arguments.implementations, &workshop, "repeats a run")?;
    let options = Options {
        methods: vec![arguments.method],
        runs: Some(1),
        seed: arguments.seed,
        plan: Some(arguments.plan),
        jobs: 1,
        exact: true,
        ..Options::default()
    };
    let cases = [loaded];
    let mut results = suite::run(
        &workshop,
        &cases,
        std::slice::from_ref(&driver),
        &options,
        &|_| {},
    );
    if let Some(error) = results.failure {
        return Err(error.into());
    }
    if let Some(problem) = results.problems.pop() {
        return Err(problem.into());
    }
    if results.interrupted && results.records.is_empty() {
        return Ok(interrupt::EXIT);
    }
    let Some(record) = results.records.pop() else {
        let id = &cases[0].case.id;
        let message = format!("`{id}` does not exist under {}", arguments.method);
        return Err(Error::usage(message).into());
    };
    if arguments.json {
        output::say_json(&record);
    } else {
        output::say(&text(&record));
    }
    Ok(exit_code([record.verdict]))
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
        text += "the outcome:\n";
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
