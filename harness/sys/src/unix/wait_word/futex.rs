//! Sleeping on Linux: the futex, shared between processes (never with the PRIVATE flag).
//! Deadlines are for the caller.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::futex;
use rustix::time::Timespec;

use super::WaitResult;

pub(super) fn wait(word: &AtomicU32, expected: u32, left: Option<Duration>) -> WaitResult {
    // A duration beyond the kernel's range is as good as none.
    let timeout = left.and_then(|left| Timespec::try_from(left).ok());
    match call!(
        EINTR,
        futex::wait(word, futex::Flags::empty(), expected, timeout.as_ref())
    ) {
        Err(Errno::TIMEDOUT) => WaitResult::TimedOut,
        _ => WaitResult::Woken,
    }
}

pub(super) fn wake(word: &AtomicU32, count: u32) {
    // The only failures are bad addresses, which a reference cannot be.
    let _ = call!(futex::wake(word, futex::Flags::empty(), count));
}
