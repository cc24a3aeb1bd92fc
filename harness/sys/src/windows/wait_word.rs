//! A word in shared memory on which processes sleep until another wakes them.
//! Why one sleeps, and what the word means, is for the locks to say.
//!
//! `WaitOnAddress` works inside one process only, so sleepers wait for a kernel semaphore that
//! belongs to the memory, and a count beside the words says how many do.
//! Words share semaphores, and a sleeper that dies leaves a token: both only wake someone early.

use std::sync::atomic::Ordering;
use std::time::Instant;

use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::System::Threading::{ReleaseSemaphore, WaitForSingleObject};

use super::handle::Handle;
use super::overlapped::milliseconds;
use crate::atomic::AtomicU32;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitResult {
    /// Someone woke us, or the word was not what was expected, or nothing happened at all: look
    /// at the word again.
    Woken,
    /// The deadline has passed.
    TimedOut,
}

/// A 32-bit word in shared memory, with the sleepers of all processes.
#[derive(Clone, Copy, Debug)]
pub struct WaitWord<'m> {
    word: &'m AtomicU32,
    sleepers: &'m AtomicU32,
    semaphore: &'m Handle,
}

impl<'m> WaitWord<'m> {
    pub(super) fn new(
        word: &'m AtomicU32,
        sleepers: &'m AtomicU32,
        semaphore: &'m Handle,
    ) -> WaitWord<'m> {
        WaitWord {
            word,
            sleepers,
            semaphore,
        }
    }

    /// The word itself.
    pub fn atomic(&self) -> &'m AtomicU32 {
        self.word
    }

    /// Sleeps while the word is `expected`, at most until the deadline.
    ///
    /// May return early at any time: callers look at the word again.
    /// A waker that dies wakes nobody, so callers cap each sleep.
    pub fn wait(&self, expected: u32, deadline: Option<Instant>) -> WaitResult {
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return WaitResult::TimedOut;
        }
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        // A waker changes the word first and counts the sleepers then, so one of both sees the
        // other.
        let woken = self.word.load(Ordering::SeqCst) != expected || self.sleep(deadline);
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
        if woken {
            WaitResult::Woken
        } else {
            WaitResult::TimedOut
        }
    }

    fn sleep(&self, deadline: Option<Instant>) -> bool {
        let time = milliseconds(deadline);
        // SAFETY: the semaphore is open as long as its memory.
        let waited = call!(unsafe { WaitForSingleObject(self.semaphore.raw(), time) });
        waited == WAIT_OBJECT_0
    }

    /// Wakes at least `count` sleepers, if there are so many: who they are cannot be chosen, so all
    /// are woken.
    pub fn wake(&self, count: u32) {
        let sleepers = self.sleepers.load(Ordering::SeqCst);
        if count == 0 || sleepers == 0 {
            return;
        }
        let tokens = i32::try_from(sleepers).unwrap_or(i32::MAX);
        // A semaphore that is full has a token for everyone already.
        // SAFETY: the semaphore is open as long as its memory; the old count is not asked for.
        call!(unsafe { ReleaseSemaphore(self.semaphore.raw(), tokens, std::ptr::null_mut()) });
    }

    /// Wakes every sleeper.
    pub fn wake_all(&self) {
        self.wake(u32::MAX);
    }
}
