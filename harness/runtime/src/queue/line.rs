//! What carries the values of a queue: a pipe or a ring. What only one of them has to do is theirs.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use poolproof_sys::handle::Handle;
use serde::{Deserialize, Serialize};

use super::Transport;
use super::channel::Channel;
use super::frame::{self, Fate};
use super::ring::Ring;
use crate::error::{Error, Result};
use crate::lock::segment::Segment;

/// A queue's parts, as they travel.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Line {
    Pipe(Channel),
    Ring(Ring),
}

/// What a queue without a bound holds.
const BOUND_MAX: u32 = i32::MAX as u32;

impl Line {
    /// A new line; no bound, or 0, is as many as there can be.
    pub(super) fn create(transport: Transport, bound: Option<usize>) -> Result<Line> {
        let bound = bound.filter(|bound| *bound > 0);
        let bound = bound.and_then(|bound| u32::try_from(bound).ok());
        let bound = bound.map_or(BOUND_MAX, |bound| bound.min(BOUND_MAX));
        match transport {
            Transport::Pipe => Channel::create(bound).map(Line::Pipe),
            Transport::Ring => Ring::create(bound).map(Line::Ring),
        }
    }

    pub(super) fn segment(&self) -> &Arc<Segment> {
        match self {
            Line::Pipe(channel) => &channel.segment,
            Line::Ring(ring) => &ring.segment,
        }
    }

    /// Forgets what an earlier process with our slot has put and not written.
    pub(super) fn start_putting(&self) -> Result<()> {
        match self {
            Line::Pipe(channel) => channel.start_writing(),
            Line::Ring(ring) => ring.start_putting(),
        }
    }

    /// Writes frames that this process has put, with the handles of those that have some in order,
    /// waiting for room; says of each that is `lost` while the next ones may be sent.
    ///
    /// # Errors
    /// What the system says; the values that are not written then are forgotten.
    pub(super) fn send(
        &self,
        frames: &[u8],
        handles: &mut VecDeque<Handle>,
        lost: impl Fn(&Error),
    ) -> Result<()> {
        let done = Cell::new(0);
        let fate = |fate| {
            match fate {
                Fate::Sent(count) => {
                    if let Line::Ring(ring) = self {
                        ring.unpend(count);
                    }
                    done.set(done.get() + count);
                }
                Fate::Lost(error) => {
                    lost(&error);
                    done.set(done.get() + 1);
                    self.forget(1)?;
                }
            }
            Ok(())
        };
        let outcome = match self {
            Line::Pipe(channel) => channel.send(frames, handles, fate),
            Line::Ring(ring) => ring.send(frames, handles, fate),
        };
        if outcome.is_err() {
            self.forget(frame::count(frames).saturating_sub(done.get()))?;
        }
        outcome
    }

    fn forget(&self, count: u32) -> Result<()> {
        match self {
            Line::Pipe(channel) => {
                channel.forget(count);
                Ok(())
            }
            Line::Ring(ring) => ring.forget(count),
        }
    }

    /// Puts a frame without handles where nothing is in its way; false when something is.
    /// `is_direct` says, at any time, whether nothing of this process waits before it.
    #[inline]
    pub(super) fn put_at_once(&self, frame: &[u8], is_direct: impl Fn() -> bool) -> Result<bool> {
        match self {
            Line::Pipe(_) => Ok(false),
            Line::Ring(ring) => ring.put_at_once(frame, is_direct),
        }
    }

    /// Writes one frame that nothing waits before, waiting for room.
    pub(super) fn send_now(&self, frame: &[u8], handles: Vec<Handle>) -> Result<()> {
        match self {
            Line::Pipe(channel) => channel.send(frame, &mut handles.into(), Fate::result),
            Line::Ring(ring) => ring.put_waiting(frame, handles),
        }
    }

    /// Takes the next frame's bytes, without its head, onto `bytes`; gives its handles.
    /// None when the time was over first.
    #[inline]
    pub(super) fn receive(
        &self,
        timeout: Option<Duration>,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Vec<Handle>>> {
        match self {
            Line::Pipe(channel) => channel.receive(timeout, bytes),
            Line::Ring(ring) => ring.receive(timeout, bytes),
        }
    }

    /// Values that were put and not taken.
    pub(super) fn len(&self) -> usize {
        let count = match self {
            Line::Pipe(channel) => channel.bound().saturating_sub(channel.free().value()),
            Line::Ring(ring) => ring.len(),
        };
        count as usize
    }

    pub(super) fn is_full(&self) -> bool {
        match self {
            Line::Pipe(channel) => channel.free().value() == 0,
            Line::Ring(ring) => ring.is_full(),
        }
    }

    /// Whether nothing can be taken.
    pub(super) fn is_drained(&self) -> Result<bool> {
        match self {
            Line::Pipe(channel) => channel.is_drained(),
            Line::Ring(ring) => Ok(ring.is_drained()),
        }
    }

    /// Has a handle be readable when there may be a value; none when there is one now.
    pub(super) fn watch(&self) -> Result<Option<Handle>> {
        match self {
            Line::Pipe(channel) => channel.watch(),
            Line::Ring(ring) => ring.watch(),
        }
    }

    /// Whether there is a value, once the handle is readable.
    pub(super) fn is_filled(&self) -> Result<bool> {
        match self {
            Line::Pipe(channel) => channel.is_drained().map(|is_drained| !is_drained),
            Line::Ring(ring) => ring.is_filled(),
        }
    }

    /// Ends what [`Line::watch`] began.
    pub(super) fn unwatch(&self) {
        if let Line::Ring(ring) = self {
            ring.unwatch();
        }
    }

    /// Says that a value is dealt with; false when all are.
    pub(super) fn task_done(&self) -> bool {
        match self {
            Line::Pipe(channel) => channel.task_done(),
            Line::Ring(ring) => ring.task_done(),
        }
    }

    /// Waits until every value that was put is dealt with; false when the time was over first.
    pub(super) fn await_all_done(&self, timeout: Option<Duration>) -> Result<bool> {
        match self {
            Line::Pipe(channel) => channel.await_all_done(timeout),
            Line::Ring(ring) => ring.await_all_done(timeout),
        }
    }
}
