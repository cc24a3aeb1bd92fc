//! A pipe whose write end only the root of a process tree holds: when the root dies, however it
//! dies, whoever holds the read end is killed.
//!
//! Linux does it in the kernel, without a thread; elsewhere a thread waits for the end.

use std::io;

use super::handle::Handle;

/// Makes the lifeline: the end to give to each process of the tree, and the end for the root.
///
/// # Errors
/// Fails when the process has no descriptor left.
pub fn new() -> io::Result<(Handle, Handle)> {
    super::pipe::one_way()
}

/// One more end, for one more process of the tree.
///
/// # Errors
/// Fails when the process has no descriptor left.
pub fn another(end: &Handle) -> io::Result<Handle> {
    system::another(end)
}

/// Ties this process to the root by an end that [`another`] has made for it; gives what must be
/// kept open for it to stay tied. A forked child has to be tied by an end of its own.
///
/// # Errors
/// Fails where the system refuses, with nothing tied.
pub fn tie(end: Handle) -> io::Result<Handle> {
    system::tie(end)
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::os::fd::{AsFd, AsRawFd};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{Mode, OFlags};

    use super::Handle;

    /// Which signal says that an open file has changed; the `libc` crate lacks it.
    const F_SETSIG: libc::c_int = 10;

    /// Who is signalled, and how, belongs to an open file, which all that inherit it share:
    /// so the pipe is opened once more for each process, by its starter, which has more time.
    pub(super) fn another(end: &Handle) -> io::Result<Handle> {
        let path = format!("/proc/self/fd/{}", end.as_fd().as_raw_fd());
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let own = call!(rustix::fs::open(path.as_str(), flags, Mode::empty()));
        let own = own.map_err(|error| super::super::process::naming(&path, error.into()))?;
        Ok(own.into())
    }

    pub(super) fn tie(own: Handle) -> io::Result<Handle> {
        set(
            &own,
            libc::F_SETOWN,
            rustix::process::getpid().as_raw_nonzero().get(),
        )?;
        set(&own, F_SETSIG, libc::SIGKILL)?;
        call!(rustix::fs::fcntl_setfl(
            &own,
            OFlags::NONBLOCK | OFlags::from_bits_retain(libc::O_ASYNC as u32),
        ))?;
        // The root may have died before the signal was armed.
        let mut polled = [PollFd::new(&own, PollFlags::IN)];
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let is_lost = loop {
            match call!(poll(&mut polled, Some(&at_once))) {
                Err(rustix::io::Errno::INTR) => {}
                outcome => break outcome? > 0,
            }
        };
        if is_lost {
            super::super::exit::leave(128 + libc::SIGKILL);
        }
        Ok(own)
    }

    fn set(own: &Handle, what: libc::c_int, to: libc::c_int) -> io::Result<()> {
        // SAFETY: both commands take an integer and change only this open file.
        match call!(unsafe { libc::fcntl(own.as_fd().as_raw_fd(), what, to) }) {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;

    use super::Handle;

    pub(super) fn another(end: &Handle) -> io::Result<Handle> {
        end.duplicate()
    }

    pub(super) fn tie(end: Handle) -> io::Result<Handle> {
        let watched = end.duplicate()?;
        std::thread::Builder::new()
            .name("lifeline".into())
            .spawn(move || {
                // Nobody writes to a lifeline: readable means that the root is gone, and a
                // failure to wait means that nobody would notice.
                let _ = super::super::pipe::wait_readable(&watched, None);
                super::super::exit::leave(128 + libc::SIGKILL);
            })?;
        Ok(end)
    }
}
