//! Writes that do not wait for room, and waiting for it apart from them.

use std::io;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;

use super::super::handle::Handle;
use super::super::patience::steadily;

/// Makes [`write_now`] of this end give up where there is no room, in every process that has it.
///
/// # Errors
/// Fails as the system does.
pub fn never_wait_for_room(writer: &Handle) -> io::Result<()> {
    let flags = call!(rustix::fs::fcntl_getfl(writer))?;
    Ok(call!(rustix::fs::fcntl_setfl(
        writer,
        flags | rustix::fs::OFlags::NONBLOCK,
    ))?)
}

/// How many of `length` bytes may be given to [`write_now`] while at most `unread` bytes wait to be
/// read: here any, since the system takes what there is room for.
#[must_use]
pub fn fitting(length: usize, _unread: u64) -> usize {
    length
}

/// Writes as many of `bytes` as there is room for, of at most [`WHOLE_WRITE_MAX`] all or none;
/// gives how many. The end must be one that [`never_wait_for_room`] has changed.
///
/// [`WHOLE_WRITE_MAX`]: super::WHOLE_WRITE_MAX
///
/// # Errors
/// Fails with `BrokenPipe` when nobody can read it any more, or as the system's write does.
pub fn write_now(writer: &Handle, bytes: &[u8]) -> io::Result<usize> {
    match steadily(|| call!(EINTR | ENOMEM, rustix::io::write(writer, bytes))) {
        Err(Errno::AGAIN) => Ok(0),
        outcome => Ok(outcome?),
    }
}

/// Waits until there is room for a write of [`WHOLE_WRITE_MAX`]; false at the deadline.
///
/// [`WHOLE_WRITE_MAX`]: super::WHOLE_WRITE_MAX
///
/// # Errors
/// Fails as the system's poll does.
pub fn wait_writable(writer: &Handle, deadline: Option<Instant>) -> io::Result<bool> {
    let mut polled = [PollFd::new(writer, PollFlags::OUT)];
    super::poll(&mut polled, deadline)?;
    Ok(!polled[0].revents().is_empty())
}
