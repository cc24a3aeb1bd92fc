//! Programs of a trial's own: this same program, told by a variable what to be.

use std::process::{Command, Stdio};

use poolproof_runtime as mp;

use crate::Outcome;

/// A kind of helper.
#[derive(Clone, Copy)]
pub(crate) struct Helper {
    /// Set for one: the start method, and what else it is told.
    pub(crate) variable: &'static str,
    pub(crate) work: fn(mp::Context, &str) -> Outcome,
}

impl Helper {
    /// In a helper of this kind: does as it was told, and leaves.
    pub(crate) fn be(self) {
        let told = std::env::var(self.variable).unwrap_or_default();
        let Some((method, what)) = told.split_once('/') else {
            return;
        };
        let context = method.parse().and_then(mp::Context::new);
        let outcome = match context {
            Ok(context) => (self.work)(context, what),
            Err(error) => Err(error.into()),
        };
        if let Err(failed) = &outcome {
            eprintln!("{}", failed.message().unwrap_or_default());
        }
        std::process::exit(i32::from(outcome.is_err()))
    }

    /// What starts one, which has nothing to read.
    pub(crate) fn command(self, context: mp::Context, what: &str) -> std::io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .env(self.variable, format!("{}/{what}", context.start_method()))
            .stdin(Stdio::null());
        Ok(command)
    }
}
