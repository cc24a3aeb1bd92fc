//! What calls of the system fail with for want of something, and how such a call says so.

use std::io;

pub(crate) use libc::{
    EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC, ETOOMANYREFS,
};
use rustix::io::Errno;

use crate::failpoint::Refused;

impl<T> Refused for rustix::io::Result<T> {
    fn with(error: i32) -> Self {
        Err(Errno::from_raw_os_error(error))
    }
}

impl<T> Refused for io::Result<T> {
    fn with(error: i32) -> Self {
        Err(io::Error::from_raw_os_error(error))
    }
}

/// As the C library has it.
impl Refused for libc::c_int {
    fn with(error: i32) -> Self {
        leave_behind(error);
        -1
    }
}

impl Refused for libc::ssize_t {
    fn with(error: i32) -> Self {
        leave_behind(error);
        -1
    }
}

/// Has an error be the last one of this thread.
fn leave_behind(error: i32) {
    #[cfg(target_os = "linux")]
    // SAFETY: the place is this thread's own.
    unsafe {
        *libc::__errno_location() = error;
    }
    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    // SAFETY: the place is this thread's own.
    unsafe {
        *libc::__error() = error;
    }
}
