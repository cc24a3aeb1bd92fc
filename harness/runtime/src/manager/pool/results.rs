//! The results of a managed pool's tasks, one by one as they come.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::super::coding::{decoded, encoded};
use super::super::protocol::Reply;
use super::super::proxy::managed;
use super::super::table::Object;
use super::super::waiting::{Caller, LOOK};
use crate::deadline;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;
use crate::pool::ResultIterator;
use crate::transfer::Message;

#[derive(Serialize, Deserialize)]
enum Call {
    Next(Option<Duration>),
}

/// What a pool gives one by one, to whoever asks next.
pub(super) struct PoolResults {
    results: Mutex<ResultIterator<Reply>>,
}

impl PoolResults {
    pub(super) fn new(results: ResultIterator<Reply>) -> PoolResults {
        PoolResults {
            results: Mutex::new(results),
        }
    }

    /// The next result, encoded as its client decodes it; none at the end.
    fn next(&self, timeout: Option<Duration>, caller: &Caller<'_>) -> Result<Option<ByteBuf>> {
        let deadline = deadline::after(timeout);
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let look = left.map_or(LOOK, |left| left.min(LOOK));
            // Held for one look only, so that others who ask get their turn.
            let next = lock(&self.results).next_timeout(Some(look));
            return match next {
                None => Ok(None),
                Some(Ok(reply)) => reply
                    .map(Some)
                    .map_err(|(kind, subject)| Error::new(kind, subject)),
                Some(Err(error)) if error.kind() == Kind::Timeout && left != Some(look) => {
                    caller.check()?;
                    continue;
                }
                Some(Err(error)) => Err(error),
            };
        }
    }
}

impl Object for PoolResults {
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>> {
        let Call::Next(timeout) = decoded(call)?;
        encoded(&self.next(timeout, caller)?)
    }
}

managed! {
    /// The results of a manager's pool, one by one: each is given to whoever asks next, in whatever
    /// process.
    ///
    /// A task that failed is an error at its place, and the results behind it follow.
    PoolResultsProxy<R>: PoolResults
}

impl<R: Message> PoolResultsProxy<R> {
    /// The next result, waited for at most so long; none at the end.
    ///
    /// # Errors
    /// `is_timeout` when it has not come by then, and can be asked for again; what the task failed
    /// with; `is_worker_lost` when its worker died; `is_broken_pipe` when the manager has ended.
    pub fn next_timeout(&self, timeout: Option<Duration>) -> Option<Result<R>> {
        let next: Result<Option<ByteBuf>> = self.proxy.call(&Call::Next(timeout));
        let next = next.transpose()?;
        Some(next.and_then(|result| decoded(&result)))
    }
}

impl<R: Message> IntoIterator for PoolResultsProxy<R> {
    type Item = Result<R>;
    type IntoIter = PoolResultsIterator<R>;

    fn into_iter(self) -> PoolResultsIterator<R> {
        PoolResultsIterator {
            results: self,
            is_over: false,
        }
    }
}

/// The results of a manager's pool until there are no more, or no manager.
#[derive(Debug)]
pub struct PoolResultsIterator<R> {
    results: PoolResultsProxy<R>,
    is_over: bool,
}

impl<R: Message> Iterator for PoolResultsIterator<R> {
    type Item = Result<R>;

    fn next(&mut self) -> Option<Result<R>> {
        if self.is_over {
            return None;
        }
        let next = self.results.next_timeout(None);
        // An error of a task stands for that task alone; one of the manager would come for ever.
        self.is_over = match &next {
            None => true,
            Some(next) => next.as_ref().is_err_and(Error::is_broken_pipe),
        };
        next
    }
}

impl<R: Message> std::iter::FusedIterator for PoolResultsIterator<R> {}
