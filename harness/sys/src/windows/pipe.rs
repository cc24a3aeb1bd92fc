//! Byte streams between processes: a one-way pipe and a duplex pair, with handles beside the bytes
//! where the stream is a duplex pair.
//!
//! Each is a named pipe with a random name and room for one client, which is connected at once, so
//! that nobody else ever can be. It keeps the writes apart: handles travel as a write of their own
//! that starts with [`MARK`] and has their numbers in the root's table (see `parking`).
//!
//! What the bytes mean is left to the caller.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Security::Authentication::Identity::RtlGenRandom;
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, FILE_READ_ATTRIBUTES,
    FILE_WRITE_ATTRIBUTES, OPEN_EXISTING, PIPE_ACCESS_DUPLEX, PIPE_ACCESS_INBOUND, ReadFile,
    WriteFile,
};
use windows_sys::Win32::System::Pipes::{
    CreateNamedPipeW, PIPE_READMODE_BYTE, PIPE_READMODE_MESSAGE, PIPE_REJECT_REMOTE_CLIENTS,
    PIPE_TYPE_MESSAGE, PIPE_WAIT, SetNamedPipeHandleState,
};

use super::handle::Handle;
use super::overlapped::{self, Progress};
use super::peek::peek;
use super::{parking, ready};

/// How many handles can go beside the bytes of one [`send`].
pub const HANDLES_MAX: usize = 253;

/// A write to a pipe of at most so many bytes is never torn, not even by the writer's death.
pub const WHOLE_WRITE_MAX: usize = 4096;

/// How many unread bytes the system keeps for a pipe.
const BUFFER: u32 = 64 * 1024;

/// The first bytes of a write that brings handles. As the head of a message it would announce more
/// bytes than any memory has.
const MARK: [u8; 16] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x9b, 0x31, 0xd4, 0x5e, 0x70, 0xaa, 0x0c, 0x8f,
];

/// A pipe: what is written to the second end is read from the first.
///
/// # Errors
/// Fails when the process has no handle left.
pub fn one_way() -> io::Result<(Handle, Handle)> {
    pair(PIPE_ACCESS_INBOUND, GENERIC_WRITE | FILE_READ_ATTRIBUTES)
}

/// Two ends, each of which reads what is written to the other.
///
/// # Errors
/// Fails when the process has no handle left.
pub fn duplex() -> io::Result<(Handle, Handle)> {
    let ends = pair(
        PIPE_ACCESS_DUPLEX,
        GENERIC_READ | GENERIC_WRITE | FILE_WRITE_ATTRIBUTES,
    )?;
    read_one_write_at_a_time(&ends.0)?;
    read_one_write_at_a_time(&ends.1)?;
    Ok(ends)
}

/// A read ends where a write did, so that none takes handles for bytes.
fn read_one_write_at_a_time(end: &Handle) -> io::Result<()> {
    let nothing = std::ptr::null();
    // SAFETY: the handle is open, and only the mode is set.
    match call!(unsafe {
        SetNamedPipeHandleState(end.raw(), &PIPE_READMODE_MESSAGE, nothing, nothing)
    }) {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn pair(server_access: u32, client_access: u32) -> io::Result<(Handle, Handle)> {
    let name = private_name()?;
    // SAFETY: the name ends with a zero, and no security attributes are passed.
    let server = Handle::from_call(call!(unsafe {
        CreateNamedPipeW(
            name.as_ptr(),
            server_access | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
            PIPE_TYPE_MESSAGE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
            1,
            BUFFER,
            BUFFER,
            0,
            std::ptr::null(),
        )
    }))?;
    // SAFETY: as above, and no template is passed.
    let client = Handle::from_call(call!(unsafe {
        CreateFileW(
            name.as_ptr(),
            client_access,
            0,
            std::ptr::null(),
            OPEN_EXISTING,
            FILE_FLAG_OVERLAPPED,
            std::ptr::null_mut(),
        )
    }))?;
    Ok((server, client))
}

/// A name that nobody can guess before the only client is connected.
fn private_name() -> io::Result<Vec<u16>> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut random = [0_u8; 16];
    // SAFETY: the buffer is writable and has the length that is passed.
    if !call!(unsafe { RtlGenRandom(random.as_mut_ptr().cast(), 16) }) {
        return Err(io::Error::last_os_error());
    }
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let random = u128::from_ne_bytes(random);
    let name = format!(r"\\.\pipe\poolproof.{process}.{count}.{random:032x}");
    Ok(name.encode_utf16().chain([0]).collect())
}

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

/// Reads as [`read`] does and appends the handles that came beside the bytes.
///
/// # Errors
/// Fails as the system's read does, or when a handle is not where it should be.
pub fn receive(
    stream: &Handle,
    buffer: &mut [u8],
    handles: &mut VecDeque<Handle>,
) -> io::Result<usize> {
    loop {
        wait_readable(stream, None)?;
        if !starts_with_mark(stream)? {
            return read(stream, buffer);
        }
        let mut head = [0; MARK.len() + 8];
        fill(stream, &mut head)?;
        let mut count = [0; 8];
        count.copy_from_slice(&head[MARK.len()..]);
        let count = usize::try_from(u64::from_ne_bytes(count)).unwrap_or(usize::MAX);
        if count > HANDLES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        for _ in 0..count {
            let mut number = [0; 8];
            fill(stream, &mut number)?;
            handles.push_back(parking::take(u64::from_ne_bytes(number))?);
        }
    }
}

fn starts_with_mark(stream: &Handle) -> io::Result<bool> {
    let mut head = [0; MARK.len()];
    let (read, _) = peek(stream, &mut head)?;
    Ok(read == MARK.len() && head == MARK)
}

fn fill(stream: &Handle, mut buffer: &mut [u8]) -> io::Result<()> {
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
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let progress = overlapped::run(stream, None, |state| {
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
            Progress::Done(written) => bytes = &bytes[written..],
            Progress::Ended | Progress::TimedOut => return Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
    Ok(())
}

/// Makes [`write_now`] of this end give up where there is no room: it always does here.
///
/// # Errors
/// None on this system.
pub fn never_wait_for_room(_writer: &Handle) -> io::Result<()> {
    Ok(())
}

/// How many of `length` bytes may be given to [`write_now`] while at most `unread` bytes wait to be
/// read: a write that has to be taken back does not tell how much of it was read meanwhile.
#[must_use]
pub fn fitting(length: usize, unread: u64) -> usize {
    // The system may count more than the bytes alone.
    let room = (BUFFER as usize / 2).saturating_sub(usize::try_from(unread).unwrap_or(usize::MAX));
    match length {
        0.. if length <= room => length,
        0..=WHOLE_WRITE_MAX => 0,
        _ => room,
    }
}

/// Writes `bytes` where there is room for all of them; gives how many, all or none.
///
/// # Errors
/// Fails with `BrokenPipe` when nobody can read it any more, or as the system's write does.
pub fn write_now(writer: &Handle, bytes: &[u8]) -> io::Result<usize> {
    if bytes.is_empty() {
        // A write of nothing would look like the end of the stream.
        return Ok(0);
    }
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let progress = overlapped::run(writer, Some(Instant::now()), |state| {
        // SAFETY: the bytes can be read, and `run` waits until the system is done with them.
        call!(unsafe {
            WriteFile(
                writer.raw(),
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

/// How long a writer sleeps before it looks for room again: the system tells nobody of room.
const ROOM_LOOK: Duration = Duration::from_millis(1);

/// Waits a little for room, and says yes without knowing; false when the deadline has passed.
///
/// # Errors
/// None on this system.
pub fn wait_writable(_writer: &Handle, deadline: Option<Instant>) -> io::Result<bool> {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    std::thread::sleep(left.unwrap_or(ROOM_LOOK).min(ROOM_LOOK));
    Ok(left != Some(Duration::ZERO))
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

/// Writes all of `bytes` (at least one) to an end of a duplex pair, with handles beside the first.
///
/// # Errors
/// As [`write`]; `InvalidInput` for more than [`HANDLES_MAX`] handles.
pub fn send(stream: &Handle, bytes: &[u8], handles: &[Handle]) -> io::Result<()> {
    send_to(stream, None, bytes, handles)
}

/// As [`send_to`], `head` and then `body`.
pub(crate) fn send_both_to(
    stream: &Handle,
    child: Option<&Handle>,
    head: &[u8],
    body: &[u8],
    handles: &[Handle],
) -> io::Result<()> {
    send_to(stream, child, head, handles)?;
    write(stream, body)
}

/// As [`send`], to a child that is known to be the only reader.
pub(crate) fn send_to(
    stream: &Handle,
    child: Option<&Handle>,
    bytes: &[u8],
    handles: &[Handle],
) -> io::Result<()> {
    if handles.len() > HANDLES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "too many handles at once",
        ));
    }
    if !handles.is_empty() {
        send_handles(stream, child, handles)?;
    }
    write(stream, bytes)
}

fn send_handles(stream: &Handle, child: Option<&Handle>, handles: &[Handle]) -> io::Result<()> {
    let mut message = MARK.to_vec();
    message.extend_from_slice(&(handles.len() as u64).to_ne_bytes());
    let mut parked = Vec::with_capacity(handles.len());
    let mut outcome = Ok(());
    for handle in handles {
        let number = match child {
            Some(child) => parking::put_into(child, handle),
            None => parking::put(handle).inspect(|number| parked.push(*number)),
        };
        match number {
            Ok(number) => message.extend_from_slice(&number.to_ne_bytes()),
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    let outcome = outcome.and_then(|()| write(stream, &message));
    if outcome.is_err() {
        // Nobody will ever fetch them; where the root is gone, so are they.
        parked
            .into_iter()
            .for_each(|number| drop(parking::take(number)));
    }
    outcome
}

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
        let mut handles = VecDeque::new();
        let mut bytes = [0; 4];
        assert_eq!(receive(&other, &mut bytes, &mut handles).unwrap(), 4);
        write(&handles[0], b"!").unwrap();
        let mut answer = Vec::new();
        read_onto(&reader, &mut answer, 1).unwrap();
        assert_eq!((&bytes, answer.as_slice()), (b"with", b"!".as_slice()));
    }
}
