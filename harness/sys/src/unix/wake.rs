//! Turns the end of a child into something that a poll sees.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::fs::OFlags;

use super::handle::Handle;
use super::pipe;

/// A stream that is readable since a child has ended.
#[derive(Debug)]
pub(super) struct Wake {
    reader: Handle,
    writer: Handle,
}

/// Where the signal's handler writes; -1 for nowhere.
static WRITER: AtomicI32 = AtomicI32::new(-1);

/// Watches for the end of any child of this process.
pub(super) fn on_child_end() -> io::Result<Wake> {
    let (reader, writer) = pipe::one_way()?;
    call!(rustix::fs::fcntl_setfl(&reader, OFlags::NONBLOCK))?;
    call!(rustix::fs::fcntl_setfl(&writer, OFlags::NONBLOCK))?;
    WRITER.store(writer.as_fd().as_raw_fd(), Ordering::Relaxed);
    set_handler(write_byte as extern "C" fn(libc::c_int) as libc::sighandler_t)?;
    Ok(Wake { reader, writer })
}

impl Wake {
    pub(super) fn handle(&self) -> &Handle {
        &self.reader
    }

    /// Forgets what has happened so far.
    pub(super) fn clear(&self) -> io::Result<()> {
        let mut bytes = [0; 64];
        loop {
            match call!(rustix::io::read(&self.reader, &mut bytes)) {
                Err(rustix::io::Errno::AGAIN) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                outcome => drop(outcome?),
            }
        }
    }

    /// Puts the signal back to what programs expect.
    pub(super) fn disarm(self) -> io::Result<()> {
        set_handler(libc::SIG_DFL)?;
        WRITER.store(-1, Ordering::Relaxed);
        drop(self.writer);
        Ok(())
    }
}

fn set_handler(handler: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: all-zero is a valid `sigaction`: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = libc::SA_RESTART | libc::SA_NOCLDSTOP;
    // SAFETY: `action` is filled in, and its handler only calls `write`, which a handler may.
    match call!(unsafe { libc::sigaction(libc::SIGCHLD, &action, std::ptr::null_mut()) }) {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

extern "C" fn write_byte(_signal: libc::c_int) {
    let writer = WRITER.load(Ordering::Relaxed);
    if writer < 0 {
        return;
    }
    // SAFETY: the pointer is this thread's own error number.
    let before = unsafe { *errno() };
    // SAFETY: one byte is read from a constant; a full pipe is readable already.
    unsafe { libc::write(writer, [0u8].as_ptr().cast(), 1) };
    // SAFETY: as above; the interrupted call must not see what `write` has left there.
    unsafe { *errno() = before };
}

fn errno() -> *mut libc::c_int {
    #[cfg(target_os = "linux")]
    // SAFETY: it only gives an address.
    return unsafe { libc::__errno_location() };
    #[cfg(not(target_os = "linux"))]
    // SAFETY: it only gives an address.
    return unsafe { libc::__error() };
}
