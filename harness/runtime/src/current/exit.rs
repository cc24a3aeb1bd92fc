//! What a process's function may return, and the exit code that it becomes.

use std::fmt::Display;

/// A result that can become an exit code.
pub trait Exit: 'static {
    /// The exit code; what there is to say about it is said on stderr.
    fn exit(self) -> i32;
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
}
