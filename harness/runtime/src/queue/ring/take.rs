//! The takers' side of a ring: one taker at a time takes whole frames.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::time::{Duration, Instant};

use poolproof_sys::handle::Handle;
use poolproof_sys::memory::SharedMemory;
use poolproof_sys::pipe;

use super::parcel::{self, Shape, TICKET_BYTES};
use super::watch::RINGING;
use super::{Position, RING_UNITS, Ring, UNIT};
use crate::error::{Error, Kind, Result};
use crate::lock::patience::Patience;
use crate::queue::frame::HEAD_BYTES;

impl Ring {
    /// Takes the next frame's bytes, without its head, onto `bytes`; gives its handles.
    /// None when the time was over first.
    pub(in crate::queue) fn receive(
        &self,
        timeout: Option<Duration>,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Vec<Handle>>> {
        let patience = Patience::new(timeout);
        loop {
            if let Some(taken) = self.take(timeout, bytes)? {
                return Ok(Some(taken));
            }
            // Whoever waits holds nothing, so a taker that is killed here is not missed.
            let left = timeout.and_then(|_| patience.left());
            let is_there = || !self.is_drained();
            if !self.filled().wait(left, is_there, || Ok(()))? {
                return Ok(None);
            }
        }
    }

    #[inline]
    fn take(&self, timeout: Option<Duration>, bytes: &mut Vec<u8>) -> Result<Option<Vec<Handle>>> {
        let Some(held) = self.hold_reader(timeout)? else {
            return Ok(None);
        };
        let start = self.start();
        if Position::of(self.seen_end().load(Relaxed)) == start {
            let end = self.end();
            self.seen_end().store(end.bits(), Relaxed);
            if end == start {
                return Ok(None);
            }
        }
        let shape = Shape::of(self.word_at(start.units, 0));
        let mut ticket = [0; TICKET_BYTES];
        let mut behind = HEAD_BYTES;
        if shape.handles > 0 {
            ticket = self.word_at(start.units, (HEAD_BYTES / UNIT) as u32);
            behind += TICKET_BYTES;
        }
        if !shape.is_outside {
            self.copy_out(start.units, behind, shape.length, bytes);
        }
        let next = start.behind(shape.units);
        self.set_start(next);
        // After it is taken: should we die now it is lost with us, and its handles are dropped.
        let handles = match shape.handles {
            0 => Ok(Vec::new()),
            count => self.take_handles(count, u64::from_ne_bytes(ticket)),
        };
        drop(held);
        self.tell_room(next);
        let mut handles = handles?;
        if shape.is_outside {
            if handles.len() < SharedMemory::HANDLES {
                let subject = "take a large value from a queue, whose memory is lost";
                return Err(Error::new(Kind::Deserialize, subject));
            }
            let own = handles.split_off(SharedMemory::HANDLES);
            parcel::open(handles, shape.length, bytes)?;
            return Ok(Some(own));
        }
        Ok(Some(handles))
    }

    /// Wakes those for whom there is room now. The takers' lock was given back.
    #[inline]
    fn tell_room(&self, start: Position) {
        self.free().ring_one_if_awaited();
        // Half of the ring at once: a wake for each frame would cost more than the frame.
        if self.room().is_awaited() && self.used(start) <= RING_UNITS / 2 {
            self.room().ring_all();
        }
    }

    /// The handles of an attempt; those of attempts whose putter or taker died are dropped.
    fn take_handles(&self, count: usize, ticket: u64) -> Result<Vec<Handle>> {
        let failed = |error| Error::system("take handles from a queue", error);
        let mut handles = Vec::new();
        let already = Some(Instant::now());
        while handles.len() < count
            && pipe::wait_readable(&self.handle_reader, already).map_err(failed)?
        {
            let (mark, group) = self.take_group()?;
            if mark == ticket {
                handles.extend(group);
            } else if mark == RINGING {
                self.rung().store(0, SeqCst);
            }
        }
        Ok(handles)
    }

    /// The next handles and their attempt's number.
    pub(super) fn take_group(&self) -> Result<(u64, VecDeque<Handle>)> {
        let failed = |error| Error::system("take handles from a queue", error);
        let (mut mark, mut group) = ([0; TICKET_BYTES], VecDeque::new());
        pipe::receive(&self.handle_reader, &mut mark, &mut group).map_err(failed)?;
        Ok((u64::from_ne_bytes(mark), group))
    }
}
