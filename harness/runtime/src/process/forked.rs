//! A copy of this process that goes on with a closure.

use super::Process;
use crate::context::{Context, StartMethod};
use crate::error::{Error, Kind, Result};
use crate::start;

impl Context {
    /// Starts a copy of this process that runs `work`, which may capture anything.
    ///
    /// # Errors
    /// `is_usage` in a context whose start method is not fork, and as
    /// [`ProcessBuilder::start`](crate::ProcessBuilder::start).
    pub fn fork(&self, work: impl FnOnce() -> i32) -> Result<Process> {
        if self.start_method() != StartMethod::Fork {
            let text = "a closure can only be forked: use `Context::new(StartMethod::Fork)`, or \
                        `process` with a function and an argument";
            return Err(Error::new(Kind::Usage, text));
        }
        let role = self.role();
        super::started(role.clone(), || start::copy(role, work))
    }
}
