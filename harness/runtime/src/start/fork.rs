//! A copy of this whole process, which goes on with the child's function.

use std::io::{self, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use poolproof_sys::exit::leave;
use poolproof_sys::handle::Handle;
use poolproof_sys::process::{self, Child};

use super::{forkserver, life};
use crate::context::{self, StartMethod};
use crate::current::{self, Exit, Own, Role, panicked};
use crate::error::{Error, Kind, Result};
use crate::{copies, exit_work, fork_gate, transfer};

pub(super) fn start<A, R: Exit>(function: fn(A) -> R, argument: A, role: Role) -> Result<Child> {
    copy(role, || function(argument).exit())
}

/// Copies this process; the copy does `work` and leaves.
pub(super) fn copy(role: Role, work: impl FnOnce() -> i32) -> Result<Child> {
    let mut work = Some(work);
    copy_for(role, &mut || work.take().map_or(0, |work| work()))
}

/// The same for any work: each page of code that a copy runs on is one more that it has to find, so
/// that what it does lies together.
fn copy_for(role: Role, work: &mut dyn FnMut() -> i32) -> Result<Child> {
    let name = role.name.clone();
    let failed = |error: io::Error| refused(&name, error);
    // All that can be made before the copy is: what a copy writes to is copied for it.
    transfer::prepare_thread();
    let _ = poolproof_sys::function::build();
    let copy = Copy {
        lifeline: (!role.is_detached).then(life::end).transpose()?,
        method: role.method,
        survives: role.survives,
        own: Arc::new(role.into()),
    };
    let gate = fork_gate::close();
    // What is buffered now would be written by both.
    io::stdout().flush().map_err(failed)?;
    match process::fork(gate.harmless()).map_err(failed)? {
        Some(child) => Ok(child),
        None => {
            gate.open_in_copy();
            live(copy, work)
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

/// What a copy takes with it.
struct Copy {
    own: Arc<Own>,
    method: StartMethod,
    /// None for the root of a tree of its own.
    lifeline: Option<Handle>,
    /// Whether it goes on without its root.
    survives: bool,
}

/// The life of a copy, from its first moment to its last.
fn live(copy: Copy, work: &mut dyn FnMut() -> i32) -> ! {
    let code = catch_unwind(AssertUnwindSafe(|| {
        copies::let_go();
        context::inherit(copy.method);
        current::become_process(copy.own);
        let tied = match copy.lifeline {
            None => {
                forkserver::learn(None);
                life::be_alone();
                Ok(())
            }
            Some(lifeline) => life::tie(lifeline, copy.survives),
        };
        if let Err(error) = tied.and_then(|()| empty_stdin()) {
            return Err::<(), _>(error).exit();
        }
        log::info!("child process calls its function");
        work()
    }));
    let code = code.unwrap_or_else(|panic| panicked(&*panic));
    log::info!("child process ends with exit code {}", code & 0xff);
    end(code)
}

/// The end of a copy: its own work is done, but not what its original has registered for the
/// system to do at the end.
pub(super) fn end(code: i32) -> ! {
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
