//! What a queue is made of: a pipe for the bytes, a socket for the handles beside them, and shared
//! memory with a lock for each end and the positions of both.
//!
//! Positions count all bytes that ever went through the pipe, so whoever takes a lock back from
//! a dead process can tell from what is left in the pipe what that process had done.
//! Reading is in `reading`, writing in `writing`, how many values there are in `counts`.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::Duration;

use poolproof_sys::atomic::AtomicU64;
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::lock::segment::{self, SLOTS, Segment, SegmentKind};
use crate::lock::word::{Found, Word};

// The readers' cache line.
const READER_AT: usize = 0;
const START_AT: usize = 8;
const END_AT: usize = 16;
const LARGE_END_AT: usize = 24;
const READS_AT: usize = 32;
// The writers' cache line.
const WRITER_AT: usize = 64;
const WRITTEN_AT: usize = 72;
const WRITING_START_AT: usize = 80;
const WRITING_END_AT: usize = 88;
const TORN_START_AT: usize = 96;
const TORN_END_AT: usize = 104;
const WRITES_AT: usize = 112;
const TICKET_AT: usize = 120;
// From 128 on, counts of values.
const BATCH_END_AT: usize = 216;
// What was read from the pipe and not yet taken by anyone.
const AHEAD_AT: usize = 256;
/// Whole writes fit, and so does every frame that is not large.
pub(super) const AHEAD_BYTES: usize = 4096;
/// For each process how many values it has put, and how many of these it has written.
pub(super) const SLOTS_AT: usize = AHEAD_AT + AHEAD_BYTES;
const BODY_BYTES: usize = SLOTS_AT + 8 * SLOTS;

/// The parts of a queue, as they travel and as every process of it has them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Channel {
    #[serde(serialize_with = "segment::serialize")]
    #[serde(deserialize_with = "segment::deserialize::<_, BODY_BYTES>")]
    pub(super) segment: Arc<Segment>,
    #[serde(with = "crate::transfer::handle")]
    pub(super) reader: Handle,
    #[serde(with = "crate::transfer::handle")]
    pub(super) writer: Handle,
    #[serde(with = "crate::transfer::handle")]
    pub(super) handle_reader: Handle,
    #[serde(with = "crate::transfer::handle")]
    pub(super) handle_writer: Handle,
}

/// A position of the pipe in shared memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Position {
    /// Where the next frame to be taken begins.
    Start,
    /// Up to where the pipe was read.
    End,
    /// The end of the large frame that a reader is in the midst of, or 0.
    LargeEnd,
    /// Not a position: how many reads from the pipe began and ended; odd during one.
    Reads,
    /// Up to where the pipe was written.
    Written,
    /// The start of the large frame that a writer is in the midst of.
    WritingStart,
    /// Its end, or 0 when there is none.
    WritingEnd,
    /// The start of a frame whose writer died in its midst.
    TornStart,
    /// Where what it wrote ends, or 0 when there is none.
    TornEnd,
    /// Not a position: how many writes to the pipe began and ended; odd during one, which never
    /// waits.
    Writes,
    /// Not a position: the number of the last attempt to send handles.
    Ticket,
    /// Where the frames end that were last begun to be written.
    BatchEnd,
}

impl Channel {
    pub(super) fn create(bound: u32) -> Result<Channel> {
        let segment = Segment::create(SegmentKind::Queue, BODY_BYTES)?;
        let made = |error| Error::system("make the pipe of a queue", error);
        let (reader, writer) = pipe::one_way().map_err(made)?;
        pipe::never_wait_for_room(&writer).map_err(made)?;
        let (handle_reader, handle_writer) = pipe::duplex().map_err(made)?;
        let channel = Channel {
            segment,
            reader,
            writer,
            handle_reader,
            handle_writer,
        };
        channel.start_counts(bound);
        Ok(channel)
    }

    pub(super) fn reader_word(&self) -> Word<'_> {
        self.segment.word(READER_AT)
    }

    pub(super) fn writer_word(&self) -> Word<'_> {
        self.segment.word(WRITER_AT)
    }

    /// Takes a lock of this queue; gives what gives it back, and how it was found.
    pub(super) fn hold<'c>(
        word: Word<'c>,
        timeout: Option<Duration>,
    ) -> Result<Option<(Held<'c>, Found)>> {
        Ok(word.take(timeout)?.map(|found| (Held { word }, found)))
    }

    pub(super) fn get(&self, position: Position) -> u64 {
        self.position(position).load(Acquire)
    }

    pub(super) fn set(&self, position: Position, value: u64) {
        self.position(position).store(value, Release);
    }

    fn position(&self, position: Position) -> &AtomicU64 {
        self.segment.atomic_u64(match position {
            Position::Start => START_AT,
            Position::End => END_AT,
            Position::LargeEnd => LARGE_END_AT,
            Position::Reads => READS_AT,
            Position::Written => WRITTEN_AT,
            Position::WritingStart => WRITING_START_AT,
            Position::WritingEnd => WRITING_END_AT,
            Position::TornStart => TORN_START_AT,
            Position::TornEnd => TORN_END_AT,
            Position::Writes => WRITES_AT,
            Position::Ticket => TICKET_AT,
            Position::BatchEnd => BATCH_END_AT,
        })
    }

    /// Where the byte at a position lies in memory, and how many follow it in a row.
    pub(super) fn ahead(&self, position: u64) -> (usize, usize) {
        let offset = (position % AHEAD_BYTES as u64) as usize;
        (self.segment.at(AHEAD_AT + offset), AHEAD_BYTES - offset)
    }

    /// Appends the bytes from a position on that were read ahead.
    pub(super) fn copy_ahead(&self, position: u64, count: usize, bytes: &mut Vec<u8>) {
        let old = bytes.len();
        bytes.resize(old + count, 0);
        let (at, row) = self.ahead(position);
        let (first, rest) = bytes[old..].split_at_mut(row.min(count));
        self.segment.memory().copy_out(at, first);
        self.segment.memory().copy_out(self.ahead(0).0, rest);
    }

    /// Bytes in the pipe.
    pub(super) fn unread(&self) -> Result<u64> {
        let unread = pipe::unread(&self.reader);
        let unread = unread.map_err(|error| Error::system("look into a queue", error))?;
        Ok(unread as u64)
    }

    /// Whether nothing can be read.
    pub(super) fn is_drained(&self) -> Result<bool> {
        Ok(self.get(Position::Start) == self.get(Position::End) && self.unread()? == 0)
    }

    /// Has a handle be readable when there may be a value; none when there is one now.
    pub(super) fn watch(&self) -> Result<Option<Handle>> {
        if !self.is_drained()? {
            return Ok(None);
        }
        let handle = self.reader.duplicate();
        handle
            .map(Some)
            .map_err(|error| Error::system("wait for a queue", error))
    }

    /// Throws away what is in the pipe, where two deaths left no way to tell what it is.
    /// The caller holds both locks.
    pub(super) fn start_over(&self) -> Result<()> {
        let lost = |error| Error::system("empty a queue", error);
        let mut scratch = [0; AHEAD_BYTES];
        while self.unread()? > 0 {
            pipe::read(&self.reader, &mut scratch).map_err(lost)?;
        }
        let position = self.get(Position::Written).max(self.get(Position::End));
        for start in [Position::Written, Position::End, Position::Start] {
            self.set(start, position);
        }
        for none in [Position::LargeEnd, Position::WritingEnd, Position::TornEnd] {
            self.set(none, 0);
        }
        for count in [Position::Reads, Position::Writes] {
            self.set(count, 0);
        }
        self.start_over_counts();
        Ok(())
    }
}

/// Holds a lock of a queue until dropped.
#[derive(Debug)]
pub(super) struct Held<'c> {
    word: Word<'c>,
}

impl Held<'_> {
    /// What the lock guards is in order again.
    pub(super) fn mended(&self) {
        self.word.reset();
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.word.release();
    }
}
