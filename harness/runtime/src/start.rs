//! How a process comes to be, one module for each start method, and what a child does first.

mod bootstrap;
mod fork;
mod forkserver;
mod function;
mod life;
mod message;
mod spawn;
mod thread;
mod warm_up;

use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use poolproof_sys::handle::Handle;
use poolproof_sys::process::{Child, Ending, Signal};

pub use bootstrap::freeze_support;
pub(crate) use forkserver::end_server;
pub use warm_up::set_forkserver_warm_up;

use crate::context::StartMethod;
use crate::error::{Error, Kind, Result};
use crate::process::current::Role;
use crate::process::{Exit, current_process};
use crate::transfer::Message;

/// Reads what a fresh process is told, from anywhere.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn feed(bytes: &[u8]) {
    // An error is as good as instructions.
    let _ = message::unpack(bytes, Vec::new()).map(drop);
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
    may_start(&role.name)?;
    let child = match role.method {
        StartMethod::Spawn => spawn::start(function, &argument, &role)?,
        StartMethod::Forkserver => forkserver::start(function, &argument, &role)?,
        _ => fork::start(function, argument, role)?,
    };
    Ok(Running::Process(child))
}

static IS_READY: AtomicBool = AtomicBool::new(false);

thread_local! {
    static IS_BOOTSTRAPPING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `main` as a part of this process's start, as Python imports the main module in a child:
/// starting a process in it is an error.
pub fn bootstrapping<T>(main: impl FnOnce() -> T) -> T {
    struct Done(bool);
    impl Drop for Done {
        fn drop(&mut self) {
            IS_BOOTSTRAPPING.set(self.0);
        }
    }
    let _done = Done(IS_BOOTSTRAPPING.replace(true));
    main()
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

fn may_start(name: &str) -> Result<()> {
    let subject = || format!("start the process `{name}`");
    if IS_BOOTSTRAPPING.get() || !IS_READY.load(Ordering::Relaxed) {
        return Err(Error::new(Kind::Bootstrapping, subject()));
    }
    if current_process().daemon() {
        let text = "a daemonic process may not start processes: make this one no daemon";
        return Err(Error::new(Kind::Usage, format!("{}: {text}", subject())));
    }
    Ok(())
}
