//! Why the machine cannot say what a program may do, and where in the case's file.

use std::fmt;

use poolproof_case::program::Place;

/// A program that the specification cannot explore: its author's mistake, or beyond the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError {
    /// Where in the case's file; empty where no one statement is to blame.
    pub place: Place,
    /// What is wrong, as a lowercase fragment.
    pub message: String,
}

impl ModelError {
    /// An error at a place of the case.
    #[must_use]
    pub fn new(place: Place, message: impl Into<String>) -> ModelError {
        let message = message.into();
        ModelError { place, message }
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ModelError {}
