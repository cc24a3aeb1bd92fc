//! How many threads this process has, for those who copy it or change its environment.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::copies::epoch;
use super::{refused, signals};

/// How long a thread that has ended may still be counted: it takes a moment to be gone, and a long
/// one on a busy machine.
const LINGER: Duration = Duration::from_secs(1);

/// How long to sleep between two looks.
const LOOK: Duration = Duration::from_micros(200);

/// How many threads of this crate this process has, above the copy of the program that has them:
/// those hold nothing, and are in nobody's way.
static HARMLESS: AtomicU64 = AtomicU64::new(0);

fn harmless() -> usize {
    let known = HARMLESS.load(Ordering::Relaxed);
    match (known >> 32) as u32 == epoch() {
        true => known as u32 as usize,
        false => 0,
    }
}

/// Starts a thread.
///
/// # Errors
/// Fails where this process, or its user, may have no more of them.
pub fn start<T: Send + 'static>(
    builder: Builder,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    call!(EAGAIN | ENOMEM, builder.spawn(work))
}

/// Starts a thread that takes no signals and holds nothing which a copy of this process could want,
/// so that it does not count as one beside which nothing may be copied or changed.
pub(super) fn start_harmless(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let blocked = signals::block_all()?;
    let started = start(Builder::new().name(name.into()), work);
    blocked.restore();
    started.map_err(refused::of_starting)?;
    let now = u64::from(epoch()) << 32 | (harmless() as u64 + 1);
    HARMLESS.store(now, Ordering::Relaxed);
    Ok(())
}

/// The number of threads of this process now; one that was just joined may still be counted.
///
/// # Errors
/// Fails where the system does not tell.
pub fn count() -> io::Result<usize> {
    Ok(system::count()?.saturating_sub(harmless()))
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
        let is_so = match count() {
            Ok(count) => count <= most,
            Err(error) => system::is_alone(most + harmless()).ok_or(error)?,
        };
        if is_so {
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
        let tasks = call!(rustix::fs::stat("/proc/self/task"));
        let tasks = tasks.map_err(|error| {
            let text = format!(
                "this process's threads cannot be counted, since /proc/self/task cannot be looked at \
                 ({error}): mount /proc"
            );
            io::Error::new(io::Error::from(error).kind(), text)
        })?;
        Ok(tasks.st_nlink as usize - 2)
    }

    /// Whether there is one thread, where that is all that is asked, and nothing more is known: the
    /// system refuses a process with several this call, which changes nothing for one with one.
    pub(super) fn is_alone(most: usize) -> Option<bool> {
        if most != 1 {
            return None;
        }
        // SAFETY: the call changes nothing, as above.
        match call!(unsafe { libc::unshare(libc::CLONE_THREAD) }) {
            0 => Some(true),
            _ => match io::Error::last_os_error().raw_os_error() {
                Some(libc::EINVAL) => Some(false),
                _ => None,
            },
        }
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

    pub(super) fn is_alone(_most: usize) -> Option<bool> {
        None
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
mod system {
    use std::io;

    pub(super) fn count() -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn is_alone(_most: usize) -> Option<bool> {
        None
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

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_says_without_proc_whether_this_is_the_only_thread() {
        // Whatever runs this test has a thread beside it.
        assert_eq!(system::is_alone(1), Some(false));
        assert_eq!(system::is_alone(2), None);
    }
}
