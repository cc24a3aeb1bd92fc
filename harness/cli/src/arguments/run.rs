//! The command line of `run`.

use std::path::PathBuf;

use clap::Args;
use poolproof_case::StartMethod;
use poolproof_runner::Plan;
use poolproof_runner::load::Shard;

use super::{Implementations, method, plan};

const RUN_EXAMPLES: &str = "\
Examples:
  poolproof run                                   every case, every driver
  poolproof run 'seed/pool*' --start-method fork  a pattern, one start method
  poolproof run my_case.ron --driver reference    a file of your own
  poolproof run --python .venv --module billiard  another module, in your environment
  poolproof run 'PM-LOCK-*'                       the cases that test these clauses
  poolproof run 'uses(Queue) & !area(memory)'     an expression, see below
  poolproof run --rerun-failed reports/latest/run.jsonl
                                                  what failed the last time
  poolproof run --runs 200 --plan pauses          look longer
  poolproof run --shard 2/4 --out shard-2         a quarter of the cases, on one machine of four

A filter is a file, a folder, an id, a part of an id, a pattern with `*`, or a clause; several are
joined by commas or stand one after the other, and any of them selects. An expression says more:

  area(seed)  clause(PM-POOL-*)  uses(Pool.map, Queue)  method(threads)  case(pool)
  !a not · a & b both · a | b or a, b one of them · ( ) for groups

What one would type each time stands in `poolproof.ron` beside `cases/`; the command line wins:

  (
      filters: [\"cases\"], drivers: [\"reference\", \"cpython\"], start_methods: [\"spawn\"],
      runs: 50, seed: 1, plan: \"pauses\", jobs: 2, fail_fast: true, out: \"reports/latest\",
  )

It may also have python, module, name and manifest; its paths begin at its folder.";

/// Run cases on drivers and report what deviates.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = RUN_EXAMPLES)]
pub(crate) struct Run {
    /// Which cases, see below; none: all
    pub(crate) filters: Vec<String>,
    #[command(flatten)]
    pub(crate) implementations: Implementations,
    /// A start method: spawn, fork, forkserver or threads [default: all]
    #[arg(long = "start-method", value_name = "M", value_parser = method, value_delimiter = ',')]
    pub(crate) methods: Vec<StartMethod>,
    /// How often each case is run [default: as the driver's manifest says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) runs: Option<u64>,
    /// What the plans of all runs are drawn from [default: from the clock]
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
    /// The plan of all runs: plain or pauses [default: a mixture]
    #[arg(long, value_name = "P", value_parser = plan)]
    pub(crate) plan: Option<Plan>,
    /// How many runs at a time [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// One part of the cases of so many, by a hash of their ids: 1/4 to 4/4; `report` joins them
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
    /// Begin nothing more once something has failed; what is under way ends, and the report counts what
    /// was not made
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Run again what failed or was inconclusive in this run file, with its seed, and nothing else
    #[arg(long, value_name = "RUNFILE")]
    pub(crate) rerun_failed: Option<PathBuf>,
    /// Leave out the project's `poolproof.ron`
    #[arg(long)]
    pub(crate) no_config: bool,
    /// Where the run file and the reports go [default: reports/latest]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// End with one JSON object on stdout instead of the summary
    #[arg(long)]
    pub(crate) json: bool,
}
