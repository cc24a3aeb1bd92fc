//! Handles beside the bytes: a write of their own that starts with [`MARK`] and has their numbers in
//! the root's table (see `parking`).

use std::collections::VecDeque;
use std::io;

use super::super::handle::Handle;
use super::super::parking;
use super::super::peek::peek;
use super::bytes::fill;
use super::{read, wait_readable, write};

/// How many handles can go beside the bytes of one [`send`].
pub const HANDLES_MAX: usize = 253;

/// The first bytes of a write that brings handles. As the head of a message it would announce more
/// bytes than any memory has.
const MARK: [u8; 16] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x9b, 0x31, 0xd4, 0x5e, 0x70, 0xaa, 0x0c, 0x8f,
];

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
