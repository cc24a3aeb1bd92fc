//! ^C and SIGTERM end the runs that are under way; a second one ends this program at once.
//!
//! Even that leaves nothing: a run's keeper ends its tree when this program is gone.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

/// The exit code of an interrupted program, as a shell reports it.
pub(crate) const EXIT: i32 = 130;

static STOPPED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Begins to listen; gives what becomes true when runs are to end.
pub(crate) fn listen() -> &'static AtomicBool {
    STOPPED.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in signal_hook::consts::TERM_SIGNALS {
            // Where it cannot be caught, it ends this program at once, and the keepers do the rest.
            let second = Arc::clone(&flag);
            let _ = signal_hook::flag::register_conditional_shutdown(*signal, EXIT, second);
            let _ = signal_hook::flag::register(*signal, Arc::clone(&flag));
        }
        flag
    })
}
