//! The process table.
//!
//! It says what is there; whose it is and whether it may be there is the caller's business.

use std::io;
use std::time::Duration;

use windows_sys::Win32::Foundation::UNICODE_STRING;
use windows_sys::Win32::System::WindowsProgramming::{
    SYSTEM_PROCESS_INFORMATION, SYSTEM_THREAD_INFORMATION,
};

use super::super::query;
use crate::listed::Process;

/// The live processes with these numbers.
pub(super) fn of(pids: &[u32]) -> io::Result<Vec<Process>> {
    if pids.is_empty() {
        return Ok(Vec::new());
    }
    let list = List {
        words: query::system(PROCESS_INFORMATION)?,
    };
    let mut found = Vec::new();
    let mut offset = 0;
    while let Some(entry) = list.at::<SYSTEM_PROCESS_INFORMATION>(offset) {
        let pid = entry.UniqueProcessId as usize as u32;
        if pids.contains(&pid) {
            let threads = offset + size_of::<SYSTEM_PROCESS_INFORMATION>();
            found.push(Process {
                pid,
                parent: entry.Reserved2 as usize as u32,
                command: list.name(&entry.ImageName),
                runnable: list.may_run(threads, entry.NumberOfThreads as usize),
                busy: busy(&entry),
            });
        }
        match entry.NextEntryOffset as usize {
            0 => break,
            next => offset += next,
        }
    }
    Ok(found)
}

/// The class of the list of all processes with their threads.
const PROCESS_INFORMATION: i32 = 5;

/// A process's entry, its threads', and the next process's, as the system has written them.
struct List {
    words: Vec<usize>,
}

impl List {
    fn bytes(&self) -> usize {
        size_of_val(self.words.as_slice())
    }

    /// An entry that lies wholly in the list.
    fn at<T: Entry>(&self, offset: usize) -> Option<T> {
        let is_inside = offset.checked_add(size_of::<T>())? <= self.bytes();
        // SAFETY: the place lies in the list.
        let place = is_inside.then(|| unsafe { self.words.as_ptr().byte_add(offset) })?;
        // SAFETY: as above, and any bytes are an entry.
        Some(unsafe { place.cast::<T>().read_unaligned() })
    }

    /// A name; an empty one unless it lies in the list.
    fn name(&self, name: &UNICODE_STRING) -> String {
        let start = (name.Buffer as usize).wrapping_sub(self.words.as_ptr() as usize);
        let units = (0..usize::from(name.Length) / 2).map_while(|index| {
            let word = self.words.get((start / 2 + index) / UNITS_OF_WORD)?;
            let bytes = word.to_ne_bytes();
            let at = (start / 2 + index) % UNITS_OF_WORD * 2;
            Some(u16::from_ne_bytes([bytes[at], bytes[at + 1]]))
        });
        String::from_utf16_lossy(&units.collect::<Vec<_>>())
    }

    /// Whether one of the threads whose entries begin at `offset` runs or could. Wine does not tell.
    fn may_run(&self, offset: usize, count: usize) -> bool {
        let size = size_of::<SYSTEM_THREAD_INFORMATION>();
        (0..count)
            .map_while(|index| self.at::<SYSTEM_THREAD_INFORMATION>(offset + index * size))
            .any(|thread| MAY_RUN.contains(&thread.ThreadState))
    }
}

/// How many 16-bit units one word of the list has.
const UNITS_OF_WORD: usize = size_of::<usize>() / 2;

/// What the list has entries of.
///
/// # Safety
/// Any bytes must be a value.
unsafe trait Entry {}

// SAFETY: it has numbers and raw pointers only.
unsafe impl Entry for SYSTEM_PROCESS_INFORMATION {}
// SAFETY: as above.
unsafe impl Entry for SYSTEM_THREAD_INFORMATION {}

/// The states of a thread that runs or is about to: ready, running, standby, deferred.
const MAY_RUN: [u32; 4] = [1, 2, 3, 7];

/// A process's time in its own code and in the system, of which Wine tells in this list only.
fn busy(entry: &SYSTEM_PROCESS_INFORMATION) -> Duration {
    // What is reserved ends with the two, in steps of 100 ns.
    let (times, _) = entry.Reserved1[USER_TIME..].as_chunks::<8>();
    let steps: u64 = times.iter().map(|time| u64::from_ne_bytes(*time)).sum();
    Duration::from_nanos(steps.saturating_mul(100))
}

/// Where a process's times lie in what its entry reserves.
const USER_TIME: usize = 32;
