//! `completions` and `man`: what a shell and `man` are told of the command line.

use clap::{Command, CommandFactory};
use poolproof_case::nearest::advice;
use poolproof_runner::Error;

use crate::arguments::{Completions, Line, Man};
use crate::failure::Outcome;
use crate::output;

pub(crate) fn completions(arguments: &Completions) -> Outcome {
    let mut command = Line::command();
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut text);
    output::say(&String::from_utf8_lossy(&text));
    Ok(0)
}

pub(crate) fn man(arguments: &Man) -> Outcome {
    let mut line = Line::command();
    line.build();
    let command = match &arguments.command {
        None => line,
        Some(name) => {
            let found = line.find_subcommand(name).cloned();
            found.ok_or_else(|| unknown(&line, name))?
        }
    };
    let mut text = Vec::new();
    let written = clap_mangen::Man::new(command).render(&mut text);
    written.map_err(|error| Error::internal(format!("failed to write the page: {error}")))?;
    output::say(&String::from_utf8_lossy(&text));
    Ok(0)
}

fn unknown(line: &Command, name: &str) -> Error {
    let names: Vec<&str> = line.get_subcommands().map(Command::get_name).collect();
    let help = advice(name, &names).unwrap_or_default();
    Error::usage(format!("there is no command `{name}`; {help}"))
}
