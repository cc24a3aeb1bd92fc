//! What is run, under which limits, and why a run may be cut short.

use std::path::Path;
use std::time::Duration;

use poolproof_case::Limits;

use crate::environment::Environment;
use crate::plan::Plan;

/// What the timeouts of a case mean in a normal run.
pub(crate) const SOON: Duration = Duration::from_millis(20);
pub(crate) const LATE: Duration = Duration::from_secs(1);
pub(crate) const SETTLE: Duration = Duration::from_millis(300);

/// How much longer everything may take where a run is examined again.
pub(crate) const AGAIN: u32 = 4;

/// What is run, and how.
#[derive(Clone, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) environment: Environment,
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [std::ffi::OsString],
    pub(crate) plan: Plan,
    pub(crate) seed: u64,
    pub(crate) limits: Limits,
    /// Whether the program has timeouts that pass only where nothing else can move.
    pub(crate) waits_late: bool,
    /// How long its implementation may do nothing and go on by itself.
    pub(crate) goes_on_after: Duration,
    /// How much longer it may take until it begins than others.
    pub(crate) start_time: Duration,
    /// Whether stdout is its implementation's, and its lines go to a file.
    pub(crate) keeps_stdout: bool,
    /// Whether the program tells what it measures.
    pub(crate) is_measured: bool,
    /// One, or [`AGAIN`].
    pub(crate) scale: u32,
}

/// Why a run was cut short, which is not the implementation's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It came to a limit of the harness.
    Limit(String),
    /// It was still busy at its deadline, though others kept it from its work.
    Starved(String),
    /// It could not be run or watched.
    Failed(String),
}

impl Cut {
    pub(crate) fn reason(&self) -> &str {
        let (Cut::Limit(reason) | Cut::Starved(reason) | Cut::Failed(reason)) = self;
        reason
    }
}
