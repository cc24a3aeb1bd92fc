//! Sleeping on systems without a wait on addresses: short sleeps between looks at the word.
//! Deadlines are for the caller.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::WaitResult;

/// A compromise between latency and idle processor time.
const NAP: Duration = Duration::from_millis(1);

pub(super) fn wait(word: &AtomicU32, expected: u32, left: Option<Duration>) -> WaitResult {
    if word.load(Ordering::SeqCst) != expected {
        return WaitResult::Woken;
    }
    std::thread::sleep(left.map_or(NAP, |left| left.min(NAP)));
    match left {
        Some(left) if left <= NAP => WaitResult::TimedOut,
        _ => WaitResult::Woken,
    }
}

pub(super) fn wake(_word: &AtomicU32, _count: u32) {}
