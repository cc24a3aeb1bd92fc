//! Handles beside the bytes: [`MARK`] and the handles' numbers in the root's table (see `parking`)
//! go before the bytes, in the same write where these are not too long.
//!
//! One write and one read for all of the numbers: who dies leaves none that goes with what others
//! write, and nobody takes a part of them for something else.

use std::collections::VecDeque;
use std::io;

use super::super::handle::Handle;
use super::super::parking;
use super::super::patience::steadily;
use super::super::peek::peek;
use super::bytes::fill;
use super::{read, wait_readable, write, write_both};
use crate::group::Group;

/// How many handles can go beside the bytes of one [`send`].
pub const HANDLES_MAX: usize = 253;

/// The first bytes of a write that brings handles. As the head of a message it would announce more
/// bytes than any memory has.
const MARK: [u8; 16] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x9b, 0x31, 0xd4, 0x5e, 0x70, 0xaa, 0x0c, 0x8f,
];

/// [`MARK`] and how many numbers follow it.
const HEAD: usize = MARK.len() + 8;

/// Reads as [`read`] does and appends the handles that came beside the bytes.
///
/// A group of which one is not where it should be is not whole.
///
/// # Errors
/// Fails as the system's read does.
pub fn receive(
    stream: &Handle,
    buffer: &mut [u8],
    groups: &mut VecDeque<Group>,
) -> io::Result<usize> {
    loop {
        wait_readable(stream, None)?;
        let Some(count) = handles_next(stream)? else {
            return read(stream, buffer);
        };
        if count > HANDLES_MAX as u64 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut parcel = vec![0; HEAD + 8 * count as usize];
        fill(stream, &mut parcel)?;
        let (numbers, _) = parcel[HEAD..].as_chunks();
        let mut group = Group {
            handles: Vec::with_capacity(numbers.len()),
            is_whole: true,
        };
        for number in numbers {
            // What is not taken now would stay where it is until the root ends.
            match steadily(|| parking::take(u64::from_ne_bytes(*number))) {
                Ok(handle) => group.handles.push(handle),
                Err(_) => group.is_whole = false,
            }
        }
        groups.push_back(group);
    }
}

/// How many handles come next; none where bytes do.
fn handles_next(stream: &Handle) -> io::Result<Option<u64>> {
    let mut head = [0; HEAD];
    let (read, _) = peek(stream, &mut head)?;
    let (mark, count) = head.split_at(MARK.len());
    let count = count.try_into().map(u64::from_ne_bytes);
    Ok(count.ok().filter(|_| read == HEAD && mark == MARK))
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
    if handles.is_empty() {
        return write(stream, bytes);
    }
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
    let outcome = outcome.and_then(|()| write_both(stream, &message, bytes));
    if outcome.is_err() {
        // Nobody will ever fetch them; where the root is gone, so are they.
        parked
            .into_iter()
            .for_each(|number| drop(parking::take(number)));
    }
    outcome
}
