//! The control socket between a process and one that it starts: whole messages with handles.
//!
//! It is private to the two, so a message's length is trusted; and a copy that the program makes
//! by itself does not have it, so that the end of one of the two is seen by the other.

use std::collections::VecDeque;
use std::io;

use crate::alone::Alone;
use crate::group::Group;
use crate::handle::{self, Handle};
use crate::pipe::{self, HANDLES_MAX};

/// One end of a control socket.
#[derive(Debug)]
pub struct Channel {
    end: Alone,
    /// The process at the other end, where it has to be known for handles to reach it.
    child: Option<Handle>,
}

impl Channel {
    /// Two ends.
    ///
    /// # Errors
    /// Fails when the process has no descriptor left.
    pub fn pair() -> io::Result<(Channel, Channel)> {
        let (one, other) = pipe::duplex()?;
        Ok((Channel::from(one), Channel::from(other)))
    }

    /// This end, with a child of this process at the other.
    #[cfg(windows)]
    pub(crate) fn with_child(self, child: Handle) -> Channel {
        Channel {
            child: Some(child),
            ..self
        }
    }

    /// Sends a message and duplicates of `handles`.
    ///
    /// # Errors
    /// Fails with `BrokenPipe` when the other end is gone.
    pub fn send(&self, message: &[u8], handles: &[Handle]) -> io::Result<()> {
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(&(message.len() as u64).to_ne_bytes());
        head[8..].copy_from_slice(&(handles.len() as u64).to_ne_bytes());
        if handles.is_empty() {
            return pipe::write_both(&self.end, &head, message);
        }
        let child = self.child.as_ref();
        if handles.len() <= HANDLES_MAX {
            return pipe::send_both_to(&self.end, child, &head, message, handles);
        }
        let mut groups = handles.chunks(HANDLES_MAX);
        pipe::send_to(&self.end, child, &head, groups.next().unwrap_or_default())?;
        for group in groups {
            pipe::send_to(&self.end, child, &[0], group)?;
        }
        pipe::write(&self.end, message)
    }

    /// Receives a message with its handles; none when the other end is gone.
    ///
    /// # Errors
    /// Fails with `UnexpectedEof` when the other end goes in mid-message, and where this process
    /// has no room for all of the handles.
    pub fn receive(&self) -> io::Result<Option<(Vec<u8>, Vec<Handle>)>> {
        let Some(received) = self.receive_some()? else {
            return Ok(None);
        };
        if received.handles.len() < received.sent {
            return Err(handle::none_left());
        }
        Ok(Some((received.message, received.handles)))
    }

    /// Receives as [`Channel::receive`] does, even where this process has no room for all of the
    /// handles.
    ///
    /// # Errors
    /// Fails with `UnexpectedEof` when the other end goes in mid-message.
    pub fn receive_some(&self) -> io::Result<Option<Received>> {
        let mut groups = VecDeque::new();
        let mut head = [0; HEAD];
        let mut filled = 0;
        while filled < HEAD {
            match pipe::receive(&self.end, &mut head[filled..], &mut groups)? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
        }
        let (length, count) = head.split_at(8);
        let (length, count) = (to_number(length), to_number(count));
        // The first came with the head, each group of the others comes with a byte.
        for _ in 1..count.div_ceil(HANDLES_MAX) {
            if pipe::receive(&self.end, &mut [0], &mut groups)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let mut message = Vec::new();
        if pipe::read_onto(&self.end, &mut message, length)? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(Received {
            message,
            handles: all_of(groups),
            sent: count,
        }))
    }

    /// The handle of this end.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.end
    }
}

impl From<Handle> for Channel {
    fn from(end: Handle) -> Channel {
        Channel {
            end: end.into(),
            child: None,
        }
    }
}

impl From<Channel> for Handle {
    fn from(channel: Channel) -> Handle {
        channel.end.into()
    }
}

/// The handles of groups up to the first one that is missing.
fn all_of(groups: VecDeque<Group>) -> Vec<Handle> {
    let mut handles = Vec::new();
    for group in groups {
        handles.extend(group.handles);
        if !group.is_whole {
            break;
        }
    }
    handles
}

/// A message as it has come.
#[derive(Debug)]
pub struct Received {
    /// Its bytes.
    pub message: Vec<u8>,
    /// The first of those that were sent, as many as this process had room for.
    pub handles: Vec<Handle>,
    /// How many were sent.
    pub sent: usize,
}

/// The length of the message and the count of handles, in the order of this machine's bytes.
const HEAD: usize = 16;

fn to_number(bytes: &[u8]) -> usize {
    let mut number = [0; 8];
    number.copy_from_slice(bytes);
    u64::from_ne_bytes(number) as usize
}
