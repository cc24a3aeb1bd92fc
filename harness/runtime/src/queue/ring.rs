//! The ring transport: frames in shared memory, taken straight out of it by whoever gets them.
//!
//! A lock guards the end. A frame is there once the position behind it is stored, in one word
//! with the number of frames, so whoever is killed leaves whole frames and exact counts; nothing
//! has to be found out when the lock is taken back from the dead. The start moves by an exchange,
//! so a frame is taken without a lock, unless it has handles, which one at a time receives. Putting is in `put`, taking in
//! `take`, what is too large for the ring in `parcel`,
//! waiting for it beside other things in `watch`, and what was put but found no room in `backlog`.

mod backlog;
mod parcel;
mod put;
mod take;
mod watch;

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::time::Duration;

use poolproof_sys::atomic::{AtomicU32, AtomicU64};
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::lock::segment::{self, SLOTS, Segment, SegmentKind};
use crate::lock::word::{Found, Word};
use crate::queue::bell::Bell;

pub(super) use put::Put;

/// Positions count in units, so that each frame's head is aligned.
const UNIT: usize = 8;
/// About what a processor keeps close to itself.
const RING_BYTES: usize = 1 << 18;
const RING_UNITS: u32 = (RING_BYTES / UNIT) as u32;

// Each line is written by one side, or seldom.
const READER_AT: usize = 0;
const SEEN_END_AT: usize = 8;
const WRITER_AT: usize = 64;
const SEEN_START_AT: usize = 72;
const TICKET_AT: usize = 80;
const PENDING_AT: usize = 88;
const START_AT: usize = 128;
const END_AT: usize = 192;
const FILLED_AT: usize = 256;
const WATCHERS_AT: usize = 264;
const RUNG_AT: usize = 268;
const ROOM_AT: usize = 320;
const FREE_AT: usize = 328;
const ALL_DONE_AT: usize = 336;
const BOUND_AT: usize = 344;
const FEEDER_AT: usize = 384;
const DONE_AT: usize = 448;
const BYTES_AT: usize = 512;
/// For each process how many values it has put that are not in the ring yet.
const SLOTS_AT: usize = BYTES_AT + RING_BYTES;
const BODY_BYTES: usize = SLOTS_AT + 4 * SLOTS;

/// A caller with no patience waits this long for a lock all the same: it is held for microseconds,
/// unless its holder is stopped in between.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

fn at_least(timeout: Option<Duration>) -> Option<Duration> {
    timeout.map(|timeout| timeout.max(LOCK_PATIENCE))
}

/// The parts of a ring, as they travel and as every process of it has them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ring {
    #[serde(serialize_with = "segment::serialize")]
    #[serde(deserialize_with = "segment::deserialize::<_, BODY_BYTES>")]
    pub(super) segment: Arc<Segment>,
    #[serde(with = "crate::transfer::handle")]
    handle_reader: Handle,
    #[serde(with = "crate::transfer::handle")]
    handle_writer: Handle,
}

/// How many frames there were before a place in the ring, and where it is: both wrap around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    frames: u32,
    units: u32,
}

impl Position {
    #[inline]
    fn of(bits: u64) -> Position {
        Position {
            frames: (bits >> 32) as u32,
            units: bits as u32,
        }
    }

    #[inline]
    fn bits(self) -> u64 {
        u64::from(self.frames) << 32 | u64::from(self.units)
    }

    /// Whether frames lie between `start` and here, or would if both were of now.
    #[inline]
    fn is_ahead_of(self, start: Position) -> bool {
        let units = self.units.wrapping_sub(start.units);
        let frames = self.frames.wrapping_sub(start.frames);
        (1..=RING_UNITS).contains(&units) && (1..=units).contains(&frames)
    }

    /// The place behind a frame that begins here.
    #[inline]
    fn behind(self, units: u32) -> Position {
        Position {
            frames: self.frames.wrapping_add(1),
            units: self.units.wrapping_add(units),
        }
    }
}

impl Ring {
    pub(super) fn create(bound: u32) -> Result<Ring> {
        let segment = Segment::create(SegmentKind::Ring, BODY_BYTES)?;
        let made = |error| Error::system("make a queue", error);
        let (handle_reader, handle_writer) = pipe::duplex().map_err(made)?;
        segment.atomic_u32(BOUND_AT).store(bound, SeqCst);
        Ok(Ring {
            segment,
            handle_reader,
            handle_writer,
        })
    }

    /// Values that were put and not taken, those that are not in the ring yet among them.
    pub(super) fn len(&self) -> u32 {
        // Taken before put, so that a value that goes by meanwhile counts rather than less than 0.
        let start = self.start();
        let in_ring = self.end().frames.wrapping_sub(start.frames);
        in_ring.saturating_add(self.pending().load(Acquire))
    }

    #[inline]
    pub(super) fn bound(&self) -> u32 {
        self.segment.atomic_u32(BOUND_AT).load(Relaxed)
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= self.bound()
    }

    /// Whether nothing can be taken.
    pub(super) fn is_drained(&self) -> bool {
        self.start() == self.end()
    }

    /// Says that a value is dealt with; false when all are.
    pub(super) fn task_done(&self) -> bool {
        let done = self.segment.atomic_u32(DONE_AT);
        let mut seen = done.load(SeqCst);
        loop {
            if self.unfinished(seen) == 0 {
                return false;
            }
            match done.compare_exchange(seen, seen.wrapping_add(1), SeqCst, SeqCst) {
                Ok(_) => break,
                Err(other) => seen = other,
            }
        }
        if self.unfinished(seen.wrapping_add(1)) == 0 {
            self.all_done().ring_all();
        }
        true
    }

    /// Waits until every value that was put is dealt with; false when the time was over first.
    pub(super) fn await_all_done(&self, timeout: Option<Duration>) -> Result<bool> {
        let done = self.segment.atomic_u32(DONE_AT);
        let is_over = || self.unfinished(done.load(SeqCst)) == 0;
        self.all_done().wait(timeout, is_over, || self.mend())
    }

    /// Values that were put and are not dealt with; every value counts, so a position says how
    /// many were put.
    fn unfinished(&self, done: u32) -> u32 {
        let pending = self.pending().load(SeqCst);
        let put = self.end().frames.wrapping_add(pending);
        let unfinished = put.wrapping_sub(done);
        // Pending first: a value that goes into the ring meanwhile counts twice rather than never.
        // Fewer than none there are where a value was dealt with and its putter died with it.
        if unfinished > u32::MAX / 2 {
            0
        } else {
            unfinished
        }
    }

    #[inline]
    fn start(&self) -> Position {
        // In the one order: see `advance`.
        Position::of(self.segment.atomic_u64(START_AT).load(SeqCst))
    }

    /// Takes the frame that begins at `start` and ends at `next`; false when another took it.
    ///
    /// What was copied out before was whole if this succeeds: nobody writes there before. It is in
    /// the one order of all, as are the looks at the start of those who wait for room, so who
    /// looks for waiters after this needs no fence.
    #[inline]
    fn advance(&self, start: Position, next: Position) -> bool {
        let word = self.segment.atomic_u64(START_AT);
        word.compare_exchange(start.bits(), next.bits(), SeqCst, Relaxed)
            .is_ok()
    }

    #[inline]
    fn end(&self) -> Position {
        Position::of(self.segment.atomic_u64(END_AT).load(Acquire))
    }

    #[inline]
    fn set_end(&self, position: Position) {
        let bits = position.bits();
        self.segment.atomic_u64(END_AT).store(bits, Release);
    }

    /// Where a taker saw the end. So the line that the end lies in
    /// goes from one processor to another only when everything that was seen is taken.
    #[inline]
    fn seen_end(&self) -> &AtomicU64 {
        self.segment.atomic_u64(SEEN_END_AT)
    }

    /// Where the putters last saw the start; guarded by their lock.
    #[inline]
    fn seen_start(&self) -> &AtomicU64 {
        self.segment.atomic_u64(SEEN_START_AT)
    }

    /// Values that were put and are not in the ring yet; guarded by the putters' lock.
    fn pending(&self) -> &AtomicU32 {
        self.segment.atomic_u32(PENDING_AT)
    }

    /// Rung when there is a value to take.
    #[inline]
    fn filled(&self) -> Bell<'_> {
        Bell::new(&self.segment, FILLED_AT, self.writer())
    }

    /// Rung when there is room in the ring again.
    #[inline]
    fn room(&self) -> Bell<'_> {
        Bell::new(&self.segment, ROOM_AT, self.writer())
    }

    /// Rung when a value was taken, for those whom the bound stops.
    #[inline]
    fn free(&self) -> Bell<'_> {
        Bell::new(&self.segment, FREE_AT, self.writer())
    }

    fn all_done(&self) -> Bell<'_> {
        Bell::new(&self.segment, ALL_DONE_AT, self.writer())
    }

    /// Held by whoever waits for room in the ring; while it is, nobody else takes room.
    #[inline]
    fn feeder(&self) -> Word<'_> {
        self.segment.word(FEEDER_AT)
    }

    /// The lock of those who take a frame with handles.
    #[inline]
    fn reader(&self) -> Word<'_> {
        self.segment.word(READER_AT)
    }

    /// The putters' lock.
    #[inline]
    fn writer(&self) -> Word<'_> {
        self.segment.word(WRITER_AT)
    }

    /// Holds the lock of those who take handles; none when the time was long over first.
    #[inline]
    fn hold_reader(&self, timeout: Option<Duration>) -> Result<Option<Held<'_>>> {
        Held::take(self.reader(), at_least(timeout))
    }

    /// Holds the putters' lock; none when the time was long over first.
    fn hold_writer(&self, timeout: Option<Duration>) -> Result<Option<Held<'_>>> {
        let found = self.writer().take(at_least(timeout))?;
        Ok(self.held_writer(found))
    }

    /// Holds the putters' lock where nobody does.
    #[inline]
    fn hold_free_writer(&self) -> Result<Option<Held<'_>>> {
        Ok(self.held_writer(self.writer().take_free()?))
    }

    #[inline]
    fn held_writer(&self, found: Option<Found>) -> Option<Held<'_>> {
        let held = Held::found(self.writer(), found)?;
        if found == Some(Found::Abandoned) {
            self.count_pending();
        }
        Some(held)
    }

    /// Appends bytes of the ring, from a unit on and so many bytes behind it, which are whole units.
    #[inline]
    fn copy_out(&self, units: u32, behind: usize, count: usize, bytes: &mut Vec<u8>) {
        let (at, row) = self.place(units, behind);
        if row < count {
            return self.copy_out_round(at, row, count, bytes);
        }
        let at = self.segment.at(BYTES_AT + at);
        self.segment.memory().append_words(bytes, at, count);
    }

    /// As [`Ring::copy_out`], where what is there goes on at the beginning of the ring.
    #[cold]
    fn copy_out_round(&self, at: usize, row: usize, count: usize, bytes: &mut Vec<u8>) {
        let memory = self.segment.memory();
        memory.append_words(bytes, self.segment.at(BYTES_AT + at), row);
        memory.append_words(bytes, self.segment.at(BYTES_AT), count - row);
    }

    /// The eight bytes from a unit on and so many units behind it, which never lie apart.
    #[inline]
    fn word_at(&self, units: u32, behind: u32) -> [u8; UNIT] {
        let (at, _) = self.place(units.wrapping_add(behind), 0);
        let word = self.segment.atomic_u64(BYTES_AT + at);
        word.load(Relaxed).to_ne_bytes()
    }

    /// Copies bytes into the ring, from a unit on and so many bytes behind it, which are whole units.
    #[inline]
    fn copy_in(&self, units: u32, behind: usize, bytes: &[u8]) {
        let (at, row) = self.place(units, behind);
        match bytes.split_at_checked(row) {
            None => self.put_words(at, bytes),
            Some(parts) => self.copy_in_round(at, parts),
        }
    }

    /// As [`Ring::copy_in`], where it goes on at the beginning of the ring.
    #[cold]
    fn copy_in_round(&self, at: usize, (first, rest): (&[u8], &[u8])) {
        self.put_words(at, first);
        self.put_words(0, rest);
    }

    #[inline(always)]
    fn put_words(&self, at: usize, bytes: &[u8]) {
        let at = self.segment.at(BYTES_AT + at);
        self.segment.memory().put_words(at, bytes);
    }

    /// The offset of a byte, and how many lie in a row from there.
    #[inline]
    fn place(&self, units: u32, behind: usize) -> (usize, usize) {
        let at = ((units % RING_UNITS) as usize * UNIT + behind) % RING_BYTES;
        (at, RING_BYTES - at)
    }
}

/// Holds a lock of a ring until dropped.
#[derive(Debug)]
struct Held<'r> {
    word: Word<'r>,
}

impl<'r> Held<'r> {
    #[inline]
    fn take(word: Word<'r>, timeout: Option<Duration>) -> Result<Option<Held<'r>>> {
        Ok(Held::found(word, word.take(timeout)?))
    }

    #[inline]
    fn found(word: Word<'r>, found: Option<Found>) -> Option<Held<'r>> {
        if found? == Found::Abandoned {
            // The dead leave nothing half done but counts, which whoever has the lock makes anew.
            word.reset();
        }
        Some(Held { word })
    }
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        self.word.release();
    }
}
