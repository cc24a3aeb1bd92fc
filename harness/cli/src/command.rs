//! The commands, one file each, and which of them is asked for.

mod bisect;
mod check;
mod clauses;
mod compare;
mod drivers;
mod explore;
mod fuzz;
mod list;
mod new;
mod objects;
mod patience;
mod probe;
mod replay;
mod report;
mod rerun;
mod run;
mod shell;
mod show;
mod shrink;
mod wanted;
mod why;

use clap::{CommandFactory, Parser};
use poolproof_runner::load;

use crate::arguments::{Command, Line, Run};
use crate::failure::{Outcome, USAGE};
use crate::output;

/// Reads the command line and does what it says; gives the exit code.
pub(crate) fn dispatch() -> i32 {
    poolproof_sys::limits::survive_full_files();
    poolproof_sys::process::hear_of_children();
    let line = match Line::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // Where even this cannot be written, there is nobody to read it.
            let _ = error.print();
            return if error.use_stderr() { USAGE } else { 0 };
        }
    };
    let outcome = match line.command {
        None if load::is_own_tree() => run::run(&Run::default()),
        None => explain(),
        Some(Command::Run(arguments)) => run::run(&arguments),
        Some(Command::List(arguments)) => list::list(&arguments),
        Some(Command::Show(arguments)) => show::show(&arguments),
        Some(Command::Explore(arguments)) => explore::explore(&arguments),
        Some(Command::Fuzz(arguments)) => fuzz::fuzz(&arguments),
        Some(Command::Check(arguments)) => check::check(&arguments),
        Some(Command::Clauses(arguments)) => clauses::clauses(&arguments),
        Some(Command::Objects(arguments)) => objects::objects(&arguments),
        Some(Command::Drivers(arguments)) => drivers::drivers(&arguments),
        Some(Command::Compare(arguments)) => compare::compare(&arguments),
        Some(Command::Report(arguments)) => report::report(&arguments),
        Some(Command::Replay(arguments)) => replay::replay(&arguments),
        Some(Command::Shrink(arguments)) => shrink::shrink(&arguments),
        Some(Command::Bisect(arguments)) => bisect::bisect(&arguments),
        Some(Command::New(arguments)) => new::new(&arguments),
        Some(Command::Completions(arguments)) => shell::completions(&arguments),
        Some(Command::Man(arguments)) => shell::man(&arguments),
    };
    outcome.unwrap_or_else(|failure| failure.tell())
}

/// What this is, and how to begin.
fn explain() -> Outcome {
    output::say(&Line::command().render_help().to_string());
    Ok(0)
}
