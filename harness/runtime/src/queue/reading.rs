//! The readers' side of a queue: one reader at a time takes whole frames.
//!
//! What a read brings beyond the frame that was asked for stays in shared memory for the next
//! reader, whichever process that is. Only a frame too large for that goes straight to its reader.

use std::collections::VecDeque;
use std::time::Duration;

use poolproof_sys::group::Group;
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe::{self, HANDLES_MAX};

use super::channel::{AHEAD_BYTES, Channel, Held, Position};
use super::frame::{self, HEAD_BYTES, Head, TICKET_BYTES};
use crate::error::{Error, Result};
use crate::fork_gate;
use crate::lock::patience::{NAP, Patience};
use crate::lock::word::Found;

/// A frame larger than what is read ahead is read in pieces of at most this.
const PIECE_BYTES: u64 = 1 << 16;

impl Channel {
    /// Takes the next frame's bytes, without its head, onto `bytes`; gives its handles.
    /// None when the time was over first.
    pub(super) fn receive(
        &self,
        timeout: Option<Duration>,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Vec<Handle>>> {
        let patience = Patience::new(timeout);
        let Some((held, found)) = Channel::hold(self.reader_word(), timeout)? else {
            return Ok(None);
        };
        if found == Found::Abandoned {
            self.mend_reader(&held)?;
        }
        loop {
            self.skip_torn()?;
            let (start, end) = (self.get(Position::Start), self.get(Position::End));
            if let Some(head) = self.head(start, end) {
                if end - start >= head.total {
                    return self.take(start, head, bytes).map(Some);
                }
                if head.total > AHEAD_BYTES as u64 {
                    let place = bytes.len();
                    if self.take_large(start, head, bytes)? {
                        return self.take_handles(head, place, bytes).map(Some);
                    }
                    continue;
                }
            }
            if !self.await_bytes(patience)? {
                return Ok(None);
            }
            self.read_ahead()?;
        }
    }

    fn head(&self, start: u64, end: u64) -> Option<Head> {
        if end - start < HEAD_BYTES as u64 {
            return None;
        }
        let mut head = [0; HEAD_BYTES];
        let (at, row) = self.ahead(start);
        let (first, rest) = head.split_at_mut(row.min(HEAD_BYTES));
        self.segment.memory().copy_out(at, first);
        self.segment.memory().copy_out(self.ahead(0).0, rest);
        Some(Head::read(head).behind_ticket())
    }

    fn take(&self, start: u64, head: Head, bytes: &mut Vec<u8>) -> Result<Vec<Handle>> {
        let old = bytes.len();
        let length = head.total as usize - HEAD_BYTES;
        self.copy_ahead(start + HEAD_BYTES as u64, length, bytes);
        // Before the value is gone: room that is given twice does no harm, room that is lost does.
        self.give_room();
        self.set(Position::Start, start + head.total);
        // After that: should we die now it is lost with us, and its handles are dropped.
        self.take_handles(head, old, bytes)
    }

    /// The handles beside a frame, whose ticket is taken out of its bytes at `place`; those of
    /// attempts whose writer or reader died are dropped.
    fn take_handles(&self, head: Head, place: usize, bytes: &mut Vec<u8>) -> Result<Vec<Handle>> {
        if head.handles == 0 {
            return Ok(Vec::new());
        }
        let failed = |error| Error::system("take handles from a queue", error);
        let ticket: Vec<u8> = bytes.drain(place..place + TICKET_BYTES).collect();
        let (mut handles, mut are_whole) = (Vec::new(), true);
        let mut missing = head.handles.div_ceil(HANDLES_MAX);
        let already = Some(std::time::Instant::now());
        while missing > 0 && pipe::wait_readable(&self.handle_reader, already).map_err(failed)? {
            let (mut mark, mut groups) = ([0; TICKET_BYTES], VecDeque::<Group>::new());
            pipe::receive(&self.handle_reader, &mut mark, &mut groups).map_err(failed)?;
            if mark[..] == ticket {
                missing -= 1;
                are_whole &= groups.iter().all(|group| group.is_whole);
                handles.extend(groups.into_iter().flat_map(|group| group.handles));
            }
        }
        match are_whole {
            true => Ok(handles),
            false => Err(frame::without_handles()),
        }
    }

    /// Waits until there is something to read; false when the time was over first.
    fn await_bytes(&self, patience: Patience) -> Result<bool> {
        fork_gate::outside(|| pipe::wait_readable(&self.reader, patience.deadline()))
            .map_err(|error| Error::system("wait for a queue", error))
    }

    /// Reads what is there into the room of what is read ahead.
    fn read_ahead(&self) -> Result<()> {
        let (start, end) = (self.get(Position::Start), self.get(Position::End));
        let (at, row) = self.ahead(end);
        let room = row.min(AHEAD_BYTES - (end - start) as usize);
        self.reads(|| {
            let memory = self.segment.memory();
            let read = memory.fill_from(&self.reader, at, room);
            let read = read.map_err(|error| Error::system("read from a queue", error))?;
            self.set(Position::End, end + read as u64);
            Ok(())
        })
    }

    /// Does one read from the pipe and the change of position that goes with it.
    fn reads<T>(&self, read: impl FnOnce() -> Result<T>) -> Result<T> {
        let count = self.get(Position::Reads);
        self.set(Position::Reads, count + 1);
        let outcome = read();
        self.set(Position::Reads, count + 2);
        outcome
    }

    /// Takes a frame that is larger than what is read ahead; false when its writer died in its
    /// midst and it was dropped.
    fn take_large(&self, start: u64, head: Head, bytes: &mut Vec<u8>) -> Result<bool> {
        let (old, end) = (bytes.len(), self.get(Position::End));
        self.set(Position::LargeEnd, start + head.total);
        let count = (end - start) as usize - HEAD_BYTES;
        self.copy_ahead(start + HEAD_BYTES as u64, count, bytes);
        self.set(Position::Start, end);
        let whole = self.pass_large(Some(bytes))?;
        if whole {
            self.give_room();
        } else {
            bytes.truncate(old);
        }
        Ok(whole)
    }

    /// Reads up to the end of the large frame under way, onto `bytes` or nowhere; false when its
    /// writer died in its midst.
    fn pass_large(&self, mut bytes: Option<&mut Vec<u8>>) -> Result<bool> {
        let mut scratch = Vec::new();
        let frame_end = self.get(Position::LargeEnd);
        loop {
            let position = self.get(Position::End);
            // What is there before we look for a torn end belongs to this frame still.
            let there = self.unread()?;
            let torn_end = self.get(Position::TornEnd);
            let torn = torn_end != 0 && torn_end < frame_end && torn_end >= position;
            let stop = if torn { torn_end } else { frame_end };
            if position == stop {
                self.set(Position::Start, position);
                self.set(Position::LargeEnd, 0);
                if torn {
                    self.set(Position::TornEnd, 0);
                }
                return Ok(!torn);
            }
            if there == 0 {
                if !self.await_bytes(Patience::new(Some(NAP)))? {
                    self.find_dead_writer()?;
                }
                continue;
            }
            let count = there.min(stop - position).min(PIECE_BYTES);
            let target = bytes.as_deref_mut().unwrap_or(&mut scratch);
            self.read_piece(position, count as usize, target)?;
            scratch.clear();
        }
    }

    fn read_piece(&self, position: u64, count: usize, target: &mut Vec<u8>) -> Result<()> {
        self.reads(|| {
            let read = pipe::read_onto(&self.reader, target, count);
            let read = read.map_err(|error| Error::system("read from a queue", error))? as u64;
            self.set(Position::End, position + read);
            self.set(Position::Start, position + read);
            Ok(())
        })
    }

    /// Drops a frame whose writer died, when it is the next one.
    fn skip_torn(&self) -> Result<()> {
        let torn_end = self.get(Position::TornEnd);
        let start = self.get(Position::Start);
        if torn_end == 0 || start != self.get(Position::TornStart) {
            return Ok(());
        }
        if torn_end > self.get(Position::End) {
            self.set(Position::LargeEnd, torn_end);
            self.set(Position::Start, self.get(Position::End));
            self.pass_large(None)?;
        } else {
            self.set(Position::Start, torn_end);
        }
        self.set(Position::TornEnd, 0);
        Ok(())
    }

    /// Takes the writers' lock back when its holder is dead.
    fn find_dead_writer(&self) -> Result<()> {
        match Channel::hold(self.writer_word(), Some(Duration::ZERO))? {
            Some((held, Found::Abandoned)) => self.mend_writer(&held),
            _ => Ok(()),
        }
    }

    /// Finds out what a dead reader had read. The caller holds the readers' lock.
    fn mend_reader(&self, held: &Held<'_>) -> Result<()> {
        while !self.get(Position::Reads).is_multiple_of(2) {
            self.mend_read()?;
        }
        if self.get(Position::LargeEnd) != 0 {
            // The value is lost with its reader, its room is not.
            if self.pass_large(None)? {
                self.give_room();
            }
        }
        held.mended();
        Ok(())
    }

    /// A reader died between reading and saying so: what it read is what is missing in the pipe.
    fn mend_read(&self) -> Result<()> {
        let Some(written) = self.calm_writes()? else {
            return Ok(());
        };
        let (written, unread) = written;
        let known = self.get(Position::End);
        let large = self.get(Position::LargeEnd) != 0;
        let end = written.saturating_sub(unread).max(known);
        if large {
            self.set(Position::Start, end);
        }
        self.set(Position::End, end);
        self.set(Position::Reads, self.get(Position::Reads) + 1);
        Ok(())
    }

    /// How far the pipe is written and how much of that is left, seen while nobody wrote.
    /// None when a writer died too, and all was thrown away.
    fn calm_writes(&self) -> Result<Option<(u64, u64)>> {
        loop {
            let before = self.get(Position::Writes);
            let written = self.get(Position::Written);
            let unread = self.unread()?;
            if before.is_multiple_of(2) && before == self.get(Position::Writes) {
                return Ok(Some((written, unread)));
            }
            // A write never waits, so one that lasts has lost its writer.
            if let Some((writer, found)) = Channel::hold(self.writer_word(), Some(NAP))?
                && found == Found::Abandoned
                && !self.get(Position::Writes).is_multiple_of(2)
            {
                self.start_over()?;
                writer.mended();
                return Ok(None);
            }
        }
    }
}
