//! `shrink` and `bisect`: less of a program, and fewer implementations, that show the same.

use std::path::PathBuf;

use clap::Args;
use poolproof_case::StartMethod;

use super::{Implementations, method};

const SHRINK_EXAMPLES: &str = "\
Examples:
  poolproof shrink queue/lost.ron --driver cpython-3.13 >small.ron
  poolproof shrink seed/pool_map --python venv --module billiard --out small.ron

Statements, functions, arguments and values go one by one, as long as what is left is still a case and
still goes wrong in the same way: the verdict, and a clause that it offends. What a manifest knows of the
case counts as wrong, too. The smaller case is on stdout, without the claims of the whole one.

Exit codes: 0 · 4 nothing that is forbidden was seen · 64 wrong usage · 130 interrupted";

/// Make a case smaller while a driver still does on it what is forbidden.
#[derive(Debug, Args)]
#[command(after_help = SHRINK_EXAMPLES)]
pub(crate) struct Shrink {
    /// The case's id, or its file
    pub(crate) case: String,
    #[command(flatten)]
    pub(crate) implementations: Implementations,
    /// A start method [default: the first of the case's that shows it]
    #[arg(long = "start-method", value_name = "M", value_parser = method, value_delimiter = ',')]
    pub(crate) methods: Vec<StartMethod>,
    /// How often the case is run before it is believed to show nothing; the smaller ones are run as
    /// often as its rate asks for
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) runs: u64,
    /// How long smaller ones are looked for, in seconds
    #[arg(long, value_name = "S", default_value_t = 120)]
    pub(crate) seconds: u64,
    /// The file to write [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

const BISECT_EXAMPLES: &str = "\
Examples:
  poolproof bisect seed/pool_map --driver cpython            the versions found, from the oldest on
  poolproof bisect my.ron --python build-1 --python build-2 --python build-3 --start-method fork
  poolproof bisect my.ron --driver cpython --outcome 'a / b → exit 1'

The first and the last are run, then those between, halving; so one change is found among many. Those that
cannot be judged are passed over. Without `--outcome` the question is whether anything forbidden is seen.

Exit codes: 0 found · 4 the first and the last answer alike · 64 wrong usage · 130 interrupted";

/// Find the first implementation, in the order in which they are named, that answers otherwise than those
/// before it.
#[derive(Debug, Args)]
#[command(after_help = BISECT_EXAMPLES)]
pub(crate) struct Bisect {
    /// The case's id, or its file
    pub(crate) case: String,
    #[command(flatten)]
    pub(crate) implementations: Implementations,
    /// A start method [default: all that the case has]
    #[arg(long = "start-method", value_name = "M", value_parser = method, value_delimiter = ',')]
    pub(crate) methods: Vec<StartMethod>,
    /// How often each is run
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) runs: u64,
    /// The outcome to ask for, as outcomes are shown: "a / b", or "a / b → exit 0"
    #[arg(long, value_name = "LINES")]
    pub(crate) outcome: Option<String>,
}
