//! What can be asked of the benches on the command line.

use std::path::PathBuf;

use clap::Parser;

/// Measures the runtime beside the system's own calls, other crates and CPython, in turns.
#[derive(Debug, Parser)]
#[command(name = "cargo bench -p poolproof-runtime --", no_binary_name = false)]
pub(crate) struct Arguments {
    /// Only benches whose name contains one of these.
    pub(crate) filters: Vec<String>,

    /// How many rounds; each measures every subject once.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// Only these subjects, by commas: ours, limit, ipc-channel, procspawn, cpython.
    #[arg(long, value_delimiter = ',')]
    pub(crate) subjects: Vec<String>,

    /// Lists the benches and their subjects, and measures nothing.
    #[arg(long)]
    pub(crate) list: bool,

    /// Prints JSON in place of the table.
    #[arg(long)]
    pub(crate) json: bool,

    /// The CPython to compare with, in place of the newest that is found.
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,

    /// Compares with no CPython.
    #[arg(long, conflicts_with = "python")]
    pub(crate) no_python: bool,

    /// What `cargo bench` says and `cargo test --benches` does not.
    #[arg(long, hide = true)]
    pub(crate) bench: bool,

    /// Makes this process the host of one subject of one bench.
    #[arg(long, hide = true, num_args = 2, value_names = ["BENCH", "SUBJECT"])]
    pub(crate) host: Option<Vec<String>>,
}
