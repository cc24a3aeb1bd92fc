//! Systems side by side: what is supported where, and what differs, from one run file a system.
//!
//! It compares verdicts only: how a system differs within what is allowed is in each run file.

use std::collections::{BTreeMap, BTreeSet};

use poolproof_case::StartMethod;

use crate::markdown::escaped;
use crate::natural;
use crate::record::Record;
use crate::run_file::RunFile;
use crate::verdict::Verdict;

/// So many cases that differ are named.
const DIFFERENT_MAX: usize = 20;

/// A driver under a start method.
type Way<'a> = (&'a str, StartMethod);

/// A table in Markdown with a column a system, and what differs between them.
///
/// ```
/// use poolproof_report::{RunFile, systems};
///
/// let files = [("linux".to_owned(), RunFile::default())];
/// assert!(systems(&files).starts_with("| driver | start method | linux |"));
/// ```
#[must_use]
pub fn systems(files: &[(String, RunFile)]) -> String {
    let mut text = table(files);
    text += "\nThe runs, with the time they took:\n\n";
    for (name, file) in files {
        text += &format!("- {}: {}\n", escaped(name), escaped(&made(file)));
    }
    text += &section("Not supported, and why:", &unsupported(files));
    text += &section("Cases with another verdict elsewhere:", &different(files));
    text
}

fn table(files: &[(String, RunFile)]) -> String {
    let mut text = "| driver | start method |".to_owned();
    for (name, _) in files {
        text += &format!(" {} |", escaped(name));
    }
    text += &format!("\n| --- | --- |{}\n", " --- |".repeat(files.len()));
    let all = files.iter().flat_map(|(_, file)| &file.records);
    let mut ways: Vec<Way<'_>> = all.map(way).collect::<BTreeSet<_>>().into_iter().collect();
    ways.sort_by_cached_key(|(driver, method)| (natural::key(driver), *method));
    for (driver, method) in ways {
        text += &format!("| {} | {method} |", escaped(driver));
        for (_, file) in files {
            text += &format!(" {} |", cell(file, (driver, method)));
        }
        text.push('\n');
    }
    text
}

fn way(record: &Record) -> Way<'_> {
    (&record.driver, record.start_method)
}

/// How many cases got which verdict.
fn cell(file: &RunFile, wanted: Way<'_>) -> String {
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for record in file.records.iter().filter(|record| way(record) == wanted) {
        *counts.entry(record.verdict).or_default() += 1;
    }
    let parts = Verdict::ALL.iter().filter_map(|verdict| {
        let count = counts.get(verdict)?;
        Some(format!("{count} {verdict}"))
    });
    match parts.collect::<Vec<_>>().as_slice() {
        [] => "not run".to_owned(),
        parts => parts.join(", "),
    }
}

fn made(file: &RunFile) -> String {
    let cases: BTreeSet<&str> = file.records.iter().map(|one| one.case.as_str()).collect();
    let mut text = format!("{} cases on {}", cases.len(), file.head.system);
    match &file.foot {
        Some(foot) => text += &format!(": {} runs in {:.0} s", foot.runs, foot.seconds),
        None => text += ", cut short",
    }
    text
}

/// Reasons, each with how often and where.
fn unsupported(files: &[(String, RunFile)]) -> Vec<String> {
    let mut places: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, file) in files {
        let mut counts: BTreeMap<(&str, StartMethod), usize> = BTreeMap::new();
        let unsupported = |record: &&Record| record.verdict == Verdict::Unsupported;
        for record in file.records.iter().filter(unsupported) {
            let reason = record.reason.as_deref().unwrap_or("no reason given");
            *counts.entry((reason, record.start_method)).or_default() += 1;
        }
        for ((reason, method), count) in counts {
            let line = format!("{reason}: {count} under {method}");
            places.entry(line).or_default().push(name);
        }
    }
    let lines = places.iter();
    lines
        .map(|(line, names)| format!("{line} on {}", names.join(", ")))
        .collect()
}

/// The cases whose verdict is not the same wherever they are supported.
fn different(files: &[(String, RunFile)]) -> Vec<String> {
    let mut verdicts: BTreeMap<(&str, Way<'_>), BTreeMap<&str, Verdict>> = BTreeMap::new();
    for (name, file) in files {
        for record in &file.records {
            if record.verdict > Verdict::Unsupported {
                let place = verdicts.entry((&record.case, way(record))).or_default();
                place.insert(name, record.verdict);
            }
        }
    }
    let differs =
        |verdicts: &BTreeMap<&str, Verdict>| verdicts.values().collect::<BTreeSet<_>>().len() > 1;
    let mut lines: Vec<String> = verdicts
        .iter()
        .filter(|(_, verdicts)| differs(verdicts))
        .map(|((case, (driver, method)), verdicts)| {
            let said: Vec<String> = verdicts
                .iter()
                .map(|(name, verdict)| format!("{verdict} on {name}"))
                .collect();
            format!("{case} on {driver} under {method}: {}", said.join(", "))
        })
        .collect();
    let more = lines.len().saturating_sub(DIFFERENT_MAX);
    lines.truncate(DIFFERENT_MAX);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

fn section(head: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return format!("\n{head} none.\n");
    }
    let items: String = lines
        .iter()
        .map(|line| format!("- {}\n", escaped(line)))
        .collect();
    format!("\n{head}\n\n{items}")
}
