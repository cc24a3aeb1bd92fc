//! `list`: the cases.

use serde::Serialize;

use poolproof_runner::load;

use crate::arguments::List;
use crate::failure::Outcome;
use crate::output;

#[derive(Serialize)]
struct Row<'a> {
    case: &'a str,
    title: &'a str,
    clauses: &'a [String],
    start_methods: &'a [poolproof_case::StartMethod],
    hash: &'a str,
}

pub(crate) fn list(arguments: &List) -> Outcome {
    let selection = load::select(&arguments.filters, &poolproof_spec::clauses::ids())?;
    let rows: Vec<Row<'_>> = selection
        .cases
        .iter()
        .map(|loaded| Row {
            case: &loaded.case.id,
            title: &loaded.case.title,
            clauses: &loaded.case.clauses,
            start_methods: &loaded.case.methods,
            hash: &loaded.case.hash,
        })
        .collect();
    if arguments.json {
        output::say_json(&rows);
    } else {
        let width = rows.iter().map(|row| row.case.len()).max().unwrap_or(0);
        for row in &rows {
            output::say_line(&format!("{:width$}  {}", row.case, row.title));
        }
    }
    for problem in &selection.problems {
        output::problem(problem);
    }
    Ok(if selection.problems.is_empty() { 0 } else { 64 })
}
