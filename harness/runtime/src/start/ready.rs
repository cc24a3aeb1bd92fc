//! Whether this process may start processes already.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use poolproof_sys::threads;

use crate::context::StartMethod;
use crate::current::current_process;
use crate::error::{Error, Kind, Result};

static IS_READY: AtomicBool = AtomicBool::new(false);

/// Whether `freeze_support` was called beside threads, where a fresh child will refuse it.
static IS_LATE: AtomicBool = AtomicBool::new(false);

/// What is wrong then, and the way out.
pub(super) const BESIDE_THREADS: &str = "`freeze_support()` was called when other threads ran \
    already: call it first in `main`, or say `in_tests!()` beside tests";

pub(super) fn is_ready() -> bool {
    IS_READY.load(Ordering::Relaxed)
}

/// Says that this process knows whether it is a child.
pub(super) fn be_ready() {
    IS_READY.store(true, Ordering::Relaxed);
}

/// Says that this process is none of ours, and looks whether its children could say as much in time.
pub(super) fn be_ready_if_alone() {
    // Who cannot count them finds out in a child.
    let is_alone = threads::are_at_most(1).unwrap_or(true);
    IS_LATE.store(!is_alone, Ordering::Relaxed);
    be_ready();
}

thread_local! {
    static IS_BOOTSTRAPPING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `main` as a part of this process's start, as Python imports the main module in a child:
/// starting a process in it is an error.
pub fn bootstrapping<T>(main: impl FnOnce() -> T) -> T {
    struct Done(bool);
    impl Drop for Done {
        fn drop(&mut self) {
            IS_BOOTSTRAPPING.set(self.0);
        }
    }
    let _done = Done(IS_BOOTSTRAPPING.replace(true));
    main()
}

/// Whether this process may start others; not before it knows what it is, and not as a daemon.
pub(super) fn may_start(name: &str, method: StartMethod) -> Result<()> {
    let subject = || format!("start the process `{name}`");
    if IS_BOOTSTRAPPING.get() || !is_ready() {
        return Err(Error::new(Kind::Bootstrapping, subject()));
    }
    let is_fresh = matches!(method, StartMethod::Spawn | StartMethod::Forkserver);
    if is_fresh && IS_LATE.load(Ordering::Relaxed) {
        let text = format!("{}: {BESIDE_THREADS}", subject());
        return Err(Error::new(Kind::Usage, text));
    }
    if current_process().daemon() {
        let text = "a daemonic process may not start processes: make this one no daemon";
        return Err(Error::new(Kind::Usage, format!("{}: {text}", subject())));
    }
    Ok(())
}
