//! What can be asked of the bench on the command line.

use clap::Parser;

/// Explores families of programs with and without reduction, and the same ones with stateright.
///
/// Each way of each program is measured once a round, in a process of its own; what is shown are
/// medians of the rounds. `reduced` is what `poolproof explore` does; `unreduced` tries every order
/// of steps and `stateright` every one of a model by hand, up to the row's bound; `history` is that
/// model with the output in its state, which it needs to list outcomes. `CPU s` is processor time,
/// with the automaton of all outcomes; `B/state` is how much resident memory grew to its peak,
/// divided by the states; `× reduced` is the way's states in a second over those of `reduced`.
/// It fails where two ways list all outcomes and do not agree how many there are.
#[derive(Debug, Parser)]
#[command(name = "cargo bench -p poolproof-spec --", no_binary_name = false)]
pub(crate) struct Arguments {
    /// Only rows whose name contains one of these.
    pub(crate) filters: Vec<String>,

    /// How many rounds; each measures every way of a row once.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// Only these ways, by commas.
    #[arg(long, value_delimiter = ',', value_parser = ["reduced", "unreduced", "stateright", "history"])]
    pub(crate) ways: Vec<String>,

    /// Lists the rows and their ways, and measures nothing.
    #[arg(long)]
    pub(crate) list: bool,

    /// Prints JSON in place of the table.
    #[arg(long)]
    pub(crate) json: bool,

    /// What `cargo bench` says and `cargo test --benches` does not.
    #[arg(long, hide = true)]
    pub(crate) bench: bool,

    /// Makes this process measure one way of one row.
    #[arg(long, hide = true, num_args = 2, value_names = ["ROW", "WAY"])]
    pub(crate) host: Option<Vec<String>>,
}
