//! A pipe whose write end only the root of a process tree holds: when the root dies, however it
//! dies, whoever holds the read end is killed.
//!
//! Linux does it in the kernel, without a thread. Elsewhere, and where Linux does not let a process
//! open the pipe once more (`/proc` is not there, or closed to a process that has dropped its
//! privileges), a thread waits for the end.

use std::io;

use super::exit::leave;
use super::handle::Handle;
use super::{pipe, threads};

/// The exit code of who dies with the root.
const KILLED: i32 = 128 + libc::SIGKILL;

/// Makes the lifeline: the end to give to each process of the tree, and the end for the root.
///
/// # Errors
/// Fails when the process has no descriptor left.
pub fn new() -> io::Result<(Handle, Handle)> {
    pipe::one_way()
}

/// One more end, for one more process of the tree.
///
/// # Errors
/// Fails when the process has no descriptor left.
pub fn another(end: &Handle) -> io::Result<Handle> {
    match system::reopen(end) {
        Some(own) => Ok(own),
        None => end.duplicate(),
    }
}

/// Ties this process to the root by an end that [`another`] has made for it; gives what must be
/// kept open for it to stay tied. A forked child has to be tied by an end of its own.
///
/// # Errors
/// Fails where the system refuses, with nothing tied.
pub fn tie(end: Handle) -> io::Result<Handle> {
    match system::arm(&end) {
        true => Ok(end),
        false => watch(end),
    }
}

/// Has a thread wait for the root's end. It takes no signals, and holds nothing that a copy of this
/// process could want.
fn watch(end: Handle) -> io::Result<Handle> {
    let watched = end.duplicate()?;
    threads::start_harmless("lifeline", move || {
        // Nobody writes to a lifeline: readable means that the root is gone, and a failure to wait
        // means that nobody would notice.
        let _ = pipe::wait_readable(&watched, None);
        leave(KILLED);
    })?;
    Ok(end)
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::os::fd::{AsFd, AsRawFd};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{Mode, OFlags};

    use super::{Handle, KILLED, leave};

    /// Which signal says that an open file has changed; the `libc` crate lacks it.
    const F_SETSIG: libc::c_int = 10;

    /// Says of an open file that it is one process's: all others of the pipe wait where they read.
    const OWN: OFlags = OFlags::NONBLOCK;

    /// Who is signalled, and how, belongs to an open file, which all that inherit it share:
    /// so the pipe is opened once more for each process, by its starter, which has more time.
    /// None where that may not be.
    pub(super) fn reopen(end: &Handle) -> Option<Handle> {
        let path = format!("/proc/self/fd/{}", end.as_fd().as_raw_fd());
        let flags = OFlags::RDONLY | OWN | OFlags::CLOEXEC;
        let own = call!(
            EMFILE | ENFILE | ENOMEM,
            rustix::fs::open(path.as_str(), flags, Mode::empty())
        );
        own.ok().map(Handle::from)
    }

    /// Has the system kill this process with its root; false where the open file is not its own, or
    /// the system does not know how.
    pub(super) fn arm(own: &Handle) -> bool {
        let asynchronous = OFlags::from_bits_retain(libc::O_ASYNC as u32);
        let is_own = call!(rustix::fs::fcntl_getfl(own))
            .is_ok_and(|flags| flags.contains(OWN) && !flags.intersects(asynchronous));
        is_own && set_up(own, OWN | asynchronous).is_ok()
    }

    fn set_up(own: &Handle, flags: OFlags) -> io::Result<()> {
        set(
            own,
            libc::F_SETOWN,
            rustix::process::getpid().as_raw_nonzero().get(),
        )?;
        set(own, F_SETSIG, libc::SIGKILL)?;
        call!(ENOMEM, rustix::fs::fcntl_setfl(own, flags))?;
        // The root may have died before the signal was armed.
        let mut polled = [PollFd::new(own, PollFlags::IN)];
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let is_lost = loop {
            match call!(EINTR | ENOMEM, poll(&mut polled, Some(&at_once))) {
                Err(rustix::io::Errno::INTR) => {}
                outcome => break outcome? > 0,
            }
        };
        if is_lost {
            leave(KILLED);
        }
        Ok(())
    }

    fn set(own: &Handle, what: libc::c_int, to: libc::c_int) -> io::Result<()> {
        // SAFETY: both commands take an integer and change only this open file.
        match call!(ENOMEM, unsafe {
            libc::fcntl(own.as_fd().as_raw_fd(), what, to)
        }) {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Handle;

    pub(super) fn reopen(_end: &Handle) -> Option<Handle> {
        None
    }

    pub(super) fn arm(_end: &Handle) -> bool {
        false
    }
}
