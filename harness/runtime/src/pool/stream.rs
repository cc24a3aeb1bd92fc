//! What a worker sends back: a stream of bytes in shared memory with one writer and one reader.
//!
//! A record counts only when the writer has moved the end behind all of it, so that a worker killed
//! in the middle leaves whole records and a beginning that nobody reads.
//! A record larger than the stream is written piece by piece as the reader makes room.
//! Who is woken when is left to [`super::board`].

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::fence;

use poolproof_sys::memory::SharedMemory;

use super::buffer::keep_small;
use super::words::put;

/// Bytes before the data: the writer's end and the reader's start, on lines of their own.
pub(super) const HEADER: usize = 128;

const END: usize = 0;
const START: usize = 64;
const ROOM: usize = 72;
const WRITER_SLEEPS: usize = 76;
const RECORD_HEAD: usize = 16;

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The bytes are its encoded result.
    Returned,
    /// The bytes are an encoded failure.
    Failed,
    /// Its encoded result lies where its arguments did; the bytes say how long it is.
    ReturnedInRoom,
    /// The bytes are a result or a failure for each item.
    ReturnedParts,
}

impl Ending {
    const BITS: u32 = 2;

    fn from_bits(bits: u64) -> Ending {
        match bits & 3 {
            0 => Ending::Returned,
            1 => Ending::Failed,
            2 => Ending::ReturnedInRoom,
            _ => Ending::ReturnedParts,
        }
    }
}

/// A record as the reader gets it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'b> {
    pub(super) id: u64,
    pub(super) ending: Ending,
    pub(super) bytes: &'b [u8],
}

/// A stream at `at` of `capacity` bytes, a power of two.
#[derive(Clone, Copy)]
pub(super) struct Stream<'m> {
    memory: &'m SharedMemory,
    at: usize,
    capacity: u64,
}

impl<'m> Stream<'m> {
    /// The stream at `at`; zeroed memory is an empty stream.
    pub(super) fn new(memory: &'m SharedMemory, at: usize, capacity: usize) -> Stream<'m> {
        debug_assert!(capacity.is_power_of_two());
        Stream {
            memory,
            at,
            capacity: capacity as u64,
        }
    }

    /// Writes a record; `half_full` is called when the reader must be woken to make room.
    pub(super) fn write(&self, id: u64, ending: Ending, bytes: &[u8], ring: &dyn Fn()) {
        let length = (bytes.len() as u64) << Ending::BITS | ending as u64;
        let mut end = self.end().load(Relaxed);
        let whole = (RECORD_HEAD + bytes.len()).next_multiple_of(8) as u64;
        if whole <= self.room(end) {
            self.put_record(end, whole, [id, length], bytes);
            self.finish(end + whole);
            return;
        }
        let mut head = [0; RECORD_HEAD];
        head[..8].copy_from_slice(&id.to_le_bytes());
        head[8..].copy_from_slice(&length.to_le_bytes());
        for mut rest in [&head[..], bytes] {
            // A head comes whole, and else whole words, so that each published end is aligned.
            let wanted = match rest.len() {
                RECORD_HEAD => RECORD_HEAD,
                _ => 8,
            };
            while !rest.is_empty() {
                let room = self.wait_for_room(end, wanted as u64, ring) & !7;
                let (piece, after) = rest.split_at(rest.len().min(room as usize));
                self.put(end, piece);
                rest = after;
                end += piece.len() as u64;
                if !rest.is_empty() {
                    debug_assert!(end.is_multiple_of(8));
                    self.end().store(end, Release);
                }
            }
        }
        self.finish(end.next_multiple_of(8));
    }

    /// Makes a record count. Who wakes the reader looks at whether it sleeps after this exchange,
    /// and needs no fence.
    fn finish(&self, end: u64) {
        self.end().swap(end, SeqCst);
    }

    /// Bytes that are written and not yet read.
    pub(super) fn unread(&self) -> u64 {
        let start = self.start().load(Acquire);
        self.end().load(Acquire).saturating_sub(start)
    }

    /// Whether so much is unread that the reader should come.
    pub(super) fn is_half_full(&self) -> bool {
        self.unread() >= self.capacity / 2
    }

    /// Makes the stream empty, for the worker that follows a dead one.
    pub(super) fn reset(&self) {
        self.end().store(0, Relaxed);
        self.start().store(0, Relaxed);
        self.memory
            .atomic_u32(self.at + WRITER_SLEEPS)
            .store(0, Release);
    }

    fn wait_for_room(&self, end: u64, wanted: u64, ring: &dyn Fn()) -> u64 {
        loop {
            let room = self.room(end);
            if room >= wanted {
                return room;
            }
            let word = self.memory.wait_word(self.at + ROOM);
            let seen = word.atomic().load(Acquire);
            let sleeps = self.memory.atomic_u32(self.at + WRITER_SLEEPS);
            sleeps.store(1, Relaxed);
            fence(SeqCst);
            ring();
            if self.room(end) < wanted {
                word.wait(seen, None);
            }
            sleeps.store(0, Relaxed);
        }
    }

    fn room(&self, end: u64) -> u64 {
        self.capacity - (end - self.start().load(Acquire))
    }

    fn put(&self, end: u64, bytes: &[u8]) {
        let offset = end & (self.capacity - 1);
        let before_wrap = bytes.len().min((self.capacity - offset) as usize);
        let (first, second) = bytes.split_at(before_wrap);
        let data = self.at + HEADER;
        self.memory.copy_in(data + offset as usize, first);
        if !second.is_empty() {
            self.memory.copy_in(data, second);
        }
    }

    #[inline]
    fn put_record(&self, end: u64, whole: u64, head: [u64; 2], bytes: &[u8]) {
        let offset = end & (self.capacity - 1);
        if offset + whole <= self.capacity {
            let at = self.at + HEADER + offset as usize;
            let words = self.memory.words(at, whole as usize);
            for (place, word) in words.iter().zip(head) {
                place.store(word.to_le(), Relaxed);
            }
            put(&words[head.len()..], bytes);
        } else {
            let [id, length] = head.map(u64::to_le_bytes);
            self.put(end, &id);
            self.put(end + 8, &length);
            self.put(end + RECORD_HEAD as u64, bytes);
        }
    }

    fn take(&self, start: u64, bytes: &mut [u8]) {
        let offset = start & (self.capacity - 1);
        let before_wrap = bytes.len().min((self.capacity - offset) as usize);
        let (first, second) = bytes.split_at_mut(before_wrap);
        let data = self.at + HEADER;
        self.memory.copy_out(data + offset as usize, first);
        self.memory.copy_out(data, second);
    }

    fn end(&self) -> &'m poolproof_sys::atomic::AtomicU64 {
        self.memory.atomic_u64(self.at + END)
    }

    fn start(&self) -> &'m poolproof_sys::atomic::AtomicU64 {
        self.memory.atomic_u64(self.at + START)
    }
}

/// The reader's side: what is copied out and not yet given.
#[derive(Debug, Default)]
pub(super) struct Reader {
    start: u64,
    bytes: Vec<u8>,
}

impl Reader {
    /// Gives all whole records to `each`, as many at a time as there are, and makes their room free;
    /// says how many it took.
    pub(super) fn drain(
        &mut self,
        stream: Stream<'_>,
        mut each: impl FnMut(&mut Records<'_>),
    ) -> usize {
        let mut count = 0;
        loop {
            let end = stream.end().load(Acquire);
            if end == self.start {
                return count;
            }
            let have = self.bytes.len();
            // Memory grows with what has really come, never with what a head claims.
            self.bytes.resize(have + (end - self.start) as usize, 0);
            stream.take(self.start, &mut self.bytes[have..]);
            self.start = end;
            stream.start().store(end, Release);
            fence(SeqCst);
            let sleeps = stream.memory.atomic_u32(stream.at + WRITER_SLEEPS);
            if sleeps.load(Relaxed) != 0 {
                let word = stream.memory.wait_word(stream.at + ROOM);
                word.atomic().fetch_add(1, SeqCst);
                word.wake(1);
            }
            let mut records = Records {
                bytes: &self.bytes,
                count: 0,
            };
            each(&mut records);
            count += records.count;
            let given = self.bytes.len() - records.bytes.len();
            self.bytes.drain(..given);
            // The beginning of a record may be in it.
            if self.bytes.is_empty() {
                keep_small(&mut self.bytes);
            }
        }
    }
}

/// The whole records that some bytes begin with.
pub(super) struct Records<'b> {
    bytes: &'b [u8],
    /// Those that were taken.
    count: usize,
}

impl<'b> Iterator for Records<'b> {
    type Item = Record<'b>;

    #[inline]
    fn next(&mut self) -> Option<Record<'b>> {
        let (id, rest) = self.bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = u64::from_le_bytes(*length);
        let ending = Ending::from_bits(length);
        let length = usize::try_from(length >> Ending::BITS).ok()?;
        let whole = length.checked_next_multiple_of(8)?;
        let (record, rest) = rest.split_at_checked(whole)?;
        self.bytes = rest;
        self.count += 1;
        Some(Record {
            id: u64::from_le_bytes(*id),
            ending,
            bytes: &record[..length],
        })
    }
}

#[cfg(test)]
mod tests;
