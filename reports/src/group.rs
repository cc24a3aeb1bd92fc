//! Findings grouped over start methods: what one driver does wrong in one case is one finding.
//!
//! This groups; the formats decide how it looks.

use std::collections::BTreeMap;

use poolproof_case::{Outcome, StartMethod};

use crate::case_record::CaseRecord;
use crate::finding::{Card, cards};
use crate::matrix::driver;
use crate::rate::{Rate, rate};
use crate::record::{Interleaving, Observation, Record, Rejection};
use crate::run_file::RunFile;
use crate::verdict::Verdict;

/// What one driver does wrong in one case.
#[derive(Clone, Debug)]
pub(crate) struct Group<'a> {
    /// The driver, with its system where there are several.
    pub(crate) driver: String,
    /// The verdict, the same under all its start methods.
    pub(crate) verdict: Verdict,
    /// The records, a start method each.
    pub(crate) records: Vec<&'a Record>,
    /// The outcome to show: the most frequent forbidden one, else one that left something behind.
    pub(crate) shown: Option<&'a Observation>,
}

/// The findings, the worst first.
pub(crate) fn groups(file: &RunFile) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places: BTreeMap<(&str, String, Verdict), usize> = BTreeMap::new();
    for Card {
        record,
        observation,
    } in cards(file)
    {
        let key = (record.case.as_str(), driver(record), record.verdict);
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => {
                group.records.push(record);
                let count = |seen: Option<&Observation>| seen.map_or(0, |seen| seen.count);
                if count(observation) > count(group.shown) {
                    group.shown = observation;
                }
            }
            None => groups.push(Group {
                driver: driver(record),
                verdict: record.verdict,
                records: vec![record],
                shown: observation,
            }),
        }
    }
    groups
}

impl<'a> Group<'a> {
    /// The first record: of what all have in common.
    pub(crate) fn first(&self) -> &'a Record {
        self.records[0]
    }

    /// The start methods.
    pub(crate) fn methods(&self) -> Vec<StartMethod> {
        self.records
            .iter()
            .map(|record| record.start_method)
            .collect()
    }

    /// The start methods as text.
    pub(crate) fn methods_text(&self) -> String {
        let names: Vec<&str> = self.methods().iter().map(|method| method.name()).collect();
        names.join(", ")
    }

    /// How often a record showed what is wrong.
    pub(crate) fn rate(record: &Record) -> Rate {
        let wrong = |seen: &&Observation| seen.is_wrong();
        let count = record.observations.iter().filter(wrong);
        rate(count.map(|seen| seen.count).sum(), record.runs)
    }

    /// Why the outcome to show is forbidden.
    pub(crate) fn rejection(&self) -> Option<&'a Rejection> {
        self.shown?.rejection.as_ref()
    }

    /// The interleavings that explain it: they stand with one of the observations of an outcome.
    pub(crate) fn interleavings(&self) -> (Option<&'a Interleaving>, Option<&'a Interleaving>) {
        let Some(outcome) = self.shown.map(Observation::outcome) else {
            return (None, None);
        };
        let all = self.records.iter().flat_map(|record| &record.observations);
        let same = all.filter(|seen| seen.outcome() == outcome);
        let rejections: Vec<&Rejection> = same.filter_map(|seen| seen.rejection.as_ref()).collect();
        let first = |pick: fn(&Rejection) -> Option<&Interleaving>| {
            rejections.iter().find_map(|rejection| pick(rejection))
        };
        (
            first(|rejection| rejection.interleaving.as_ref()),
            first(|rejection| rejection.followed.as_ref()),
        )
    }

    /// The command that repeats it.
    pub(crate) fn replay(&self) -> Option<&'a str> {
        self.records
            .iter()
            .find_map(|record| record.replay.as_deref())
    }

    /// The end of what such a run wrote to stderr.
    pub(crate) fn stderr(&self) -> &'a str {
        let wrong = self.records.iter().flat_map(|record| &record.observations);
        let mut said = wrong.filter(|seen| seen.is_wrong() && !seen.stderr.trim().is_empty());
        said.next().map_or("", |seen| seen.stderr.as_str())
    }

    /// The other outcomes that are forbidden, and how often each was seen.
    pub(crate) fn others(&self) -> BTreeMap<Outcome, u64> {
        let mut others = BTreeMap::new();
        for seen in self.records.iter().flat_map(|record| record.forbidden()) {
            *others.entry(seen.outcome()).or_default() += seen.count;
        }
        if let Some(shown) = self.shown {
            others.remove(&shown.outcome());
        }
        others
    }

    /// What was left behind, each thing once.
    pub(crate) fn leaked(&self) -> Vec<&'a str> {
        let all = self.records.iter().flat_map(|record| &record.observations);
        let mut leaked: Vec<&str> = all
            .flat_map(|seen| &seen.leaked)
            .map(String::as_str)
            .collect();
        leaked.sort_unstable();
        leaked.dedup();
        leaked
    }
}

/// The case of a record, as the run file keeps it.
pub(crate) fn case_of<'a>(file: &'a RunFile, record: &Record) -> Option<&'a CaseRecord> {
    let mut cases = file.cases.iter();
    cases.find(|case| case.id == record.case && case.hash == record.case_hash)
}
