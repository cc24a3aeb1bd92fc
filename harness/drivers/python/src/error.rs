//! Why a case cannot be written as a Python program.

use std::fmt;

/// A case that has no Python program, and why; a reader should take it as "unsupported".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteError {
    message: String,
}

impl WriteError {
    pub(crate) fn new(message: impl Into<String>) -> WriteError {
        WriteError {
            message: message.into(),
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for WriteError {}

pub(crate) type Result<T> = std::result::Result<T, WriteError>;
