//! Byte streams between processes: a one-way pipe and a duplex pair, with handles beside the bytes
//! where the stream is a duplex pair.
//!
//! What the bytes mean is left to the caller.

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketType,
};

use super::handle::Handle;

/// How many handles can go beside the bytes of one [`send`]; the system's limit.
pub const HANDLES_MAX: usize = 253;

/// A write to a pipe of at most so many bytes is never torn, not even by the writer's death.
pub const WHOLE_WRITE_MAX: usize = rustix::pipe::PIPE_BUF;

/// How much room is made for bytes that have not come yet.
const AT_ONCE: usize = 16 * 1024 * 1024;

/// A pipe: what is written to the second end is read from the first.
///
/// # Errors
/// Fails when the process has no descriptor left.
pub fn one_way() -> io::Result<(Handle, Handle)> {
    let (reader, writer) = pipe()?;
    Ok((reader.into(), writer.into()))
}

/// Two ends, each of which reads what is written to the other.
///
/// # Errors
/// Fails when the process has no descriptor left.
pub fn duplex() -> io::Result<(Handle, Handle)> {
    let (one, other) = socket_pair()?;
    Ok((one.into(), other.into()))
}

#[cfg(not(target_vendor = "apple"))]
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(call!(rustix::pipe::pipe_with(
        rustix::pipe::PipeFlags::CLOEXEC
    ))?)
}

#[cfg(target_vendor = "apple")]
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = call!(rustix::pipe::pipe())?;
    keep_from_programs(&reader)?;
    keep_from_programs(&writer)?;
    Ok((reader, writer))
}

#[cfg(not(target_vendor = "apple"))]
fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = rustix::net::SocketFlags::CLOEXEC;
    Ok(call!(rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        flags,
        None,
    ))?)
}

#[cfg(target_vendor = "apple")]
fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = rustix::net::SocketFlags::empty();
    let (one, other) = call!(rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        flags,
        None
    ))?;
    keep_from_programs(&one)?;
    keep_from_programs(&other)?;
    Ok((one, other))
}

#[cfg(target_vendor = "apple")]
fn keep_from_programs(fd: &OwnedFd) -> io::Result<()> {
    Ok(call!(rustix::io::fcntl_setfd(
        fd,
        rustix::io::FdFlags::CLOEXEC
    ))?)
}

/// Reads what is there, waiting for the first byte; 0 at the end of the stream.
///
/// # Errors
/// Fails as the system's read does. Handles beside the bytes are lost: see [`receive`].
pub fn read(stream: &Handle, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::retry_on_intr(|| {
        call!(rustix::io::read(stream, &mut *buffer))
    })?)
}

/// As [`read`], from an end of a duplex pair: a shorter way through the system.
///
/// # Errors
/// As [`read`].
pub fn read_duplex(stream: &Handle, buffer: &mut [u8]) -> io::Result<usize> {
    let (read, _) = rustix::io::retry_on_intr(|| {
        call!(rustix::net::recv(stream, &mut *buffer, RecvFlags::empty()))
    })?;
    Ok(read)
}

/// Reads as [`read`] does and appends the handles that came beside the bytes.
///
/// # Errors
/// Fails as the system's receive does.
pub fn receive(
    stream: &Handle,
    buffer: &mut [u8],
    handles: &mut VecDeque<Handle>,
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(HANDLES_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = loop {
        let mut parts = [IoSliceMut::new(buffer)];
        match call!(rustix::net::recvmsg(
            stream,
            &mut parts,
            &mut control,
            RECEIVE
        )) {
            Err(Errno::INTR) => {}
            outcome => break outcome?,
        }
    };
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            for descriptor in descriptors {
                #[cfg(target_vendor = "apple")]
                keep_from_programs(&descriptor)?;
                handles.push_back(descriptor.into());
            }
        }
    }
    Ok(received.bytes)
}

#[cfg(not(target_vendor = "apple"))]
const RECEIVE: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(target_vendor = "apple")]
const RECEIVE: RecvFlags = RecvFlags::empty();

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
        let room = &mut room[..most];
        let read = match call!(rustix::io::read(stream, room)) {
            Err(Errno::INTR) => continue,
            outcome => outcome?.0.len(),
        };
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
        match call!(rustix::io::write(stream, bytes)) {
            Err(Errno::INTR) => {}
            outcome => bytes = &bytes[outcome?..],
        }
    }
    Ok(())
}

/// As [`write()`], to an end of a duplex pair: a shorter way through the system.
///
/// # Errors
/// As [`write()`].
pub fn write_duplex(stream: &Handle, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match call!(rustix::net::send(stream, bytes, SEND)) {
            Err(Errno::INTR) => {}
            outcome => bytes = &bytes[outcome?..],
        }
    }
    Ok(())
}

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
/// # Errors
/// Fails with `BrokenPipe` when nobody can read it any more, or as the system's write does.
pub fn write_now(writer: &Handle, bytes: &[u8]) -> io::Result<usize> {
    match rustix::io::retry_on_intr(|| call!(rustix::io::write(writer, bytes))) {
        Err(Errno::AGAIN) => Ok(0),
        outcome => Ok(outcome?),
    }
}

/// Waits until there is room for a write of [`WHOLE_WRITE_MAX`]; false at the deadline.
///
/// # Errors
/// Fails as the system's poll does.
pub fn wait_writable(writer: &Handle, deadline: Option<Instant>) -> io::Result<bool> {
    let mut polled = [PollFd::new(writer, PollFlags::OUT)];
    loop {
        let timeout = deadline.map(time_until);
        match call!(rustix::event::poll(&mut polled, timeout.as_ref())) {
            Err(Errno::INTR) => {}
            outcome => return Ok(outcome? > 0),
        }
    }
}

/// Writes all of `head`, then all of `body`, in one call to the system where there is room.
///
/// # Errors
/// As [`write()`].
pub fn write_both(stream: &Handle, head: &[u8], body: &[u8]) -> io::Result<()> {
    let written = loop {
        match call!(rustix::io::writev(
            stream,
            &[IoSlice::new(head), IoSlice::new(body)]
        )) {
            Err(Errno::INTR) => {}
            outcome => break outcome?,
        }
    };
    if written < head.len() {
        write(stream, &head[written..])?;
        write(stream, body)
    } else {
        write(stream, &body[written - head.len()..])
    }
}

/// As [`send`], to a child that is known to be the only reader: no other way on this system.
pub(crate) fn send_to(
    stream: &Handle,
    _child: Option<&Handle>,
    bytes: &[u8],
    handles: &[Handle],
) -> io::Result<()> {
    send(stream, bytes, handles)
}

/// As [`send_to`], `head` and then `body`, in one call to the system where there is room.
pub(crate) fn send_both_to(
    stream: &Handle,
    _child: Option<&Handle>,
    head: &[u8],
    body: &[u8],
    handles: &[Handle],
) -> io::Result<()> {
    let written = send_some(stream, &[IoSlice::new(head), IoSlice::new(body)], handles)?;
    if written < head.len() {
        write(stream, &head[written..])?;
        write(stream, body)
    } else {
        write(stream, &body[written - head.len()..])
    }
}

/// Writes all of `bytes` (at least one) to an end of a duplex pair, with handles beside the first.
///
/// # Errors
/// As [`write()`]; `InvalidInput` for more than [`HANDLES_MAX`] handles.
pub fn send(stream: &Handle, bytes: &[u8], handles: &[Handle]) -> io::Result<()> {
    let written = send_some(stream, &[IoSlice::new(bytes)], handles)?;
    write(stream, &bytes[written..])
}

/// Writes some of `parts`, with handles beside the first byte; gives how many bytes.
fn send_some(stream: &Handle, parts: &[IoSlice<'_>], handles: &[Handle]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(HANDLES_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    // On the stack, since a copy that has just begun shares the rest of its memory.
    let mut room = [stream.as_fd(); HANDLES_MAX];
    let slots = room.iter_mut().zip(handles);
    slots.for_each(|(slot, handle)| *slot = handle.as_fd());
    let descriptors = room.get(..handles.len());
    let push = |descriptors| control.push(SendAncillaryMessage::ScmRights(descriptors));
    if !handles.is_empty() && !descriptors.is_some_and(push) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "too many handles at once",
        ));
    }
    loop {
        match call!(rustix::net::sendmsg(stream, parts, &mut control, SEND)) {
            Err(Errno::INTR) => {}
            outcome => return Ok(outcome?),
        }
    }
}

#[cfg(not(target_vendor = "apple"))]
const SEND: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
const SEND: SendFlags = SendFlags::empty();

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
    loop {
        let timeout = deadline.map(time_until);
        match call!(rustix::event::poll(polled, timeout.as_ref())) {
            Err(Errno::INTR) => {}
            outcome => return outcome.map(drop).map_err(io::Error::from),
        }
    }
}

/// What is left until a moment; nothing when it has passed.
fn time_until(deadline: Instant) -> Timespec {
    let left = deadline.saturating_duration_since(Instant::now());
    Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: left.subsec_nanos().into(),
    }
}
