//! The calls that can fail in a scenario.

use crate::run::{self, Death};

/// What a run without a failure shows.
#[derive(Debug)]
pub(crate) struct Usual {
    /// Each call and each error that it can have, as [`FAIL`](poolproof_sys::failpoint::FAIL) has it.
    pub(crate) failures: Vec<String>,
    /// How many handles main has in the end.
    pub(crate) handles: usize,
}

/// What main says in the end of a run, before the number of its handles.
pub(crate) const HANDLES: &str = "handles in the end: ";

/// Runs a scenario without a failure.
pub(crate) fn usual(scenario: &str, method: &str) -> Result<Usual, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("calls");
    let seen = run::run(scenario, method, &Death::Nobody(file.clone()))?;
    let handles = seen
        .said
        .lines()
        .find_map(|line| line.strip_prefix(HANDLES));
    let handles = handles.and_then(|number| number.parse().ok());
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with("Keeper\t"));
    // A place to die has one part more.
    let mut failures: Vec<_> = lines
        .filter(|line| line.matches('\t').count() == 2)
        .map(str::to_owned)
        .collect();
    failures.sort();
    failures.dedup();
    Ok(Usual {
        failures,
        handles: handles.ok_or("main does not say how many handles it has")?,
    })
}
