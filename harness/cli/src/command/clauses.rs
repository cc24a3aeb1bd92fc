//! `clauses`: the sentences of the specification, and which cases test each.

use std::collections::BTreeMap;

use poolproof_runner::load;
use serde::Serialize;

use crate::arguments::Look;
use crate::failure::Outcome;
use crate::output;

#[derive(Serialize)]
struct Row<'a> {
    clause: &'a str,
    level: &'static str,
    text: &'a str,
    cases: Vec<String>,
}

pub(crate) fn clauses(arguments: &Look) -> Outcome {
    let selection = load::select(&[], &poolproof_spec::clauses::ids())?;
    let mut cases: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for loaded in &selection.cases {
        for clause in &loaded.case.clauses {
            cases
                .entry(clause)
                .or_default()
                .push(loaded.case.id.clone());
        }
    }
    let rows: Vec<Row<'_>> = poolproof_spec::clauses::all()
        .iter()
        .map(|clause| Row {
            clause: &clause.id,
            level: clause.level.name(),
            text: &clause.text,
            cases: cases.remove(clause.id.as_str()).unwrap_or_default(),
        })
        .collect();
    if arguments.json {
        output::say_json(&rows);
        return Ok(0);
    }
    for row in &rows {
        let cases = if row.cases.is_empty() {
            "no case yet".to_owned()
        } else {
            row.cases.join(", ")
        };
        output::say_line(&format!(
            "{} {}: {}\n  {cases}",
            row.clause, row.level, row.text
        ));
    }
    Ok(0)
}
