//! A histogram: each outcome that the specification allows or that was seen, and how often it was, on
//! which driver.

use std::collections::BTreeMap;

use maud::{Markup, html};
use poolproof_case::Outcome;

use super::pieces::wide;
use crate::case_record::BehaviourRecord;
use crate::matrix::driver;
use crate::natural;
use crate::outcome_text::outcome_text;
use crate::quantity::counted;
use crate::rate::percent;
use crate::record::Record;

/// So many outcomes have a row; they are the most frequent ones, and the forbidden ones.
const ROWS_MAX: usize = 40;

/// How often an outcome was seen.
#[derive(Default)]
struct Row {
    is_forbidden: bool,
    is_known: bool,
    total: u64,
    by_driver: BTreeMap<usize, u64>,
}

/// The histogram of what these records of one behaviour have shown.
pub(super) fn histogram(behaviour: Option<&BehaviourRecord>, records: &[&Record]) -> Markup {
    let mut drivers: Vec<String> = records.iter().map(|record| driver(record)).collect();
    drivers.sort_by_cached_key(|name| natural::key(name));
    drivers.dedup();
    let rows = rows(behaviour, records, &drivers);
    let runs: u64 = rows.iter().map(|(_, row)| row.total).sum();
    let most = rows.iter().map(|(_, row)| row.total).max().unwrap_or(0);
    let seen = rows.iter().filter(|(_, row)| row.total > 0).count();
    let caption = format!("Outcomes: {} in {runs} runs", counted(seen, "seen", "seen"));
    let table = html! {
        table class="histogram" {
            caption { (caption) }
            thead {
                tr {
                    th scope="col" { "outcome" }
                    th scope="col" { "allowed" }
                    th scope="col" class="number" { "share of runs" }
                    @if drivers.len() > 1 {
                        @for name in &drivers { th scope="col" class="number" { (name) } }
                    }
                }
            }
            tbody {
                @for (outcome, row) in rows.iter().take(ROWS_MAX) {
                    (drawn(outcome, row, (runs, most), drivers.len()))
                }
            }
        }
    };
    html! {
        (wide(&caption, table))
        @if rows.len() > ROWS_MAX {
            p class="note" { (rows.len() - ROWS_MAX) " more outcomes are in the run file." }
        }
        @if let Some(behaviour) = behaviour { (allowed(behaviour)) }
    }
}

fn drawn(outcome: &Outcome, row: &Row, (runs, most): (u64, u64), drivers: usize) -> Markup {
    let width = 100.0 * row.total as f64 / most.max(1) as f64;
    let class = match row {
        Row { total: 0, .. } => "unseen",
        Row {
            is_forbidden: true, ..
        } => "forbidden",
        _ => "",
    };
    html! {
        tr class=[(!class.is_empty()).then_some(class)] {
            th scope="row" { code { (outcome_text(outcome)) } }
            td {
                @match (row.is_forbidden, row.is_known) {
                    (true, true) => "✗ no, known",
                    (true, false) => "✗ no",
                    (false, _) => "✓ yes",
                }
            }
            td class="number" {
                @if row.total == 0 { "not seen" } @else {
                    span class="bar" style={ "--w:" (format!("{width:.0}")) "%" } {}
                    (percent(row.total as f64 / runs.max(1) as f64))
                }
            }
            @if drivers > 1 {
                @for index in 0..drivers {
                    td class="number" { (row.by_driver.get(&index).copied().unwrap_or(0)) }
                }
            }
        }
    }
}

/// The rows: what is forbidden first, then by how often it was seen.
fn rows(
    behaviour: Option<&BehaviourRecord>,
    records: &[&Record],
    drivers: &[String],
) -> Vec<(Outcome, Row)> {
    let mut rows: BTreeMap<Outcome, Row> = BTreeMap::new();
    for outcome in behaviour.iter().flat_map(|behaviour| &behaviour.outcomes) {
        rows.entry(outcome.clone()).or_default();
    }
    for record in records {
        let name = driver(record);
        let column = drivers.iter().position(|driver| *driver == name);
        for observation in &record.observations {
            let row = rows.entry(observation.outcome()).or_default();
            row.is_forbidden |= !observation.allowed;
            row.is_known |= observation.known.is_some();
            row.total += observation.count;
            let column = column.expect("the drivers are those of the records");
            *row.by_driver.entry(column).or_default() += observation.count;
        }
    }
    let mut rows: Vec<(Outcome, Row)> = rows.into_iter().collect();
    rows.sort_by_key(|(_, row)| (!row.is_forbidden, std::cmp::Reverse(row.total)));
    rows
}

/// How much is allowed, where the rows do not say it.
fn allowed(behaviour: &BehaviourRecord) -> Markup {
    html! {
        p class="note" {
            @match &behaviour.count {
                Some(count) if behaviour.outcomes.is_empty() => {
                    (count) " outcomes are allowed; only those that were seen have a row."
                }
                Some(count) => {
                    (counted(count.parse().unwrap_or(0), "outcome is", "outcomes are")) " allowed."
                }
                None => "The exploration hit its limit: more may be allowed than is known.",
            }
        }
    }
}
