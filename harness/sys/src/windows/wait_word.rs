//! A word in shared memory on which processes sleep until another wakes them.
//! Why one sleeps, and what the word means, is for the locks to say.
//!
//! `WaitOnAddress` works inside one process only, so sleepers wait for a kernel semaphore that
//! belongs to the memory, and a count beside the words says how many do.
//! Words share semaphores, and a sleeper that dies leaves a token: both wake someone early.
//! Who is woken early and sleeps again at once may take the token of another who has counted itself
//! and is not asleep yet, so nobody sleeps longer than [`NAP_MAX`] without a look at its word.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::System::Threading::{ReleaseSemaphore, WaitForSingleObject};

use super::handle::Handle;
use super::overlapped::milliseconds;
use crate::atomic::AtomicU32;

/// How long a sleeper may miss that it was woken.
const NAP_MAX: Duration = Duration::from_millis(20);

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
        let woken = self.sleep(expected, deadline);
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
        if woken {
            WaitResult::Woken
        } else {
            WaitResult::TimedOut
        }
    }

    /// Sleeps until a token is there or the word is another; false when the time was over first.
    fn sleep(&self, expected: u32, deadline: Option<Instant>) -> bool {
        loop {
            if self.word.load(Ordering::SeqCst) != expected {
                return true;
            }
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return false;
            }
            let nap = now + NAP_MAX;
            let time = milliseconds(Some(deadline.map_or(nap, |deadline| deadline.min(nap))));
            // SAFETY: the semaphore is open as long as its memory.
            let waited = call!(unsafe { WaitForSingleObject(self.semaphore.raw(), time) });
            if waited == WAIT_OBJECT_0 {
                return true;
            }
        }
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
