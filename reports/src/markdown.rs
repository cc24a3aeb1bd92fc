//! The Markdown report: short enough for a comment on a pull request.
//!
//! It says what the summary says, with as many findings as fit; the HTML report has them all.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::Comparison;
use crate::finding::{Coverage, coverage, sentence};
use crate::group::{Group, groups};
use crate::head::Joined;
use crate::matrix::{Cell, driver};
use crate::moment::moment;
use crate::natural;
use crate::outcome_text::outcome_text;
use crate::quantity::bytes;
use crate::rate::{percent, rate};
use crate::record::Record;
use crate::run_file::RunFile;
use crate::shown::shown;
use crate::verdict::Verdict;

/// A comment on a pull request is read as a whole, or not at all.
const LINES_MAX: usize = 58;
/// So many drivers have a row.
const ROWS_MAX: usize = 14;
/// So many reasons of a kind have a line.
const REASONS_MAX: usize = 2;
/// So many of the runs that a file joins are named.
const JOINED_MAX: usize = 4;
/// Of a longer text, only the beginning and the length are shown.
const TEXT_CHARS_MAX: usize = 2000;

/// So many changes have a line.
const CHANGES_MAX: usize = 8;

/// The report as Markdown, in less than sixty lines, with what changed if it is known.
#[must_use]
pub fn markdown(file: &RunFile, changed: Option<&Comparison>) -> String {
    let mut top = vec![
        "# Poolproof".to_owned(),
        String::new(),
        escaped(&sentence(file)),
    ];
    top.extend(changed.into_iter().flat_map(changes));
    top.extend(table(file));
    let bottom = [coverage_lines(&coverage(file)), environment(file)].concat();
    let room = LINES_MAX.saturating_sub(top.len() + bottom.len());
    let lines = [top, findings(&groups(file), room), bottom].concat();
    lines.join("\n") + "\n"
}

/// What changed, what is worse first.
fn changes(comparison: &Comparison) -> Vec<String> {
    let mut lines = vec![String::new(), "## What changed".to_owned(), String::new()];
    lines.push(escaped(&comparison.sentence()));
    lines.push(format!("Before: {}.", escaped(&comparison.before)));
    let all = &comparison.changes;
    if !all.is_empty() {
        lines.push(String::new());
    }
    for change in all.iter().take(CHANGES_MAX) {
        let (place, words) = (escaped(&change.place()), escaped(&change.words()));
        lines.push(format!("- {} {place}: {words}", change.sign()));
    }
    if all.len() > CHANGES_MAX {
        lines.push(format!("- and {} more", all.len() - CHANGES_MAX));
    }
    lines.extend(
        comparison
            .left_out()
            .map(|text| format!("- {}", escaped(&text))),
    );
    lines
}

/// Drivers by areas.
fn table(file: &RunFile) -> Vec<String> {
    let mut cells: BTreeMap<(String, &str), Cell> = BTreeMap::new();
    for record in &file.records {
        let cell = cells.entry((driver(record), record.area())).or_default();
        *cell.entry(record.verdict).or_default() += 1;
    }
    if cells.is_empty() {
        return Vec::new();
    }
    let areas: BTreeSet<&str> = cells.keys().map(|(_, area)| *area).collect();
    let mut drivers: Vec<&str> = cells.keys().map(|(driver, _)| driver.as_str()).collect();
    drivers.sort_by_cached_key(|name| natural::key(name));
    drivers.dedup();
    let row = |head: &str, texts: Vec<String>| format!("| {head} | {} |", texts.join(" | "));
    let names = areas.iter().map(|area| escaped(area)).collect();
    let mut lines = vec![String::new(), row("driver", names)];
    lines.push(row("---", areas.iter().map(|_| "---".to_owned()).collect()));
    for driver in drivers.iter().take(ROWS_MAX) {
        let cell = |area: &&str| {
            let cell = cells.get(&((*driver).to_owned(), *area));
            cell.map_or_else(String::new, cell_text)
        };
        lines.push(row(&escaped(driver), areas.iter().map(cell).collect()));
    }
    let legend: Vec<String> = Verdict::ALL
        .into_iter()
        .filter(|verdict| file.records.iter().any(|record| record.verdict == *verdict))
        .map(|verdict| format!("{} {verdict}", verdict.glyph()))
        .collect();
    let more = match drivers.len().saturating_sub(ROWS_MAX) {
        0 => String::new(),
        more => format!("; {more} more drivers are in the other reports"),
    };
    lines.extend([String::new(), legend.join(", ") + &more]);
    lines
}

fn cell_text(cell: &Cell) -> String {
    let parts: Vec<String> = Verdict::ALL
        .iter()
        .filter_map(|verdict| Some(format!("{} {}", verdict.glyph(), cell.get(verdict)?)))
        .collect();
    parts.join(" ")
}

/// As many findings as there is room for, the worst first, one at least.
fn findings(groups: &[Group<'_>], room: usize) -> Vec<String> {
    if groups.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new(), "## Findings".to_owned(), String::new()];
    for (index, group) in groups.iter().enumerate() {
        let finding = finding(group);
        let is_last = index + 1 == groups.len();
        if index > 0 && lines.len() + finding.len() + 2 * usize::from(!is_last) > room {
            let more = groups.len() - index;
            lines.extend([
                String::new(),
                format!("And {more} more in the HTML report."),
            ]);
            break;
        }
        lines.extend(finding);
    }
    lines
}

fn finding(group: &Group<'_>) -> Vec<String> {
    let record = group.first();
    let mut lines = vec![format!(
        "- {} **{} {}** on {} under {}{}",
        record.verdict.glyph(),
        record.verdict,
        escaped(&record.case),
        escaped(&group.driver),
        group.methods_text(),
        match record.clauses_text().as_str() {
            "" => String::new(),
            clauses => format!(" ({})", escaped(clauses)),
        }
    )];
    let mut item = |name: &str, value: String| lines.push(format!("  - {name}: {value}"));
    match (group.shown, &record.reason) {
        (Some(shown), _) => {
            let (count, runs) = group.records.iter().fold((0, 0), |(count, runs), record| {
                let rate = Group::rate(record);
                (count + rate.count, runs + rate.runs)
            });
            let rate = rate(count, runs);
            let outcome = code(&outcome_text(&shown.outcome()));
            item(
                "got",
                format!("{outcome}, wrong in {count} of {runs} runs, {rate}"),
            );
        }
        (None, Some(reason)) => item("because", escaped(reason)),
        (None, None) => {}
    }
    if let Some(rejection) = group.rejection() {
        item("nearest allowed", code(&outcome_text(&rejection.nearest)));
    }
    if let Some(leak) = group.leaked().first() {
        item("left", escaped(leak));
    }
    if let Some(replay) = group.replay() {
        item("repeat", code(replay));
    }
    lines
}

fn coverage_lines(coverage: &Coverage) -> Vec<String> {
    let mut lines = vec![String::new(), "## Coverage".to_owned(), String::new()];
    let (complete, judged) = (coverage.complete, coverage.judged);
    lines.push(format!(
        "- every allowed outcome was seen in {complete} of {judged} judged"
    ));
    if let Some(first) = coverage.unseen_claims.first() {
        let count = coverage.unseen_claims.len();
        lines.push(format!("- shown by no run ({count}): {}", escaped(first)));
    }
    if let Some(first) = coverage.stale.first() {
        let count = coverage.stale.len();
        lines.push(format!(
            "- not as the manifest says ({count}): {}",
            escaped(first)
        ));
    }
    lines.extend(reasons("known", &coverage.known));
    lines.extend(reasons("unsupported", &coverage.unsupported));
    if coverage.infrastructure > 0 {
        let count = coverage.infrastructure;
        lines.push(format!("- {count} runs failed here and are not counted"));
    }
    if coverage.undefined > 0 {
        let count = coverage.undefined;
        lines.push(format!(
            "- {count} runs came to what the documentation leaves undefined and are not judged"
        ));
    }
    lines
}

/// The most frequent reasons.
fn reasons(name: &str, reasons: &BTreeMap<String, usize>) -> Vec<String> {
    let mut most: Vec<(&String, &usize)> = reasons.iter().collect();
    most.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let more: usize = most
        .iter()
        .skip(REASONS_MAX)
        .map(|(_, count)| **count)
        .sum();
    let mut lines: Vec<String> = most
        .iter()
        .take(REASONS_MAX)
        .map(|(reason, count)| format!("- {name} ({count}): {}", escaped(reason)))
        .collect();
    if more > 0 {
        lines.push(format!("- {name} ({more}): for other reasons"));
    }
    lines
}

fn environment(file: &RunFile) -> Vec<String> {
    let head = &file.head;
    let mut lines = vec![String::new(), "## Environment".to_owned(), String::new()];
    let memory = match head.memory_bytes {
        0 => String::new(),
        number => format!(", {}", bytes(number)),
    };
    let (system, cores) = (escaped(&head.system), head.cores);
    lines.push(format!("- {system}, {cores} cores{memory}"));
    let begun = match head.started {
        0 => String::new(),
        started => format!(", begun {}", moment(started)),
    };
    let (tool, command) = (escaped(&head.tool), code(&head.command));
    match head.joined.len() {
        0 => lines.push(format!("- Poolproof {tool}: {command}{begun}")),
        count => lines.push(format!("- Poolproof {tool}: {count} runs, joined")),
    }
    for Joined { head, foot } in head.joined.iter().take(JOINED_MAX) {
        let took = foot.as_ref().map_or_else(
            || ", cut short".to_owned(),
            |foot| {
                format!(
                    ": {} runs in {:.1} s, exit {}",
                    foot.runs, foot.seconds, foot.exit
                )
            },
        );
        let (system, command) = (escaped(&head.system), code(&head.command));
        lines.push(format!("- {command} on {system}{took}"));
    }
    if head.joined.len() > JOINED_MAX {
        lines.push(format!("- and {} more", head.joined.len() - JOINED_MAX));
    }
    let mut versions: Vec<String> = file
        .records
        .iter()
        .filter(|record| !record.driver_version.is_empty())
        .map(version)
        .collect();
    versions.sort_by_cached_key(|name| natural::key(name));
    versions.dedup();
    if !versions.is_empty() {
        lines.push(format!("- {}", escaped(&versions.join(", "))));
    }
    if !head.isolation.is_empty() {
        lines.push(format!("- {}", escaped(&head.isolation)));
    }
    for shortage in head.shortages.iter().take(REASONS_MAX) {
        lines.push(format!(
            "- nothing that failed counts: {}",
            escaped(shortage)
        ));
    }
    for unused in head.unused.iter().take(REASONS_MAX) {
        let (program, reason) = (escaped(&unused.program), escaped(&unused.reason));
        lines.push(format!("- not used: {program}: {reason}"));
    }
    if let Some(foot) = &file.foot {
        let (runs, cases, seconds, exit) = (foot.runs, foot.cases, foot.seconds, foot.exit);
        lines.push(format!(
            "- {runs} runs of {cases} cases in {seconds:.1} s, exit {exit}"
        ));
        if let Some(share) = foot.sampler {
            lines.push(format!(
                "- looking at memory took {} of one processor",
                percent(share)
            ));
        }
    }
    lines
}

/// What a record says of its driver: name and version, and module and Python where the name does not
/// tell them.
fn version(record: &Record) -> String {
    let (driver, version) = (&record.driver, &record.driver_version);
    match record.module.as_str() {
        "" | "multiprocessing" => format!("{driver} {version}"),
        module => format!("{driver} {version} ({module} on {})", record.python),
    }
}

/// Text that Markdown leaves alone.
pub(crate) fn escaped(text: &str) -> String {
    let text = shown(&text.replace('\n', " "), TEXT_CHARS_MAX);
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '|' | '*' | '<' | '>' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Text as code, with a fence that it does not contain.
pub(crate) fn code(text: &str) -> String {
    let text = shown(&text.replace('\n', " "), TEXT_CHARS_MAX);
    let ticks = text.split(|character| character != '`').map(str::len).max();
    match ticks.unwrap_or(0) {
        0 => format!("`{text}`"),
        longest => {
            let fence = "`".repeat(longest + 1);
            format!("{fence} {text} {fence}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{code, escaped};

    #[test]
    fn a_stranger_s_text_is_neither_markup_nor_endless() {
        assert_eq!(escaped("<b>\u{1b}[1m|"), r"\<b\>\\u{1b}\[1m\|");
        assert!(escaped(&"x".repeat(1 << 20)).len() < 3000);
        assert_eq!(code("a ``b"), "``` a ``b ```");
    }
}
