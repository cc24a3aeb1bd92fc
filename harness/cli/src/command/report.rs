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
    let merged = poolproof_report::merge(files?)
        .map_err(|error| Error::usage(format!("failed to merge the run files: {error}")))?;
    let format = if arguments.json {
        Format::Json
    } else {
        arguments.format
    };
    let text = match format {
        Format::Markdown => poolproof_report::markdown(&merged),
        Format::Json => poolproof_report::json(&merged),
    };
    output::say_line(text.trim_end());
    Ok(0)
}

fn read(path: &Path) -> Result<RunFile, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::usage(format!(
            "failed to read the run file {}: {error}",
            path.display()
        ))
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    Ok(poolproof_report::read(&text).map_err(|error| failed(&error))?)
}
