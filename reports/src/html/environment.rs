//! Where and how the runs were made, and with what.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::pieces::{command, text, wide};
use crate::matrix::driver;
use crate::moment::moment;
use crate::natural;
use crate::quantity::bytes;
use crate::rate::percent;
use crate::record::Record;
use crate::run_file::RunFile;

/// The section about the surroundings of the runs.
pub(super) fn environment(file: &RunFile) -> Markup {
    let head = &file.head;
    html! {
        section id="environment" aria-labelledby="environment-title" {
            h2 id="environment-title" { "Environment" }
            dl {
                dt { "System" }
                dd {
                    (text(&head.system)) ", " (head.cores) " processors"
                    @if head.memory_bytes > 0 { ", " (bytes(head.memory_bytes)) }
                }
                dt { "Poolproof" } dd { (text(&head.tool)) }
                @if head.started > 0 { dt { "Begun" } dd { (moment(head.started)) } }
                @if let Some(foot) = &file.foot {
                    dt { "Runs" }
                    dd { (foot.runs) " of " (foot.cases) " cases in " (format!("{:.1}", foot.seconds)) " s, exit " (foot.exit) }
                    @if let Some(share) = foot.sampler {
                        dt { "Looking at memory" } dd { "took " (percent(share)) " of one processor" }
                    }
                }
                @if let Some(spread) = head.spread {
                    dt { "Spread" } dd { "one and the same calculation varied by " (percent(spread)) }
                }
                @if !head.isolation.is_empty() { dt { "Isolation" } dd { (text(&head.isolation)) } }
                @for shortage in &head.shortages {
                    dt { "Shortage" } dd { "nothing that failed counts: " (text(shortage)) }
                }
                @for one in &head.environments {
                    dt { "Environment" }
                    dd { (text(&one.drivers.join(", "))) ": " (text(&one.environment)) }
                }
                @for unused in &head.unused {
                    dt { "Not used" } dd { (text(&unused.program)) ": " (text(&unused.reason)) }
                }
            }
            @if !head.joined.is_empty() { p class="caption" { (head.joined.len()) " runs are joined here:" } }
            @for one in &head.joined {
                p {
                    (text(&one.head.system))
                    @match &one.foot {
                        Some(foot) => { ", " (foot.runs) " runs in " (format!("{:.1}", foot.seconds)) " s, exit " (foot.exit) }
                        None => ", cut short"
                    }
                }
                (command(&one.head.command))
            }
            @if head.joined.is_empty() && !head.command.is_empty() {
                p class="caption" { "The same run again:" } (command(&head.command))
            }
            (drivers(file))
        }
    }
}

fn drivers(file: &RunFile) -> Markup {
    let mut drivers: BTreeMap<String, &Record> = BTreeMap::new();
    for record in &file.records {
        drivers.entry(driver(record)).or_insert(record);
    }
    let mut drivers: Vec<(String, &Record)> = drivers.into_iter().collect();
    drivers.sort_by_cached_key(|(name, _)| natural::key(name));
    if drivers.is_empty() {
        return Markup::default();
    }
    let table = html! {
        table {
            caption { "Drivers" }
            thead { tr {
                th scope="col" { "driver" } th scope="col" { "version" } th scope="col" { "program" }
                th scope="col" { "module" } th scope="col" { "on" }
            } }
            tbody {
                @for (name, record) in &drivers {
                    tr {
                        th scope="row" { (name) }
                        td { (text(&record.driver_version)) }
                        td { code { (text(&record.program)) } }
                        td { code { (text(&record.module)) } }
                        td { (text(&record.python)) }
                    }
                }
            }
        }
    };
    wide("Drivers", table)
}
