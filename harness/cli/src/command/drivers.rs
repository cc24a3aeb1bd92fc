//! `drivers`: the implementations found on this machine.

use poolproof_case::StartMethod;
use poolproof_report::Unused;
use serde::Serialize;

use crate::arguments::Drivers;
use crate::failure::Outcome;
use crate::{drivers as found, output};

/// Of a longer reason, only the beginning is shown.
const SHOWN_CHARS: usize = 400;

#[derive(Serialize)]
struct Found<'a> {
    drivers: Vec<Row<'a>>,
    unused: &'a [Unused],
}

#[derive(Serialize)]
struct Row<'a> {
    driver: &'a str,
    version: &'a str,
    module: &'a str,
    python: &'a str,
    program: String,
    start_methods: &'a [StartMethod],
    known_deviations: usize,
}

pub(crate) fn drivers(arguments: &Drivers) -> Outcome {
    let found = found::chosen(&arguments.implementations, &found::workshop()?)?;
    let rows: Vec<Row<'_>> = found
        .drivers
        .iter()
        .map(|driver| Row {
            driver: &driver.name,
            version: &driver.version.own,
            module: &driver.module,
            python: &driver.python,
            program: driver.program.display().to_string(),
            start_methods: &driver.manifest.start_methods,
            known_deviations: driver.manifest.known.len(),
        })
        .collect();
    if arguments.json {
        output::say_json(&Found {
            drivers: rows,
            unused: &found.unused,
        });
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
    if !found.unused.is_empty() {
        output::say_line("\nFound and not used:");
    }
    for unused in &found.unused {
        let text = format!("  {}: {}", unused.program, unused.reason);
        output::say_line(&poolproof_report::shown(&text, SHOWN_CHARS));
    }
    output::say_line("\nWrong on purpose, for testing the judge; run only when named:");
    for (name, doc) in poolproof_fake::FAKES {
        output::say_line(&format!("  fake/{name:9} {doc}"));
    }
    Ok(0)
}
