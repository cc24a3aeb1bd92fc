//! Two run files side by side: which verdicts, outcomes, rates and figures are not the same.
//!
//! Records are compared where case, driver and start method are the same; the only driver of one file
//! is compared with the only one of the other, whatever they are called. What may be chance is no
//! change: rates are held against Fisher's exact test at 5 % over all of them, figures against the
//! interval of their ratio.

mod chance;
mod text;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use poolproof_case::{Outcome, StartMethod, Unit};
use serde::Serialize;

use crate::matrix::driver;
use crate::rate::{Rate, rate};
use crate::record::{Figure, Holds, Interval, Record};
use crate::run_file::RunFile;
use crate::verdict::Verdict;
pub use text::comparison_text;

/// How many times as much time or memory is worse, where nobody says.
pub const THRESHOLD: f64 = 1.25;

/// How sure all rates together have to be.
const ERROR_MAX: f64 = 0.05;

/// What is not the same in two run files.
///
/// ```
/// use poolproof_report::{RunFile, THRESHOLD, compare};
///
/// let comparison = compare(&RunFile::default(), &RunFile::default(), THRESHOLD);
/// assert_eq!(comparison.sentence(), "Nothing can be compared: no case ran in both.");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// What the older file is of: its system and drivers.
    pub before: String,
    /// What the newer file is of.
    pub after: String,
    /// How many records were compared.
    pub compared: usize,
    /// How many records only the older file has, of cases that are in both or in it alone.
    pub only_before: usize,
    /// How many only the newer file has.
    pub only_after: usize,
    /// Which of the two runs were cut short.
    pub cut_short: Vec<Side>,
    /// The cases whose text is not the same, so that their records were not compared.
    pub changed_cases: Vec<String>,
    /// What is not the same, what is worse first.
    pub changes: Vec<Change>,
}

/// One of two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The older one.
    Before,
    /// The newer one.
    After,
}

/// One thing that is not the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The case.
    pub case: String,
    /// The driver, as the newer file calls it.
    pub driver: String,
    /// The start method.
    pub start_method: StartMethod,
    /// Whether it is worse.
    pub regression: bool,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// What a change is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "lowercase")]
pub enum What {
    /// Another verdict.
    Verdict {
        /// The older.
        before: Verdict,
        /// The newer.
        after: Verdict,
    },
    /// An outcome that was not seen before: a forbidden one always, an allowed one beyond chance.
    Appeared {
        /// The outcome.
        outcome: Outcome,
        /// Whether it is allowed.
        allowed: bool,
        /// How often it is seen, and in how many runs.
        after: (u64, u64),
    },
    /// An outcome that is not seen any more: a forbidden one always, an allowed one beyond chance.
    Went {
        /// The outcome.
        outcome: Outcome,
        /// Whether it is allowed.
        allowed: bool,
        /// How often it was seen, and in how many runs.
        before: (u64, u64),
    },
    /// An outcome that is more or less frequent, beyond chance.
    Rate {
        /// The outcome.
        outcome: Outcome,
        /// Whether it is allowed.
        allowed: bool,
        /// How often it was seen, and in how many runs.
        before: (u64, u64),
        /// How often it is seen, and in how many runs.
        after: (u64, u64),
    },
    /// A figure that is greater or smaller, beyond chance.
    Figure {
        /// Its contender and label.
        label: String,
        /// What it counts.
        unit: Unit,
        /// The older median.
        before: f64,
        /// The newer median.
        after: f64,
        /// How many times as much it is.
        ratio: Interval,
    },
    /// A claim of a case that holds or does not any more.
    Relation {
        /// The claim.
        claim: String,
        /// What was seen before.
        before: Holds,
        /// What is seen.
        after: Holds,
    },
}

/// A record of each file that belong together.
type Pair<'a> = (&'a Record, &'a Record);

/// Compares an older run file with a newer one. A figure is worse where its ratio is greater than
/// `threshold` for sure.
#[must_use]
pub fn compare(before: &RunFile, after: &RunFile, threshold: f64) -> Comparison {
    let renamed = renamed(before, after);
    let key = |record: &Record| {
        let driver = renamed.as_ref().map_or(&record.driver, |(_, new)| new);
        (record.case.clone(), driver.clone(), record.start_method)
    };
    let old: BTreeMap<_, &Record> = before.records.iter().map(|one| (key(one), one)).collect();
    let new: BTreeMap<_, &Record> = after.records.iter().map(|one| (key(one), one)).collect();
    let both = new
        .iter()
        .filter_map(|(key, new)| Some((*old.get(key)?, *new)));
    let (same, changed): (Vec<Pair<'_>>, Vec<Pair<'_>>) =
        both.partition(|(old, new)| old.case_hash == new.case_hash);
    let changed_cases: BTreeSet<&str> = changed.iter().map(|(_, new)| new.case.as_str()).collect();
    let tests: usize = same.iter().map(|(old, new)| outcomes(old, new).len()).sum();
    let error = ERROR_MAX / tests.max(1) as f64;
    let mut changes: Vec<Change> = same
        .iter()
        .flat_map(|(old, new)| changes_of(old, new, error, threshold))
        .collect();
    changes.sort_by_key(|change| !change.regression);
    Comparison {
        before: described(before),
        after: described(after),
        compared: same.len(),
        only_before: old.keys().filter(|key| !new.contains_key(key)).count(),
        only_after: new.keys().filter(|key| !old.contains_key(key)).count(),
        cut_short: [(Side::Before, before), (Side::After, after)]
            .into_iter()
            .filter_map(|(side, file)| file.foot.is_none().then_some(side))
            .collect(),
        changed_cases: changed_cases.into_iter().map(str::to_owned).collect(),
        changes,
    }
}

/// The only driver of each file, where they have none in common.
fn renamed(before: &RunFile, after: &RunFile) -> Option<(String, String)> {
    let names = |file: &RunFile| -> BTreeSet<String> {
        file.records
            .iter()
            .map(|record| record.driver.clone())
            .collect()
    };
    let (old, new) = (names(before), names(after));
    let is_one = old.len() == 1 && new.len() == 1 && old != new;
    is_one.then(|| Some((old.first()?.clone(), new.first()?.clone())))?
}

/// What a file is of: its system, and its drivers as long as they are few.
fn described(file: &RunFile) -> String {
    let drivers: BTreeSet<String> = file.records.iter().map(driver).collect();
    let names = match drivers.len() {
        0 => "nothing".to_owned(),
        1..=3 => drivers.into_iter().collect::<Vec<_>>().join(", "),
        many => format!("{many} drivers"),
    };
    let system = file.head.system.split(',').next().unwrap_or_default();
    format!("{names} on {system}, Poolproof {}", file.head.tool)
}

/// What is not the same in two records.
fn changes_of(old: &Record, new: &Record, error: f64, threshold: f64) -> Vec<Change> {
    let mut found: Vec<(bool, What)> = Vec::new();
    if old.verdict != new.verdict {
        let is_worse = new.verdict > Verdict::Inconclusive && new.verdict > old.verdict;
        let (before, after) = (old.verdict, new.verdict);
        found.push((is_worse, What::Verdict { before, after }));
    }
    if old.verdict.is_judged() && new.verdict.is_judged() {
        let outcomes = outcomes(old, new).into_iter();
        found.extend(outcomes.filter_map(|(outcome, seen)| outcome_change(outcome, &seen, error)));
        found.extend(figures(old, new, threshold));
        found.extend(relations(old, new));
    }
    let change = |(regression, what)| Change {
        case: new.case.clone(),
        driver: driver(new),
        start_method: new.start_method,
        regression,
        what,
    };
    found.into_iter().map(change).collect()
}

/// How often an outcome was seen before and after.
struct Seen {
    is_allowed: bool,
    is_known: bool,
    before: Rate,
    after: Rate,
}

/// The outcomes of two records under the plans that both had, since a plan changes how often
/// something is seen.
fn outcomes(old: &Record, new: &Record) -> BTreeMap<Outcome, Seen> {
    let plans = |record: &Record| -> BTreeSet<String> {
        record
            .observations
            .iter()
            .map(|seen| seen.plan.clone())
            .collect()
    };
    let both: BTreeSet<String> = &plans(old) & &plans(new);
    let counted = |record: &Record| -> (u64, BTreeMap<Outcome, u64>) {
        let mut counts: BTreeMap<Outcome, u64> = BTreeMap::new();
        for seen in record
            .observations
            .iter()
            .filter(|seen| both.contains(&seen.plan))
        {
            *counts.entry(seen.outcome()).or_default() += seen.count;
        }
        (counts.values().sum(), counts)
    };
    let ((old_runs, old_counts), (new_runs, new_counts)) = (counted(old), counted(new));
    let mut outcomes = BTreeMap::new();
    for seen in old.observations.iter().chain(&new.observations) {
        let outcome = seen.outcome();
        let count = |counts: &BTreeMap<Outcome, u64>| counts.get(&outcome).copied().unwrap_or(0);
        let (before, after) = (count(&old_counts), count(&new_counts));
        if before + after > 0 {
            let seen = Seen {
                is_allowed: seen.allowed,
                is_known: seen.known.is_some(),
                before: rate(before, old_runs),
                after: rate(after, new_runs),
            };
            outcomes.insert(outcome, seen);
        }
    }
    outcomes
}

fn outcome_change(outcome: Outcome, seen: &Seen, error: f64) -> Option<(bool, What)> {
    let Seen {
        is_allowed,
        is_known,
        before,
        after,
    } = seen;
    let allowed = *is_allowed;
    let is_bad = !allowed && !is_known;
    let is_sure = chance::fisher((before.count, before.runs), (after.count, after.runs)) < error;
    let pair = |rate: &Rate| (rate.count, rate.runs);
    match (before.count, after.count) {
        (0, _) if is_bad || is_sure => {
            let after = pair(after);
            Some((
                is_bad,
                What::Appeared {
                    outcome,
                    allowed,
                    after,
                },
            ))
        }
        (_, 0) if is_bad || is_sure => {
            let before = pair(before);
            Some((
                false,
                What::Went {
                    outcome,
                    allowed,
                    before,
                },
            ))
        }
        _ if is_sure => {
            let is_worse = is_bad && after.share() > before.share();
            let (before, after) = (pair(before), pair(after));
            Some((
                is_worse,
                What::Rate {
                    outcome,
                    allowed,
                    before,
                    after,
                },
            ))
        }
        _ => None,
    }
}

/// The figures of both whose ratio is another than one for sure.
fn figures(old: &Record, new: &Record, threshold: f64) -> Vec<(bool, What)> {
    let same = |one: &Figure, other: &Figure| {
        one.label == other.label && one.contender == other.contender && one.unit == other.unit
    };
    let mut changes = Vec::new();
    for figure in &new.figures {
        let Some(other) = old.figures.iter().find(|other| same(figure, other)) else {
            continue;
        };
        let Some(ratio) = chance::ratio(&other.values, &figure.values) else {
            continue;
        };
        if ratio.low <= 1.0 && ratio.high >= 1.0 {
            continue;
        }
        let contender = figure.contender.as_deref();
        let contender = contender.map_or_else(String::new, |name| format!("{name} · "));
        let what = What::Figure {
            label: contender + &figure.label,
            unit: figure.unit,
            before: other.median.value,
            after: figure.median.value,
            ratio,
        };
        changes.push((ratio.low > threshold, what));
    }
    changes
}

fn relations(old: &Record, new: &Record) -> Vec<(bool, What)> {
    let mut changes = Vec::new();
    for relation in &new.relations {
        let mut others = old.relations.iter();
        let Some(other) = others.find(|other| other.claim == relation.claim) else {
            continue;
        };
        // What is open says nothing.
        let is_settled = other.holds != Holds::Open && relation.holds != Holds::Open;
        if is_settled && other.holds != relation.holds {
            let what = What::Relation {
                claim: relation.claim.clone(),
                before: other.holds,
                after: relation.holds,
            };
            changes.push((
                relation.holds == Holds::No && relation.known.is_none(),
                what,
            ));
        }
    }
    changes
}

impl Comparison {
    /// How many changes are worse.
    #[must_use]
    pub fn regressions(&self) -> usize {
        self.changes
            .iter()
            .filter(|change| change.regression)
            .count()
    }
}
