//! What a process's function may return, and the exit code that it becomes; what an initializer may
//! return, and whether it has failed.

use std::fmt::Display;

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
                let process = super::current_process();
                eprintln!("Process {}: error: {error}", process.name());
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
