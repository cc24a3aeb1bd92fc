//! The one binary: the command line, and each driver that is started as this executable again.

#![forbid(unsafe_code)]

mod arguments;
mod command;
mod drive;
mod drivers;
mod failure;
mod interrupt;
mod named;
mod output;
mod progress;
mod settings;
mod store;

use std::process::ExitCode;

fn main() -> ExitCode {
    // A child of the reference runtime is this executable again, and never returns from here.
    poolproof_reference::freeze_support();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let code = match arguments.split_first() {
        Some((first, rest)) if first == "drive" => drive::drive(rest),
        _ => command::dispatch(),
    };
    ExitCode::from(u8::try_from(code).unwrap_or(70))
}
