//! Puts messages into a stream, each with one call to the system where there is room, and where it
//! is not a long one with a MAC.

use std::io;

use poolproof_sys::handle::Handle;
use poolproof_sys::pipe::{self, HANDLES_MAX};

use super::Carrier;
use super::frame::{HEAD_MAX, write_head};
use super::sealing::Sealing;
use crate::auth::seal::{BELIEVED_MAX, Mac, PIECE, Seal, TAG};
use crate::error::{Error, Kind, Result};

/// How much memory stays with a connection after a large message.
const KEPT: usize = 1024 * 1024;

/// Bytes that are copied behind their head rather than written beside it.
const TOGETHER_MAX: usize = 4096;

/// Room for what stands before a message.
const FRONT_MAX: usize = HEAD_MAX + TAG;

/// The sending half of a connection.
#[derive(Debug)]
pub(super) struct Writer {
    /// None once it is closed.
    pub(super) carrier: Option<Carrier>,
    pub(super) sealing: Sealing,
    /// Room for what stands before it, then the message.
    buffer: Vec<u8>,
}

impl Writer {
    pub(super) fn new(carrier: Carrier, seal: Option<Seal>) -> Writer {
        Writer {
            carrier: Some(carrier),
            sealing: Sealing::new(seal),
            buffer: Vec::new(),
        }
    }

    pub(super) fn close(&mut self) {
        self.carrier = None;
        self.buffer = Vec::new();
    }

    fn carrier(&self) -> Result<&Carrier> {
        let closed = || Error::new(Kind::Closed, "send to a connection");
        self.carrier.as_ref().ok_or_else(closed)
    }

    /// Sends what `encode` appends, with the handles that it gives.
    pub(super) fn send(
        &mut self,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<Vec<Handle>>,
    ) -> Result<()> {
        self.buffer.clear();
        self.buffer.resize(FRONT_MAX, 0);
        let handles = encode(&mut self.buffer)?;
        self.check_handles(handles.len())?;
        let mut buffer = std::mem::take(&mut self.buffer);
        let outcome = self.write(&mut buffer, &handles);
        if buffer.capacity() <= KEPT {
            self.buffer = buffer;
        }
        outcome
    }

    fn check_handles(&self, count: usize) -> Result<()> {
        match self.carrier()? {
            _ if count == 0 => Ok(()),
            Carrier::Remote(_) => {
                let text = "send a handle over a connection that may lead to another machine";
                Err(Error::new(Kind::Serialize, text))
            }
            _ if count > HANDLES_MAX => {
                let text = format!("send a message with {count} handles");
                Err(Error::new(
                    Kind::Usage,
                    format!("{text}: {HANDLES_MAX} is the most"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Writes the message that is in a buffer behind the room for what stands before it.
    fn write(&mut self, buffer: &mut Vec<u8>, handles: &[Handle]) -> Result<()> {
        let length = buffer.len() - FRONT_MAX;
        let front = Front::new(&mut self.sealing, length, handles.len())?;
        if length > PIECE && self.sealing.get()?.is_some() {
            return self.write_pieces(&front, &buffer[FRONT_MAX..]);
        }
        let start = FRONT_MAX - front.bytes().len();
        buffer[start..FRONT_MAX].copy_from_slice(front.bytes());
        self.sealing.put_behind(buffer, FRONT_MAX)?;
        let message = &buffer[start..];
        let carrier = self.carrier()?;
        let written = match carrier {
            _ if handles.is_empty() => carrier.write(message),
            Carrier::Duplex(stream) | Carrier::Remote(stream) => {
                pipe::send(stream, message, handles)
            }
            // They go first, so that they are there when the message is.
            Carrier::OneWay(stream, side) => {
                let sent = pipe::send(side, &[0], handles);
                sent.and_then(|()| pipe::write(stream, message))
            }
        };
        written.map_err(refused)
    }

    pub(super) fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let front = Front::new(&mut self.sealing, bytes.len(), 0)?;
        if bytes.len() <= TOGETHER_MAX {
            // One piece costs the system less than two do.
            self.buffer.clear();
            self.buffer.extend_from_slice(front.bytes());
            self.buffer.extend_from_slice(bytes);
            let behind = front.bytes().len();
            self.sealing.put_behind(&mut self.buffer, behind)?;
            return self.carrier()?.write(&self.buffer).map_err(refused);
        }
        if self.sealing.get()?.is_some() {
            return self.write_pieces(&front, bytes);
        }
        pipe::write_both(self.carrier()?.stream(), front.bytes(), bytes).map_err(refused)
    }

    /// Writes a message with a MAC, which is told of each piece while that is on its way.
    fn write_pieces(&mut self, front: &Front, message: &[u8]) -> Result<()> {
        let Some(seal) = self.sealing.get()? else {
            return Ok(());
        };
        let closed = || Error::new(Kind::Closed, "send to a connection");
        let carrier = self.carrier.as_ref().ok_or_else(closed)?;
        let mut mac = seal.begin();
        let (first, rest) = message.split_at(message.len().min(PIECE));
        pipe::write_both(carrier.stream(), front.bytes(), first).map_err(refused)?;
        mac.update(first);
        for piece in rest.chunks(PIECE) {
            carrier.write(piece).map_err(refused)?;
            mac.update(piece);
        }
        carrier.write(&seal.end(mac)).map_err(refused)
    }
}

/// What stands before a message: its head, and behind that the MAC of its length where one is due.
struct Front {
    room: [u8; FRONT_MAX],
    start: usize,
    end: usize,
}

impl Front {
    fn new(sealing: &mut Sealing, length: usize, handles: usize) -> Result<Front> {
        let mut room = [0; FRONT_MAX];
        let (head, behind) = room.split_at_mut(HEAD_MAX);
        let start = write_head(head, length, handles);
        let mut end = HEAD_MAX;
        if let Some(seal) = sealing.get()?
            && length > BELIEVED_MAX
        {
            behind.copy_from_slice(&seal.of_length(length));
            end = FRONT_MAX;
        }
        Ok(Front { room, start, end })
    }

    fn bytes(&self) -> &[u8] {
        &self.room[self.start..self.end]
    }
}

fn refused(error: io::Error) -> Error {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    match error.kind() {
        BrokenPipe | ConnectionReset | NotConnected => {
            Error::new(Kind::BrokenPipe, "send to a connection")
        }
        _ => Error::system("send to a connection", error),
    }
}
