//! `shrink`: a case on which a driver does what is forbidden, made as small as it goes.

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use poolproof_case::{Case, StartMethod};
use poolproof_report::{Record, shown};
use poolproof_runner::{Driver, Error, Loaded, Workshop, load};

use super::probe::{probe, statements};
use crate::arguments::Shrink;
use crate::failure::Outcome;
use crate::{drivers, interrupt, output};

/// What a smaller program is run at least.
const RUNS_MIN: f64 = 8.0;

/// How sure it is to be that a program which still shows it is not taken for one that does not.
const CHANCE: f64 = 0.01;

/// How often it is said how far it has come.
const SAY: Duration = Duration::from_secs(5);

/// The id of what is tried: what a manifest knows of the case is not known of it.
const ID: &str = "shrunk/case";

/// Of a longer reason, only the beginning is shown.
const SHOWN_CHARS: usize = 400;

pub(crate) fn shrink(arguments: &Shrink) -> Outcome {
    let clauses = poolproof_spec::clauses::ids();
    let loaded = load::select_one(&arguments.case, &clauses)??;
    let id = &loaded.case.id;
    if loaded.case.is_measured() || !loaded.case.contenders.is_empty() {
        let message = format!("`{id}` is measured");
        return Err(Error::usage(format!("{message}; what a case prints is made smaller")).into());
    }
    let workshop = drivers::workshop()?;
    let driver = drivers::only(&arguments.implementations, &workshop, "is to show it")?;
    let asked = &arguments.methods;
    let methods = loaded.case.methods.iter().copied();
    let methods = methods.filter(|method| asked.is_empty() || asked.contains(method));
    let mut why = None;
    for method in methods {
        let start = bare(&loaded.case, method);
        let first = probe(&workshop, &start, &driver, method, arguments.runs)?;
        if workshop.is_stopped() {
            return Ok(interrupt::EXIT);
        }
        let first = match first {
            Some(first) if first.verdict.is_bad() => first,
            Some(first) if !first.verdict.is_judged() => {
                why = why.or(first.reason);
                continue;
            }
            _ => continue,
        };
        let search = Search {
            workshop: &workshop,
            driver: &driver,
            method,
            runs: enough(&first, arguments.runs),
            first: &first,
            until: Instant::now() + Duration::from_secs(arguments.seconds),
        };
        return search.tell(&loaded, &start, arguments.out.as_deref());
    }
    let message = format!(
        "`{id}` shows nothing that is forbidden on {} in {} runs",
        driver.name, arguments.runs
    );
    let help = match why {
        Some(why) => why,
        None => format!("more runs: `--runs {}`", arguments.runs.saturating_mul(10)),
    };
    Err(Error::nothing(format!("{message}; {help}")).into())
}

/// The program alone: what a case claims of it holds of the whole one.
fn bare(case: &Case, method: StartMethod) -> Case {
    Case {
        id: ID.to_owned(),
        claims: Vec::new(),
        twin: None,
        methods: vec![method],
        ..case.clone()
    }
}

/// So many runs show again what the first ones showed, all but surely.
fn enough(record: &Record, most: u64) -> u64 {
    let wrong: u64 = record
        .observations
        .iter()
        .filter(|seen| seen.is_wrong())
        .map(|seen| seen.count)
        .sum();
    let share = wrong as f64 / record.runs.max(1) as f64;
    let runs = CHANCE.ln() / (1.0 - share.clamp(0.001, 0.999)).ln();
    runs.ceil().clamp(RUNS_MIN, (most as f64).max(RUNS_MIN)) as u64
}

/// The search for a smaller one.
struct Search<'a> {
    workshop: &'a Workshop,
    driver: &'a Driver,
    method: StartMethod,
    runs: u64,
    first: &'a Record,
    until: Instant,
}

impl Search<'_> {
    fn tell(&self, loaded: &Loaded, start: &Case, out: Option<&Path>) -> Outcome {
        let all = statements(start);
        let (said, tried) = (Cell::new(Instant::now()), Cell::new(0_u64));
        let last = Cell::new(None);
        let failure = Cell::new(None);
        let small = poolproof_fuzz::shrink(start, |case| {
            if Instant::now() >= self.until || self.workshop.is_stopped() {
                return false;
            }
            tried.set(tried.get() + 1);
            if said.get().elapsed() >= SAY {
                said.set(Instant::now());
                output::complain(&format!(
                    "{} programs tried; {} of {all} statements in the last",
                    tried.get(),
                    statements(case)
                ));
            }
            match probe(self.workshop, case, self.driver, self.method, self.runs) {
                Ok(Some(record)) if self.is_same(&record) => {
                    last.set(record.reason);
                    true
                }
                Ok(_) => false,
                Err(error) => {
                    failure.set(Some(error));
                    false
                }
            }
        });
        if let Some(error) = failure.take() {
            return Err(error.into());
        }
        let reason = last.take().or_else(|| self.first.reason.clone());
        let text = self.text(&small, loaded, &reason.unwrap_or_default(), out);
        match out {
            None => output::say(&text),
            Some(path) => std::fs::write(path, &text).map_err(|error| {
                Error::usage(format!("failed to write {}: {error}", path.display()))
            })?,
        }
        let (id, left) = (&loaded.case.id, statements(&small));
        let why = match (self.workshop.is_stopped(), Instant::now() >= self.until) {
            (true, _) => "; it was interrupted, and may become smaller",
            (_, true) => "; its time was over, and it may become smaller (`--seconds`)",
            _ => "; without any one of them it does so no more",
        };
        output::complain(&format!(
            "{id} on {} under {}: {all} statements, {left} of which still show it{why}",
            self.driver.name, self.method
        ));
        Ok(match self.workshop.is_stopped() {
            true => interrupt::EXIT,
            false => 0,
        })
    }

    /// Whether it goes wrong in the same way: as bad, and against a clause that the first one offended.
    fn is_same(&self, record: &Record) -> bool {
        let offended: Vec<&str> = record.offended().map(|one| one.id.as_str()).collect();
        let mut wanted = self.first.offended().map(|one| one.id.as_str()).peekable();
        let is_known = wanted.peek().is_some() && !offended.is_empty();
        record.verdict == self.first.verdict
            && (!is_known || wanted.any(|id| offended.contains(&id)))
    }

    /// The case file, which says what it shows and how.
    fn text(&self, small: &Case, loaded: &Loaded, reason: &str, out: Option<&Path>) -> String {
        let file = out.map_or_else(|| "FILE.ron".to_owned(), |out| out.display().to_string());
        let (driver, method, runs) = (self.driver.selector(), self.method, self.runs.max(50));
        let reason = shown(&reason.replace('\n', " "), SHOWN_CHARS);
        format!(
            "// {reason}\n// `{}`, made small. Again: poolproof run {file} {driver} \
             --start-method {method} --runs {runs}\n{}",
            loaded.case.id,
            poolproof_fuzz::write(small)
        )
    }
}
