//! The HTML report: one file that needs no network, for looking at.
//!
//! It says what the other reports say and shows what they cannot: programs side by side, automata,
//! histograms, plots. Details of cases are left out, from those that are fine on, where the file would
//! become too large to open at once.

mod automaton;
mod cases;
mod changed;
mod environment;
mod findings;
mod histogram;
mod interleaving;
mod layout;
mod measured;
mod overview;
mod pieces;
mod plots;

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use poolproof_case::Unit;

use crate::compare::Comparison;
use crate::finding::sentence;
use crate::group::{Group, case_of, groups};
use crate::matrix::driver;
use crate::natural;
use crate::quantity::counted;
use crate::record::Record;
use crate::run_file::RunFile;
use crate::shown::printable;
use crate::verdict::Verdict;
use cases::{Extent, Shown};

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// So many bytes the details of all cases may have together.
const DETAILS_BYTES_MAX: usize = 3_600_000;

/// The report as one HTML file, with what changed if it is known.
///
/// ```
/// let page = poolproof_report::html(&poolproof_report::RunFile::default(), None);
/// assert!(page.starts_with("<!DOCTYPE html>"));
/// ```
#[must_use]
pub fn html(file: &RunFile, changed: Option<&Comparison>) -> String {
    let groups = groups(file);
    let sentence = sentence(file);
    let has = |unit: Unit| {
        let figures = |record: &Record| record.figures.iter().any(|figure| figure.unit == unit);
        let is_seen = |record: &Record| unit == Unit::Bytes && record.memory.is_some();
        file.records
            .iter()
            .any(|record| figures(record) || is_seen(record))
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Poolproof: " (sentence.split("; ").next().unwrap_or_default()) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#findings" { "Skip to the findings" }
                header {
                    p class="brand" { "Poolproof" }
                    h1 { (sentence) }
                    (tiles(file))
                    nav aria-label="Parts of the report" {
                        @if changed.is_some() { a href="#changed" { "What changed" } }
                        a href="#matrix" { "Matrix" }
                        a href="#findings" { "Findings" span class="pill" { (groups.len()) } }
                        a href="#cases" { "Cases" }
                        @if has(Unit::Bytes) { a href="#memory" { "Memory" } }
                        @if has(Unit::Nanoseconds) { a href="#performance" { "Performance" } }
                        a href="#environment" { "Environment" }
                    }
                }
                main {
                    noscript { p class="note" { "Without scripts the details of cases stay closed; the Markdown report needs none." } }
                    @if let Some(changed) = changed { (changed::changed(changed)) }
                    (overview::overview(file))
                    (filter(file))
                    (findings::findings(file, &groups))
                    (all_cases(file, &groups))
                    (measured::section(file, Unit::Bytes))
                    (measured::section(file, Unit::Nanoseconds))
                    (environment::environment(file))
                }
                footer { p { "Made from a run file by Poolproof " (file.head.tool) "." } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    // Ids and links stay alike, since the same characters are written out in both.
    printable(&page.into_string())
}

/// How much was judged, in numbers.
fn tiles(file: &RunFile) -> Markup {
    let count = |is: fn(&Verdict) -> bool| {
        file.records
            .iter()
            .filter(|record| is(&record.verdict))
            .count()
    };
    let bad = count(|verdict| verdict.is_bad());
    let runs: u64 = file.records.iter().map(|record| record.runs).sum();
    let unjudged = count(|verdict| !verdict.is_judged());
    let tile = |number: String, what: &str| html! { li { b { (number) } span { (what) } } };
    html! {
        ul class="tiles" {
            (tile(count(|verdict| verdict.is_judged()).to_string(), "judged"))
            (tile(bad.to_string(), "wrong"))
            (tile(unjudged.to_string(), "not judged"))
            (tile(runs.to_string(), "runs"))
        }
    }
}

/// The form that filters findings and cases; it does nothing without scripts, and is hidden then.
fn filter(file: &RunFile) -> Markup {
    let mut drivers: Vec<String> = file.records.iter().map(driver).collect();
    drivers.sort_by_cached_key(|name| natural::key(name));
    drivers.dedup();
    let used = |verdict: &Verdict| file.records.iter().any(|record| record.verdict == *verdict);
    html! {
        form id="filter" role="search" aria-label="Filter findings and cases" hidden {
            label { "Search" input type="search" name="q" placeholder="case, title, clause" autocomplete="off"; }
            label {
                "Verdict"
                select name="verdict" {
                    option value="" { "all" }
                    @for verdict in Verdict::ALL.iter().filter(|verdict| used(verdict)) {
                        option value=(verdict) { (verdict) }
                    }
                }
            }
            label {
                "Driver"
                select name="driver" {
                    option value="" { "all" }
                    @for name in &drivers { option value=(name) { (name) } }
                }
            }
            output aria-live="polite" {}
            button type="reset" { "Show all" }
        }
    }
}

/// All cases by area, the details of those with findings first as long as there is room.
fn all_cases(file: &RunFile, groups: &[Group<'_>]) -> Markup {
    let mut by_case: BTreeMap<&str, Shown<'_>> = BTreeMap::new();
    for record in &file.records {
        let shown = by_case.entry(&record.case).or_insert_with(|| Shown {
            case: case_of(file, record),
            records: Vec::new(),
        });
        shown.records.push(record);
    }
    let mut order: Vec<&str> = by_case.keys().copied().collect();
    let is_found = |id: &str| groups.iter().any(|group| group.first().case == id);
    order.sort_by_key(|id| !is_found(id));
    let mut room = DETAILS_BYTES_MAX;
    let mut drawn: BTreeMap<&str, Markup> = BTreeMap::new();
    for id in order {
        let shown = &by_case[id];
        let whole = (room > 0).then(|| cases::case(shown, Extent::Whole));
        let fits = whole.filter(|whole| whole.0.len() <= room);
        let markup = fits.unwrap_or_else(|| cases::case(shown, Extent::Brief));
        room = room.saturating_sub(markup.0.len());
        drawn.insert(id, markup);
    }
    let mut areas: BTreeMap<&str, Vec<&Markup>> = BTreeMap::new();
    for (id, markup) in &drawn {
        let area = id.rsplit_once('/').map_or("", |(area, _)| area);
        areas.entry(area).or_default().push(markup);
    }
    html! {
        section id="cases" aria-labelledby="cases-title" {
            h2 id="cases-title" { "Cases" }
            @for (area, cases) in &areas {
                div class="area" {
                    h3 { (if area.is_empty() { "(no area)" } else { area }) " " span class="note" { (counted(cases.len(), "case", "cases")) } }
                    @for case in cases { (case) }
                }
            }
        }
    }
}
