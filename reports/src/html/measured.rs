//! What was measured: memory and times with their intervals, the relations that cases claim, and the
//! memory of ordinary runs.

use std::collections::BTreeMap;

use maud::{Markup, html};
use poolproof_case::Unit;

use super::pieces::{anchor, text, wide};
use super::plots::{Mark, amount, intervals, over_time};
use crate::matrix::driver;
use crate::natural;
use crate::quantity::bytes;
use crate::quantity::counted;
use crate::record::{Figure, Holds, Record, RelationRecord};
use crate::run_file::RunFile;

/// So many numbers fit one plot.
const MARKS_MAX: usize = 40;

/// So many cases have a row of memory.
const ROWS_MAX: usize = 20;

/// The section of one unit: a plot for each case that measures it.
pub(super) fn section(file: &RunFile, unit: Unit) -> Markup {
    let (id, title) = match unit {
        Unit::Bytes => ("memory", "Memory"),
        Unit::Nanoseconds => ("performance", "Performance"),
    };
    let mut cases: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &file.records {
        if record.figures.iter().any(|figure| figure.unit == unit) {
            cases.entry(&record.case).or_default().push(record);
        }
    }
    let is_memory = unit == Unit::Bytes;
    let usual = if is_memory {
        most_memory(file)
    } else {
        Vec::new()
    };
    html! {
        @if !cases.is_empty() || !usual.is_empty() {
            section id=(id) aria-labelledby={ (id) "-title" } {
                h2 id={ (id) "-title" } { (title) }
                @if !is_memory {
                    p class="note" {
                        "Medians of runs, with their intervals at 95 %. Each plot begins at zero."
                        @if let Some(spread) = file.head.spread {
                            " One and the same calculation varied, or took longer beside another, by " (crate::rate::percent(spread)) " on this machine."
                        }
                    }
                }
                @for (case, records) in &cases { (measured_case(case, records, unit)) }
                (usual_memory(&usual))
            }
        }
    }
}

fn measured_case(case: &str, records: &[&Record], unit: Unit) -> Markup {
    let name = anchor(
        if unit == Unit::Bytes {
            "memory"
        } else {
            "performance"
        },
        &[case],
    );
    html! {
        article class="measured" id=(name) {
            h3 { a href={ "#" (anchor("case", &[case])) } { (case) } }
            @if let Some(title) = records.first().map(|record| &record.title) { p class="fact" { (text(title)) } }
            (figures(case, records, unit))
            (relations(records))
        }
    }
}

/// The figures of a case in one unit.
pub(super) fn figures(case: &str, records: &[&Record], unit: Unit) -> Markup {
    let mut marks = Vec::new();
    for record in records {
        for figure in record.figures.iter().filter(|figure| figure.unit == unit) {
            marks.push(Mark {
                label: label(record, figure),
                interval: figure.median,
            });
        }
    }
    let more = marks.len().saturating_sub(MARKS_MAX);
    marks.truncate(MARKS_MAX);
    let what = match unit {
        Unit::Bytes => "memory",
        Unit::Nanoseconds => "time",
    };
    html! {
        @if !marks.is_empty() { (intervals(&format!("{what} of {case}"), unit, &marks)) }
        @if more > 0 { p class="note" { (more) " more figures are in the run file." } }
    }
}

fn label(record: &Record, figure: &Figure) -> String {
    let contender = figure.contender.as_deref();
    let contender = contender.map_or_else(String::new, |name| format!("{name} · "));
    format!(
        "{contender}{} · {} · {}",
        figure.label,
        driver(record),
        record.start_method
    )
}

/// What is claimed of the figures, and what was seen of it.
pub(super) fn relations(records: &[&Record]) -> Markup {
    let all: Vec<(&Record, &RelationRecord)> = records
        .iter()
        .flat_map(|record| {
            record
                .relations
                .iter()
                .map(move |relation| (*record, relation))
        })
        .collect();
    if all.is_empty() {
        return Markup::default();
    }
    let table = html! {
        table class="relations" {
            caption { "What the case claims" }
            thead { tr {
                th scope="col" { "claim" } th scope="col" { "on" } th scope="col" { "holds" }
                th scope="col" { "seen" }
            } }
            tbody {
                @for (record, relation) in all.iter().take(60) {
                    tr {
                        th scope="row" { (text(&relation.claim)) }
                        td { (driver(record)) " under " (record.start_method) }
                        td {
                            @match relation.holds {
                                Holds::Yes => span class="good" { "✓ yes" },
                                Holds::No if relation.known.is_some() => span class="warn" { "~ no, known" },
                                Holds::No => span class="bad" { "✗ no" },
                                Holds::Open => span class="warn" { "≈ open" },
                            }
                        }
                        td { (seen(relation)) }
                    }
                }
            }
        }
    };
    wide("What the case claims", table)
}

/// What was seen of a relation: a ratio, or an amount in bytes.
fn seen(relation: &RelationRecord) -> Markup {
    // What is claimed of one amount is said with "at most", what is claimed of two is not.
    let is_amount = relation.claim.contains(" at most ");
    html! {
        @if let Some(interval) = relation.seen {
            @if is_amount { (amount(Unit::Bytes, interval)) } @else {
                (format!("{:.2}× ({:.2} to {:.2})", interval.value, interval.low, interval.high))
            }
            " in " (counted(usize::try_from(relation.pairs).unwrap_or(usize::MAX), "pair", "pairs"))
        }
        @for reason in relation.reason.iter().chain(&relation.known) { " " (text(reason)) }
    }
}

/// The records whose runs used most memory, a case and driver once.
fn most_memory(file: &RunFile) -> Vec<&Record> {
    let mut most: BTreeMap<(&str, String), &Record> = BTreeMap::new();
    for record in file.records.iter().filter(|record| private(record) > 0) {
        let entry = most.entry((&record.case, driver(record))).or_insert(record);
        if private(record) > private(entry) {
            *entry = record;
        }
    }
    let mut most: Vec<&Record> = most.into_values().collect();
    most.sort_by_cached_key(|record| {
        (
            std::cmp::Reverse(private(record)),
            natural::key(&record.driver),
        )
    });
    most
}

fn private(record: &Record) -> u64 {
    let memory = record.memory.as_ref();
    memory.and_then(|memory| memory.private).unwrap_or(0)
}

fn usual_memory(most: &[&Record]) -> Markup {
    if most.is_empty() {
        return Markup::default();
    }
    let shown = most.len().min(ROWS_MAX);
    let table = html! {
        table {
            caption { "The memory of one run a case, the greatest first (" (shown) " of " (most.len()) ")" }
            (memory_head(true))
            tbody { @for record in &most[..shown] { (memory_row(record, Some(&record.case))) } }
        }
    };
    wide("The memory of runs", table)
}

fn memory_head(has_name: bool) -> Markup {
    html! {
        thead { tr {
            @if has_name { th scope="col" { "case" } }
            th scope="col" { "on" }
            th scope="col" class="number" { "private" }
            th scope="col" class="number" { "with its share" }
            th scope="col" class="number" { "largest process" }
            th scope="col" class="number" { "processes" }
        } }
    }
}

fn memory_row(record: &Record, name: Option<&str>) -> Markup {
    let memory = record.memory.as_ref();
    let amount = |number: Option<u64>| number.map_or_else(|| "–".to_owned(), bytes);
    html! {
        tr {
            @if let Some(name) = name { th scope="row" { (text(name)) } }
            td { (driver(record)) " under " (record.start_method) }
            @if let Some(memory) = memory {
                td class="number" { (amount(memory.private)) }
                td class="number" { (amount(memory.proportional)) }
                td class="number" { (amount(memory.largest)) }
                td class="number" { (memory.processes) }
            }
        }
    }
}

/// The memory of a case's runs: a row for each driver, and the greatest of them over time.
pub(super) fn memory_of_case(records: &[&Record]) -> Markup {
    let mut by_driver: BTreeMap<String, &Record> = BTreeMap::new();
    for record in records.iter().filter(|record| private(record) > 0) {
        let entry = by_driver.entry(driver(record)).or_insert(record);
        if private(record) > private(entry) {
            *entry = record;
        }
    }
    let Some(most) = by_driver.values().max_by_key(|record| private(record)) else {
        let absent = records
            .iter()
            .filter_map(|record| record.memory.as_ref()?.absent.as_deref());
        return html! { @for reason in absent.take(1) { p class="note" { "No memory: " (text(reason)) "." } } };
    };
    let series = most
        .memory
        .as_ref()
        .map_or(&[][..], |memory| &memory.series);
    let title = format!(
        "Memory of one run, {} under {}",
        driver(most),
        most.start_method
    );
    let mut rows: Vec<&Record> = by_driver.values().copied().collect();
    rows.sort_by_cached_key(|record| natural::key(&driver(record)));
    let table = html! {
        table {
            caption { "The memory of one run, the greatest of each driver" }
            (memory_head(false))
            tbody { @for record in rows { (memory_row(record, None)) } }
        }
    };
    html! {
        (wide("The memory of one run", table))
        @if series.len() > 1 { (over_time(&title, series)) }
    }
}
