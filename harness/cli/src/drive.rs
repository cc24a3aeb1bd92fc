//! `poolproof drive …`: what the harness starts; people do not.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use poolproof_case::{Case, StartMethod};
use poolproof_reference::Transport;
use poolproof_sys::tree::{self, Isolation};

use crate::failure::USAGE;
use crate::output;

/// `keep ISOLATION FOLDER PROGRAM [ARGUMENT]…`, `surroundings`, or
/// `DRIVER --start-method M --case FILE`.
pub(crate) fn drive(arguments: &[OsString]) -> i32 {
    match arguments {
        [keep, isolation, folder, program, rest @ ..] if keep == "keep" => {
            match Isolation::named(&isolation.to_string_lossy()) {
                Some(isolation) => tree::keep(isolation, Path::new(folder), program, rest),
                None => complain("no such isolation"),
            }
        }
        [surroundings] if surroundings == "surroundings" => {
            for shortage in poolproof_sys::limits::shortages() {
                output::say_line(&shortage);
            }
            0
        }
        [driver, rest @ ..] => match parse(rest) {
            Ok((method, file, case)) => start(&driver.to_string_lossy(), method, &file, case),
            Err(message) => complain(&message),
        },
        [] => complain("a driver's name is missing"),
    }
}

fn start(driver: &str, method: StartMethod, file: &Path, case: Case) -> i32 {
    match driver {
        "reference" => poolproof_reference::drive(method, Transport::Pipe, case),
        "reference-ring" => poolproof_reference::drive(method, Transport::Ring, case),
        _ => {}
    }
    let fake = driver
        .strip_prefix("fake/")
        .and_then(|name| poolproof_fake::drive(name, &case, file));
    fake.unwrap_or_else(|| complain(&format!("`{driver}` is no driver of this executable")))
}

fn parse(arguments: &[OsString]) -> Result<(StartMethod, PathBuf, Case), String> {
    let value = |name: &str| {
        let index = arguments.iter().position(|argument| argument == name);
        index
            .and_then(|index| arguments.get(index + 1))
            .ok_or_else(|| format!("`{name}` is missing"))
    };
    let method: StartMethod = value("--start-method")?.to_string_lossy().parse()?;
    let file = PathBuf::from(value("--case")?);
    let failed = |error: &dyn std::fmt::Display| {
        format!("failed to read the case {}: {error}", file.display())
    };
    let text = std::fs::read_to_string(&file).map_err(|error| failed(&error))?;
    let case = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    Ok((method, file, case))
}

fn complain(message: &str) -> i32 {
    output::complain(&format!("error: {message}"));
    USAGE
}
