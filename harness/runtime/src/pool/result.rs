//! A result that comes later.

use std::sync::Arc;
use std::time::Duration;

use super::job::Later;
use crate::error::{Error, Kind, Result};

/// What it is the result of, for errors.
const SUBJECT: &str = "a pool's task";

/// A result that comes later.
#[derive(Clone)]
pub struct AsyncResult<R> {
    later: Arc<Later<R>>,
}

impl<R> AsyncResult<R> {
    pub(super) fn new(later: Arc<Later<R>>) -> AsyncResult<R> {
        AsyncResult { later }
    }

    /// Waits for the result, at most so long; the task goes on when that time is over.
    ///
    /// # Errors
    /// `is_timeout` when the time is over; `is_remote` for what the task failed with;
    /// `is_worker_lost` when its worker died or the pool was ended;
    /// `is_serialize` or `is_deserialize` for what could not travel.
    pub fn get(&self, timeout: Option<Duration>) -> Result<R>
    where
        R: Clone,
    {
        self.later.get(timeout, SUBJECT)
    }

    /// As [`get`](AsyncResult::get), for a result that cannot be cloned; another clone of this gets
    /// nothing any more.
    ///
    /// # Errors
    /// As [`get`](AsyncResult::get).
    pub fn into_result(self, timeout: Option<Duration>) -> Result<R> {
        self.later.take(timeout, SUBJECT)
    }

    /// Waits for the result, at most so long; says whether it is there.
    #[must_use]
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        self.later.wait(timeout)
    }

    /// Whether the result, or the error, is there.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.later.is_ready()
    }

    /// Whether the task has ended without an error.
    ///
    /// # Errors
    /// `is_usage` as long as it has not ended.
    pub fn is_successful(&self) -> Result<bool> {
        self.later.is_ok().ok_or_else(|| {
            let text = "ask whether a task succeeded that has not ended: wait for it";
            Error::new(Kind::Usage, text)
        })
    }
}

impl<R> std::fmt::Debug for AsyncResult<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AsyncResult")
            .field("is_ready", &self.is_ready())
            .finish_non_exhaustive()
    }
}
