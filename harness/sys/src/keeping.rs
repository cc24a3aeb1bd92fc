//! What a keeper and the harness say to each other, on every system: lines, and what they mean.

use std::path::Path;

/// How a main process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MainEnd {
    /// It left with this code.
    Exit(i32),
    /// This signal ended it (`KILL`, `TERM` …).
    Signal(String),
}

/// What the keeper tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Main could not be started, for this reason.
    NotStarted(String),
    /// Main has ended.
    MainEnded(MainEnd),
    /// No process of the tree is left.
    Empty,
    /// The keeper itself is gone before its tree.
    Lost,
}

/// What a line from the keeper says.
pub(crate) fn parse(line: &str) -> Event {
    match line.split_once(' ') {
        Some(("exit", code)) => Event::MainEnded(MainEnd::Exit(code.parse().unwrap_or(-1))),
        Some(("signal", name)) => Event::MainEnded(MainEnd::Signal(name.to_owned())),
        Some(("failed", reason)) => Event::NotStarted(reason.to_owned()),
        _ if line == "empty" => Event::Empty,
        _ => Event::Lost,
    }
}

/// Removes what a dead harness left: only ever a folder of ours that holds this run's temporary one.
pub(crate) fn forget(scratch: &Path) {
    let is_ours = std::env::temp_dir().starts_with(scratch)
        && scratch
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("poolproof-"));
    if is_ours {
        // Windows keeps a folder that a process works in; elsewhere it makes no difference.
        let _ = std::env::set_current_dir(scratch.parent().unwrap_or(scratch));
        // What cannot be removed is a few small files.
        let _ = std::fs::remove_dir_all(scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, MainEnd, forget, parse};

    #[test]
    fn a_line_that_nobody_knows_means_that_the_keeper_is_lost() {
        assert_eq!(parse("exit 3"), Event::MainEnded(MainEnd::Exit(3)));
        let killed = MainEnd::Signal("KILL".to_owned());
        assert_eq!(parse("signal KILL"), Event::MainEnded(killed));
        assert_eq!(parse("empty"), Event::Empty);
        assert_eq!(parse("emptyish"), Event::Lost);
    }

    #[test]
    fn a_folder_that_is_no_scratch_folder_is_never_removed() {
        let name = format!("poolproof-keeping-test-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        // It is named like ours, but does not hold this process's temporary folder.
        forget(&folder);
        assert!(folder.exists());
        std::fs::remove_dir(&folder).unwrap();
    }
}
