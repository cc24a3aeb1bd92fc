//! What a process table tells of a process, on every system.

use std::time::Duration;

/// A live process at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The number of its parent.
    pub parent: u32,
    /// Its command line, arguments separated by spaces; on Windows the name of its program.
    pub command: String,
    /// Whether one of its threads runs or could, on Linux also whether it waits for a disk.
    pub runnable: bool,
    /// Processor time of its live threads.
    pub busy: Duration,
}
