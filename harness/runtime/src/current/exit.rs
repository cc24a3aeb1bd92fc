//! What a process's function may return, and the exit code that it becomes; what an initializer may
//! return, and whether it has failed.

use std::any::Any;
use std::fmt::Display;
use std::io::{self, Write};

use crate::error::panic_text;

/// A result that can become an exit code, or the failure of an initializer.
///
/// The system keeps eight bits of the code on Unix: 256 is 0 there, and -1 is 255.
pub trait Exit: Sized + 'static {
    /// The exit code; what there is to say about it is said on stderr.
    fn exit(self) -> i32;

    /// Why an initializer that returns this has failed; none where it has not.
    fn failure(self) -> Option<String> {
        match self.exit() {
            0 => None,
            code => Some(format!("it returned the exit code {code}")),
        }
    }
}

impl Exit for () {
    fn exit(self) -> i32 {
        0
    }
}

impl Exit for i32 {
    fn exit(self) -> i32 {
        self
    }
}

impl<T: Exit, E: Display + 'static> Exit for Result<T, E> {
    fn exit(self) -> i32 {
        match self {
            Ok(value) => value.exit(),
            Err(error) => {
                say("error", &error);
                1
            }
        }
    }

    fn failure(self) -> Option<String> {
        match self {
            Ok(value) => value.failure(),
            Err(error) => Some(error.to_string()),
        }
    }
}

/// The exit code of a process that has panicked. Its hook has said where, but not in which process.
#[cold]
pub(crate) fn panicked(payload: &(dyn Any + Send)) -> i32 {
    say("panic", &panic_text(payload));
    1
}

/// Says on stderr what this process does, in one line.
pub(crate) fn tell(what: &dyn Display) {
    let line = format!("poolproof: {} {what}\n", super::current_process().name());
    // Nobody is left to tell of one that fails.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Says on stderr how this process has failed, or what in it.
pub(crate) fn say(how: &str, why: &dyn Display) {
    let line = format!(
        "Process {}: {how}: {why}\n",
        super::current_process().name()
    );
    // One write, so that it stays whole beside what others say. Nobody is left to tell of one that
    // fails.
    let _ = io::stderr().write_all(line.as_bytes());
}
