//! A handle that becomes readable when a process ends, and signals that cannot reach another
//! process that has got the same id since.
//!
//! Where the system has no such handle, or forbids it (seccomp in a container, valgrind), a thread
//! waits, and tells over a pipe.

#[cfg(target_os = "linux")]
pub(crate) use system::told;
pub(crate) use system::{of_this_process, signal, watch};

/// Whose child a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// This process's own.
    Ours,
    Another,
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::os::fd::{AsFd, AsRawFd};
    use std::time::{Duration, Instant};

    use rustix::io::Errno;
    use rustix::process::{Pid, PidfdFlags, Signal};

    use super::super::handle::Handle;
    use super::super::waiting::watch_by_thread;
    use super::Whose;
    use crate::ending::Ending;

    /// Watches a process that nobody else reaps meanwhile.
    ///
    /// # Errors
    /// Fails when there is no such process.
    pub(crate) fn watch(number: u32, whose: Whose) -> io::Result<Handle> {
        let pid = i32::try_from(number).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
        match call!(
            EMFILE | ENFILE | ENOMEM,
            rustix::process::pidfd_open(pid, PidfdFlags::empty())
        ) {
            Ok(process) => Ok(process.into()),
            Err(Errno::NOSYS | Errno::PERM) => watch_by_thread(number, whose),
            Err(error) => Err(error.into()),
        }
    }

    /// A handle on this process, to be sent to one that waits for its end.
    ///
    /// # Errors
    /// `Unsupported` where the system has none, or forbids it.
    pub(crate) fn of_this_process() -> io::Result<Handle> {
        let pid = rustix::process::getpid();
        match call!(
            EMFILE | ENFILE | ENOMEM,
            rustix::process::pidfd_open(pid, PidfdFlags::empty())
        ) {
            Ok(process) => Ok(process.into()),
            Err(Errno::NOSYS | Errno::PERM) => Err(io::ErrorKind::Unsupported.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Signals the process that a handle of [`watch`] is about.
    ///
    /// # Errors
    /// Fails when the process has ended.
    pub(crate) fn signal(sentinel: &Handle, pid: u32, signal: Signal) -> io::Result<()> {
        match call!(rustix::process::pidfd_send_signal(sentinel, signal)) {
            Ok(()) => Ok(()),
            // It is a pipe, or the call is forbidden, too.
            Err(Errno::BADF | Errno::INVAL | Errno::NOSYS | Errno::PERM) => {
                let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
                let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
                Ok(call!(rustix::process::kill_process(pid, signal))?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What the system tells of a process by its handle; the `libc` crate lacks it.
    #[repr(C)]
    #[derive(Default)]
    struct Info {
        mask: u64,
        cgroup: u64,
        /// Ids of the process, its users and groups.
        ids: [u32; 11],
        exit_code: i32,
    }

    const INFO_EXIT: u64 = 1 << 3;
    /// `_IOWR(0xFF, 11, struct pidfd_info)` of the first length.
    const GET_INFO: libc::c_ulong = 0xC000_FF0B | (size_of::<Info>() as libc::c_ulong) << 16;

    /// How long the system may take to have the ending of a process that it reaps itself.
    const PATIENCE: Duration = Duration::from_millis(200);

    /// How a process has ended that somebody else has reaped; from Linux 6.15 on its handle tells.
    pub(crate) fn told(sentinel: &Handle) -> Option<Ending> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut info = Info {
                mask: INFO_EXIT,
                ..Info::default()
            };
            let fd = sentinel.as_fd().as_raw_fd();
            // SAFETY: the call writes at most as many bytes as its number says, which `info` has.
            if call!(unsafe { libc::ioctl(fd, GET_INFO, &raw mut info) }) != 0 {
                return None;
            }
            if info.mask & INFO_EXIT != 0 {
                let code = info.exit_code;
                return Some(match libc::WIFEXITED(code) {
                    true => Ending::Exit(libc::WEXITSTATUS(code)),
                    false => Ending::Signal(libc::WTERMSIG(code)),
                });
            }
            if Instant::now() > deadline {
                return None;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;

    use rustix::event::kqueue::{Event, EventFilter, EventFlags, ProcessEvents, kevent, kqueue};
    use rustix::process::{Pid, Signal};

    use super::super::handle::Handle;
    use super::super::pipe;
    use super::Whose;

    /// Watches a process that nobody else reaps meanwhile.
    ///
    /// # Errors
    /// Fails when the process has no descriptor left.
    pub(crate) fn watch(pid: u32, _whose: Whose) -> io::Result<Handle> {
        let queue: OwnedFd = kqueue()?;
        let target = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        let filter = EventFilter::Proc {
            pid: target,
            flags: ProcessEvents::EXIT,
        };
        let change = Event::new(filter, EventFlags::ADD, std::ptr::null_mut());
        let mut none: [MaybeUninit<Event>; 0] = [];
        // SAFETY: the only descriptor that is named here is the queue itself, which is open.
        match call!(unsafe { kevent(&queue, &[change], &mut none, None) }) {
            Ok(_) => Ok(queue.into()),
            // It has ended already: a pipe without a writer is readable for ever.
            Err(rustix::io::Errno::SRCH) => Ok(pipe::one_way()?.0),
            Err(error) => Err(error.into()),
        }
    }

    /// There is none that could be sent.
    pub(crate) fn of_this_process() -> io::Result<Handle> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Signals a process that has not been reaped, as the caller knows.
    ///
    /// # Errors
    /// Fails when the process has ended.
    pub(crate) fn signal(_sentinel: &Handle, pid: u32, signal: Signal) -> io::Result<()> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(call!(rustix::process::kill_process(pid, signal))?)
    }
}
