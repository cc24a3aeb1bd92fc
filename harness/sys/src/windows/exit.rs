//! The end of this process: work to do before it, and leaving without any.

use std::panic::catch_unwind;
use std::process::abort;
use std::sync::{Mutex, OnceLock, PoisonError};

use windows_sys::Win32::System::Threading::{GetCurrentProcess, TerminateProcess};

static WORK: OnceLock<fn()> = OnceLock::new();
static REGISTERING: Mutex<()> = Mutex::new(());

unsafe extern "C" {
    /// The C library's: Rust's own exit runs it too.
    fn atexit(work: extern "C" fn()) -> i32;
}

/// Has `work` done when the process ends by returning from main or by `std::process::exit`.
/// Only the first call in a process has an effect.
pub fn at_exit(work: fn()) {
    let _one = REGISTERING.lock().unwrap_or_else(PoisonError::into_inner);
    if WORK.get().is_some() {
        return;
    }
    // SAFETY: the handler is a plain function of this program, which is never unloaded.
    let registered = unsafe { atexit(do_work) };
    assert_eq!(registered, 0, "no memory to register work for the exit");
    WORK.get_or_init(|| work);
}

extern "C" fn do_work() {
    if let Some(work) = WORK.get()
        && catch_unwind(work).is_err()
    {
        abort();
    }
}

/// Ends this process at once: no destructors, no work, no buffers.
pub fn leave(code: i32) -> ! {
    // SAFETY: the pseudo handle of this process needs no closing and is always valid.
    let this = unsafe { GetCurrentProcess() };
    // SAFETY: a process may always end itself.
    unsafe { TerminateProcess(this, code.cast_unsigned()) };
    unreachable!("a process that ends itself has ended")
}
