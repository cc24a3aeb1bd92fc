//! One case on one driver under one start method, as often as is asked: what `fuzz`, `shrink` and
//! `bisect` ask again and again.

use std::path::PathBuf;

use poolproof_case::{Case, StartMethod, walk};
use poolproof_report::Record;
use poolproof_runner::suite::{self, Options};
use poolproof_runner::{Driver, Error, Loaded, Workshop};

/// What a driver shows; none where the case does not exist under the start method, is wrong as a case,
/// or where it was interrupted.
pub(super) fn probe(
    workshop: &Workshop,
    case: &Case,
    driver: &Driver,
    method: StartMethod,
    runs: u64,
) -> Result<Option<Record>, Error> {
    let mut case = case.clone();
    case.methods = vec![method];
    let drivers = std::slice::from_ref(driver);
    Ok(records(workshop, &[loaded(case)], drivers, runs)?.pop())
}

/// What drivers show of cases.
pub(super) fn records(
    workshop: &Workshop,
    cases: &[Loaded],
    drivers: &[Driver],
    runs: u64,
) -> Result<Vec<Record>, Error> {
    if cases.is_empty() || drivers.is_empty() {
        return Ok(Vec::new());
    }
    let options = Options {
        runs: Some(runs),
        ..Options::default()
    };
    let results = suite::run(workshop, cases, drivers, &options, &|_| {});
    match results.failure {
        Some(error) => Err(error),
        None => Ok(results.records),
    }
}

/// A case that is in no file yet.
pub(super) fn loaded(case: Case) -> Loaded {
    Loaded {
        path: PathBuf::from(format!("{}.ron", case.id)),
        text: poolproof_fuzz::write(&case),
        case,
        is_of_suite: false,
    }
}

/// How many statements a case's program has.
pub(super) fn statements(case: &Case) -> usize {
    let mut count = 0;
    for block in case.program.blocks() {
        walk::statements(block, &mut |_| count += 1);
    }
    count
}
