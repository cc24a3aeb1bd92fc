//! `run --rerun-failed`: what failed in a run file, to be run again: the cases, on which drivers, under
//! which start methods.

use std::collections::BTreeSet;
use std::path::Path;

use poolproof_report::{Record, Verdict};
use poolproof_runner::suite::Only;
use poolproof_runner::{Driver, Error};

use super::report;
use crate::arguments::Run;
use crate::failure::Failure;

/// What failed.
pub(super) struct Failed {
    records: Vec<Record>,
}

impl Failed {
    /// Reads it from a run file.
    pub(super) fn read(path: &Path) -> Result<Failed, Failure> {
        let mut records = report::read(path)?.records;
        records.retain(|record| {
            record.verdict.is_failure() || record.verdict == Verdict::Inconclusive
        });
        Ok(Failed { records })
    }

    /// Whether there is nothing to run again.
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The command line with what it leaves open filled in: cases, drivers, the seed.
    pub(super) fn completed(&self, arguments: &Run) -> Run {
        let mut run = arguments.clone();
        if run.filters.is_empty() {
            let names = self.records.iter().map(named);
            run.filters = distinct(names);
        }
        if run.implementations.is_all() {
            let drivers = self.records.iter().map(|record| record.driver.clone());
            run.implementations.drivers = distinct(drivers);
        }
        // The same plans again, which showed it.
        run.seed = run.seed.or(self.records.first().map(|record| record.seed));
        run
    }

    /// What a suite is to do.
    pub(super) fn only(&self) -> Only {
        let of = |record: &Record| {
            let (case, driver) = (record.case.clone(), record.driver.clone());
            (case, driver, record.start_method)
        };
        self.records.iter().map(of).collect()
    }

    /// That a driver which failed is not among those that a command line names by their interpreters.
    pub(super) fn check(&self, drivers: &[Driver]) -> Result<(), Error> {
        let is_there = |record: &&Record| drivers.iter().any(|one| one.name == record.driver);
        if self.records.iter().any(|record| is_there(&record)) {
            return Ok(());
        }
        let names = distinct(self.records.iter().map(|record| record.driver.clone()));
        Err(Error::nothing(format!(
            "nothing failed on the drivers that are named; it did on {}",
            names.join(", ")
        )))
    }

    /// A driver that its name alone does not find.
    pub(super) fn unnamed(&self) -> Option<String> {
        let mut records = self.records.iter();
        records.find_map(|record| {
            let argument = record.driver_argument.as_ref()?;
            Some(format!(
                "`{}` is found by no name; add {argument}",
                record.driver
            ))
        })
    }
}

/// How a filter names a case.
fn named(record: &Record) -> String {
    record.argument.as_ref().unwrap_or(&record.case).clone()
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let names: BTreeSet<String> = names.collect();
    names.into_iter().collect()
}
