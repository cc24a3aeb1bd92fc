//! `compare`: what is not the same in two run files.

use std::path::Path;

use poolproof_report::{RunFile, compare as compared, comparison_text};
use poolproof_runner::Error;

use super::report;
use crate::arguments::{Compare, FailOn};
use crate::failure::{Failure, Outcome};
use crate::output;

/// The exit code where nothing can be compared.
const NOTHING: i32 = 4;

pub(crate) fn compare(arguments: &Compare) -> Outcome {
    let (before, after) = (read(&arguments.before)?, read(&arguments.after)?);
    let comparison = compared(&before, &after, arguments.threshold);
    if arguments.json {
        output::say_json(&comparison);
    } else {
        output::say(&comparison_text(&comparison, output::width()));
    }
    let fails = match arguments.fail_on {
        None => false,
        Some(FailOn::Regression) => comparison.regressions() > 0,
        Some(FailOn::Change) => !comparison.changes.is_empty(),
    };
    Ok(match comparison.compared {
        0 => NOTHING,
        _ => i32::from(fails),
    })
}

/// A run file, or one driver of it: `FILE#DRIVER`.
fn read(path: &Path) -> Result<RunFile, Failure> {
    let text = path.to_string_lossy();
    let Some((file, driver)) = text.rsplit_once('#').filter(|_| !path.exists()) else {
        return report::read(path);
    };
    let mut run = report::read(Path::new(file))?;
    let mut names: Vec<String> = run.records.iter().map(|one| one.driver.clone()).collect();
    run.records.retain(|record| record.driver == driver);
    if run.records.is_empty() {
        names.sort();
        names.dedup();
        let known = names.join(", ");
        let message = format!("the run file {file} has no driver `{driver}`; it has {known}");
        return Err(Error::usage(message).into());
    }
    Ok(run)
}
