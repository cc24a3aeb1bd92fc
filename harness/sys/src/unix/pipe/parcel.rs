//! Handles beside the bytes.

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage,
};

use super::super::handle::Handle;
use super::super::patience::steadily;
use super::bytes::{SEND, write, write_rest};
use crate::group::Group;

/// How many handles can go beside the bytes of one [`send`]; the system's limit.
pub const HANDLES_MAX: usize = 253;

#[cfg(not(target_vendor = "apple"))]
const RECEIVE: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(target_vendor = "apple")]
const RECEIVE: RecvFlags = RecvFlags::empty();

/// Reads as [`read`](super::read) does and appends the handles that came beside the bytes.
///
/// A group for which this process has no room is not whole: the system has given what there was
/// room for, and has dropped the rest.
///
/// # Errors
/// Fails as the system's receive does.
pub fn receive(
    stream: &Handle,
    buffer: &mut [u8],
    groups: &mut VecDeque<Group>,
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(HANDLES_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = steadily(|| {
        let mut parts = [IoSliceMut::new(buffer)];
        call!(
            EINTR | ENOMEM,
            rustix::net::recvmsg(stream, &mut parts, &mut control, RECEIVE)
        )
    })?;
    let is_cut = received.flags.contains(ReturnFlags::CTRUNC);
    let mut handles = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            handles.extend(descriptors.map(Handle::from));
        }
    }
    if handles.is_empty() && !is_cut {
        return Ok(received.bytes);
    }
    #[cfg(target_vendor = "apple")]
    for handle in &handles {
        super::making::keep_from_programs(handle)?;
    }
    // The system does not fail where there is no room, and so is not made to: they go here.
    let room: rustix::io::Result<()> = call!(EMFILE, Ok(()));
    if room.is_err() {
        handles.clear();
    }
    groups.push_back(Group {
        handles,
        is_whole: !is_cut && room.is_ok(),
    });
    Ok(received.bytes)
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
    write_rest(stream, head, body, written)
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
    if handles.is_empty() {
        return Ok(steadily(|| {
            call!(
                EINTR | ENOBUFS | ENOMEM,
                rustix::net::sendmsg(stream, parts, &mut control, SEND)
            )
        })?);
    }
    Ok(steadily(|| {
        call!(
            EINTR | ENOBUFS | ENOMEM | ETOOMANYREFS,
            rustix::net::sendmsg(stream, parts, &mut control, SEND)
        )
    })?)
}
