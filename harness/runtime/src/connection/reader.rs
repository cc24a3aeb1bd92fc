//! Takes messages out of a stream, reading ahead of the message that is asked for, so that many
//! small ones cost one call to the system.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::time::Instant;

use poolproof_sys::group::Group;
use poolproof_sys::handle::{self, Handle};
use poolproof_sys::pipe;

use super::Carrier;
use super::frame::{HANDLES, HEAD_MAX, LONG, write_head};
use super::sealing::Sealing;
use crate::auth::seal::{BELIEVED_MAX, Mac, PIECE, Running, Seal, TAG, altered};
use crate::error::{Error, Kind, Result};
use crate::fork_gate;

/// How much is read ahead at most.
const AHEAD: usize = 16 * 1024;

/// The longest message that is believed to come; no machine has room for more.
const LENGTH_MAX: usize = 1 << 47;

/// How much memory stays with a connection after a large message.
const KEPT: usize = 1024 * 1024;

/// The receiving half of a connection.
#[derive(Debug)]
pub(super) struct Reader {
    /// None once it is closed.
    pub(super) carrier: Option<Carrier>,
    /// Read, but not asked for yet, is what lies in `ahead`.
    buffer: Vec<u8>,
    ahead: Range<usize>,
    /// A message too large for the buffer.
    large: Vec<u8>,
    /// Handles that came with bytes read ahead: each message that has some has a group.
    groups: VecDeque<Group>,
    /// The head of a message that was too long for who asked for it.
    refused: Option<Head>,
    /// What has failed in the midst of a message, of which the rest is still to come.
    is_torn: bool,
    pub(super) sealing: Sealing,
}

/// What stands before a message, and comes with that.
#[derive(Debug)]
struct Head {
    length: usize,
    /// How many handles it has.
    count: usize,
    /// These, where it has some.
    group: Option<Group>,
}

impl Head {
    /// The handles, if all of them are here.
    fn handles(self) -> Result<Vec<Handle>> {
        match self.group {
            None => Ok(Vec::new()),
            Some(group) => group.whole(self.count).ok_or_else(|| {
                let text = "receive the handles of a message, which is lost";
                Error::system(text, handle::none_left())
            }),
        }
    }
}

/// Where the bytes of a message are.
#[derive(Debug)]
pub(super) enum Frame {
    Small(Range<usize>),
    Large,
}

impl Reader {
    pub(super) fn new(carrier: Carrier, seal: Option<Seal>) -> Reader {
        Reader {
            carrier: Some(carrier),
            buffer: Vec::new(),
            ahead: 0..0,
            large: Vec::new(),
            groups: VecDeque::new(),
            refused: None,
            is_torn: false,
            sealing: Sealing::new(seal),
        }
    }

    pub(super) fn close(&mut self) {
        self.carrier = None;
        self.buffer = Vec::new();
        self.ahead = 0..0;
        self.groups.clear();
        self.refused = None;
    }

    fn carrier(&self) -> Result<&Carrier> {
        let closed = || Error::new(Kind::Closed, "receive from a connection");
        self.carrier.as_ref().ok_or_else(closed)
    }

    pub(super) fn poll(&self, deadline: Option<Instant>) -> Result<bool> {
        if self.has_read_ahead() {
            return Ok(true);
        }
        let stream = self.carrier()?.stream();
        fork_gate::outside(|| pipe::wait_readable(stream, deadline))
            .map_err(|error| Error::system("poll a connection", error))
    }

    pub(super) fn has_read_ahead(&self) -> bool {
        let is_over = matches!(self.sealing, Sealing::Altered);
        !self.ahead.is_empty() || self.refused.is_some() || is_over
    }

    /// Receives a message: where its bytes are, and its handles.
    pub(super) fn next(&mut self) -> Result<(Frame, Vec<Handle>)> {
        self.next_of_at_most(usize::MAX)
    }

    /// Receives a message as [`Reader::next`] does; one that is longer stays.
    pub(super) fn next_of_at_most(&mut self, max: usize) -> Result<(Frame, Vec<Handle>)> {
        let head = match self.refused.take() {
            Some(refused) => refused,
            None => self.head()?,
        };
        if head.length > max {
            let text = format!("receive a message of {} bytes where {max} fit", head.length);
            self.refused = Some(head);
            return Err(Error::new(Kind::TooLong, text));
        }
        // All of it is taken, even where it is of no use without its handles.
        match self.body(head.length) {
            Ok(frame) => Ok((frame, head.handles()?)),
            Err(error) => {
                self.refused = Some(head).filter(|_| !self.is_torn);
                Err(error)
            }
        }
    }

    /// Receives what stands before a message: its length and its handles.
    ///
    /// Where the system fails in between, all of it is still there.
    fn head(&mut self) -> Result<Head> {
        self.sealing.get()?;
        self.begin()?;
        let mut place = 0;
        let mut count = 0;
        let mut length = i32::from_be_bytes(self.look(&mut place)?);
        if length == HANDLES {
            count = u32::from_be_bytes(self.look(&mut place)?) as usize;
            length = i32::from_be_bytes(self.look(&mut place)?);
        }
        let length = match length {
            LONG => usize::try_from(u64::from_be_bytes(self.look(&mut place)?)).ok(),
            _ => usize::try_from(length).ok(),
        };
        let Some(length) = length.filter(|length| *length <= LENGTH_MAX) else {
            self.sealing.check(|_| Err(altered()))?;
            let text = "read the length of a message, which is negative or too large";
            return Err(Error::new(Kind::Deserialize, text));
        };
        if length > BELIEVED_MAX && self.sealing.get()?.is_some() {
            let tag = self.look(&mut place)?;
            self.sealing.check(|seal| seal.check_length(length, &tag))?;
        }
        let group = match count {
            0 => None,
            _ => Some(self.take_group()?),
        };
        self.ahead.start += place;
        Ok(Head {
            length,
            count,
            group,
        })
    }

    /// How long what stands behind a message is.
    fn tag(&mut self) -> Result<usize> {
        Ok(self.sealing.get()?.map_or(0, |_| TAG))
    }

    /// Waits for the beginning of a message; here the stream may end.
    fn begin(&mut self) -> Result<()> {
        if self.is_torn {
            return Err(cut());
        }
        if self.ahead.is_empty() {
            self.make_room();
            // Elsewhere a message has begun, and its sender goes on.
            if fork_gate::outside(|| self.fill())? == 0 {
                return Err(Error::new(Kind::Eof, "receive from a connection"));
            }
        }
        Ok(())
    }

    /// The bytes at a place of what comes next; the place is behind them then.
    fn look<const N: usize>(&mut self, place: &mut usize) -> Result<[u8; N]> {
        self.have(*place + N)?;
        let start = self.ahead.start + *place;
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.buffer[start..start + N]);
        *place += N;
        Ok(bytes)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut place = 0;
        let bytes = self.look(&mut place)?;
        self.ahead.start += place;
        Ok(bytes)
    }

    /// Reads until the buffer holds `count` bytes, which must fit.
    fn have(&mut self, count: usize) -> Result<()> {
        while self.ahead.len() < count {
            if self.read()? == 0 {
                return Err(cut());
            }
        }
        Ok(())
    }

    /// Reads once, behind what is there already.
    fn read(&mut self) -> Result<usize> {
        self.make_room();
        self.fill()
    }

    fn make_room(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = vec![0; AHEAD];
        }
        if self.ahead.is_empty() {
            self.ahead = 0..0;
        } else if self.ahead.end == self.buffer.len() {
            self.buffer.copy_within(self.ahead.clone(), 0);
            self.ahead = 0..self.ahead.len();
        }
    }

    fn fill(&mut self) -> Result<usize> {
        let carrier = self.carrier.as_ref();
        let closed = || Error::new(Kind::Closed, "receive from a connection");
        let carrier = carrier.ok_or_else(closed)?;
        let room = &mut self.buffer[self.ahead.end..];
        let read = match carrier {
            Carrier::Duplex(stream) => pipe::receive(stream, room, &mut self.groups),
            Carrier::Remote(stream) => pipe::read_duplex(stream, room),
            Carrier::OneWay(stream, _) => pipe::read(stream, room),
        };
        let read = ended(read)?;
        self.ahead.end += read;
        Ok(read)
    }

    /// The handles of the next message that has some.
    fn take_group(&mut self) -> Result<Group> {
        loop {
            if let Some(group) = self.groups.pop_front() {
                return Ok(group);
            }
            let Carrier::OneWay(_, side) = self.carrier()? else {
                return Err(cut());
            };
            let side = std::sync::Arc::clone(side);
            if ended(pipe::receive(&side, &mut [0], &mut self.groups))? == 0 {
                return Err(cut());
            }
        }
    }

    fn body(&mut self, length: usize) -> Result<Frame> {
        let whole = length + self.tag()?;
        if whole <= self.buffer.len() {
            if self.ahead.start + whole > self.buffer.len() {
                self.buffer.copy_within(self.ahead.clone(), 0);
                self.ahead = 0..self.ahead.len();
            }
            self.have(whole)?;
            let place = self.ahead.start..self.ahead.start + length;
            self.ahead.start = place.end;
            if let Some(seal) = self.sealing.get()? {
                let mac = seal.begin().chain_update(&self.buffer[place.clone()]);
                self.check(mac)?;
            }
            return Ok(Frame::Small(place));
        }
        let mut large = std::mem::take(&mut self.large);
        large.clear();
        let outcome = self.large_onto(length, &mut large);
        self.large = large;
        outcome?;
        Ok(Frame::Large)
    }

    fn large_onto(&mut self, length: usize, bytes: &mut Vec<u8>) -> Result<()> {
        // Where the system fails in its midst, nobody could tell the rest from another message.
        self.is_torn = true;
        self.rest_onto(length, bytes)?;
        self.is_torn = false;
        Ok(())
    }

    fn rest_onto(&mut self, length: usize, bytes: &mut Vec<u8>) -> Result<()> {
        let old = bytes.len();
        let mut mac = self.sealing.get()?.map(|seal| seal.begin());
        let ahead = self.ahead.start..self.ahead.end.min(self.ahead.start + length);
        self.ahead.start = ahead.end;
        bytes.extend_from_slice(&self.buffer[ahead]);
        let mut known = old;
        while bytes.len() < old + length {
            let missing = old + length - bytes.len();
            let piece = match &mut mac {
                Some(mac) => {
                    mac.update(&bytes[known..]);
                    known = bytes.len();
                    missing.min(PIECE)
                }
                None => missing,
            };
            // No handle is lost: they come only with the first byte of a head.
            let stream = self.carrier()?.stream();
            if ended(pipe::read_onto(stream, bytes, piece))? < piece {
                return Err(cut());
            }
        }
        match mac {
            Some(mac) => self.check(mac.chain_update(&bytes[known..])),
            None => Ok(()),
        }
    }

    /// Whether the message that was received is what was sent next.
    fn check(&mut self, mac: Running) -> Result<()> {
        let tag = self.take()?;
        self.sealing.check(|seal| seal.check(mac, &tag))
    }

    /// Receives a message onto `bytes`; gives how many there are. None are there on failure.
    pub(super) fn next_onto(&mut self, bytes: &mut Vec<u8>) -> Result<usize> {
        let head = match self.refused.take() {
            Some(refused) => refused,
            None => self.head()?,
        };
        let length = head.length;
        if length + self.tag()? <= self.buffer.len() {
            self.refused = Some(head);
            let frame = self.body(length)?;
            self.refused = None;
            bytes.extend_from_slice(self.bytes(&frame));
            return Ok(length);
        }
        // Straight to where it is wanted.
        let old = bytes.len();
        let outcome = self.large_onto(length, bytes);
        if outcome.is_err() {
            bytes.truncate(old);
        }
        outcome.map(|()| length)
    }

    /// The bytes of the message that was received last.
    pub(super) fn bytes(&self, frame: &Frame) -> &[u8] {
        match frame {
            Frame::Small(place) => &self.buffer[place.clone()],
            Frame::Large => &self.large,
        }
    }

    /// The bytes of the message that was received last, to keep.
    pub(super) fn take_bytes(&mut self, frame: Frame) -> Vec<u8> {
        match frame {
            Frame::Small(place) => self.buffer[place].to_vec(),
            Frame::Large => std::mem::take(&mut self.large),
        }
    }

    /// Gives back the memory of a large message that nobody needs any more.
    pub(super) fn done(&mut self) {
        if self.large.capacity() > KEPT {
            self.large = Vec::new();
        }
    }

    /// Takes out what was read ahead.
    pub(super) fn take_ahead(&mut self) -> (Vec<u8>, Vec<Group>) {
        let mut bytes = Vec::new();
        if let Some(refused) = self.refused.take() {
            let length = refused.length;
            let mut head = [0; HEAD_MAX];
            let start = write_head(&mut head, length, refused.count);
            bytes.extend_from_slice(&head[start..]);
            if length > BELIEVED_MAX
                && let Sealing::Sealed(seal) = &self.sealing
            {
                bytes.extend_from_slice(&seal.of_length(length));
            }
            if let Some(group) = refused.group {
                self.groups.push_front(group);
            }
        }
        bytes.extend_from_slice(&self.buffer[self.ahead.clone()]);
        self.ahead = 0..0;
        (bytes, self.groups.drain(..).collect())
    }

    /// Puts back what [`Reader::take_ahead`] took out, here or elsewhere.
    pub(super) fn put_ahead(&mut self, bytes: &[u8], groups: Vec<Group>) {
        if !bytes.is_empty() {
            self.buffer = bytes.to_vec();
            self.ahead = 0..bytes.len();
            self.buffer.resize(AHEAD.max(bytes.len()), 0);
        }
        self.groups = groups.into();
    }
}

/// A stream whose other end was closed with something unread is at its end, too.
fn ended(read: io::Result<usize>) -> Result<usize> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(0),
        Err(error) => Err(Error::system("receive from a connection", error)),
        Ok(read) => Ok(read),
    }
}

fn cut() -> Error {
    let error = io::Error::from(io::ErrorKind::UnexpectedEof);
    Error::system(
        "receive from a connection, which ended in the middle of a message",
        error,
    )
}
