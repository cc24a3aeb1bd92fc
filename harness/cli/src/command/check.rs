//! `check`: what is wrong with case files, without running anything.

use poolproof_case::line_column;
use poolproof_runner::{Problem, load, specified};
use serde::Serialize;

use crate::arguments::Check;
use crate::failure::{Outcome, USAGE};
use crate::output;

#[derive(Serialize)]
struct Row {
    severity: &'static str,
    file: String,
    line: usize,
    column: usize,
    message: String,
    help: Option<String>,
}

pub(crate) fn check(arguments: &Check) -> Outcome {
    let mut selection = load::select(&arguments.files, &poolproof_spec::clauses::ids())?;
    selection
        .problems
        .extend(selection.cases.iter().filter_map(specified::check));
    let problems = selection.problems;
    let is_good = problems.iter().all(Problem::is_warning);
    if arguments.json {
        output::say_json(&problems.iter().flat_map(rows).collect::<Vec<Row>>());
    } else {
        for problem in &problems {
            output::problem(problem);
        }
        if is_good {
            let count = selection.cases.len();
            let cases = if count == 1 { "case is" } else { "cases are" };
            output::say_line(&format!("{count} {cases} good"));
        }
    }
    Ok(if is_good { 0 } else { USAGE })
}

fn rows(problem: &Problem) -> Vec<Row> {
    let mistakes = problem.diagnostics.iter();
    mistakes
        .map(|mistake| {
            let (line, column) = line_column(&problem.text, mistake.place.start as usize);
            Row {
                severity: if mistake.is_warning() {
                    "warning"
                } else {
                    "error"
                },
                file: problem.path.display().to_string(),
                line,
                column,
                message: mistake.message.clone(),
                help: mistake.help.clone(),
            }
        })
        .collect()
}
