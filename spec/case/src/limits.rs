//! How far a run of a case may go before the harness ends it.
//!
//! They are the harness's limits, never a library's: a run that comes to one says nothing of what it
//! was about to do.

use serde::{Deserialize, Serialize};

/// The limits of each run of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Wall time in milliseconds until a run that still moves is ended. One that does nothing is
    /// watched until it is certain that it can do no more, be that earlier or later.
    pub deadline_ms: u32,
    /// How many processes may live at once.
    pub processes: u32,
    /// How many bytes may be printed.
    pub output_bytes: u32,
}

/// A shorter deadline is warned of: on a busy machine a program has not begun to move by then, and
/// is run again with more time.
pub const DEADLINE_MS_USUAL_MIN: u32 = 3_000;

/// The longest deadline.
pub const DEADLINE_MS_MAX: u32 = 600_000;

/// The most processes that a case may ask for.
pub const PROCESSES_MAX: u32 = 4_096;

/// The most output that a case may ask for, in bytes.
pub const OUTPUT_BYTES_MAX: u32 = 64 << 20;

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            deadline_ms: 10_000,
            processes: 96,
            output_bytes: 1 << 20,
        }
    }
}
