//! The writers' side of a queue: whole frames, one writer at a time.
//!
//! What fits into one untorn write goes in one; a larger frame is marked while it is under way,
//! so that its writer's death is seen and readers drop what there is of it.

use std::collections::VecDeque;
use std::time::Duration;

use poolproof_sys::handle::Handle;
use poolproof_sys::pipe::{self, HANDLES_MAX, WHOLE_WRITE_MAX};

use super::channel::{AHEAD_BYTES, Channel, Held, Position};
use super::frame::{self, Fate};
use crate::error::{Error, Kind, Result};
use crate::lock::patience::NAP;
use crate::lock::word::Found;

/// What goes in one untorn write, and is no more than readers read ahead.
const ROOM: usize = if WHOLE_WRITE_MAX < AHEAD_BYTES {
    WHOLE_WRITE_MAX
} else {
    AHEAD_BYTES
};

/// How often a writer looks whether readers have dropped an earlier torn frame.
const TORN_NAP: Duration = Duration::from_millis(1);

impl Channel {
    /// Writes frames, with the handles of those that have some in order, waiting for room; says
    /// what became of them after each write, which is counted then.
    pub(super) fn send(
        &self,
        mut bytes: &[u8],
        handles: &mut VecDeque<Handle>,
        mut fate: impl FnMut(Fate) -> Result<()>,
    ) -> Result<()> {
        while !bytes.is_empty() {
            let next = frame::next_write(bytes, ROOM);
            let (now, later) = bytes.split_at(next.length);
            let held = self.hold_writer()?;
            let ticket = match next.handles {
                0 => Ok(None),
                some => {
                    let beside: Vec<Handle> = handles.drain(..some.min(handles.len())).collect();
                    self.send_handles(&beside).map(Some)
                }
            };
            let outcome = match ticket {
                Ok(Some(ticket)) => {
                    self.write_frames(&frame::with_ticket(now, ticket), next.frames)?;
                    Fate::Sent(next.frames)
                }
                Ok(None) => {
                    self.write_frames(now, next.frames)?;
                    Fate::Sent(next.frames)
                }
                // A frame that has handles is the only one of its write.
                Err(error) => Fate::Lost(error),
            };
            drop(held);
            fate(outcome)?;
            bytes = later;
        }
        Ok(())
    }

    fn write_frames(&self, bytes: &[u8], frames: u32) -> Result<()> {
        self.begin_batch(bytes.len(), frames)?;
        if bytes.len() <= ROOM {
            self.write(bytes)?;
        } else {
            self.write_large(bytes)?;
        }
        self.end_batch();
        Ok(())
    }

    /// Writes all of `bytes`. Each write and the change of position that goes with it take no
    /// time; the waits for room are between them.
    fn write(&self, mut bytes: &[u8]) -> Result<()> {
        let failed = |error| Error::system("write to a queue", error);
        while !bytes.is_empty() {
            let unread = self
                .get(Position::Written)
                .saturating_sub(self.get(Position::End));
            let fitting = &bytes[..pipe::fitting(bytes.len(), unread)];
            let count = self.get(Position::Writes);
            self.set(Position::Writes, count + 1);
            let outcome = pipe::write_now(&self.writer, fitting);
            if let Ok(written) = outcome {
                let position = self.get(Position::Written) + written as u64;
                self.set(Position::Written, position);
            }
            self.set(Position::Writes, count + 2);
            bytes = &bytes[outcome.map_err(failed)?..];
            if !bytes.is_empty() {
                pipe::wait_writable(&self.writer, None).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn write_large(&self, bytes: &[u8]) -> Result<()> {
        let start = self.get(Position::Written);
        self.set(Position::WritingStart, start);
        self.set(Position::WritingEnd, start + bytes.len() as u64);
        self.write(bytes)?;
        self.set(Position::WritingEnd, 0);
        Ok(())
    }

    /// Sends handles before their frame, each group with the number of this attempt: should we die
    /// in between, readers drop them.
    fn send_handles(&self, handles: &[Handle]) -> Result<u64> {
        let ticket = self.get(Position::Ticket).wrapping_add(1);
        self.set(Position::Ticket, ticket);
        for group in handles.chunks(HANDLES_MAX) {
            pipe::send(&self.handle_writer, &ticket.to_ne_bytes(), group)
                .map_err(|error| Error::system("send handles through a queue", error))?;
        }
        Ok(ticket)
    }

    /// Waits for the writers' lock, and mends what a dead writer left.
    fn hold_writer(&self) -> Result<Held<'_>> {
        match Channel::hold(self.writer_word(), None)? {
            Some((held, found)) => {
                if found == Found::Abandoned {
                    self.mend_writer(&held)?;
                }
                Ok(held)
            }
            None => Err(Error::new(Kind::Timeout, "write to a queue")),
        }
    }

    /// Finds out what a dead writer has written. The caller holds the writers' lock.
    pub(super) fn mend_writer(&self, held: &Held<'_>) -> Result<()> {
        self.find_written()?;
        self.end_batch();
        let written = self.get(Position::Written);
        let (start, end) = (
            self.get(Position::WritingStart),
            self.get(Position::WritingEnd),
        );
        if start < written && written < end {
            // Readers drop one torn frame at a time; until then this is a full pipe.
            while self.get(Position::TornEnd) != 0 {
                std::thread::sleep(TORN_NAP);
            }
            // Before the end, which is what readers look at.
            self.set(Position::TornStart, start);
            self.set(Position::TornEnd, written);
        }
        self.set(Position::WritingEnd, 0);
        held.mended();
        Ok(())
    }

    /// Finds out how far a dead writer has written. The caller holds the writers' lock.
    pub(super) fn find_written(&self) -> Result<()> {
        let writes = self.get(Position::Writes);
        if !writes.is_multiple_of(2)
            && let Some(written) = self.look_written()?
        {
            self.set(Position::Written, written);
            self.set(Position::Writes, writes + 1);
        }
        Ok(())
    }

    /// How far the pipe is written: what was read plus what is left, seen while nobody read.
    /// None when a reader died too, and all was thrown away.
    fn look_written(&self) -> Result<Option<u64>> {
        loop {
            let before = self.get(Position::Reads);
            let end = self.get(Position::End);
            let unread = self.unread()?;
            let calm = before.is_multiple_of(2) && before == self.get(Position::Reads);
            if calm {
                return Ok(Some(end + unread));
            }
            // Reading what is there takes no time, so a read that lasts has lost its reader.
            if let Some((reader, found)) = Channel::hold(self.reader_word(), Some(NAP))?
                && found == Found::Abandoned
                && !self.get(Position::Reads).is_multiple_of(2)
            {
                self.start_over()?;
                reader.mended();
                return Ok(None);
            }
        }
    }
}
