//! The end of this process: work to do before it, and leaving without any.
//!
//! Returning from main ends in the C library, which does what was given to `atexit`.
//! `std::process::exit` calls the system's `ExitProcess`, which ends all other threads before any
//! code of ours could run; so the program's own import of it is led through here.

use std::panic::catch_unwind;
use std::process::abort;
use std::sync::{Mutex, OnceLock, PoisonError};

#[cfg(feature = "failpoints")]
use windows_sys::Win32::Foundation::{GetLastError, SetLastError};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, TerminateProcess};

use super::image;

static WORK: OnceLock<fn()> = OnceLock::new();
/// What this crate itself does last.
static FLUSH: OnceLock<fn()> = OnceLock::new();
static REGISTERING: Mutex<bool> = Mutex::new(false);

unsafe extern "C" {
    /// The C library's: Rust's own exit runs it too.
    fn atexit(work: extern "C" fn()) -> i32;
}

/// Has `work` done when the process ends by returning from main or by `std::process::exit`.
/// Only the first call in a process has an effect.
pub fn at_exit(work: fn()) {
    WORK.get_or_init(|| work);
    register();
}

/// Has `flush` done after that work, and before [`leave`] leaves: what a kernel would do for a
/// process that is gone. Only the first call in a process has an effect.
pub(super) fn flush_first(flush: fn()) {
    FLUSH.get_or_init(|| flush);
    register();
}

fn register() {
    let mut is_registered = REGISTERING.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::replace(&mut *is_registered, true) {
        return;
    }
    // SAFETY: the handler is a plain function of this program, which is never unloaded.
    let registered = unsafe { atexit(do_work) };
    assert_eq!(registered, 0, "no memory to register work for the exit");
    let real = image::replace_import(c"kernel32.dll", c"ExitProcess", leaving as *const ());
    let real = real.expect("a program may change its own imports");
    EXIT_PROCESS.get_or_init(|| real);
}

/// The system's own function, where the program imports it.
static EXIT_PROCESS: OnceLock<Option<usize>> = OnceLock::new();

/// What `std::process::exit` calls.
extern "system" fn leaving(code: u32) -> ! {
    do_work();
    let Some(real) = EXIT_PROCESS.get().copied().flatten() else {
        leave_at_once(code.cast_signed());
    };
    // SAFETY: this is the address of the system's function, which has this type.
    let real = unsafe { std::mem::transmute::<usize, extern "system" fn(u32) -> !>(real) };
    real(code)
}

extern "C" fn do_work() {
    for work in [WORK.get(), FLUSH.get()].into_iter().flatten() {
        if catch_unwind(work).is_err() {
            abort();
        }
    }
}

/// Makes a write into a pipe that nobody reads an error, which it always is here.
pub(crate) fn survive_closed_pipes() {}

/// What the system said last to this thread, which a call that succeeds changes, too.
#[cfg(feature = "failpoints")]
pub(crate) struct LastError(u32);

#[cfg(feature = "failpoints")]
impl LastError {
    pub(crate) fn keep() -> LastError {
        // SAFETY: the call takes no pointers.
        LastError(unsafe { GetLastError() })
    }

    pub(crate) fn restore(self) {
        // SAFETY: the call takes no pointers.
        unsafe { SetLastError(self.0) }
    }
}

/// Dies as a process dies that another kills.
#[cfg(feature = "failpoints")]
pub(crate) fn die() -> ! {
    leave_at_once(super::process::KILLED.cast_signed())
}

/// Ends this process: no destructors, no work, no buffers; what was sent is on its way.
pub fn leave(code: i32) -> ! {
    if let Some(flush) = FLUSH.get() {
        flush();
    }
    leave_at_once(code)
}

/// Ends this process as a signal that nobody can catch would.
pub(super) fn leave_at_once(code: i32) -> ! {
    // SAFETY: the pseudo handle of this process needs no closing and is always valid.
    let this = unsafe { GetCurrentProcess() };
    // SAFETY: a process may always end itself.
    call!(unsafe { TerminateProcess(this, code.cast_unsigned()) });
    unreachable!("a process that ends itself has ended")
}
