//! Why a program's function stops before its end: an error, or an exit.

use std::fmt;

use poolproof_case::ErrorKind;

/// What evaluating gives.
pub(crate) type Result<T> = std::result::Result<T, Stop>;

/// What unwinds a program.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stop {
    /// An error of a kind, with its text.
    Error(ErrorKind, String),
    /// `Exit(n)`: unwinds as an error does, but no handler takes it.
    Exit(i32),
}

impl Stop {
    pub(crate) fn error(kind: ErrorKind, text: impl Into<String>) -> Stop {
        Stop::Error(kind, text.into())
    }

    /// What an error of the runtime is in the program.
    pub(crate) fn of(error: &poolproof_runtime::Error) -> Stop {
        // An error that a task of the program raised comes back as it was.
        match error.payload() {
            Some((kind, text)) => Stop::Error(kind, text),
            None => Stop::Error(kind_of(error), error.to_string()),
        }
    }
}

/// An error that names what is missing on what.
pub(crate) fn missing(on: &str, name: &str) -> Stop {
    Stop::error(ErrorKind::Attribute, format!("{on} has no `{name}`"))
}

impl fmt::Display for Stop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Error(kind, text) => write!(formatter, "{kind}: {text}"),
            Stop::Exit(code) => write!(formatter, "exit {code}"),
        }
    }
}

impl From<(ErrorKind, String)> for Stop {
    fn from((kind, text): (ErrorKind, String)) -> Stop {
        Stop::Error(kind, text)
    }
}

impl From<poolproof_runtime::Error> for Stop {
    fn from(error: poolproof_runtime::Error) -> Stop {
        Stop::of(&error)
    }
}

/// The case language's kind of a runtime's error.
fn kind_of(error: &poolproof_runtime::Error) -> ErrorKind {
    let kinds = [
        (error.is_closed(), ErrorKind::Closed),
        (error.is_empty(), ErrorKind::Empty),
        (error.is_full(), ErrorKind::Full),
        (error.is_timeout(), ErrorKind::Timeout),
        (error.is_eof(), ErrorKind::Eof),
        (error.is_broken_pipe(), ErrorKind::BrokenPipe),
        (error.is_over_release(), ErrorKind::OverRelease),
        (error.is_not_owner(), ErrorKind::NotOwner),
        (error.is_not_inheritable(), ErrorKind::NotInheritable),
        (error.is_usage() || error.is_not_started(), ErrorKind::Usage),
        (error.is_bootstrapping(), ErrorKind::Bootstrapping),
        (error.is_serialize(), ErrorKind::Serialize),
        (error.is_deserialize(), ErrorKind::Deserialize),
        (error.is_worker_lost(), ErrorKind::WorkerLost),
        (error.is_owner_died(), ErrorKind::OwnerDied),
        (error.is_auth(), ErrorKind::Auth),
        (error.is_broken_barrier(), ErrorKind::BrokenBarrier),
        (error.is_broken_pool(), ErrorKind::BrokenPool),
        (error.is_index(), ErrorKind::Index),
        (error.is_key(), ErrorKind::Key),
        (error.is_value(), ErrorKind::Value),
        (error.is_missing(), ErrorKind::Attribute),
    ];
    kinds
        .into_iter()
        .find(|(is, _)| *is)
        .map_or(ErrorKind::Runtime, |(_, kind)| kind)
}
