//! The object that `run --json` ends with: how many cases got which verdict, which fail, and how much
//! memory each took.

use std::collections::{BTreeMap, BTreeSet};

use poolproof_case::StartMethod;
use serde::Serialize;

use crate::compare::Comparison;
use crate::finding::cards;
use crate::record::{Record, VERSION};
use crate::run_file::RunFile;
use crate::verdict::Verdict;

#[derive(Serialize)]
struct Run<'a> {
    version: u32,
    cases: u64,
    runs: u64,
    seconds: f64,
    exit: i32,
    /// Whether the run was cut short, so that more may be wrong than it says.
    incomplete: bool,
    /// How many records were not made, since the run was to end at the first failure.
    #[serde(skip_serializing_if = "crate::head::is_zero")]
    not_made: u64,
    /// The share of one processor that looking at memory has taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    sampler: Option<f64>,
    drivers: Vec<Driver<'a>>,
    failures: Vec<Failure<'a>>,
    memory: Vec<Used<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<&'a Comparison>,
}

/// A record that fails a run.
#[derive(Serialize)]
struct Failure<'a> {
    case: &'a str,
    driver: &'a str,
    start_method: StartMethod,
    verdict: Verdict,
    reason: Option<&'a str>,
    replay: Option<&'a str>,
}

/// The memory of one run of a record, in bytes.
#[derive(Serialize)]
struct Used<'a> {
    case: &'a str,
    driver: &'a str,
    start_method: StartMethod,
    private: Option<u64>,
    proportional: Option<u64>,
    anonymous: Option<u64>,
    largest: Option<u64>,
    processes: u32,
    absent: Option<&'a str>,
}

#[derive(Serialize)]
struct Driver<'a> {
    driver: &'a str,
    start_method: StartMethod,
    conforms: u64,
    known: u64,
    unsettled: u64,
    inconclusive: u64,
    refuted: u64,
    differs: u64,
    deviates: u64,
    broken: u64,
    undefined: u64,
    unsupported: u64,
    skipped: u64,
}

impl<'a> Driver<'a> {
    fn new(driver: &'a str, start_method: StartMethod) -> Driver<'a> {
        Driver {
            driver,
            start_method,
            conforms: 0,
            known: 0,
            unsettled: 0,
            inconclusive: 0,
            refuted: 0,
            differs: 0,
            deviates: 0,
            broken: 0,
            undefined: 0,
            unsupported: 0,
            skipped: 0,
        }
    }

    fn count(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Conforms => &mut self.conforms,
            Verdict::Known => &mut self.known,
            Verdict::Unsettled => &mut self.unsettled,
            Verdict::Inconclusive => &mut self.inconclusive,
            Verdict::Refuted => &mut self.refuted,
            Verdict::Differs => &mut self.differs,
            Verdict::Deviates => &mut self.deviates,
            Verdict::Broken => &mut self.broken,
            Verdict::Undefined => &mut self.undefined,
            Verdict::Unsupported => &mut self.unsupported,
            Verdict::Skipped => &mut self.skipped,
        };
        *count += 1;
    }
}

/// The object, on one line, with what changed if it is known.
#[must_use]
pub fn json(file: &RunFile, changed: Option<&Comparison>) -> String {
    let mut drivers: BTreeMap<(&str, StartMethod), Driver<'_>> = BTreeMap::new();
    for record in &file.records {
        drivers
            .entry((&record.driver, record.start_method))
            .or_insert_with(|| Driver::new(&record.driver, record.start_method))
            .count(record.verdict);
    }
    let cases: BTreeSet<&str> = file
        .records
        .iter()
        .map(|record| record.case.as_str())
        .collect();
    let runs: u64 = file
        .records
        .iter()
        .map(|record| record.runs + record.undefined + record.infrastructure)
        .sum();
    let foot = file.foot.as_ref();
    let run = Run {
        version: VERSION,
        cases: foot.map_or(cases.len() as u64, |foot| foot.cases),
        runs: foot.map_or(runs, |foot| foot.runs),
        seconds: foot.map_or(0.0, |foot| foot.seconds),
        // A run file without a foot was cut short by an error of ours or by the user.
        exit: foot.map_or(70, |foot| foot.exit),
        incomplete: foot.is_none(),
        not_made: foot.map_or(0, |foot| foot.not_made),
        sampler: foot.and_then(|foot| foot.sampler),
        drivers: drivers.into_values().collect(),
        failures: failures(file),
        memory: file.records.iter().filter_map(used).collect(),
        changed,
    };
    serde_json::to_string(&run).expect("the object has text keys and finite numbers")
}

/// What makes the exit code another than 0, the worst first.
fn failures(file: &RunFile) -> Vec<Failure<'_>> {
    let records = cards(file).into_iter().map(|card| card.record);
    records
        .filter(|record| record.verdict > Verdict::Inconclusive)
        .map(|record| Failure {
            case: &record.case,
            driver: &record.driver,
            start_method: record.start_method,
            verdict: record.verdict,
            reason: record.reason.as_deref(),
            replay: record.replay.as_deref(),
        })
        .collect()
}

fn used(record: &Record) -> Option<Used<'_>> {
    let memory = record.memory.as_ref()?;
    Some(Used {
        case: &record.case,
        driver: &record.driver,
        start_method: record.start_method,
        private: memory.private,
        proportional: memory.proportional,
        anonymous: memory.anonymous,
        largest: memory.largest,
        processes: memory.processes,
        absent: memory.absent.as_deref(),
    })
}
