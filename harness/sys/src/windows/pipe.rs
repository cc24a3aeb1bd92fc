//! Byte streams between processes: a one-way pipe and a duplex pair, with handles beside the bytes
//! where the stream is a duplex pair.
//!
//! Each is a named pipe with a random name and room for one client, which is connected at once, so
//! that nobody else ever can be. It keeps the writes apart, so that one of them can bring handles.
//!
//! What the bytes mean is left to the caller.

mod bytes;
mod making;
mod parcel;
mod room;

use std::io;
use std::time::Instant;

use super::handle::Handle;
use super::peek::peek;
use super::ready;

pub use bytes::{read, read as read_duplex, read_onto, write, write as write_duplex, write_both};
pub use making::{duplex, one_way};
pub use parcel::{HANDLES_MAX, receive, send};
pub(crate) use parcel::{send_both_to, send_to};
pub use room::{fitting, never_wait_for_room, wait_writable, write_now};

/// A write to a pipe of at most so many bytes is never torn, not even by the writer's death.
pub const WHOLE_WRITE_MAX: usize = 4096;

/// How many unread bytes the system keeps for a pipe.
const BUFFER: u32 = 64 * 1024;

/// How many bytes can be read from a stream now.
///
/// # Errors
/// Fails when the stream does not tell.
pub fn unread(stream: &Handle) -> io::Result<usize> {
    peek(stream, &mut []).map(|(_, there)| there)
}

/// Waits until a read would not block (the end of the stream counts); false at the deadline.
///
/// # Errors
/// Fails as the system's wait does.
pub fn wait_readable(stream: &Handle, deadline: Option<Instant>) -> io::Result<bool> {
    Ok(wait_any(&[stream], deadline)?[0])
}

/// Waits until a read from at least one stream would not block; says of which. All false at the
/// deadline. A process's handle counts as a stream that can be read once the process has ended.
///
/// # Errors
/// Fails as the system's wait does.
pub fn wait_any(streams: &[&Handle], deadline: Option<Instant>) -> io::Result<Vec<bool>> {
    ready::wait_any(streams, deadline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    use crate::group::Group;
    use std::time::Duration;

    #[test]
    fn what_is_written_is_read_and_then_the_stream_ends() {
        let (reader, writer) = one_way().unwrap();
        write(&writer, b"abc").unwrap();
        drop(writer);
        let mut bytes = Vec::new();
        assert_eq!(read_onto(&reader, &mut bytes, 10).unwrap(), 3);
        assert_eq!(bytes, b"abc");
        assert!(wait_readable(&reader, Some(Instant::now())).unwrap());
    }

    #[test]
    fn an_empty_stream_is_not_readable_until_the_deadline() {
        let (reader, writer) = one_way().unwrap();
        let deadline = Instant::now() + Duration::from_millis(20);
        assert!(!wait_readable(&reader, Some(deadline)).unwrap());
        assert!(Instant::now() >= deadline);
        write(&writer, b"x").unwrap();
        assert!(wait_readable(&reader, None).unwrap());
        assert_eq!(unread(&reader).unwrap(), 1);
    }

    #[test]
    fn handles_arrive_beside_the_bytes() {
        let (one, other) = duplex().unwrap();
        let (reader, writer) = one_way().unwrap();
        send(&one, b"with", &[writer]).unwrap();
        let mut groups = VecDeque::new();
        let mut bytes = [0; 4];
        assert_eq!(receive(&other, &mut bytes, &mut groups).unwrap(), 4);
        let handles = groups.pop_front().and_then(|group: Group| group.whole(1));
        write(&handles.unwrap()[0], b"!").unwrap();
        let mut answer = Vec::new();
        read_onto(&reader, &mut answer, 1).unwrap();
        assert_eq!((&bytes, answer.as_slice()), (b"with", b"!".as_slice()));
    }
}
