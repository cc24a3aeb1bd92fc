//! `list`: the cases.

use std::collections::BTreeMap;
use std::path::Path;

use poolproof_report::{Memory, bytes};
use poolproof_runner::load;
use serde::Serialize;

use super::report;
use crate::arguments::List;
use crate::failure::{Failure, Outcome, USAGE};
use crate::output;

#[derive(Serialize)]
struct Row<'a> {
    case: &'a str,
    title: &'a str,
    clauses: &'a [String],
    start_methods: &'a [poolproof_case::StartMethod],
    hash: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<Vec<Used>>,
}

/// The memory of one run of a case.
#[derive(Clone, Serialize)]
struct Used {
    driver: String,
    start_method: poolproof_case::StartMethod,
    #[serde(flatten)]
    memory: Memory,
}

pub(crate) fn list(arguments: &List) -> Outcome {
    let clauses = poolproof_spec::clauses::ids();
    let selection = load::select_part(&arguments.filters, arguments.shard, &clauses)?;
    let used = arguments.memory.as_deref().map(used).transpose()?;
    let rows: Vec<Row<'_>> = selection
        .cases
        .iter()
        .map(|loaded| Row {
            case: &loaded.case.id,
            title: &loaded.case.title,
            clauses: &loaded.case.clauses,
            start_methods: &loaded.case.methods,
            hash: &loaded.case.hash,
            memory: used
                .as_ref()
                .map(|used| used.get(&loaded.case.id).cloned().unwrap_or_default()),
        })
        .collect();
    if arguments.json {
        output::say_json(&rows);
    } else {
        let width = rows.iter().map(|row| row.case.len()).max().unwrap_or(0);
        for row in &rows {
            output::say_line(&format!("{:width$}  {}", row.case, row.title));
            for line in row.memory.iter().flatten().map(line) {
                output::say_line(&format!("  {line}"));
            }
        }
    }
    for problem in &selection.problems {
        output::problem(problem);
    }
    Ok(if selection.problems.is_empty() {
        0
    } else {
        USAGE
    })
}

/// The memory of each case's runs, from a run file.
fn used(path: &Path) -> Result<BTreeMap<String, Vec<Used>>, Failure> {
    let mut all: BTreeMap<String, Vec<Used>> = BTreeMap::new();
    for record in report::read(path)?.records {
        let (driver, start_method) = (record.driver, record.start_method);
        if let Some(memory) = record.memory {
            all.entry(record.case).or_default().push(Used {
                driver,
                start_method,
                memory,
            });
        }
    }
    Ok(all)
}

/// One line of a person's table: what is the processes' alone, with their shares, and how many lived.
fn line(used: &Used) -> String {
    let Used {
        driver,
        start_method,
        memory,
    } = used;
    let place = format!("{driver} under {start_method}");
    match (memory.private, &memory.absent) {
        (Some(private), _) => {
            let share = memory.proportional.map_or_else(String::new, |number| {
                format!(", {} with shares of what is shared", bytes(number))
            });
            let processes = memory.processes;
            format!(
                "{place:32} {:>9} in {processes} processes{share}",
                bytes(private)
            )
        }
        (None, Some(reason)) => format!("{place:32} {reason}"),
        (None, None) => format!("{place:32} not looked at"),
    }
}
