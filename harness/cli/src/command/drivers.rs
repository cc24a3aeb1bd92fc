//! `drivers`: the implementations found on this machine, what is missing, and whether manifests are
//! true.

mod check;

use poolproof_case::StartMethod;
use poolproof_report::Unused;
use poolproof_runner::{Driver, Workshop};
use serde::Serialize;

use crate::arguments::Drivers;
use crate::failure::Outcome;
use crate::{drivers as found, interrupt, named, output};
use check::Truth;

/// Of a longer reason, only the beginning is shown.
const SHOWN_CHARS: usize = 400;

/// The exit code where a manifest claims what is false.
const FALSE: i32 = 1;

#[derive(Serialize)]
struct Found<'a> {
    drivers: Vec<Row<'a>>,
    /// What is run only when it is named.
    named: Vec<Row<'a>>,
    missing: &'a [Unused],
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

/// Known modules that are run only when they are named.
#[derive(Default)]
struct Others {
    drivers: Vec<Driver>,
    /// Modules that no interpreter has, with the command that installs each.
    missing: Vec<Unused>,
}

pub(crate) fn drivers(arguments: &Drivers) -> Outcome {
    let workshop = found::workshop()?;
    let found = found::chosen(&arguments.implementations, &workshop)?;
    if arguments.check {
        return check(&found.drivers, &workshop, arguments.json);
    }
    let others = match arguments.implementations.is_all() {
        true => others(&workshop)?,
        false => Others::default(),
    };
    if arguments.json {
        output::say_json(&Found {
            drivers: rows(&found.drivers),
            named: rows(&others.drivers),
            missing: &others.missing,
            unused: &found.unused,
        });
        return Ok(0);
    }
    let all = found.drivers.iter().chain(&others.drivers);
    let width = all.map(|driver| driver.name.len()).max().unwrap_or(0);
    say_rows(&rows(&found.drivers), width, "");
    if arguments.implementations.is_all() {
        output::say_line("\nRun only when named:");
        say_rows(&rows(&others.drivers), width, "  ");
        say_unused(&others.missing);
    }
    if !found.unused.is_empty() {
        output::say_line("\nFound and not used:");
        say_unused(&found.unused);
    }
    if arguments.implementations.is_all() {
        output::say_line("\nWrong on purpose, for testing the judge; run only when named:");
        for (name, doc) in poolproof_fake::FAKES {
            output::say_line(&format!("  fake/{name:9} {doc}"));
        }
    }
    Ok(0)
}

fn others(workshop: &Workshop) -> Result<Others, poolproof_runner::Error> {
    let mut others = Others::default();
    // All at once: an interpreter that never answers keeps each of them waiting.
    let looks: Vec<_> = std::thread::scope(|scope| {
        let look = |known| {
            (
                known,
                scope.spawn(move || named::installed(known, workshop)),
            )
        };
        let threads: Vec<_> = named::modules().map(look).collect();
        let joined = threads
            .into_iter()
            .map(|(known, thread)| (known, thread.join()));
        joined.collect()
    });
    for (known, look) in looks {
        let Ok(installed) = look else { continue };
        let installed = installed?;
        if installed.drivers.is_empty()
            && let Some(refusal) = installed.missing
        {
            others.missing.push(Unused {
                program: known.name.to_owned(),
                reason: format!("{}: {}", refusal.program.display(), refusal.reason),
            });
        }
        others.drivers.extend(installed.drivers);
        others.missing.extend(installed.unused);
    }
    Ok(others)
}

fn check(drivers: &[Driver], workshop: &Workshop, as_json: bool) -> Outcome {
    let checked = check::check(drivers, workshop)?;
    if as_json {
        output::say_json(&checked);
    } else {
        for line in check::lines(&checked) {
            output::say_line(&poolproof_report::shown(&line, SHOWN_CHARS));
        }
    }
    Ok(match checked.iter().any(|one| one.truth == Truth::False) {
        _ if workshop.is_stopped() => interrupt::EXIT,
        true => FALSE,
        false => 0,
    })
}

fn rows(drivers: &[Driver]) -> Vec<Row<'_>> {
    let rows = drivers.iter().map(|driver| Row {
        driver: &driver.name,
        version: &driver.version.own,
        module: &driver.module,
        python: &driver.python,
        program: driver.program.display().to_string(),
        start_methods: &driver.manifest.start_methods,
        known_deviations: driver.manifest.known.len(),
    });
    rows.collect()
}

fn say_rows(rows: &[Row<'_>], width: usize, indent: &str) {
    for row in rows {
        let methods: Vec<&str> = row
            .start_methods
            .iter()
            .map(|method| method.name())
            .collect();
        let on = match row.module {
            "" | poolproof_python::STANDARD => String::new(),
            module => format!("  ({module} on {})", row.python),
        };
        output::say_line(&format!(
            "{indent}{:width$}  {:8} {}  {}{on}",
            row.driver,
            row.version,
            methods.join(" "),
            row.program
        ));
    }
}

fn say_unused(unused: &[Unused]) {
    for one in unused {
        let text = format!("  {}: {}", one.program, one.reason);
        output::say_line(&poolproof_report::shown(&text, SHOWN_CHARS));
    }
}
