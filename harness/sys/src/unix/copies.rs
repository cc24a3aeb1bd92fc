//! Copies of this process: how many there were on the way to it, and which of them the program made
//! by itself. The handles that those are not to have are in `withheld`.
//!
//! The program, or a library that it uses, may call `fork` without a word to us. Such a copy has
//! this process's memory and handles and none of its threads. What follows from that is left to
//! others; here is only what has to be done at the very start of the copy.

use std::cell::Cell;
use std::sync::Once;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

pub use super::withheld::{Withheld, withhold};

/// What each copy changes at once lies together: it is one page that it gets for itself.
struct Count {
    epoch: AtomicU32,
    foreign: AtomicU32,
    pid: AtomicU32,
}

static COUNT: Count = Count {
    epoch: AtomicU32::new(0),
    foreign: AtomicU32::new(0),
    pid: AtomicU32::new(0),
};

thread_local! {
    /// Whether the copy that this thread makes is one of ours.
    static IS_OURS: Cell<bool> = const { Cell::new(false) };
}

/// A number that is never zero and differs between a process and its copies, read without a system
/// call.
#[inline]
pub fn epoch() -> u32 {
    match COUNT.epoch.load(Relaxed) {
        0 => first_epoch(),
        epoch => epoch,
    }
}

/// How many copies that the program made by itself there were on the way to this process; zero
/// where it has never done so.
#[inline]
pub fn foreign() -> u32 {
    COUNT.foreign.load(Relaxed)
}

/// Looks whether this is a copy that nobody was told of (by `_Fork` or a bare `clone`, which call no
/// handlers), where there is time for a system call; gives the [`epoch`].
pub fn notice() -> u32 {
    let epoch = epoch();
    if COUNT.pid.load(Relaxed) == std::process::id() {
        return epoch;
    }
    in_copy();
    COUNT.epoch.load(Relaxed)
}

#[cold]
fn first_epoch() -> u32 {
    static REGISTER: Once = Once::new();
    REGISTER.call_once(|| {
        COUNT.pid.store(std::process::id(), Relaxed);
        // SAFETY: the handler is a plain function that is safe to be called in a copy, as it says.
        let registered = unsafe { libc::pthread_atfork(None, None, Some(in_copy)) };
        assert_eq!(registered, 0, "no memory to register a fork handler");
        COUNT.epoch.store(1, Relaxed);
    });
    COUNT.epoch.load(Relaxed)
}

/// Has `copy`, which copies this process, make a copy of ours.
pub(super) fn ours<T>(copy: impl FnOnce() -> T) -> T {
    IS_OURS.set(true);
    let made = copy();
    IS_OURS.set(false);
    made
}

/// In a copy, before any other code: other threads may have held anything at this moment, so it
/// takes no lock, and makes only calls that are allowed even in a signal handler.
extern "C" fn in_copy() {
    COUNT.pid.store(std::process::id(), Relaxed);
    COUNT.epoch.fetch_add(1, Relaxed);
    if !IS_OURS.get() {
        COUNT.foreign.fetch_add(1, Relaxed);
        super::withheld::take_away();
    }
}

#[cfg(test)]
mod tests {
    use super::{epoch, foreign, notice};

    #[test]
    fn a_process_that_nobody_has_copied_stays_what_it_is() {
        let before = epoch();
        assert_ne!(before, 0);
        assert_eq!((notice(), foreign()), (before, 0));
    }
}
