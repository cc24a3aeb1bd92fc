//! How many threads this process has, for those who copy it; nobody copies a process here.

use std::io;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Threading::{GetCurrentThread, GetThreadTimes};

/// Starts a thread.
///
/// # Errors
/// Fails where this process may have no more of them.
pub fn start<T: Send + 'static>(
    builder: Builder,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    call!(
        ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
        builder.spawn(work)
    )
}

/// The processor time of the calling thread.
#[must_use]
pub fn busy() -> Duration {
    let mut times = [FILETIME::default(); 4];
    let [begun, ended, system, own] = &mut times;
    // SAFETY: the call takes no pointers.
    let thread = call!(unsafe { GetCurrentThread() });
    // SAFETY: all four places are writable, and the handle is that of this thread.
    let told = call!(unsafe { GetThreadTimes(thread, begun, ended, system, own) });
    if told == 0 {
        return Duration::ZERO;
    }
    let steps =
        |time: &FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    Duration::from_nanos((steps(system) + steps(own)).saturating_mul(100))
}

/// The number of threads of this process now.
///
/// # Errors
/// Always: Windows cannot copy a process, so nobody needs to know.
pub fn count() -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether there are at most `most` threads.
///
/// # Errors
/// Always, as [`count`].
pub fn are_at_most(_most: usize) -> io::Result<bool> {
    count().map(|_| false)
}
