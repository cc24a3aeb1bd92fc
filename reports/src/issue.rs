//! A finding as Markdown to paste where an implementation's bugs are told: what was seen, what the
//! documentation says, and a program that needs nothing of ours.

use std::fmt::Write as _;

use crate::group::{Group, case_of, groups};
use crate::markdown::{code, escaped};
use crate::outcome_text::outcome_text;
use crate::rate::rate;
use crate::record::Interleaving;
use crate::run_file::RunFile;
use crate::verdict::Verdict;

/// The module that programs use as they stand.
const STANDARD: &str = "multiprocessing";

/// Of more steps nobody reads the table.
const STEPS_MAX: usize = 60;

/// The finding of a case on a driver, or on that which is worst; `source` says where the documentation has
/// a clause.
///
/// # Errors
/// Why there is none, as the beginning of a sentence.
pub fn issue(
    file: &RunFile,
    case: &str,
    driver: Option<&str>,
    source: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let found = groups(file).into_iter().find(|group| {
        let record = group.first();
        let is_meant = driver.is_none_or(|name| record.driver == name);
        record.case == case && is_meant && group.verdict > Verdict::Inconclusive
    });
    match found {
        Some(group) => Ok(text(file, &group, source)),
        None => Err(match driver {
            Some(driver) => format!("nothing is wrong with {case} on {driver}"),
            None => format!("nothing is wrong with {case}"),
        }),
    }
}

fn text(file: &RunFile, group: &Group<'_>, source: &dyn Fn(&str) -> Option<String>) -> String {
    let record = group.first();
    let system = match record.system.as_str() {
        "" => &file.head.system,
        system => system,
    };
    let mut text = format!(
        "# Not so: {}\n\n{} on {}, start method {}.\n\n## What happens\n\n",
        escaped(&record.title),
        escaped(&implementation(group)),
        escaped(system),
        group.methods_text()
    );
    text += &seen(group);
    if let Some(rejection) = group.rejection() {
        let nearest = code(&outcome_text(&rejection.nearest));
        let _ = writeln!(
            text,
            "## What was to be expected\n\n{nearest}\n\nor the like."
        );
    }
    text += &documented(file, group, source);
    text += &programs(file, group);
    if let (Some(steps), _) = group.interleavings()
        && steps.steps.len() <= STEPS_MAX
    {
        let table = table(steps);
        let _ = writeln!(
            text,
            "## How what was to be expected comes about\n\n{table}"
        );
    }
    if !group.stderr().is_empty() {
        let said = fenced("text", group.stderr());
        let _ = writeln!(text, "## What it says on stderr\n\n{said}\n");
    }
    text.trim_end().to_owned() + "\n"
}

/// What was tested, for somebody who knows no driver of ours.
fn implementation(group: &Group<'_>) -> String {
    let record = group.first();
    match (record.module.as_str(), record.python.as_str()) {
        (_, "") => format!("{} {}", record.driver, record.driver_version),
        (STANDARD | "", python) => python.to_owned(),
        (module, python) => format!("{module} {} under {python}", record.driver_version),
    }
}

/// What was printed, how often, and what was left behind.
fn seen(group: &Group<'_>) -> String {
    let record = group.first();
    let (count, runs) = group.records.iter().fold((0, 0), |(count, runs), record| {
        let rate = Group::rate(record);
        (count + rate.count, runs + rate.runs)
    });
    let mut text = match (group.shown, &record.reason) {
        (Some(shown), _) => {
            let outcome = code(&outcome_text(&shown.outcome()));
            let (often, many) = (rate(count, runs), if runs == 1 { "run" } else { "runs" });
            format!(
                "The program below prints\n\n{outcome}\n\nin {count} of {runs} {many}, {often}.\n\n"
            )
        }
        (None, Some(reason)) => format!("{}\n\n", escaped(reason)),
        (None, None) => String::new(),
    };
    let leaked = group.leaked();
    for leak in &leaked {
        let _ = writeln!(text, "- left behind: {}", escaped(leak));
    }
    if !leaked.is_empty() {
        text.push('\n');
    }
    text
}

/// What the documentation says: the clauses that are offended, else those that the case tests.
fn documented(
    file: &RunFile,
    group: &Group<'_>,
    source: &dyn Fn(&str) -> Option<String>,
) -> String {
    let offended = match group.rejection() {
        Some(rejection) => &rejection.offends[..],
        None => &[],
    };
    let tested = case_of(file, group.first()).map_or(&[][..], |case| &case.clauses);
    let clauses = if offended.is_empty() {
        tested
    } else {
        offended
    };
    if clauses.is_empty() {
        return String::new();
    }
    let mut text = String::from("The documentation:\n\n");
    for clause in clauses {
        let place = source(&clause.id).map_or_else(String::new, |place| format!(" ({place})"));
        let _ = writeln!(text, "- {}{}", escaped(&clause.text), escaped(&place));
    }
    text + "\n"
}

fn programs(file: &RunFile, group: &Group<'_>) -> String {
    let programs = case_of(file, group.first()).map_or(&[][..], |case| &case.programs);
    let pythons = programs.iter().filter_map(|one| one.python.as_deref());
    let module = match group.first().module.as_str() {
        "" | STANDARD => String::new(),
        module => format!("`{module}` is in the place of its `{STANDARD}`.\n\n"),
    };
    let shown = |python| format!("## The program\n\n{module}{}\n\n", fenced("python", python));
    pythons.map(shown).collect()
}

/// Text of several lines as code, with a fence that it does not contain.
fn fenced(language: &str, text: &str) -> String {
    let ticks = text.split(|character| character != '`').map(str::len).max();
    let fence = "`".repeat(ticks.unwrap_or(0).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

/// A row a step, a column a process.
fn table(interleaving: &Interleaving) -> String {
    let processes = interleaving.processes();
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = row(processes.iter().map(|name| escaped(name)).collect());
    text += &row(processes.iter().map(|_| "---".to_owned()).collect());
    for step in &interleaving.steps {
        let mut does = escaped(&step.does);
        if let Some(line) = &step.line {
            let _ = write!(does, " ▸ **{}**", escaped(line));
        }
        let cell = |name: &&str| match **name == step.process {
            true => does.clone(),
            false => String::new(),
        };
        text += &row(processes.iter().map(cell).collect());
    }
    text
}
