//! How a process comes to be, one module for each start method, and what a child does first.

mod bootstrap;
mod fork;
mod forkserver;
mod fresh;
mod function;
mod life;
mod message;
mod ready;
mod spawn;
mod thread;
mod warm_up;

use std::io;
use std::time::Instant;

use poolproof_sys::handle::Handle;
use poolproof_sys::process::{Child, Ending, Signal};

pub use bootstrap::freeze_support;
pub(crate) use forkserver::IN_COPIES;
pub use forkserver::set_forkserver_warm_up;
pub use ready::bootstrapping;

use crate::context::StartMethod;
use crate::current::{Exit, Role};
use crate::error::{Error, Kind, Result};
use crate::transfer::Message;

/// Reads what a fresh process is told, from anywhere.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn feed(bytes: &[u8]) {
    // An error is as good as instructions.
    let _ = message::Told::read(bytes.to_vec(), Vec::new()).map(drop);
}

/// A process, or a thread that stands for one, since it was started.
#[derive(Debug)]
pub(crate) enum Running {
    Process(Child),
    Thread(thread::Thread),
}

impl Running {
    pub(crate) fn pid(&self) -> Option<u32> {
        match self {
            Running::Process(child) => Some(child.pid()),
            Running::Thread(_) => None,
        }
    }

    pub(crate) fn wait(&self, deadline: Option<Instant>) -> io::Result<Option<Ending>> {
        match self {
            Running::Process(child) => child.wait(deadline),
            Running::Thread(thread) => Ok(thread.wait(deadline)),
        }
    }

    pub(crate) fn sentinel(&self) -> io::Result<Handle> {
        match self {
            Running::Process(child) => child.sentinel().duplicate(),
            Running::Thread(_) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "it is a thread, which has no sentinel",
            )),
        }
    }

    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        match self {
            Running::Process(child) => child.signal(signal),
            Running::Thread(_) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "it is a thread, which nobody can end or pause",
            )),
        }
    }
}

/// Starts `function` with `argument` in a process that plays `role`.
pub(crate) fn start<A: Message, R: Exit>(
    function: fn(A) -> R,
    argument: A,
    role: Role,
) -> Result<Running> {
    may_be_detached(&role)?;
    if role.method == StartMethod::Threads {
        return thread::start(function, argument, role).map(Running::Thread);
    }
    ready::may_start(&role.name, role.method)?;
    let child = match role.method {
        StartMethod::Spawn => spawn::start(function, &argument, &role)?,
        StartMethod::Forkserver => forkserver::start(function, &argument, &role)?,
        _ => fork::start(function, argument, role)?,
    };
    Ok(Running::Process(child))
}

/// Starts a copy of this process that does `work`.
pub(crate) fn copy(role: Role, work: impl FnOnce() -> i32) -> Result<Running> {
    ready::may_start(&role.name, role.method)?;
    fork::copy(role, work).map(Running::Process)
}

fn may_be_detached(role: &Role) -> Result<()> {
    let text = match role {
        Role {
            is_detached: false, ..
        } => return Ok(()),
        Role { daemon: true, .. } => "a daemon ends with its starter: it cannot be detached",
        Role {
            method: StartMethod::Threads,
            ..
        } => "a thread ends with its process: it cannot be detached",
        _ if !poolproof_sys::process::CAN_OUTLIVE => {
            "on this system a process ends with the root of its tree: it cannot be detached"
        }
        _ => return Ok(()),
    };
    let subject = format!("start the process `{}`: {text}", role.name);
    Err(Error::new(Kind::Usage, subject))
}
