//! A copy of this whole process, which goes on with the child's function.

use std::io::{self, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use poolproof_sys::exit::leave;
use poolproof_sys::process::{self, Child};

use super::{forkserver, life};
use crate::context::{self, Context, StartMethod};
use crate::error::{Error, Kind, Result};
use crate::process::current::{self, Role};
use crate::process::{Exit, children};
use crate::{exit_work, fork_gate, manager};

pub(super) fn start<A, R: Exit>(function: fn(A) -> R, argument: A, role: Role) -> Result<Child> {
    copy(role, || function(argument).exit())
}

/// Copies this process; the copy does `work` and leaves.
fn copy(role: Role, work: impl FnOnce() -> i32) -> Result<Child> {
    // Made before the copy, so that both know it.
    drop(life::end()?);
    let mut gate = fork_gate::close();
    let failed = |error: io::Error| refused(&role.name, error);
    let harmless = gate.harmless();
    if !poolproof_sys::threads::are_at_most(1 + harmless).map_err(failed)? {
        return Err(failed(ErrorKind::ResourceBusy.into()));
    }
    // What is buffered now would be written by both.
    io::stdout().flush().map_err(failed)?;
    match process::fork(harmless).map_err(failed)? {
        Some(child) => Ok(child),
        None => {
            gate.forget_threads();
            drop(gate);
            live(role, work)
        }
    }
}

fn refused(name: &str, error: io::Error) -> Error {
    let subject = format!("fork the process `{name}`");
    match error.kind() {
        ErrorKind::ResourceBusy => {
            let text = "this process has other threads, whose locks would stay locked in the copy: \
                        join them first, or use the start method `forkserver` or `spawn`";
            Error::new(Kind::Usage, format!("{subject}: {text}"))
        }
        _ => Error::system(subject, error),
    }
}

/// The life of a copy, from its first moment to its last.
fn live(role: Role, work: impl FnOnce() -> i32) -> ! {
    let code = catch_unwind(AssertUnwindSafe(|| {
        children::start_afresh();
        exit_work::start_afresh();
        forkserver::start_afresh();
        manager::start_afresh();
        context::inherit(role.method);
        let is_detached = role.is_detached;
        current::become_process(role);
        let tied = match is_detached {
            true => {
                forkserver::learn(None);
                life::be_alone();
                Ok(())
            }
            false => life::tie_copy(),
        };
        if let Err(error) = tied.and_then(|()| empty_stdin()) {
            return Err::<(), _>(error).exit();
        }
        log::info!("child process calls its function");
        work()
    }));
    // Its hook has reported a panic already.
    let code = code.unwrap_or(1);
    log::info!("child process ends with exit code {}", code & 0xff);
    let end = catch_unwind(|| {
        exit_work::do_all();
        // Nobody is left to tell of a stdout that cannot be written to.
        let _ = io::stdout().flush();
    });
    leave(if end.is_ok() { code } else { 1 })
}

fn empty_stdin() -> Result<()> {
    process::empty_stdin().map_err(|error| Error::system("open an empty stdin", error))
}

impl Context {
    /// Starts a copy of this process that runs `work`, which may capture anything.
    ///
    /// # Errors
    /// `is_usage` in a context whose start method is not fork, and as
    /// [`ProcessBuilder::start`](crate::ProcessBuilder::start).
    pub fn fork(&self, work: impl FnOnce() -> i32) -> Result<crate::Process> {
        if self.start_method() != StartMethod::Fork {
            let text = "a closure can only be forked: use `Context::new(StartMethod::Fork)`, or \
                        `process` with a function and an argument";
            return Err(Error::new(Kind::Usage, text));
        }
        let role = self.role();
        super::may_start(&role.name)?;
        crate::process::started(role.clone(), || {
            copy(role, work).map(super::Running::Process)
        })
    }
}
