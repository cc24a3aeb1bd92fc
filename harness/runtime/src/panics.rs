//! The panics of tasks, which are their outcomes: where one happened is kept instead of printed.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// What a task panicked with.
pub(crate) struct Panicked {
    pub(crate) payload: Box<dyn Any + Send>,
    /// Where, as words behind "panicked"; empty where nobody knows.
    pub(crate) place: String,
}

thread_local! {
    /// Whether a task runs.
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic of a task happened.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Calls a task's function.
pub(crate) fn caught<R>(function: impl FnOnce() -> R) -> Result<R, Panicked> {
    note_places();
    IS_RUNNING.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(function));
    IS_RUNNING.set(false);
    outcome.map_err(|payload| {
        let place = PLACE.take();
        Panicked { payload, place }
    })
}

/// Has this process, and each copy of it, remember where a task panics; other panics print as before,
/// and so do all where the program is built to abort by them, since nobody else tells of them then.
pub(crate) fn note_places() {
    if cfg!(panic = "abort") {
        return;
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IS_RUNNING.get() {
                return before(info);
            }
            let place = info.location().map(|at| format!(" at {at}"));
            PLACE.set(place.unwrap_or_default());
        }));
    });
}
