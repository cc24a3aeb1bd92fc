//! An open pipe, socket, memory or process, owned: a file descriptor.
//! What can be done with one is the business of the module that made it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::failpoint::OnDrop;

/// An open object of the system; dropping it closes it.
///
/// No handle is inherited by a program that this process starts, except where a call says so.
#[derive(Debug)]
pub struct Handle {
    // Fields are dropped in their order, so that these are before and after the close.
    _before: OnDrop,
    fd: OwnedFd,
    _after: OnDrop,
}

impl Handle {
    /// A second handle on the same object.
    ///
    /// # Errors
    /// Fails when the process has no descriptor left.
    pub fn duplicate(&self) -> io::Result<Handle> {
        Ok(call!(
            EMFILE | ENOMEM,
            rustix::io::fcntl_dupfd_cloexec(&self.fd, 3)
        )?
        .into())
    }
}

/// How many handles this process has open, for those who look for leaks.
///
/// # Errors
/// Fails where the system does not tell.
pub fn open_count() -> io::Result<usize> {
    Ok(std::fs::read_dir("/dev/fd")?.count())
}

/// Whether this is the error of a process that has as many handles as it may.
#[must_use]
pub fn are_used_up(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EMFILE)
}

/// The error of a process that has as many handles as it may.
#[must_use]
pub fn none_left() -> io::Error {
    io::Error::from_raw_os_error(libc::EMFILE)
}

impl From<OwnedFd> for Handle {
    fn from(fd: OwnedFd) -> Handle {
        Handle {
            _before: OnDrop::BEFORE,
            fd,
            _after: OnDrop::AFTER,
        }
    }
}

impl From<Handle> for OwnedFd {
    fn from(handle: Handle) -> OwnedFd {
        handle.fd
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
