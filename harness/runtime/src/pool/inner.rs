//! What the clones of a pool share, and how it ends with the last of them.

use std::sync::Arc;
use std::time::Duration;

use poolproof_sys::copies::notice;

use super::office::{Door, Office, is_pool_thread};
use crate::context::{Context, StartMethod};
use crate::exit_work;

/// How long workers have to end when they are asked to, and again when they are made to.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// What the clones of a pool share.
pub(super) struct Inner {
    pub(super) office: Arc<Office>,
    pub(super) context: Context,
    pub(super) workers: usize,
    pub(super) at_exit: u64,
}

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
