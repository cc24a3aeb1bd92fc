//! Findings: what a report says first, and the cards of what went wrong.
//!
//! This chooses and orders; the formats decide how it looks.

use std::collections::{BTreeMap, BTreeSet};

use crate::matrix::driver;
use crate::quantity::counted;
use crate::record::{Holds, Observation, Record, RelationRecord};
use crate::run_file::RunFile;
use crate::shown::shown;
use crate::verdict::Verdict;

/// More would be no sentence any more.
const SENTENCE_CHARS_MAX: usize = 2000;

/// What a report begins with: how many deviate, how many are broken, what was not judged.
#[must_use]
pub fn sentence(file: &RunFile) -> String {
    let mut text = verdict_sentence(file);
    if file.foot.is_none() {
        text = format!("Incomplete, the run was cut short. {text}");
    }
    let not_made = file.foot.as_ref().map_or(0, |foot| foot.not_made);
    if not_made > 0 {
        let records = if not_made == 1 {
            "record was"
        } else {
            "records were"
        };
        text = format!("Ended at the first failure, {not_made} {records} not made. {text}");
    }
    text += &relation_sentence(file);
    shown(&text, SENTENCE_CHARS_MAX)
}

/// How many of the relations that cases claim were seen, if there are any.
fn relation_sentence(file: &RunFile) -> String {
    let all = || {
        file.records.iter().flat_map(|record| {
            record
                .relations
                .iter()
                .map(move |relation| (record, relation))
        })
    };
    let count = |holds| {
        all()
            .filter(|(_, relation)| relation.holds == holds)
            .count()
    };
    let is_unknown_no =
        |relation: &RelationRecord| relation.holds == Holds::No && relation.known.is_none();
    let no = all()
        .filter(|(_, relation)| is_unknown_no(relation))
        .count();
    let late = all()
        .filter(|(record, _)| record.verdict == Verdict::Unsettled)
        .filter(|(_, relation)| relation.holds == Holds::Open)
        .count();
    let (yes, known) = (count(Holds::Yes), count(Holds::No) - no);
    let open = count(Holds::Open) - late;
    let claims = yes + no + known + open + late;
    if claims == 0 {
        return String::new();
    }
    let all_claims = counted(claims, "claim", "claims");
    let mut parts = Vec::new();
    if yes > 0 {
        parts.push(counted(yes, "holds", "hold"));
    }
    if no > 0 {
        let first = all().find(|(_, relation)| is_unknown_no(relation));
        let first = first.map_or_else(String::new, |(record, relation)| {
            let (driver, method) = (&record.driver, record.start_method);
            format!(" ({} on {driver} under {method})", relation.claim)
        });
        parts.push(counted(no, "does not", "do not") + &first);
    }
    if known > 0 {
        parts.push(counted(known, "is known not to", "are known not to"));
    }
    if open > 0 {
        parts.push(counted(open, "is open", "are open"));
    }
    if late > 0 {
        let so_many = counted(late, "had no time", "had no time");
        parts.push(so_many + " in a run of everything (try `poolproof run performance memory`)");
    }
    format!(
        " Of {all_claims} about time and memory {}.",
        parts.join(", ")
    )
}

/// How many of what was judged are wrong and in which way; then what was not judged.
fn verdict_sentence(file: &RunFile) -> String {
    let count = |wanted: Verdict| {
        let is_it = |record: &&Record| record.verdict == wanted && !record.is_measured();
        file.records.iter().filter(is_it).count()
    };
    let [known, open] = [Verdict::Known, Verdict::Inconclusive].map(count);
    let [broken, deviates, differs] =
        [Verdict::Broken, Verdict::Deviates, Verdict::Differs].map(count);
    let bad = broken + deviates + differs;
    let judged = count(Verdict::Conforms) + known + bad;
    let mut text = match (judged, open) {
        (0, 0) if file.records.iter().any(Record::is_measured) => {
            "Each case was measured.".to_owned()
        }
        (0, 0) => "Nothing was judged.".to_owned(),
        (0, _) => "Nothing could be judged.".to_owned(),
        _ if bad > 0 => {
            let ways = [
                (broken, "is broken", "are broken"),
                (deviates, "deviates", "deviate"),
                (differs, "differs", "differ"),
            ];
            let ways = ways.iter().filter(|(count, ..)| *count > 0);
            let ways: Vec<String> = ways
                .map(|(count, one, many)| counted(*count, one, many))
                .collect();
            let verb = if bad == 1 { "is" } else { "are" };
            let (ways, worst) = (ways.join(", "), worst(file));
            format!("{bad} of {judged} judged {verb} wrong: {ways}; {worst}.")
        }
        _ => {
            let how = match known {
                0 => String::new(),
                _ => format!(" ({known} known)"),
            };
            match judged {
                1 => format!("The only one that was judged conforms to the specification{how}."),
                _ => format!("All {judged} judged conform to the specification{how}."),
            }
        }
    };
    if open > 0 {
        text += &format!(" {open} inconclusive{}.", reason(file));
    }
    let unjudged = [Verdict::Unsupported, Verdict::Skipped].map(|verdict| {
        let records = file.records.iter();
        (
            verdict,
            records.filter(|record| record.verdict == verdict).count(),
        )
    });
    let unjudged = unjudged.iter().filter(|(_, count)| *count > 0);
    let unjudged: Vec<String> = unjudged
        .map(|(verdict, count)| format!("{count} {verdict}"))
        .collect();
    if !unjudged.is_empty() {
        text += &format!(" Not judged: {}.", unjudged.join(", "));
    }
    text
}

/// On which drivers something is wrong, and the first of the worst.
fn worst(file: &RunFile) -> String {
    let bad = || file.records.iter().filter(|record| record.verdict.is_bad());
    let worst = bad().map(|record| record.verdict).max();
    let first = bad().find(|record| Some(record.verdict) == worst);
    let first = first.map_or_else(String::new, |record| {
        format!("{} under {}", record.case, record.start_method)
    });
    let drivers: BTreeSet<String> = bad().map(driver).collect();
    match drivers.first() {
        Some(only) if drivers.len() == 1 => format!("on {only}, {first} first"),
        _ => format!("on {} drivers, {first} first", drivers.len()),
    }
}

/// Why the first of what is inconclusive is so.
fn reason(file: &RunFile) -> String {
    let mut records = file.records.iter();
    let first = records.find(|record| record.verdict == Verdict::Inconclusive);
    let reason = first.and_then(|record| record.reason.as_deref());
    reason.map_or_else(String::new, |reason| format!(" ({reason})"))
}

/// What to show of one record that is not fine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Card<'a> {
    /// The record.
    pub(crate) record: &'a Record,
    /// Its outcome to show: a forbidden one, else one that left something behind.
    pub(crate) observation: Option<&'a Observation>,
}

/// A card for each record that is not fine, the worst first.
pub(crate) fn cards(file: &RunFile) -> Vec<Card<'_>> {
    let mut cards: Vec<Card<'_>> = file
        .records
        .iter()
        .filter(|record| record.verdict >= Verdict::Inconclusive)
        .map(|record| Card {
            record,
            observation: record
                .forbidden()
                .max_by_key(|observation| observation.count)
                .or_else(|| {
                    record
                        .observations
                        .iter()
                        .find(|seen| !seen.leaked.is_empty())
                }),
        })
        .collect();
    cards.sort_by_key(|card| std::cmp::Reverse(card.record.verdict));
    cards
}

/// How much of what is allowed was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coverage {
    /// Judged records.
    pub(crate) judged: usize,
    /// Those of which each allowed outcome was seen.
    pub(crate) complete: usize,
    /// `Sometimes` claims that no run showed: driver, start method, case.
    pub(crate) unseen_claims: Vec<String>,
    /// Known deviations that no run showed: case, start method, driver.
    pub(crate) stale: Vec<String>,
    /// Which deviations are known, with their reasons, and how often they were seen.
    pub(crate) known: BTreeMap<String, usize>,
    /// Why something is unsupported, and how often.
    pub(crate) unsupported: BTreeMap<String, usize>,
    /// Runs that failed by no fault of a driver.
    pub(crate) infrastructure: u64,
    /// Runs that came to what is undefined.
    pub(crate) undefined: u64,
}

/// Adds up how much of what is allowed was seen.
pub(crate) fn coverage(file: &RunFile) -> Coverage {
    let mut coverage = Coverage::default();
    for record in &file.records {
        coverage.infrastructure += record.infrastructure;
        coverage.undefined += record.undefined;
        let reasons = match record.verdict {
            Verdict::Known => Some(&mut coverage.known),
            Verdict::Unsupported => Some(&mut coverage.unsupported),
            _ => None,
        };
        if let Some(reasons) = reasons {
            let reason = record.reason.as_deref().unwrap_or("no reason given");
            *reasons.entry(reason.to_owned()).or_default() += 1;
        }
        // What is measured has figures in place of outcomes.
        if !record.verdict.is_judged() || record.is_measured() {
            continue;
        }
        coverage.judged += 1;
        if record.allowed.as_deref() == Some(record.seen.to_string().as_str()) {
            coverage.complete += 1;
        }
        coverage.stale.extend(record.stale.iter().map(|known| {
            format!(
                "{} under {} on {}: {known}",
                record.case, record.start_method, record.driver
            )
        }));
        for claim in record.sometimes.iter().filter(|claim| !claim.seen) {
            coverage.unseen_claims.push(format!(
                "{} under {} on {}: {}",
                record.case, record.start_method, record.driver, claim.claim
            ));
        }
    }
    coverage
}
