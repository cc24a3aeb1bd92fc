//! How long an exploration may go on: until it is interrupted, has had its time, or takes more memory
//! than it may.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::interrupt;

/// How often it is looked whether there is an end to it.
const LOOK: Duration = Duration::from_millis(50);

/// What ends an exploration early.
pub(super) struct Patience {
    over: &'static AtomicBool,
    reason: Arc<OnceLock<String>>,
}

impl Patience {
    /// Begins to look at the time and at the memory of this process.
    pub(super) fn begin(seconds: Option<u64>, bytes: Option<u64>) -> Patience {
        static OVER: AtomicBool = AtomicBool::new(false);
        let patience = Patience {
            over: &OVER,
            reason: Arc::new(OnceLock::new()),
        };
        let interrupted = interrupt::listen();
        let (reason, started) = (Arc::clone(&patience.reason), Instant::now());
        // It ends with this process.
        thread::spawn(move || {
            loop {
                if let Some(found) = found(interrupted, started, seconds, bytes) {
                    let _ = reason.set(found);
                    OVER.store(true, Ordering::Relaxed);
                    return;
                }
                thread::sleep(LOOK);
            }
        });
        patience
    }

    /// What becomes true when there is an end to it.
    pub(super) fn over(&self) -> &'static AtomicBool {
        self.over
    }

    pub(super) fn is_interrupted(&self) -> bool {
        interrupt::listen().load(Ordering::Relaxed)
    }

    /// Why it ended early, to be put behind a sentence.
    pub(super) fn reason(&self) -> String {
        match self.reason.get() {
            Some(reason) => format!(" ({reason})"),
            None => " (the most states were visited: `--max-states`)".to_owned(),
        }
    }
}

fn found(
    interrupted: &AtomicBool,
    started: Instant,
    seconds: Option<u64>,
    bytes: Option<u64>,
) -> Option<String> {
    if interrupted.load(Ordering::Relaxed) {
        return Some("it was interrupted".to_owned());
    }
    if let Some(seconds) = seconds.filter(|most| started.elapsed().as_secs() >= *most) {
        return Some(format!("its {seconds} s were over: `--max-seconds`"));
    }
    let used = || poolproof_sys::tree::memory_use(std::process::id()).and_then(|used| used.private);
    if let Some(most) = bytes
        && used().is_some_and(|used| used >= most)
    {
        return Some("its memory was used up: `--max-memory`".to_owned());
    }
    None
}
