//! How a child of this process has ended, which is told once, and where nobody is told, why.

use std::io;

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions};

use super::signals;
use crate::ending::{Ending, Lost};
pub(super) use system::reap;

/// As [`reap`], of a child that nobody else waits for.
pub(super) fn reap_by_number(pid: u32) -> io::Result<Ending> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    loop {
        match call!(EINTR, rustix::process::waitpid(pid, WaitOptions::empty())) {
            Err(Errno::INTR) => {}
            Err(Errno::CHILD) => return Ok(lost()),
            Err(error) => return Err(error.into()),
            Ok(None) => return Ok(lost()),
            Ok(Some((_, status))) => return Ok(ending(status)),
        }
    }
}

pub(super) fn ending(status: rustix::process::WaitStatus) -> Ending {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Ending::Exit(code),
        (None, Some(signal)) => Ending::Signal(signal),
        (None, None) => lost(),
    }
}

/// What is left to say of a child whose ending has been taken.
pub(super) fn lost() -> Ending {
    Ending::Unknown(match signals::children_are_forgotten() {
        true => Lost::Ignored,
        false => Lost::Taken,
    })
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::os::fd::AsFd;

    use rustix::io::Errno;
    use rustix::process::{WaitId, WaitIdOptions, WaitIdStatus};

    use super::super::handle::Handle;
    use super::super::sentinel;
    use super::{lost, reap_by_number};
    use crate::ending::Ending;

    /// Takes the ending of a child that has ended, so that it is no zombie any more. Its sentinel says
    /// which one it is, even where another has its number by now.
    pub(in crate::system) fn reap(pid: u32, sentinel: &Handle) -> io::Result<Ending> {
        loop {
            let id = WaitId::PidFd(sentinel.as_fd());
            match call!(EINTR, rustix::process::waitid(id, WaitIdOptions::EXITED)) {
                Err(Errno::INTR) => {}
                // No such sentinel, or a system that cannot wait for one.
                Err(Errno::BADF | Errno::INVAL | Errno::NOSYS) => return reap_by_number(pid),
                Err(Errno::CHILD) => return Ok(sentinel::told(sentinel).unwrap_or_else(lost)),
                Err(error) => return Err(error.into()),
                Ok(status) => return Ok(status.map_or_else(lost, |status| of(&status))),
            }
        }
    }

    fn of(status: &WaitIdStatus) -> Ending {
        match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Ending::Exit(code),
            (None, Some(signal)) => Ending::Signal(signal),
            (None, None) => lost(),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;

    use super::super::handle::Handle;
    use crate::ending::Ending;

    /// Takes the ending of a child that has ended, so that it is no zombie any more.
    pub(in crate::system) fn reap(pid: u32, _sentinel: &Handle) -> io::Result<Ending> {
        super::reap_by_number(pid)
    }
}
