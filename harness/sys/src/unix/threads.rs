//! How many threads this process has, for those who copy it or change its environment.

use std::io;
use std::time::{Duration, Instant};

/// How long a thread that has ended may still be counted: it takes a moment to be gone, and a long
/// one on a busy machine.
const LINGER: Duration = Duration::from_secs(1);

/// How long to sleep between two looks.
const LOOK: Duration = Duration::from_micros(200);

/// The number of threads of this process now; one that was just joined may still be counted.
///
/// # Errors
/// Fails where the system does not tell.
pub fn count() -> io::Result<usize> {
    system::count()
}

/// The processor time of the calling thread.
#[must_use]
pub fn busy() -> Duration {
    let time = call!(rustix::time::clock_gettime(
        rustix::time::ClockId::ThreadCPUTime
    ));
    Duration::try_from(time).unwrap_or_default()
}

/// Whether there are at most `most` threads, once those that are ending have had time to end.
///
/// # Errors
/// Fails where the system does not tell.
pub fn are_at_most(most: usize) -> io::Result<bool> {
    let deadline = Instant::now() + LINGER;
    loop {
        if count()? <= most {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        std::thread::sleep(LOOK);
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;

    /// The directory has a link for itself, one from its parent, and one for each thread.
    pub(super) fn count() -> io::Result<usize> {
        Ok(call!(rustix::fs::stat("/proc/self/task"))?.st_nlink as usize - 2)
    }
}

#[cfg(target_vendor = "apple")]
mod system {
    use std::io;
    use std::mem::MaybeUninit;

    pub(super) fn count() -> io::Result<usize> {
        let mut info = MaybeUninit::<libc::proc_taskinfo>::zeroed();
        let size = size_of::<libc::proc_taskinfo>() as libc::c_int;
        let pid = rustix::process::getpid().as_raw_nonzero().get();
        let room = info.as_mut_ptr().cast();
        // SAFETY: `room` points to `size` writable bytes.
        let read = unsafe { libc::proc_pidinfo(pid, libc::PROC_PIDTASKINFO, 0, room, size) };
        if read != size {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is a plain structure of integers, and the system has filled all of it.
        Ok(unsafe { info.assume_init() }.pti_threadnum as usize)
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
mod system {
    use std::io;

    pub(super) fn count() -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_thread_is_counted_and_a_joined_one_is_not() {
        let before = count().unwrap();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || stopped.recv().unwrap_err());
        assert!(count().unwrap() > before);
        drop(stop);
        thread.join().unwrap();
    }
}
