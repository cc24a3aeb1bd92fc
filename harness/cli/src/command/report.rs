//! `report`: reports from run files alone.

use std::path::Path;

use poolproof_report::RunFile;
use poolproof_runner::Error;

use crate::arguments::{Format, Report};
use crate::failure::{Failure, Outcome};
use crate::output;

pub(crate) fn report(arguments: &Report) -> Outcome {
    let files: Result<Vec<RunFile>, Failure> =
        arguments.files.iter().map(|path| read(path)).collect();
    let files = files?;
    let format = if arguments.json {
        Format::Json
    } else {
        arguments.format
    };
    let text = match format {
        Format::Html => poolproof_report::html(&merge(files)?),
        Format::Markdown => poolproof_report::markdown(&merge(files)?),
        Format::Junit => poolproof_report::junit(&merge(files)?),
        Format::Tap => poolproof_report::tap(&merge(files)?),
        Format::Jsonl => poolproof_report::write(&merge(files)?),
        Format::Json => poolproof_report::json(&merge(files)?),
        Format::Systems => {
            let names = arguments.files.iter().map(|path| name(path));
            poolproof_report::systems(&names.zip(files).collect::<Vec<_>>())
        }
    };
    output::say_line(text.trim_end());
    Ok(0)
}

fn merge(files: Vec<RunFile>) -> Result<RunFile, Failure> {
    let failed = |error| Error::usage(format!("failed to merge the run files: {error}"));
    Ok(poolproof_report::merge(files).map_err(failed)?)
}

/// What a run file's column is called: every run calls its file the same.
fn name(path: &Path) -> String {
    let of_folder = path.parent().and_then(Path::file_name);
    let name = match path.file_stem() {
        Some(stem) if stem == "run" => of_folder.unwrap_or(stem),
        Some(stem) => stem,
        None => path.as_os_str(),
    };
    name.to_string_lossy().into_owned()
}

pub(crate) fn read(path: &Path) -> Result<RunFile, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::usage(format!(
            "failed to read the run file {}: {error}",
            path.display()
        ))
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    Ok(poolproof_report::read(&text).map_err(|error| failed(&error))?)
}
