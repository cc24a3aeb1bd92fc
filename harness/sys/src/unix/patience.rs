//! Calls that are made again: where a signal came in between, and where the kernel has no memory for
//! them, for a moment. Who was in the midst of something has then not left it half done.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::io::Errno;

/// How long the kernel may have no memory for a call before that is an error.
const SHORTAGE_MAX: Duration = Duration::from_secs(1);

/// How long to wait between two tries.
pub(super) const PAUSE: Duration = Duration::from_millis(1);

/// Makes a call until it says something else than that it was interrupted, or that there is no
/// memory for it now.
pub(super) fn steadily<T>(
    mut call: impl FnMut() -> rustix::io::Result<T>,
) -> rustix::io::Result<T> {
    let mut shortage = Shortage::default();
    loop {
        match call() {
            Err(Errno::INTR) => {}
            Err(error) if shortage.may_pass(error) => {}
            outcome => return outcome,
        }
    }
}

/// Since when the kernel has had no memory.
#[derive(Default)]
pub(super) struct Shortage {
    since: Option<Instant>,
}

impl Shortage {
    /// Whether a call that has failed so is to be made again; waits a little before that.
    pub(super) fn may_pass(&mut self, error: Errno) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        let may_pass =
            matches!(error, Errno::NOMEM | Errno::NOBUFS) && since.elapsed() < SHORTAGE_MAX;
        if may_pass {
            sleep(PAUSE);
        }
        may_pass
    }
}
