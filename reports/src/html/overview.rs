//! The matrix of drivers and areas: how many of what was run got which verdict.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::pieces::{tone, wide};
use crate::matrix::{Cell, driver};
use crate::natural;
use crate::run_file::RunFile;
use crate::verdict::Verdict;

/// The section with the matrix.
pub(super) fn overview(file: &RunFile) -> Markup {
    let mut cells: BTreeMap<(String, &str), Cell> = BTreeMap::new();
    let mut areas: BTreeSet<&str> = BTreeSet::new();
    for record in &file.records {
        areas.insert(record.area());
        let cell = cells.entry((driver(record), record.area())).or_default();
        *cell.entry(record.verdict).or_default() += 1;
    }
    let mut drivers: Vec<&str> = cells.keys().map(|(driver, _)| driver.as_str()).collect();
    drivers.sort_by_cached_key(|name| natural::key(name));
    drivers.dedup();
    let table = html! {
        table class="matrix" {
            caption { "Verdicts by driver and area, over all start methods" }
            thead { tr {
                th scope="col" { "driver" }
                @for area in &areas { th scope="col" { (name(area)) } }
            } }
            tbody {
                @for driver in &drivers {
                    tr {
                        th scope="row" { (driver) }
                        @for area in &areas {
                            (cell(cells.get(&((*driver).to_owned(), *area)), driver, area))
                        }
                    }
                }
            }
        }
    };
    html! {
        section id="matrix" aria-labelledby="matrix-title" {
            h2 id="matrix-title" { "Drivers and areas" }
            (wide("Verdicts by driver and area", table))
            (legend(file))
        }
    }
}

fn name(area: &str) -> &str {
    if area.is_empty() { "(no area)" } else { area }
}

fn cell(cell: Option<&Cell>, driver: &str, area: &str) -> Markup {
    let Some(cell) = cell else {
        return html! { td class="quiet" { "not run" } };
    };
    let worst = cell.keys().max().copied().unwrap_or(Verdict::Skipped);
    html! {
        td class=(tone(worst)) {
            // A link sets the filter below; without scripts it leads to the cases.
            a href="#cases" data-filter-driver=(driver) data-filter-text={ (area) @if !area.is_empty() { "/" } } {
                @for verdict in Verdict::ALL {
                    @if let Some(count) = cell.get(&verdict) {
                        span class={ "count " (tone(verdict)) } {
                            span aria-hidden="true" { (verdict.glyph()) } (count)
                            span class="hidden" { " " (verdict) }
                        } " "
                    }
                }
            }
        }
    }
}

fn legend(file: &RunFile) -> Markup {
    let used: BTreeSet<Verdict> = file.records.iter().map(|record| record.verdict).collect();
    html! {
        ul class="legend" {
            @for verdict in Verdict::ALL {
                @if used.contains(&verdict) {
                    li { span class={ "count " (tone(verdict)) } aria-hidden="true" { (verdict.glyph()) } " " (verdict) }
                }
            }
        }
    }
}
