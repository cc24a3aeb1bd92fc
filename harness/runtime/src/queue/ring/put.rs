//! The putters' side of a ring: whole frames, one putter at a time.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::Duration;

use poolproof_sys::handle::Handle;
use poolproof_sys::pipe::{self, HANDLES_MAX};

use super::parcel::{Parcel, Shape};
use super::{Held, Position, RING_UNITS, Ring, START_AT, TICKET_AT};
use crate::error::{Error, Result};
use crate::queue::frame::{Fate, HEAD_BYTES, TICKET_BYTES};

/// How long a putter waits for a ring that is full before it leaves the value to its feeder.
const ROOM_PATIENCE: Duration = Duration::from_millis(1);
/// Sleeps while the ring stays full grow from the first to the second.
const ROOM_NAP: Duration = Duration::from_millis(1);
const ROOM_NAP_MAX: Duration = Duration::from_millis(50);

/// What became of a value that was to be put.
#[derive(Debug)]
pub(in crate::queue) enum Put<'r> {
    /// It is in the ring.
    Done,
    /// The time was over before the bound left room for it.
    Full,
    /// It counts, but its process has to write it later; its handles come back. No other process
    /// puts anything before the guard is dropped.
    Later(Vec<Handle>, Turn<'r>),
}

/// The turn to put something, until it is dropped.
#[derive(Debug)]
pub(in crate::queue) struct Turn<'r> {
    _held: Held<'r>,
}

impl Ring {
    /// Puts a frame without handles where nothing is in its way; false when something is.
    /// `is_direct` says, at any time, whether nothing of this process waits before it.
    #[inline]
    pub(in crate::queue) fn put_at_once(
        &self,
        frame: &[u8],
        is_direct: impl Fn() -> bool,
    ) -> Result<bool> {
        let shape = Shape::of_frame(frame);
        if shape.handles > 0 {
            return Ok(false);
        }
        let Some(held) = self.hold_free_writer()? else {
            return Ok(false);
        };
        let is_full = self.is_bounded() && self.is_full();
        let is_open = is_direct() && !self.feeder().is_held();
        if is_full || !is_open || !self.has_room(shape.units) {
            return Ok(false);
        }
        let end = self.end();
        self.copy_in(end.units, 0, frame);
        self.set_end(end.behind(shape.units));
        drop(held);
        self.filled().ring_one_if_awaited();
        self.tell_watchers()?;
        Ok(true)
    }

    /// Puts a frame, also one that waits; `is_direct` as above.
    pub(in crate::queue) fn put(
        &self,
        frame: &[u8],
        mut handles: Vec<Handle>,
        timeout: Option<Duration>,
        is_direct: impl Fn() -> bool,
    ) -> Result<Put<'_>> {
        let mut may_wait = true;
        loop {
            let is_open = || is_direct() && !self.feeder().is_held();
            // What must wait for its feeder anyway needs no memory of its own yet.
            let parcel = match Shape::of_frame(frame).is_outside && !is_open() {
                true => None,
                false => Some(Parcel::pack(frame, std::mem::take(&mut handles))?),
            };
            let Some(held) = self.hold_writer(timeout)? else {
                return Ok(Put::Full);
            };
            if self.is_bounded() && self.is_full() {
                drop(held);
                if !self.await_free(timeout)? {
                    return Ok(Put::Full);
                }
                handles.extend(parcel.map(Parcel::unpack).unwrap_or_default());
                continue;
            }
            let Some(parcel) = parcel else {
                self.pend()?;
                return Ok(Put::Later(handles, Turn { _held: held }));
            };
            let units = parcel.shape.units;
            if is_open() {
                if self.has_room(units) {
                    self.write(parcel)?;
                    drop(held);
                    self.filled().ring_one();
                    self.tell_watchers()?;
                    return Ok(Put::Done);
                }
                if may_wait {
                    may_wait = false;
                    drop(held);
                    handles = parcel.unpack();
                    self.await_room(units, Some(ROOM_PATIENCE))?;
                    continue;
                }
            }
            self.pend()?;
            return Ok(Put::Later(parcel.unpack(), Turn { _held: held }));
        }
    }

    #[inline]
    fn is_bounded(&self) -> bool {
        self.bound() < i32::MAX as u32
    }

    fn await_free(&self, timeout: Option<Duration>) -> Result<bool> {
        let is_free = || !self.is_full();
        self.free().wait(timeout, is_free, || self.mend())
    }

    /// Writes frames, with the handles of those that have some in order, waiting for room; says
    /// what became of them, of those that are sent while the lock is held.
    pub(in crate::queue) fn send(
        &self,
        mut bytes: &[u8],
        handles: &mut VecDeque<Handle>,
        fate: impl Fn(Fate) -> Result<()>,
    ) -> Result<()> {
        while let Some((frame, rest)) = split(bytes) {
            // One at a time waits, and while someone does others leave the room to it.
            let feeder = Held::take(self.feeder(), None)?;
            let own = Shape::of_frame(frame).own_handles();
            let beside = handles.drain(..own.min(handles.len())).collect();
            bytes = rest;
            let parcel = match Parcel::pack(frame, beside) {
                Ok(parcel) => parcel,
                Err(error) => {
                    fate(Fate::Lost(error))?;
                    continue;
                }
            };
            let held = self.hold_with_room(parcel.shape.units)?;
            if let Err(error) = self.write(parcel) {
                drop(held);
                fate(Fate::Lost(error))?;
                continue;
            }
            fate(Fate::Sent(1))?;
            while let Some((frame, rest)) = split(bytes) {
                let shape = Shape::of_frame(frame);
                if shape.handles > 0 || !self.has_room(shape.units) {
                    break;
                }
                self.write(Parcel::pack(frame, Vec::new())?)?;
                fate(Fate::Sent(1))?;
                bytes = rest;
            }
            drop(held);
            drop(feeder);
            self.filled().ring_all();
            self.tell_watchers()?;
        }
        Ok(())
    }

    /// Puts a frame that nothing of this process waits before, waiting for room.
    pub(in crate::queue) fn put_waiting(&self, frame: &[u8], handles: Vec<Handle>) -> Result<()> {
        let parcel = Parcel::pack(frame, handles)?;
        let units = parcel.shape.units;
        if !self.feeder().is_held()
            && let Some(held) = self.hold_writer(None)?
            && self.has_room(units)
        {
            self.write(parcel)?;
            drop(held);
        } else {
            let _feeder = Held::take(self.feeder(), None)?;
            let _held = self.hold_with_room(units)?;
            self.write(parcel)?;
        }
        self.filled().ring_one();
        self.tell_watchers()
    }

    fn hold_with_room(&self, units: u32) -> Result<Held<'_>> {
        let mut nap = ROOM_NAP;
        loop {
            if let Some(held) = self.hold_writer(None)?
                && self.has_room(units)
            {
                return Ok(held);
            }
            self.await_room(units, Some(nap))?;
            nap = (2 * nap).min(ROOM_NAP_MAX);
        }
    }

    /// Sleeps until half of the ring is empty, which is more than any frame takes.
    fn await_room(&self, units: u32, timeout: Option<Duration>) -> Result<()> {
        let has_room = || self.used(self.start()) <= (RING_UNITS / 2).min(RING_UNITS - units);
        self.room().wait(timeout, has_room, || Ok(()))?;
        Ok(())
    }

    /// Units between a start and the end.
    #[inline]
    pub(super) fn used(&self, start: Position) -> u32 {
        self.end().units.wrapping_sub(start.units)
    }

    /// Whether a frame of so many units fits. The caller holds the putters' lock.
    #[inline]
    fn has_room(&self, units: u32) -> bool {
        let seen = Position::of(self.seen_start().load(Relaxed));
        if self.used(seen).saturating_add(units) <= RING_UNITS {
            return true;
        }
        let start = self.segment.atomic_u64(START_AT).load(Acquire);
        self.seen_start().store(start, Relaxed);
        self.used(Position::of(start)).saturating_add(units) <= RING_UNITS
    }

    /// Puts a frame behind the last. The caller holds the putters' lock, and there is room.
    fn write(&self, parcel: Parcel<'_>) -> Result<()> {
        let end = self.end();
        let mut behind = HEAD_BYTES;
        self.copy_in(end.units, 0, parcel.head);
        if parcel.shape.handles > 0 {
            let ticket = self.send_handles(&parcel.handles)?;
            self.copy_in(end.units, behind, &ticket.to_ne_bytes());
            behind += TICKET_BYTES;
        }
        self.copy_in(end.units, behind, parcel.body);
        self.set_end(end.behind(parcel.shape.units));
        Ok(())
    }

    /// Sends handles before their frame, each group with the number of this attempt: should we die
    /// in between, takers drop them.
    fn send_handles(&self, handles: &[Handle]) -> Result<u64> {
        let last = self.segment.atomic_u64(TICKET_AT);
        let ticket = last.load(Relaxed).wrapping_add(1);
        last.store(ticket, Relaxed);
        for group in handles.chunks(HANDLES_MAX) {
            pipe::send(&self.handle_writer, &ticket.to_ne_bytes(), group)
                .map_err(|error| Error::system("send handles through a queue", error))?;
        }
        Ok(ticket)
    }
}

/// The first frame of some, and the rest.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let shape = Shape::of(*bytes.first_chunk()?);
    bytes.split_at_checked(HEAD_BYTES + shape.length)
}
