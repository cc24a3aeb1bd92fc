//! A handle that becomes readable when a process ends, and signals that cannot reach another
//! process that has got the same id since.

pub(crate) use system::{signal, watch};

#[cfg(target_os = "linux")]
mod system {
    use std::io;

    use rustix::process::{Pid, PidfdFlags, Signal};

    use super::super::handle::Handle;

    /// Watches a process that nobody else reaps meanwhile.
    ///
    /// # Errors
    /// Fails when there is no such process.
    pub(crate) fn watch(pid: u32) -> io::Result<Handle> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(call!(rustix::process::pidfd_open(pid, PidfdFlags::empty()))?.into())
    }

    /// Signals the process that a handle of [`watch`] is about.
    ///
    /// # Errors
    /// Fails when the process has ended.
    pub(crate) fn signal(sentinel: &Handle, _pid: u32, signal: Signal) -> io::Result<()> {
        Ok(call!(rustix::process::pidfd_send_signal(sentinel, signal))?)
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

    /// Watches a process that nobody else reaps meanwhile.
    ///
    /// # Errors
    /// Fails when the process has no descriptor left.
    pub(crate) fn watch(pid: u32) -> io::Result<Handle> {
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
