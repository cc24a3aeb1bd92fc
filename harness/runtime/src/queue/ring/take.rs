//! The takers' side of a ring: whole frames, each by one exchange.

use std::collections::VecDeque;
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::atomic::Ordering::{Acquire, Release, SeqCst};
use std::time::{Duration, Instant};

use poolproof_sys::group::Group;
use poolproof_sys::handle::Handle;
use poolproof_sys::memory::SharedMemory;
use poolproof_sys::pipe::{self, HANDLES_MAX};

use super::parcel::{self, Shape};
use super::watch::RINGING;
use super::{Position, RING_UNITS, Ring, UNIT};
use crate::error::{Error, Kind, Result};
use crate::lock::patience::Patience;
use crate::queue::frame::{self, HEAD_BYTES, TICKET_BYTES};

/// What became of the next frame.
enum Taken {
    Whole,
    /// There is none.
    Nothing,
    /// It has handles.
    Beside,
}

impl Ring {
    /// Takes the next frame's bytes, without its head, onto `bytes`; gives its handles.
    /// None when the time was over first.
    #[inline]
    pub(in crate::queue) fn receive(
        &self,
        timeout: Option<Duration>,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Vec<Handle>>> {
        match self.take_at_once(bytes) {
            Taken::Whole => Ok(Some(Vec::new())),
            seen => self.receive_slowly(seen, timeout, bytes),
        }
    }

    /// As [`Ring::receive`], after a first look.
    fn receive_slowly(
        &self,
        mut seen: Taken,
        timeout: Option<Duration>,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Vec<Handle>>> {
        let patience = Patience::new(timeout);
        loop {
            match seen {
                Taken::Whole => return Ok(Some(Vec::new())),
                Taken::Nothing => {
                    // Whoever waits holds nothing, so a taker that is killed here is not missed.
                    let left = timeout.and_then(|_| patience.left());
                    let is_there = || !self.is_drained();
                    if !self.filled().wait(left, is_there, || Ok(()))? {
                        return Ok(None);
                    }
                }
                Taken::Beside => {
                    if let Break(handles) = self.take_beside(timeout, bytes)? {
                        return Ok(handles);
                    }
                }
            }
            seen = self.take_at_once(bytes);
        }
    }

    /// Takes the next frame if it has no handles: copies it, and then takes it by one exchange of
    /// the start, which fails where another was faster, so that what was copied is not believed.
    #[inline]
    fn take_at_once(&self, bytes: &mut Vec<u8>) -> Taken {
        let old = bytes.len();
        loop {
            let start = self.start();
            if !self.has_frame(start) {
                return Taken::Nothing;
            }
            let shape = Shape::of(self.word_at(start.units, 0));
            if shape.handles > 0 {
                return Taken::Beside;
            }
            self.copy_out(start.units, HEAD_BYTES, shape.length, bytes);
            let next = start.behind(shape.units);
            if self.advance(start, next) {
                self.tell_room(next);
                return Taken::Whole;
            }
            bytes.truncate(old);
        }
    }

    /// Whether a frame begins at a start, unless it was taken meanwhile.
    #[inline]
    fn has_frame(&self, start: Position) -> bool {
        // What another process saw may be long gone by, and then says nothing.
        let seen = Position::of(self.seen_end().load(Acquire));
        if seen.is_ahead_of(start) {
            return true;
        }
        let end = self.end();
        self.seen_end().store(end.bits(), Release);
        end.is_ahead_of(start)
    }

    /// Takes the next frame if it has handles, which one taker at a time receives; gives them,
    /// or none when the time was long over. Goes on where another frame is the next now.
    #[cold]
    fn take_beside(
        &self,
        timeout: Option<Duration>,
        bytes: &mut Vec<u8>,
    ) -> Result<ControlFlow<Option<Vec<Handle>>>> {
        let Some(held) = self.hold_reader(timeout)? else {
            return Ok(Break(None));
        };
        let start = self.start();
        if !self.has_frame(start) {
            return Ok(Continue(()));
        }
        let shape = Shape::of(self.word_at(start.units, 0));
        if shape.handles == 0 {
            return Ok(Continue(()));
        }
        let ticket = self.word_at(start.units, (HEAD_BYTES / UNIT) as u32);
        let old = bytes.len();
        if !shape.is_outside {
            self.copy_out(start.units, HEAD_BYTES + TICKET_BYTES, shape.length, bytes);
        }
        let next = start.behind(shape.units);
        if !self.advance(start, next) {
            bytes.truncate(old);
            return Ok(Continue(()));
        }
        // After it is taken: should we die now it is lost with us, and its handles are dropped.
        let handles = self.take_handles(shape.handles, u64::from_ne_bytes(ticket));
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
            return Ok(Break(Some(own)));
        }
        Ok(Break(Some(handles)))
    }

    /// Wakes those for whom there is room now that the start is another.
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
        let (mut handles, mut are_whole) = (Vec::new(), true);
        let mut missing = count.div_ceil(HANDLES_MAX);
        let already = Some(Instant::now());
        while missing > 0 && pipe::wait_readable(&self.handle_reader, already).map_err(failed)? {
            let (mark, groups) = self.take_groups()?;
            if mark == ticket {
                missing -= 1;
                are_whole &= groups.iter().all(|group| group.is_whole);
                handles.extend(groups.into_iter().flat_map(|group| group.handles));
            } else if mark == RINGING {
                self.rung().store(0, SeqCst);
            }
        }
        match are_whole {
            true => Ok(handles),
            false => Err(frame::without_handles()),
        }
    }

    /// The next handles and their attempt's number.
    pub(super) fn take_groups(&self) -> Result<(u64, VecDeque<Group>)> {
        let failed = |error| Error::system("take handles from a queue", error);
        let (mut mark, mut groups) = ([0; TICKET_BYTES], VecDeque::new());
        pipe::receive(&self.handle_reader, &mut mark, &mut groups).map_err(failed)?;
        Ok((u64::from_ne_bytes(mark), groups))
    }
}

#[cfg(test)]
mod tests {
    use crate::queue::ring::Ring;

    #[test]
    fn one_of_two_who_saw_the_same_value_takes_it() {
        let ring = Ring::create(10).unwrap();
        let start = ring.start();
        let next = start.behind(3);
        assert!(ring.advance(start, next));
        assert!(!ring.advance(start, next), "another was faster");
        assert_eq!(ring.start(), next);
    }
}
