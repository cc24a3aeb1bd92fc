//! Puts messages into a stream, each with one call to the system where there is room.

use std::io;

use poolproof_sys::handle::Handle;
use poolproof_sys::pipe::{self, HANDLES_MAX};

use super::Carrier;
use super::frame::{HEAD_MAX, write_head};
use crate::error::{Error, Kind, Result};

/// How much memory stays with a connection after a large message.
const KEPT: usize = 1024 * 1024;

/// Bytes that are copied behind their head rather than written beside it.
const TOGETHER_MAX: usize = 4096;

/// The sending half of a connection.
#[derive(Debug)]
pub(super) struct Writer {
    /// None once it is closed.
    pub(super) carrier: Option<Carrier>,
    /// Room for a head, then the message.
    buffer: Vec<u8>,
}

impl Writer {
    pub(super) fn new(carrier: Carrier) -> Writer {
        Writer {
            carrier: Some(carrier),
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
        self.buffer.resize(HEAD_MAX, 0);
        let handles = encode(&mut self.buffer)?;
        let mut head = [0; HEAD_MAX];
        let length = self.buffer.len() - HEAD_MAX;
        let start = write_head(&mut head, length, handles.len());
        self.buffer[start..HEAD_MAX].copy_from_slice(&head[start..]);
        let message = &self.buffer[start..];
        let outcome = match handles.is_empty() {
            true => self.carrier()?.write(message),
            false => self.write_with_handles(message, &handles)?,
        };
        if self.buffer.capacity() > KEPT {
            self.buffer = Vec::new();
        }
        outcome.map_err(refused)
    }

    /// Handles of a one-way pipe go first, so that they are there when the message is.
    fn write_with_handles(&self, message: &[u8], handles: &[Handle]) -> Result<io::Result<()>> {
        if handles.len() > HANDLES_MAX {
            let text = format!("send a message with {} handles", handles.len());
            return Err(Error::new(
                Kind::Usage,
                format!("{text}: {HANDLES_MAX} is the most"),
            ));
        }
        match self.carrier()? {
            Carrier::Duplex(stream) => Ok(pipe::send(stream, message, handles)),
            Carrier::OneWay(stream, side) => {
                let sent = pipe::send(side, &[0], handles);
                Ok(sent.and_then(|()| pipe::write(stream, message)))
            }
            Carrier::Remote(_) => {
                let text = "send a handle over a connection that may lead to another machine";
                Err(Error::new(Kind::Serialize, text))
            }
        }
    }

    pub(super) fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let mut head = [0; HEAD_MAX];
        let start = write_head(&mut head, bytes.len(), 0);
        if bytes.len() <= TOGETHER_MAX {
            // One piece costs the system less than two do.
            self.buffer.clear();
            self.buffer.extend_from_slice(&head[start..]);
            self.buffer.extend_from_slice(bytes);
            return self.carrier()?.write(&self.buffer).map_err(refused);
        }
        pipe::write_both(self.carrier()?.stream(), &head[start..], bytes).map_err(refused)
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
