//! The bench program: it measures, or is one of the processes that are measured.
//!
//! | module | is |
//! | --- | --- |
//! | `arguments` | what can be asked for |
//! | `bench`, `rows` | what is measured, by whom, and what is to be reached |
//! | `run`, `host` | rounds that take turns; the process in which one subject lives |
//! | `bare` | processes that do as little as there is to do |
//! | `place`, `peer` | on which processors; second processes |
//! | `python` | CPython as a subject |
//! | `figures`, `report` | medians and spreads; the table and the JSON |

mod arguments;
mod bare;
mod bench;
mod figures;
mod host;
mod peer;
mod place;
mod python;
mod report;
mod rows;
mod run;

use std::process::ExitCode;

use clap::Parser;
use poolproof_runtime as mp;

use arguments::Arguments;

/// What a measurement gives, or why it could not.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

pub(crate) fn main() -> ExitCode {
    bare::be();
    mp::freeze_support();
    procspawn::init();
    let arguments = Arguments::parse();
    if !arguments.bench {
        eprintln!("nothing is measured without `--bench`: use `cargo bench -p poolproof-runtime`");
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
