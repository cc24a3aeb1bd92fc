//! `replay`: a run again.

use clap::{Args, ValueEnum};
use poolproof_case::StartMethod;
use poolproof_runner::Plan;

use super::{Implementations, method, plan};

const EXAMPLES: &str = "\
Examples:
  poolproof replay seed/pool_map --driver cpython-3.13 --start-method fork --plan pauses --seed 42
  poolproof replay … --runs 100                  how often it shows what
  poolproof replay … --until deviates            again until it does, a thousand times at most

The seed repeats the plan: the pauses that a program is given, and the rest of what Poolproof does to it.
The order in which the system then lets processes go is the system's, so one run may show something else.

Exit codes: as those of `run`";

/// Repeat a run: a driver, a start method, a plan and a seed from a report.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Replay {
    /// The case's id, or its file
    pub(crate) case: String,
    #[command(flatten)]
    pub(crate) implementations: Implementations,
    /// The start method
    #[arg(long = "start-method", value_name = "M", value_parser = method)]
    pub(crate) method: StartMethod,
    /// The plan
    #[arg(long, value_name = "P", value_parser = plan)]
    pub(crate) plan: Plan,
    /// The run's own seed
    #[arg(long, value_name = "S")]
    pub(crate) seed: u64,
    /// How often; a report's command shows now and then what it showed once [default: 1, or with
    /// `--until` at most 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) runs: Option<u64>,
    /// Go on until a run shows it
    #[arg(long, value_name = "WHAT")]
    pub(crate) until: Option<Until>,
    /// The record as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Until {
    /// A run is wrong: it deviates, differs or is broken
    Deviates,
}
