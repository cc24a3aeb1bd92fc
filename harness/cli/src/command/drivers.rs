//! `drivers`: the implementations found on this machine.

use poolproof_case::StartMethod;
use serde::Serialize;

use crate::arguments::Look;
use crate::failure::Outcome;
use crate::{drivers as found, output};

#[derive(Serialize)]
struct Row<'a> {
    driver: &'a str,
    version: &'a str,
    program: String,
    start_methods: &'a [StartMethod],
    known_deviations: usize,
}

pub(crate) fn drivers(arguments: &Look) -> Outcome {
    let drivers = found::all()?;
    let rows: Vec<Row<'_>> = drivers
        .iter()
        .map(|driver| Row {
            driver: &driver.name,
            version: &driver.version,
            program: driver.program.display().to_string(),
            start_methods: &driver.manifest.start_methods,
            known_deviations: driver.manifest.known.len(),
        })
        .collect();
    if arguments.json {
        output::say_json(&rows);
        return Ok(0);
    }
    let width = rows.iter().map(|row| row.driver.len()).max().unwrap_or(0);
    for row in &rows {
        let methods: Vec<&str> = row
            .start_methods
            .iter()
            .map(|method| method.name())
            .collect();
        output::say_line(&format!(
            "{:width$}  {:8} {}  {}",
            row.driver,
            row.version,
            methods.join(" "),
            row.program
        ));
    }
    output::say_line("\nWrong on purpose, for testing the judge; run only when named:");
    for (name, doc) in poolproof_fake::FAKES {
        output::say_line(&format!("  fake/{name:9} {doc}"));
    }
    Ok(0)
}
