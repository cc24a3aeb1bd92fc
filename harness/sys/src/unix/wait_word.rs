//! A word in shared memory on which processes sleep until another wakes them.
//! Why one sleeps, and what the word means, is for the locks to say.

use std::time::{Duration, Instant};

use crate::atomic::{AtomicU32, bare};

#[cfg_attr(
    any(target_os = "linux", target_os = "android"),
    path = "wait_word/futex.rs"
)]
#[cfg_attr(target_os = "macos", path = "wait_word/apple.rs")]
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android", target_os = "macos")),
    path = "wait_word/polling.rs"
)]
mod kernel;

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
}

impl<'m> WaitWord<'m> {
    pub(super) fn new(word: &'m AtomicU32) -> WaitWord<'m> {
        WaitWord { word }
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
        let Some(deadline) = deadline else {
            return kernel::wait(bare(self.word), expected, None);
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left == Duration::ZERO {
            return WaitResult::TimedOut;
        }
        kernel::wait(bare(self.word), expected, Some(left))
    }

    /// Wakes at most `count` sleepers.
    pub fn wake(&self, count: u32) {
        kernel::wake(bare(self.word), count);
    }

    /// Wakes every sleeper.
    pub fn wake_all(&self) {
        self.wake(i32::MAX as u32);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::time::{Duration, Instant};

    use super::WaitResult;
    use crate::memory::SharedMemory;

    #[test]
    fn a_wait_ends_at_its_deadline() {
        let memory = SharedMemory::anonymous(8).unwrap();
        let start = Instant::now();
        let deadline = start + Duration::from_millis(10);
        while memory.wait_word(0).wait(0, Some(deadline)) != WaitResult::TimedOut {}
        assert!(start.elapsed() >= Duration::from_millis(10));
    }

    #[test]
    fn a_changed_word_is_not_waited_for() {
        let memory = SharedMemory::anonymous(8).unwrap();
        assert_eq!(memory.wait_word(0).wait(1, None), WaitResult::Woken);
    }

    #[test]
    fn a_wake_through_another_mapping_ends_the_wait() {
        let memory = SharedMemory::anonymous(8).unwrap();
        let handles = memory.handles().map(|handle| handle.duplicate().unwrap());
        let other = Arc::new(SharedMemory::from_handles(handles.into()).unwrap());
        let waker = std::thread::spawn({
            let other = Arc::clone(&other);
            move || {
                other.atomic_u32(0).store(1, Ordering::SeqCst);
                other.wait_word(0).wake_all();
            }
        });
        let deadline = Instant::now() + Duration::from_secs(10);
        while memory.atomic_u32(0).load(Ordering::SeqCst) == 0 {
            assert_eq!(
                memory.wait_word(0).wait(0, Some(deadline)),
                WaitResult::Woken
            );
        }
        waker.join().unwrap();
    }
}
