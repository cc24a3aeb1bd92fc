//! Byte streams between processes: a one-way pipe and a duplex pair, with handles beside the bytes
//! where the stream is a duplex pair.
//!
//! What the bytes mean is left to the caller.

mod bytes;
mod making;
mod parcel;
mod room;

use std::io;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec};

use super::handle::Handle;
use super::patience::steadily;

pub use bytes::{read, read_duplex, read_onto, write, write_both, write_duplex};
pub use making::{duplex, one_way};
pub use parcel::{HANDLES_MAX, receive, send};
pub(crate) use parcel::{send_both_to, send_to};
pub use room::{fitting, never_wait_for_room, wait_writable, write_now};

/// A write to a pipe of at most so many bytes is never torn, not even by the writer's death.
pub const WHOLE_WRITE_MAX: usize = rustix::pipe::PIPE_BUF;

/// How many bytes can be read from a stream now.
///
/// # Errors
/// Fails when the stream does not tell.
pub fn unread(stream: &Handle) -> io::Result<usize> {
    Ok(usize::try_from(call!(rustix::io::ioctl_fionread(stream))?).unwrap_or(usize::MAX))
}

/// Waits until a read would not block (the end of the stream counts); false at the deadline.
///
/// # Errors
/// Fails as the system's poll does.
pub fn wait_readable(stream: &Handle, deadline: Option<Instant>) -> io::Result<bool> {
    let mut polled = [PollFd::new(stream, PollFlags::IN)];
    poll(&mut polled, deadline)?;
    Ok(!polled[0].revents().is_empty())
}

/// Waits until a read from at least one stream would not block; says of which. All false at the
/// deadline.
///
/// # Errors
/// Fails as the system's poll does.
pub fn wait_any(streams: &[&Handle], deadline: Option<Instant>) -> io::Result<Vec<bool>> {
    let mut polled: Vec<_> = streams
        .iter()
        .map(|stream| PollFd::new(*stream, PollFlags::IN))
        .collect();
    poll(&mut polled, deadline)?;
    Ok(polled.iter().map(|one| !one.revents().is_empty()).collect())
}

fn poll(polled: &mut [PollFd<'_>], deadline: Option<Instant>) -> io::Result<()> {
    steadily(|| {
        let timeout = deadline.map(time_until);
        call!(
            EINTR | ENOMEM,
            rustix::event::poll(polled, timeout.as_ref())
        )
    })?;
    Ok(())
}

/// What is left until a moment; nothing when it has passed.
fn time_until(deadline: Instant) -> Timespec {
    let left = deadline.saturating_duration_since(Instant::now());
    Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: left.subsec_nanos().into(),
    }
}
