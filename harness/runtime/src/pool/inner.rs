//! What the clones of a pool share, and how it ends with the last of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use poolproof_sys::copies::notice;

use super::office::{Door, Office, is_pool_thread};
use crate::context::{Context, StartMethod};
use crate::current::tell;
use crate::exit_work;

/// How long workers have to end when they are asked to, and again when they are made to.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// What the clones of a pool share.
pub(super) struct Inner {
    pub(super) office: Arc<Office>,
    pub(super) context: Context,
    pub(super) workers: usize,
    pub(super) at_exit: u64,
    pub(super) drop_timeout: Duration,
}

/// After this time it is said that a pool which is left waits for its tasks.
const LONG_WAIT: Duration = Duration::from_secs(5);

impl Inner {
    pub(super) fn terminate(&self) {
        notice();
        if self.office.is_ours() {
            end(&self.office, self.context.start_method());
        }
    }
}

/// Ends a pool's workers and waits until they have ended, as long as they can be made to.
pub(super) fn end(office: &Office, method: StartMethod) {
    office.end(Door::Terminated);
    if office.has_ended() || method == StartMethod::Threads {
        return;
    }
    let processes = office.crew.processes();
    for process in &processes {
        // It fails for one that has ended.
        let _ = process.terminate();
    }
    if is_pool_thread() || office.wait_over(Some(PATIENCE)) {
        return;
    }
    for process in office.crew.processes() {
        let _ = process.kill();
    }
    office.wait_over(Some(PATIENCE));
}

/// Takes no more tasks and waits until all are done; ends the workers when none was for so long.
pub(super) fn wind_up(office: &Office, method: StartMethod, patience: Duration) {
    office.shut_down(false, false);
    if !office.is_ours() || is_pool_thread() {
        return;
    }
    let (mut ended, mut since, mut is_said) = (office.ended(), Instant::now(), false);
    loop {
        let long = if is_said {
            patience
        } else {
            LONG_WAIT.min(patience)
        };
        let left = long.saturating_sub(since.elapsed());
        if office.wait_over(Some(left.min(LONG_WAIT))) {
            return;
        }
        let now = office.ended();
        if now != ended {
            (ended, since) = (now, Instant::now());
        } else if since.elapsed() >= patience {
            break;
        } else if since.elapsed() >= LONG_WAIT && !is_said {
            is_said = true;
            tell(&format_args!(
                "waits for the tasks of an executor that was left, and ends them where none is done \
                 for {patience:?}: `shut_down` waits for all, `terminate` for none"
            ));
        }
    }
    tell(&format_args!(
        "ends the tasks of an executor that was left, of which none was done for {patience:?}: call \
         `shut_down` to wait for all, or give it a longer `drop_timeout`"
    ));
    end(office, method);
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.terminate();
        exit_work::forget(self.at_exit);
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}
