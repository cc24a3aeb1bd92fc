//! `new`: a case file to begin with, below the project's `cases/`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use poolproof_runner::{Error, load};

use crate::arguments::New;
use crate::failure::Outcome;
use crate::output;

/// What a case looks like; it is good as it is.
const TEXT: &str = include_str!("new/case.ron");

pub(crate) fn new(arguments: &New) -> Outcome {
    let id = &arguments.case;
    if let Some(problem) = wrong_id(id) {
        return Err(Error::usage(format!("`{id}` is no name of a case: {problem}")).into());
    }
    if load::is_taken(id) {
        return Err(Error::usage(format!(
            "`{id}` is a case of the suite; `poolproof show {id}` shows it, and yours needs another name"
        ))
        .into());
    }
    let folder = load::own_folder().unwrap_or_else(|| PathBuf::from("cases"));
    let file = folder.join(format!("{id}.ron"));
    write(&file).map_err(|error| {
        let shown = file.display();
        match error.kind() {
            ErrorKind::AlreadyExists => Error::usage(format!(
                "{shown} is there already; remove it first, or take another name"
            )),
            _ => Error::usage(format!("failed to write {shown}: {error}")),
        }
    })?;
    output::say_line(&format!(
        "{} is there, and good as it is. Next:",
        file.display()
    ));
    // As wide as the longest of the commands.
    let width = id.len() + "explore ".len();
    for (command, does) in [
        ("check", "is it a good case?"),
        ("explore", "what may it print?"),
        ("run", "what does it print?"),
    ] {
        let words = format!("{command} {id}");
        output::say_line(&format!("  poolproof {words:width$}  {does}"));
    }
    Ok(0)
}

/// Writes the file where there is none.
fn write(file: &std::path::Path) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut new = OpenOptions::new().write(true).create_new(true).open(file)?;
    new.write_all(TEXT.as_bytes())
}

/// Why this is no id: it becomes a path, and a word on command lines.
fn wrong_id(id: &str) -> Option<&'static str> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let mut parts = id.split('/');
    if !id.contains('/') {
        return Some("it is AREA/NAME, as `queue/order_per_producer`");
    }
    let is_good = parts.all(|part| !part.is_empty() && part.chars().all(is_plain));
    (!is_good).then_some("its parts have small letters, digits and `_`")
}
