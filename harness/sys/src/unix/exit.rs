//! The end of this process: work to do before it, and leaving without any.

use std::panic::catch_unwind;
use std::process::abort;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::copies::foreign;
use crate::failpoint;

static WORK: OnceLock<fn()> = OnceLock::new();
/// Where this was registered last: one more than the number of copies that the program had made by
/// itself on the way there. Such a copy registers it again: another thread may have been about to.
static REGISTERED_IN: AtomicU32 = AtomicU32::new(0);

/// Has `work` done when the process ends by returning from main or by `std::process::exit`.
/// Only the first call in a process has an effect; a forked child keeps it, and may do it twice.
pub fn at_exit(work: fn()) {
    WORK.get_or_init(|| work);
    let here = foreign() + 1;
    if REGISTERED_IN.swap(here, Ordering::AcqRel) == here {
        return;
    }
    // SAFETY: the handler is a plain function of this program, which is never unloaded.
    let registered = unsafe { libc::atexit(do_work) };
    assert_eq!(registered, 0, "no memory to register work for the exit");
}

extern "C" fn do_work() {
    if let Some(work) = WORK.get()
        && catch_unwind(work).is_err()
    {
        abort();
    }
}

/// Makes a write into a pipe that nobody reads an error instead of the end of this process, as
/// Rust's own start does.
pub(crate) fn survive_closed_pipes() {
    // SAFETY: ignoring a signal runs no code of ours.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

/// Nothing that could be lost: a place changes the error of the last call only where it fails.
#[cfg(feature = "failpoints")]
pub(crate) struct LastError;

#[cfg(feature = "failpoints")]
impl LastError {
    pub(crate) fn keep() -> LastError {
        LastError
    }

    pub(crate) fn restore(self) {}
}

/// Dies as a process dies that another kills.
#[cfg(feature = "failpoints")]
pub(crate) fn die() -> ! {
    use rustix::process::{Signal, getpid, kill_process};
    // Nobody can refuse it.
    let _ = kill_process(getpid(), Signal::KILL);
    std::process::abort()
}

/// Ends this process at once: no destructors, no work, no buffers.
pub fn leave(code: i32) -> ! {
    failpoint::hit(failpoint::Side::Before);
    // SAFETY: `_exit` touches nothing of this process's memory.
    unsafe { libc::_exit(code) }
}
