//! `clauses`: the sentences of the specification, which cases test each, and what the last run says of
//! each.

use std::collections::BTreeMap;
use std::path::Path;

use poolproof_report::{Record, RunFile, Verdict};
use poolproof_runner::{Error, load};
use poolproof_spec::clauses::{self, Clause};
use serde::Serialize;

use super::report;
use crate::arguments::Clauses;
use crate::failure::{Failure, Outcome};
use crate::output;

#[derive(Serialize)]
struct Row<'a> {
    clause: &'a str,
    level: &'static str,
    text: &'a str,
    source: &'a str,
    versions: &'a str,
    cases: Vec<&'a str>,
    /// The worst that each driver showed where a case tests it.
    verdicts: BTreeMap<&'a str, Verdict>,
}

pub(crate) fn clauses(arguments: &Clauses) -> Outcome {
    let ids = clauses::ids();
    let selection = load::select(&[], &ids)?;
    let file = run_file(arguments.from.as_deref())?;
    let mut cases: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for loaded in &selection.cases {
        for clause in &loaded.case.clauses {
            cases.entry(clause).or_default().push(&loaded.case.id);
        }
    }
    let is_meant = |clause: &&Clause| {
        let id = clause.id.to_lowercase();
        let has = |part: &String| is_part(&id, &part.to_lowercase());
        arguments.parts.is_empty() || arguments.parts.iter().any(has)
    };
    let row = |clause: &'static Clause| Row {
        clause: &clause.id,
        level: clause.level.name(),
        text: &clause.text,
        source: &clause.source,
        versions: &clause.versions,
        cases: cases.get(clause.id.as_str()).cloned().unwrap_or_default(),
        verdicts: file
            .as_ref()
            .map_or_else(BTreeMap::new, |file| verdicts(file, &clause.id)),
    };
    let all: Vec<Row<'_>> = clauses::all().iter().filter(is_meant).map(row).collect();
    let is_shown = |row: &&Row<'_>| !arguments.uncovered || row.cases.is_empty();
    let shown: Vec<&Row<'_>> = all.iter().filter(is_shown).collect();
    if arguments.json {
        output::say_json(&shown);
        return Ok(0);
    }
    if all.is_empty() {
        let parts = arguments.parts.join("`, `");
        let help = "an id or a part of one: `lock`, `PM-POOL-CHUNK`";
        return Err(Error::nothing(format!("no clause is meant by `{parts}`; {help}")).into());
    }
    for row in shown {
        tell(row);
    }
    output::say_line(&counted(&all));
    Ok(0)
}

/// Whether a pattern is a part of an id; a star at its end is for those who know them from filters.
fn is_part(id: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => id.starts_with(beginning),
        None => id.contains(pattern),
    }
}

/// The run file that is named; the usual one may be missing.
fn run_file(named: Option<&Path>) -> Result<Option<RunFile>, Failure> {
    let usual = Path::new(report::LATEST);
    match named {
        Some(path) => report::read(path).map(Some),
        None if usual.is_file() => report::read(usual).map(Some),
        None => Ok(None),
    }
}

/// The worst verdict of each driver on what tests a clause, but where it offended others alone.
fn verdicts<'a>(file: &'a RunFile, clause: &str) -> BTreeMap<&'a str, Verdict> {
    let mut worst: BTreeMap<&str, Verdict> = BTreeMap::new();
    let tests = |record: &&Record| {
        let mut offended = record.offended().map(|one| one.id.as_str()).peekable();
        let is_of_others = offended.peek().is_some() && offended.all(|id| id != clause);
        let is_said = record.verdict.is_judged() && !is_of_others;
        is_said && record.clauses.iter().any(|id| id == clause)
    };
    for record in file.records.iter().filter(tests) {
        let known = worst.entry(&record.driver).or_insert(record.verdict);
        *known = record.verdict.max(*known);
    }
    worst
}

fn tell(row: &Row<'_>) {
    let cases = match row.cases.as_slice() {
        [] => "no case yet".to_owned(),
        cases => cases.join(", "),
    };
    output::say_line(&format!("{} {}: {}", row.clause, row.level, row.text));
    output::say_line(&format!("  {} ({})", row.source, row.versions));
    output::say_line(&format!("  {cases}"));
    let mut of: BTreeMap<Verdict, Vec<&str>> = BTreeMap::new();
    for (driver, verdict) in &row.verdicts {
        of.entry(*verdict).or_default().push(driver);
    }
    for (verdict, drivers) in of.iter().rev() {
        output::say_line(&format!(
            "  {} {verdict}: {}",
            verdict.glyph(),
            drivers.join(", ")
        ));
    }
}

/// How many there are of each level, and how many of them no case tests.
fn counted(rows: &[Row<'_>]) -> String {
    let mut levels: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for row in rows {
        let (all, bare) = levels.entry(row.level).or_default();
        *all += 1;
        *bare += usize::from(row.cases.is_empty());
    }
    let level = |(level, (all, bare)): (&&str, &(usize, usize))| match bare {
        0 => format!("{all} {level}"),
        bare => format!("{all} {level} ({bare} without a case)"),
    };
    let levels: Vec<String> = levels.iter().map(level).collect();
    let clauses = if rows.len() == 1 { "clause" } else { "clauses" };
    format!("\n{} {clauses}: {}", rows.len(), levels.join(", "))
}
