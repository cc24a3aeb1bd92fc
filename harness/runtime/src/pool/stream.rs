//! What a worker sends back: a stream of bytes in shared memory with one writer and one reader.
//!
//! A record counts only when the writer has moved the end behind all of it, so that a worker killed
//! in the middle leaves whole records and a beginning that nobody reads.
//! A record larger than the stream is written piece by piece as the reader makes room.
//! Who is woken when is left to [`super::board`].

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::fence;

use poolproof_sys::memory::SharedMemory;

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
}

/// A record as the reader gets it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'b> {
    pub(super) id: u64,
    pub(super) ending: Ending,
    pub(super) bytes: &'b [u8],
}

/// A stream at `at` of `capacity` bytes, a multiple of 8.
#[derive(Clone, Copy)]
pub(super) struct Stream<'m> {
    memory: &'m SharedMemory,
    at: usize,
    capacity: u64,
}

impl<'m> Stream<'m> {
    /// The stream at `at`; zeroed memory is an empty stream.
    pub(super) fn new(memory: &'m SharedMemory, at: usize, capacity: usize) -> Stream<'m> {
        Stream {
            memory,
            at,
            capacity: capacity as u64,
        }
    }

    /// Writes a record; `half_full` is called when the reader must be woken to make room.
    pub(super) fn write(&self, id: u64, ending: Ending, bytes: &[u8], ring: &dyn Fn()) {
        let mut head = [0; RECORD_HEAD];
        head[..8].copy_from_slice(&id.to_le_bytes());
        let length = (bytes.len() as u64) << 1 | u64::from(ending == Ending::Failed);
        head[8..].copy_from_slice(&length.to_le_bytes());
        let mut end = self.end().load(Relaxed);
        let whole = (RECORD_HEAD + bytes.len()).next_multiple_of(8) as u64;
        if whole <= self.room(end) {
            self.put(end, &head);
            self.put(end + RECORD_HEAD as u64, bytes);
            self.end().store(end + whole, Release);
            return;
        }
        for mut rest in [&head[..], bytes] {
            while !rest.is_empty() {
                let room = self.wait_for_room(end, ring);
                let (piece, after) = rest.split_at(rest.len().min(room as usize));
                self.put(end, piece);
                rest = after;
                end += piece.len() as u64;
                if !rest.is_empty() {
                    // Only whole words are published, so that the reader stays aligned.
                    debug_assert!(end.is_multiple_of(8));
                    self.end().store(end, Release);
                }
            }
        }
        self.end().store(end.next_multiple_of(8), Release);
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

    fn wait_for_room(&self, end: u64, ring: &dyn Fn()) -> u64 {
        loop {
            // Whole words, so that each published end is aligned.
            let room = self.room(end) & !7;
            if room > 0 {
                return room;
            }
            let word = self.memory.wait_word(self.at + ROOM);
            let seen = word.atomic().load(Acquire);
            let sleeps = self.memory.atomic_u32(self.at + WRITER_SLEEPS);
            sleeps.store(1, Relaxed);
            fence(SeqCst);
            ring();
            if self.room(end) & !7 == 0 {
                word.wait(seen, None);
            }
            sleeps.store(0, Relaxed);
        }
    }

    fn room(&self, end: u64) -> u64 {
        self.capacity - (end - self.start().load(Acquire))
    }

    fn put(&self, end: u64, bytes: &[u8]) {
        let offset = end % self.capacity;
        let before_wrap = bytes.len().min((self.capacity - offset) as usize);
        let (first, second) = bytes.split_at(before_wrap);
        let data = self.at + HEADER;
        self.memory.copy_in(data + offset as usize, first);
        self.memory.copy_in(data, second);
    }

    fn take(&self, start: u64, bytes: &mut [u8]) {
        let offset = start % self.capacity;
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

/// The reader's side: the record that is still arriving.
#[derive(Debug, Default)]
pub(super) struct Reader {
    start: u64,
    bytes: Vec<u8>,
    arriving: Option<Arriving>,
}

#[derive(Debug, Clone, Copy)]
struct Arriving {
    id: u64,
    ending: Ending,
    length: u64,
}

impl Reader {
    /// Gives all whole records to `each` and makes their room free; says how many there were.
    pub(super) fn drain(&mut self, stream: Stream<'_>, mut each: impl FnMut(Record<'_>)) -> usize {
        let mut count = 0;
        loop {
            let end = stream.end().load(Acquire);
            if end == self.start {
                break;
            }
            while self.start < end {
                if self.advance(stream, end) {
                    count += 1;
                    self.deliver(&mut each);
                }
            }
            stream.start().store(self.start, Release);
            fence(SeqCst);
            let sleeps = stream.memory.atomic_u32(stream.at + WRITER_SLEEPS);
            if sleeps.load(Relaxed) != 0 {
                let word = stream.memory.wait_word(stream.at + ROOM);
                word.atomic().fetch_add(1, SeqCst);
                word.wake(1);
            }
        }
        count
    }

    /// Takes what is there of one record; says whether it is whole.
    fn advance(&mut self, stream: Stream<'_>, end: u64) -> bool {
        let Some(arriving) = self.arriving else {
            let mut head = [0; RECORD_HEAD];
            // A head is published in one piece or in words; wait for the rest of it in `bytes`.
            let wanted = RECORD_HEAD - self.bytes.len();
            let there = wanted.min((end - self.start) as usize);
            let have = self.bytes.len();
            stream.take(self.start, &mut head[have..have + there]);
            head[..have].copy_from_slice(&self.bytes);
            self.start += there as u64;
            if have + there < RECORD_HEAD {
                self.bytes.extend_from_slice(&head[have..have + there]);
                return false;
            }
            self.bytes.clear();
            let [id, length] = [0, 8].map(|at| {
                let word = head[at..at + 8].try_into().expect("eight bytes are eight");
                u64::from_le_bytes(word)
            });
            let ending = match length & 1 {
                0 => Ending::Returned,
                _ => Ending::Failed,
            };
            let length = length >> 1;
            self.arriving = Some(Arriving { id, ending, length });
            return length == 0;
        };
        let wanted = (arriving.length - self.bytes.len() as u64).min(end - self.start);
        let have = self.bytes.len();
        // Memory grows with what has really come, never with what a head claims.
        self.bytes.resize(have + wanted as usize, 0);
        stream.take(self.start, &mut self.bytes[have..]);
        self.start += wanted;
        if (self.bytes.len() as u64) < arriving.length {
            return false;
        }
        self.start = self.start.next_multiple_of(8);
        true
    }

    fn deliver(&mut self, each: &mut impl FnMut(Record<'_>)) {
        let Some(Arriving { id, ending, .. }) = self.arriving.take() else {
            return;
        };
        let bytes = &self.bytes;
        each(Record { id, ending, bytes });
        self.bytes.clear();
        // A huge result is not kept for the small ones that follow.
        if self.bytes.capacity() > 1 << 20 {
            self.bytes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests;
