//! ^C and SIGTERM end the runs that are under way; a second one ends this program at once.
//!
//! Even that leaves nothing: a run's keeper ends its tree when this program is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of an interrupted program, as a shell reports it.
pub(crate) const EXIT: i32 = 130;

static STOPPED: AtomicBool = AtomicBool::new(false);

/// Begins to listen; gives what becomes true when runs are to end.
pub(crate) fn listen() -> &'static AtomicBool {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // Where it cannot be caught, it ends this program at once, and the keepers do the rest.
        let _ = signal_hook::flag::register_conditional_shutdown(signal, EXIT, Arc::clone(&flag));
        let _ = signal_hook::flag::register(signal, Arc::clone(&flag));
    }
    std::thread::spawn(move || {
        while !flag.load(Ordering::Relaxed) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        STOPPED.store(true, Ordering::Relaxed);
    });
    &STOPPED
}
