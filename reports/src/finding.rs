//! Findings: what a report says first, and the cards of what went wrong.
//!
//! This chooses and orders; the formats decide how it looks.

use std::collections::BTreeMap;

use crate::record::{Holds, Observation, Record};
use crate::run_file::RunFile;
use crate::shown::shown;
use crate::verdict::Verdict;

/// More would be no sentence any more.
const SENTENCE_CHARS_MAX: usize = 2000;

/// The one sentence that a report begins with: what deviates from what.
#[must_use]
pub fn sentence(file: &RunFile) -> String {
    let mut text = verdict_sentence(file);
    if file.foot.is_none() {
        text = format!("Incomplete, the run was cut short. {text}");
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
    let (yes, no, open) = (count(Holds::Yes), count(Holds::No), count(Holds::Open));
    if yes + no + open == 0 {
        return String::new();
    }
    let open = match open {
        0 => String::new(),
        _ => format!(", {open} open"),
    };
    let first = all().find(|(_, relation)| relation.holds == Holds::No);
    let first = first.map_or_else(String::new, |(record, relation)| {
        let (driver, method) = (&record.driver, record.start_method);
        format!(" (on {driver} under {method} not: {})", relation.claim)
    });
    format!(" Of what cases claim of time and memory {yes} hold, {no} do not{open}{first}.")
}

fn verdict_sentence(file: &RunFile) -> String {
    let mut by_driver: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in file
        .records
        .iter()
        .filter(|record| record.verdict.is_judged())
    {
        by_driver.entry(&record.driver).or_default().push(record);
    }
    let bad: Vec<String> = by_driver
        .iter()
        .filter_map(|(driver, records)| bad_driver(driver, records))
        .collect();
    if !bad.is_empty() {
        return format!("{}.", bad.join("; "));
    }
    let count = |wanted: Verdict| {
        let all = by_driver.values().flatten();
        all.filter(|record| record.verdict == wanted).count()
    };
    let (known, open) = (count(Verdict::Known), count(Verdict::Inconclusive));
    let settled = count(Verdict::Conforms) + known;
    if settled == 0 {
        return match open {
            _ if count(Verdict::Refuted) > 0 => "Each case was measured.".to_owned(),
            0 => "Nothing was judged.".to_owned(),
            _ => format!(
                "Nothing could be judged: {open} inconclusive{}.",
                reason(&by_driver)
            ),
        };
    }
    let drivers: Vec<&str> = by_driver.keys().copied().collect();
    let (who, verb) = match drivers.as_slice() {
        [one] => ((*one).to_owned(), "conforms"),
        many => (format!("All {} drivers", many.len()), "conform"),
    };
    let how = match known {
        0 => String::new(),
        _ => format!(" ({known} known)"),
    };
    match open {
        0 => format!("{who} {verb} to the specification{how}."),
        _ => format!(
            "{who} {verb} to the specification{how} in {settled} of {}; {open} inconclusive{}.",
            settled + open,
            reason(&by_driver)
        ),
    }
}

/// Why the first of what is inconclusive is so.
fn reason(by_driver: &BTreeMap<&str, Vec<&Record>>) -> String {
    let mut open = by_driver.values().flatten();
    let first = open.find(|record| record.verdict == Verdict::Inconclusive);
    let reason = first.and_then(|record| record.reason.as_deref());
    reason.map_or_else(String::new, |reason| format!(" ({reason})"))
}

fn bad_driver(driver: &str, records: &[&Record]) -> Option<String> {
    let worst = records.iter().map(|record| record.verdict).max()?;
    let first = records.iter().find(|record| record.verdict == worst)?;
    let count = |wanted| {
        records
            .iter()
            .filter(|record| record.verdict == wanted)
            .count()
    };
    let ways: Vec<String> = [
        (Verdict::Broken, "is broken"),
        (Verdict::Deviates, "deviates from the specification"),
        (Verdict::Differs, "differs from the specification"),
    ]
    .into_iter()
    .map(|(verdict, does)| (count(verdict), does))
    .filter(|(count, _)| *count > 0)
    .map(|(count, does)| format!("{does} in {count}"))
    .collect();
    if ways.is_empty() {
        return None;
    }
    let settled = records.len() - count(Verdict::Inconclusive);
    Some(format!(
        "{driver} {} of {settled} judged ({} under {})",
        ways.join(" and "),
        first.case,
        first.start_method
    ))
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
    /// Which deviations are known, with their reasons, and how often they were seen.
    pub(crate) known: BTreeMap<String, usize>,
    /// Why something is unsupported, and how often.
    pub(crate) unsupported: BTreeMap<String, usize>,
    /// Runs that failed by no fault of a driver.
    pub(crate) infrastructure: u64,
}

/// Adds up how much of what is allowed was seen.
pub(crate) fn coverage(file: &RunFile) -> Coverage {
    let mut coverage = Coverage::default();
    for record in &file.records {
        coverage.infrastructure += record.infrastructure;
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
        for claim in record.sometimes.iter().filter(|claim| !claim.seen) {
            coverage.unseen_claims.push(format!(
                "{} under {} on {}: {}",
                record.case, record.start_method, record.driver, claim.claim
            ));
        }
    }
    coverage
}
