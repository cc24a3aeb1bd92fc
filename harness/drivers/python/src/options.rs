//! How a program is written.

/// How a program is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// With a call before each statement that may pause, where the run's plan says so.
    pub pauses: bool,
}
