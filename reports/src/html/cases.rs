//! A case: what each driver got, its programs, its automaton, its histogram, its figures.

use std::collections::BTreeMap;

use maud::{Markup, html};
use poolproof_case::{Outcome, StartMethod, Unit};

use super::automaton::{drawn, marks};
use super::findings::clauses;
use super::histogram::histogram;
use super::measured::{figures, memory_of_case, relations};
use super::pieces::{anchor, badge, made_when_opened, source, text};
use crate::case_record::CaseRecord;
use crate::matrix::driver;
use crate::natural;
use crate::quantity::counted;
use crate::record::Record;
use crate::verdict::Verdict;

/// Cases of one id, with their records.
pub(super) struct Shown<'a> {
    /// What the run file keeps of it.
    pub(super) case: Option<&'a CaseRecord>,
    /// Its records.
    pub(super) records: Vec<&'a Record>,
}

/// What a driver got, by start method.
type Verdicts = Vec<(StartMethod, Verdict)>;

/// How much of a case is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All.
    Whole,
    /// Only what each driver got, where there is no room for more.
    Brief,
}

impl Shown<'_> {
    fn id(&self) -> &str {
        self.records.first().map_or("", |record| &record.case)
    }

    /// The worst verdict of any driver.
    pub(super) fn worst(&self) -> Verdict {
        let verdicts = self.records.iter().map(|record| record.verdict);
        verdicts.max().unwrap_or(Verdict::Skipped)
    }
}

/// A case, closed at first.
pub(super) fn case(shown: &Shown<'_>, extent: Extent) -> Markup {
    let id = shown.id();
    let first = shown.records.first();
    let title = first.map_or("", |record| &record.title);
    let ids = first.map_or(&[][..], |record| &record.clauses);
    let mut drivers: Vec<String> = shown.records.iter().map(|record| driver(record)).collect();
    drivers.sort();
    drivers.dedup();
    let mut verdicts: Vec<&str> = shown
        .records
        .iter()
        .map(|record| record.verdict.name())
        .collect();
    verdicts.sort_unstable();
    verdicts.dedup();
    html! {
        details class="case" id=(anchor("case", &[id])) data-verdict=(verdicts.join(" "))
            data-driver=(drivers.join("\t")) data-text={ (id) " " (title) " " (ids.join(" ")) } {
            summary {
                (badge(shown.worst())) " "
                span class="id" { (id) } " "
                span class="fact" { (text(title)) }
            }
            (made_when_opened(&html! {
            (clauses(shown.case, ids))
            (verdict_table(&shown.records))
            @match extent {
                Extent::Whole => (whole(shown)),
                Extent::Brief => p class="note" {
                    "Its program and its histogram are left out to keep this file small: "
                    code { "poolproof show " (id) } ", " code { "poolproof explore " (id) } "."
                },
            }
            }))
        }
    }
}

fn whole(shown: &Shown<'_>) -> Markup {
    let id = shown.id();
    let is_measured = shown.records.iter().any(|record| record.is_measured());
    html! {
        @if is_measured {
            (figures(id, &shown.records, Unit::Nanoseconds))
            (figures(id, &shown.records, Unit::Bytes))
            (relations(&shown.records))
        } @else {
            (behaviours(shown))
        }
        (memory_of_case(&shown.records))
        @if let Some(case) = shown.case { (programs(case)) }
    }
}

/// What each driver got, those with the same verdicts together.
fn verdict_table(records: &[&Record]) -> Markup {
    let mut by_driver: BTreeMap<String, Verdicts> = BTreeMap::new();
    for record in records {
        let verdict = (record.start_method, record.verdict);
        by_driver.entry(driver(record)).or_default().push(verdict);
    }
    let mut by_driver: Vec<(String, Verdicts)> = by_driver.into_iter().collect();
    by_driver.sort_by_cached_key(|(name, _)| natural::key(name));
    let mut same: Vec<(Verdicts, Vec<String>)> = Vec::new();
    for (name, mut verdicts) in by_driver {
        verdicts.sort();
        match same.iter_mut().find(|(others, _)| *others == verdicts) {
            Some((_, names)) => names.push(name),
            None => same.push((verdicts, vec![name])),
        }
    }
    html! {
        ul class="verdicts" {
            @for (verdicts, names) in &same {
                li {
                    (names.join(", ")) ": "
                    @for (index, (verdict, methods)) in by_verdict(verdicts).iter().enumerate() {
                        @if index > 0 { ", " }
                        (badge(*verdict)) " under " (methods.join(", "))
                    }
                }
            }
        }
        (reasons(records))
    }
}

fn by_verdict(verdicts: &[(StartMethod, Verdict)]) -> BTreeMap<Verdict, Vec<&'static str>> {
    let mut methods: BTreeMap<Verdict, Vec<&'static str>> = BTreeMap::new();
    for (method, verdict) in verdicts {
        methods.entry(*verdict).or_default().push(method.name());
    }
    methods
}

/// Why verdicts are what they are, each reason once.
fn reasons(records: &[&Record]) -> Markup {
    let all = records.iter().filter_map(|record| record.reason.as_deref());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in all {
        *counts.entry(reason).or_default() += 1;
    }
    html! {
        @if !counts.is_empty() {
            ul class="note" {
                @for (reason, count) in counts.iter().take(8) { li { (count) "× " (text(reason)) } }
            }
        }
    }
}

/// For each behaviour the histogram and the automaton of its start methods.
fn behaviours(shown: &Shown<'_>) -> Markup {
    let known = shown.case.map_or(&[][..], |case| &case.behaviours);
    let ran = |methods: &[StartMethod]| -> Vec<&Record> {
        let is_of =
            |record: &&Record| methods.contains(&record.start_method) && record.verdict.is_judged();
        shown.records.iter().copied().filter(is_of).collect()
    };
    html! {
        @if known.is_empty() {
            (histogram(None, &ran(&StartMethod::ALL)))
        }
        @for behaviour in known {
            @let records = ran(&behaviour.start_methods);
            @let methods: Vec<&str> = behaviour.start_methods.iter().map(|method| method.name()).collect();
            @if known.len() > 1 { p class="caption" { "Under " (methods.join(", ")) } }
            (histogram(Some(behaviour), &records))
            @if let Some(automaton) = &behaviour.automaton {
                @let outcomes: Vec<Outcome> = records.iter().flat_map(|record| &record.observations)
                    .map(|seen| seen.outcome()).collect();
                (drawn(automaton, &marks(automaton, &outcomes)))
            } @else {
                p class="note" {
                    "The automaton has " (counted(usize::try_from(behaviour.nodes).unwrap_or(usize::MAX), "node", "nodes"))
                    ", too many to draw."
                }
            }
        }
    }
}

/// RON and Python side by side.
fn programs(case: &CaseRecord) -> Markup {
    html! {
        div class="pair" {
            (source("RON", &case.ron))
            div {
                @for program in &case.programs {
                    @let name = program.contender.as_deref().map_or_else(
                        || "Python".to_owned(), |name| format!("Python, {}", text(name)));
                    @if let Some(python) = &program.python { (source(&name, python)) }
                    @if let Some(absent) = &program.absent { p class="note" { (name) ": " (text(absent)) } }
                }
            }
        }
    }
}
