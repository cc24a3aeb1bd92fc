//! Errors of the runner, by whose fault they are.

use std::fmt;

/// Why something cannot be done; its message names the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Usage,
    Nothing,
    Internal,
}

/// The result of an operation of the runner.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The user asked for what cannot be.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Error {
        let message = message.into();
        Error {
            kind: Kind::Usage,
            message,
        }
    }

    /// What the user asked for selects nothing.
    #[must_use]
    pub fn nothing(message: impl Into<String>) -> Error {
        let message = message.into();
        Error {
            kind: Kind::Nothing,
            message,
        }
    }

    /// The system, or this program, failed.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Error {
        let message = message.into();
        Error {
            kind: Kind::Internal,
            message,
        }
    }

    /// The exit code that this error stands for.
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        match self.kind {
            Kind::Usage => 64,
            Kind::Nothing => 4,
            Kind::Internal => 70,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
