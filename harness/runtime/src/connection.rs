//! Both ends of a pipe: whole messages between two processes, or two threads.
//!
//! On the wire each message has the length that CPython's connections write before theirs, see
//! `frame`; reading ahead is in `reader`, writing in `writer`.

mod frame;
mod half;
mod reader;
mod sealing;
mod travel;
pub(crate) mod wait;
mod writer;

use std::io;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use poolproof_sys::copies::{Withheld, withhold};
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;

pub use wait::{Waitable, wait};

use crate::auth::seal::Seals;
use crate::context::Context;
use crate::deadline;
use crate::error::{Error, Kind, Result};
use crate::transfer::{self, Message};
use half::Half;
use reader::Reader;
use writer::Writer;

/// One end of a pipe, which sends `S` and receives `R`.
///
/// Dropping it closes it. It can be sent to another process, as an argument or in a message; what
/// it has read ahead goes with it.
#[derive(Debug)]
pub struct Connection<S, R> {
    reader: Option<Arc<Half<Reader>>>,
    writer: Option<Arc<Half<Writer>>>,
    is_closed: AtomicBool,
    types: PhantomData<fn(S) -> R>,
}

/// The end of a one-way pipe that receives; sending is an error.
pub type Receiver<T> = Connection<T, T>;

/// The end of a one-way pipe that sends; receiving is an error.
pub type Sender<T> = Connection<T, T>;

/// A stream whose handles, if it can carry any, go beside its bytes or on a socket of their own.
#[derive(Debug, Clone)]
pub(crate) enum Carrier {
    /// Both ways; handles beside the bytes.
    Duplex(Arc<Handle>),
    /// Both ways to a process that can receive no handles, perhaps on another machine.
    Remote(Arc<Handle>),
    /// One way; handles on the second, a socket, before the message on the first.
    OneWay(Arc<Handle>, Arc<Handle>),
}

impl Carrier {
    fn stream(&self) -> &Handle {
        match self {
            Carrier::Duplex(stream) | Carrier::Remote(stream) | Carrier::OneWay(stream, _) => {
                stream
            }
        }
    }

    /// Writes all of `bytes`, waiting for room.
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Carrier::Duplex(stream) | Carrier::Remote(stream) => pipe::write_duplex(stream, bytes),
            Carrier::OneWay(stream, _) => pipe::write(stream, bytes),
        }
    }
}

impl Context {
    /// Two ends, each of which receives what the other sends.
    ///
    /// ```
    /// use poolproof_runtime as mp;
    ///
    /// let context = mp::Context::default();
    /// let (one, other) = context.pipe::<String, u32>()?;
    /// one.send(&"how many".into())?;
    /// assert_eq!(other.recv()?, "how many");
    /// other.send(&3)?;
    /// assert_eq!(one.recv()?, 3);
    /// # mp::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// `is_system` when this process has no descriptor left.
    pub fn pipe<S, R>(&self) -> Result<(Connection<S, R>, Connection<R, S>)> {
        let failed = |error| Error::system("make a pipe", error);
        let (one, other) = pipe::duplex().map_err(failed)?;
        let end = |handle| Carrier::Duplex(Arc::new(handle));
        Ok((Connection::duplex(end(one)), Connection::duplex(end(other))))
    }

    /// Two ends: the first receives what the second sends.
    ///
    /// # Errors
    /// `is_system` when this process has no descriptor left.
    pub fn one_way<T>(&self) -> Result<(Receiver<T>, Sender<T>)> {
        let failed = |error| Error::system("make a one-way pipe", error);
        let (reader, writer) = pipe::one_way().map_err(failed)?;
        let (reader_side, writer_side) = pipe::duplex().map_err(failed)?;
        let end = |stream, side| Carrier::OneWay(Arc::new(stream), Arc::new(side));
        let receiver = Connection::new(Some(end(reader, reader_side)), None);
        let sender = Connection::new(None, Some(end(writer, writer_side)));
        Ok((receiver, sender))
    }
}

impl<S, R> Connection<S, R> {
    /// One end of a stream that goes both ways.
    pub(crate) fn duplex(carrier: Carrier) -> Connection<S, R> {
        Connection::new(Some(carrier.clone()), Some(carrier))
    }

    /// One end of a stream to a process that is not ours; with a key, each message has a MAC.
    pub(crate) fn remote(stream: Arc<Handle>, seals: Option<Seals>) -> Connection<S, R> {
        let (receiving, sending) = seals.map(|seals| (seals.receiving, seals.sending)).unzip();
        let carrier = Carrier::Remote(stream);
        let reader = Reader::new(carrier.clone(), receiving);
        Connection::from_parts(Some(reader), Some(Writer::new(carrier, sending)))
    }

    fn new(read: Option<Carrier>, write: Option<Carrier>) -> Connection<S, R> {
        let reader = read.map(|carrier| Reader::new(carrier, None));
        Connection::from_parts(reader, write.map(|carrier| Writer::new(carrier, None)))
    }

    fn from_parts(reader: Option<Reader>, writer: Option<Writer>) -> Connection<S, R> {
        Connection {
            reader: reader.map(|reader| Arc::new(Half::new(reader))),
            writer: writer.map(|writer| Arc::new(Half::new(writer))),
            is_closed: AtomicBool::new(false),
            types: PhantomData,
        }
    }

    /// The same end for other types, which is for both sides to agree on.
    #[must_use]
    pub fn retyped<S2, R2>(self) -> Connection<S2, R2> {
        Connection {
            reader: self.reader,
            writer: self.writer,
            is_closed: self.is_closed,
            types: PhantomData,
        }
    }

    /// Sends bytes as one message; the other end receives them with
    /// [`recv_bytes`](Connection::recv_bytes).
    ///
    /// # Errors
    /// As [`send`](Connection::send).
    pub fn send_bytes(&self, bytes: &[u8]) -> Result<()> {
        self.with_writer(|writer| writer.send_bytes(bytes))
    }

    /// Receives one message as bytes, waiting for it; it may be empty.
    ///
    /// # Errors
    /// As [`recv`](Connection::recv).
    pub fn recv_bytes(&self) -> Result<Vec<u8>> {
        self.with_reader("receive from", |reader| {
            let (frame, _) = reader.next()?;
            Ok(reader.take_bytes(frame))
        })
    }

    /// Receives one message of at most `max` bytes, waiting for it.
    ///
    /// ```
    /// use poolproof_runtime as mp;
    ///
    /// let (one, other) = mp::Context::default().pipe::<(), ()>()?;
    /// one.send_bytes(b"0123456789")?;
    /// assert!(other.recv_bytes_of_at_most(9).unwrap_err().is_too_long());
    /// let mut room = [0; 12];
    /// assert_eq!(other.recv_bytes_into_slice(&mut room[2..])?, 10);
    /// assert_eq!(&room, b"\0\00123456789");
    /// # mp::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// As [`recv`](Connection::recv); `is_too_long` for a longer one, which can still be received.
    pub fn recv_bytes_of_at_most(&self, max: usize) -> Result<Vec<u8>> {
        self.with_reader("receive from", |reader| {
            let (frame, _) = reader.next_of_at_most(max)?;
            Ok(reader.take_bytes(frame))
        })
    }

    /// Receives one message into the start of `room`; gives the number of its bytes.
    ///
    /// # Errors
    /// As [`recv`](Connection::recv); `is_too_long` for one that does not fit, which can still be
    /// received.
    pub fn recv_bytes_into_slice(&self, room: &mut [u8]) -> Result<usize> {
        self.with_reader("receive from", |reader| {
            let (frame, _) = reader.next_of_at_most(room.len())?;
            let message = reader.bytes(&frame);
            let length = message.len();
            room[..length].copy_from_slice(message);
            reader.done();
            Ok(length)
        })
    }

    /// Receives one message and appends its bytes; gives their number.
    ///
    /// # Errors
    /// As [`recv`](Connection::recv).
    pub fn recv_bytes_into(&self, bytes: &mut Vec<u8>) -> Result<usize> {
        self.with_reader("receive from", |reader| reader.next_onto(bytes))
    }

    /// Whether there is something to receive, or the other end is closed; waits for it, for ever
    /// or for a while. Nothing is, while another thread receives at this end.
    ///
    /// # Errors
    /// `is_closed` after `close`; `is_usage` on an end that only sends.
    pub fn poll(&self, timeout: Option<Duration>) -> Result<bool> {
        let deadline = deadline::after(timeout);
        match self.reader_half("poll")?.lock_until(deadline)? {
            Some(reader) => self.with_locked("poll", reader, |reader| reader.poll(deadline)),
            None => Ok(false),
        }
    }

    /// Closes this end; again and again, if need be.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        // Where another thread is in the middle of a call, the end closes when that is over.
        if let Some(mut reader) = self.reader.as_ref().and_then(|half| half.try_lock()) {
            reader.close();
        }
        if let Some(mut writer) = self.writer.as_ref().and_then(|half| half.try_lock()) {
            writer.close();
        }
    }

    /// Whether this end was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Whether this end receives.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.reader.is_some()
    }

    /// Whether this end sends.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.writer.is_some()
    }

    /// Keeps it from copies that the program makes by itself, for as long as it lives.
    pub(crate) fn withhold(&self) -> Option<Withheld> {
        let reader = self.reader_half("withhold").ok()?.lock().ok()?;
        Some(withhold(reader.carrier.as_ref()?.stream()))
    }

    /// Sends a message that `encode` appends, which does nothing else, with the handles beside it.
    pub(crate) fn send_encoded(
        &self,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<Vec<Handle>>,
    ) -> Result<()> {
        self.with_writer(|writer| writer.send(encode))
    }

    fn check(&self, verb: &str) -> Result<()> {
        match self.is_closed() {
            true => Err(Error::new(Kind::Closed, format!("{verb} a connection"))),
            false => Ok(()),
        }
    }

    fn with_reader<T>(&self, verb: &str, work: impl FnOnce(&mut Reader) -> Result<T>) -> Result<T> {
        let reader = self.reader_half(verb)?.lock()?;
        self.with_locked(verb, reader, work)
    }

    /// Works with what receives, unless the end was closed while it was waited for.
    fn with_locked<T>(
        &self,
        verb: &str,
        mut reader: MutexGuard<'_, Reader>,
        work: impl FnOnce(&mut Reader) -> Result<T>,
    ) -> Result<T> {
        self.check(verb)?;
        let outcome = work(&mut reader);
        if self.is_closed() {
            reader.close();
        }
        outcome
    }

    fn reader_half(&self, verb: &str) -> Result<&Half<Reader>> {
        self.check(verb)?;
        self.reader.as_deref().ok_or_else(|| {
            let text = "a connection that only sends: use the other end of the pipe";
            Error::new(Kind::Usage, format!("{verb} {text}"))
        })
    }

    fn with_writer<T>(&self, work: impl FnOnce(&mut Writer) -> Result<T>) -> Result<T> {
        let verb = "send to";
        self.check(verb)?;
        let writer = self.writer.as_ref().ok_or_else(|| {
            let text = "a connection that only receives: use the other end of the pipe";
            Error::new(Kind::Usage, format!("{verb} {text}"))
        })?;
        let mut writer = writer.lock()?;
        self.check(verb)?;
        let outcome = work(&mut writer);
        if self.is_closed() {
            writer.close();
        }
        outcome
    }
}

impl<S: serde::Serialize + 'static, R> Connection<S, R> {
    /// Sends a value; waits while the pipe is full.
    ///
    /// # Errors
    /// `is_serialize` when it cannot be sent, and then nothing is; `is_broken_pipe` when the other
    /// end is closed; `is_closed` after `close`, or where a connection in the value is closed; `is_usage` on an end that only receives.
    pub fn send(&self, value: &S) -> Result<()> {
        self.send_encoded(|buffer| transfer::encode_message(value, buffer))
    }
}

impl<S, R: Message> Connection<S, R> {
    /// Receives a value, waiting for it.
    ///
    /// # Errors
    /// `is_eof` when the other end is closed and everything is received; `is_deserialize` when
    /// what came is no `R`, which is then gone; `is_closed` after `close`; `is_usage` on an end
    /// that only sends; `is_auth` over a connection with a key when what came is not what was sent,
    /// and then always.
    pub fn recv(&self) -> Result<R> {
        self.with_reader("receive from", |reader| {
            let (frame, handles) = reader.next()?;
            let outcome = transfer::decode_message(reader.bytes(&frame), handles);
            reader.done();
            outcome
        })
    }
}
