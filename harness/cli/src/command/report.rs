//! `report`: reports from run files alone.

use std::path::Path;

use poolproof_report::RunFile;
use poolproof_runner::Error;

use crate::arguments::{Format, Report};
use crate::failure::{Failure, Outcome};
use crate::output;

/// The run file of the last run, where nobody says otherwise.
pub(super) const LATEST: &str = "reports/latest/run.jsonl";

/// The exit code where shards are missing: too little was seen.
const INCOMPLETE: i32 = 2;

pub(crate) fn report(arguments: &Report) -> Outcome {
    let files: Result<Vec<RunFile>, Failure> =
        arguments.files.iter().map(|path| read(path)).collect();
    let files = files?;
    let format = if arguments.json {
        Format::Json
    } else {
        arguments.format
    };
    let against = arguments.against.as_deref().map(read).transpose()?;
    if matches!(format, Format::Systems) {
        let names = arguments.files.iter().map(|path| name(path));
        let systems = names.zip(files).collect::<Vec<_>>();
        output::say_line(poolproof_report::systems(&systems).trim_end());
        return Ok(0);
    }
    let file = merge(files)?;
    let changed = against
        .map(|before| poolproof_report::compare(&before, &file, poolproof_report::THRESHOLD));
    let changed = changed.as_ref();
    let text = match format {
        Format::Html => poolproof_report::html(&file, changed),
        Format::Markdown => poolproof_report::markdown(&file, changed),
        Format::Junit => poolproof_report::junit(&file, changed),
        Format::Tap => poolproof_report::tap(&file, changed),
        Format::Json => poolproof_report::json(&file, changed),
        Format::Jsonl | Format::Systems => poolproof_report::write(&file),
    };
    output::say_line(text.trim_end());
    let missing = poolproof_report::missing_shards(&file);
    if missing.is_empty() {
        return Ok(0);
    }
    let missing = missing.join(", ");
    output::complain(&format!(
        "warning: not all shards are there: {missing} is missing; name their run files, too"
    ));
    Ok(INCOMPLETE)
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
