//! Bytes, all of them: reading and writing that wait.

use std::io::{self, IoSlice};

use rustix::net::{RecvFlags, SendFlags};

use super::super::handle::Handle;
use super::super::patience::steadily;

/// How much room is made for bytes that have not come yet.
const AT_ONCE: usize = 16 * 1024 * 1024;

#[cfg(not(target_vendor = "apple"))]
pub(super) const SEND: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
pub(super) const SEND: SendFlags = SendFlags::empty();

/// Reads what is there, waiting for the first byte; 0 at the end of the stream.
///
/// # Errors
/// Fails as the system's read does. Handles beside the bytes are lost: see
/// [`receive`](super::receive).
pub fn read(stream: &Handle, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(steadily(|| {
        call!(EINTR | ENOMEM, rustix::io::read(stream, &mut *buffer))
    })?)
}

/// As [`read`], from an end of a duplex pair: a shorter way through the system.
///
/// # Errors
/// As [`read`].
pub fn read_duplex(stream: &Handle, buffer: &mut [u8]) -> io::Result<usize> {
    let (read, _) = steadily(|| {
        call!(
            EINTR | ENOMEM,
            rustix::net::recv(stream, &mut *buffer, RecvFlags::empty())
        )
    })?;
    Ok(read)
}

/// Appends `count` bytes to `bytes`; gives how many there were before the end of the stream.
///
/// # Errors
/// Fails as the system's read does; what was read before that is appended.
pub fn read_onto(stream: &Handle, bytes: &mut Vec<u8>, count: usize) -> io::Result<usize> {
    let mut missing = count;
    while missing > 0 {
        // What was announced is not believed before it comes.
        bytes.reserve(missing.min(bytes.len().max(AT_ONCE)));
        let room = bytes.spare_capacity_mut();
        let most = room.len().min(missing);
        let read = steadily(|| {
            call!(
                EINTR | ENOMEM,
                rustix::io::read(stream, &mut room[..most]).map(|(read, _)| read.len())
            )
        })?;
        if read == 0 {
            break;
        }
        let length = bytes.len() + read;
        // SAFETY: the system has just written `read` bytes behind the old length, within capacity.
        unsafe { bytes.set_len(length) };
        missing -= read;
    }
    Ok(count - missing)
}

/// Writes all of `bytes`, waiting for room.
///
/// # Errors
/// Fails with `BrokenPipe` when nobody can read it any more, or as the system's write does.
pub fn write(stream: &Handle, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = steadily(|| call!(EINTR | ENOMEM, rustix::io::write(stream, bytes)))?;
        bytes = &bytes[written..];
    }
    Ok(())
}

/// As [`write()`], to an end of a duplex pair: a shorter way through the system.
///
/// # Errors
/// As [`write()`].
pub fn write_duplex(stream: &Handle, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = steadily(|| {
            call!(
                EINTR | ENOBUFS | ENOMEM,
                rustix::net::send(stream, bytes, SEND)
            )
        })?;
        bytes = &bytes[written..];
    }
    Ok(())
}

/// Writes all of `head`, then all of `body`, in one call to the system where there is room.
///
/// # Errors
/// As [`write()`].
pub fn write_both(stream: &Handle, head: &[u8], body: &[u8]) -> io::Result<()> {
    let parts = [IoSlice::new(head), IoSlice::new(body)];
    let written = steadily(|| call!(EINTR | ENOMEM, rustix::io::writev(stream, &parts)))?;
    write_rest(stream, head, body, written)
}

/// Writes what is left of two parts of which so many bytes are written.
pub(super) fn write_rest(
    stream: &Handle,
    head: &[u8],
    body: &[u8],
    written: usize,
) -> io::Result<()> {
    if written < head.len() {
        write(stream, &head[written..])?;
        write(stream, body)
    } else {
        write(stream, &body[written - head.len()..])
    }
}
