//! The bench program: it measures, or is one of the processes in which something is measured.
//!
//! | module | is |
//! | --- | --- |
//! | `arguments` | what can be asked for |
//! | `rows` | what is explored, how large, and how far: the table to change |
//! | `programs` | the families as texts of cases |
//! | `peer` | the same families for stateright |
//! | `host`, `run` | one measurement in a process of its own; rounds that take turns |
//! | `report` | the table and the JSON |

mod arguments;
mod host;
mod peer;
mod programs;
mod report;
mod rows;
mod run;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

/// What a measurement gives, or why it could not.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !arguments.bench {
        eprintln!("nothing is measured without `--bench`: use `cargo bench -p poolproof-spec`");
        return ExitCode::SUCCESS;
    }
    let outcome = match &arguments.host {
        Some(host) => host::serve(&host[0], &host[1]),
        None => run::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
