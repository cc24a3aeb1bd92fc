//! Bytes, all of them: reading and writing that wait.

use std::io;
use std::time::Instant;

use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};

use super::super::handle::Handle;
use super::super::overlapped::{self, Progress};
use super::{BUFFER, WHOLE_WRITE_MAX};

/// Reads what is there, waiting for the first byte; 0 at the end of the stream.
///
/// # Errors
/// Fails as the system's read does.
pub fn read(stream: &Handle, buffer: &mut [u8]) -> io::Result<usize> {
    let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
    let place = buffer.as_mut_ptr();
    let progress = overlapped::run(stream, None, |state| {
        // SAFETY: `place` has `length` writable bytes, and `run` waits until they are written.
        call!(unsafe { ReadFile(stream.raw(), place, length, std::ptr::null_mut(), state) })
    })?;
    Ok(match progress {
        Progress::Done(read) => read,
        Progress::Ended | Progress::TimedOut => 0,
    })
}

/// Fills all of `buffer`.
pub(super) fn fill(stream: &Handle, mut buffer: &mut [u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        match read(stream, buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => buffer = &mut buffer[count..],
        }
    }
    Ok(())
}

/// Appends `count` bytes to `bytes`; gives how many there were before the end of the stream.
///
/// # Errors
/// Fails as the system's read does; what was read before that is appended.
pub fn read_onto(stream: &Handle, bytes: &mut Vec<u8>, count: usize) -> io::Result<usize> {
    let start = bytes.len();
    let mut filled = 0;
    while filled < count {
        // What is announced may never come, so there is never much more room than bytes.
        let room = (count - filled).min(filled.max(BUFFER as usize));
        bytes.resize(start + filled + room, 0);
        match read(stream, &mut bytes[start + filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) => {
                bytes.truncate(start + filled);
                return Err(error);
            }
        }
    }
    bytes.truncate(start + filled);
    Ok(filled)
}

/// Writes all of `bytes`, waiting for room.
///
/// # Errors
/// Fails with `BrokenPipe` when nobody can read it any more, or as the system's write does.
pub fn write(stream: &Handle, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match write_some(stream, bytes, None)? {
            // Without a deadline only another thread takes it back, which ends what it was part of.
            0 => return Err(io::ErrorKind::BrokenPipe.into()),
            written => bytes = &bytes[written..],
        }
    }
    Ok(())
}

/// Writes `bytes`, at least one of them, in one call of the system; gives how many, which is none
/// where there was no room until the deadline.
///
/// # Errors
/// As [`write`].
pub(super) fn write_some(
    stream: &Handle,
    bytes: &[u8],
    deadline: Option<Instant>,
) -> io::Result<usize> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let progress = overlapped::run(stream, deadline, |state| {
        // SAFETY: the bytes can be read, and `run` waits until the system is done with them.
        call!(unsafe {
            WriteFile(
                stream.raw(),
                bytes.as_ptr(),
                length,
                std::ptr::null_mut(),
                state,
            )
        })
    })?;
    match progress {
        Progress::Done(written) => Ok(written),
        Progress::TimedOut => Ok(0),
        Progress::Ended => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

/// Writes all of `head`, then all of `body`.
///
/// # Errors
/// As [`write`].
pub fn write_both(stream: &Handle, head: &[u8], body: &[u8]) -> io::Result<()> {
    if head.len() + body.len() <= WHOLE_WRITE_MAX {
        return write(stream, &[head, body].concat());
    }
    write(stream, head)?;
    write(stream, body)
}
