//! What an executor gives for a task: its result when it comes, and the way to call it off.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::time::{Duration, Instant};

use super::job::{Job, Later, wait_until};
use super::office::Office;
use crate::deadline;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;

/// What it is the result of, for errors.
const SUBJECT: &str = "a future";

/// A task of an [`Executor`](super::Executor); clones are the same task.
pub struct Future<R> {
    pub(super) later: Arc<Later<R>>,
    pub(super) job: Arc<dyn Job>,
    pub(super) office: Weak<Office>,
}

impl<R> Future<R> {
    /// Waits for the result, at most so long; the task goes on when that time is over.
    ///
    /// # Errors
    /// `is_cancelled` for one that was; else as [`AsyncResult::get`](super::AsyncResult::get).
    pub fn result(&self, timeout: Option<Duration>) -> Result<R>
    where
        R: Clone,
    {
        self.later.get(timeout, SUBJECT)
    }

    /// As [`result`](Future::result), for a result that cannot be cloned; a clone of this gets
    /// nothing any more.
    ///
    /// # Errors
    /// As [`result`](Future::result).
    pub fn into_result(self, timeout: Option<Duration>) -> Result<R> {
        self.later.take(timeout, SUBJECT)
    }

    /// Waits for the task's end, at most so long, and gives what it failed with; none where it did
    /// not fail. (Python's `exception`.)
    ///
    /// # Errors
    /// `is_timeout` when the time is over.
    pub fn error(&self, timeout: Option<Duration>) -> Result<Option<Error>> {
        self.later.wait_or_fail(timeout, SUBJECT)?;
        Ok(self.later.error())
    }

    /// Takes the task back, unless a worker has begun it; says whether it is cancelled.
    #[must_use = "a task that a worker has begun goes on"]
    pub fn cancel(&self) -> bool {
        let office = self.office.upgrade();
        office.is_some_and(|office| office.cancel(&self.job)) || self.is_cancelled()
    }

    /// Whether it has a result or an error, or is cancelled.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.later.is_ready()
    }

    /// Whether a worker has begun it and its end has not come.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let office = self.office.upgrade();
        office.is_some_and(|office| office.is_running(&self.job))
    }

    /// Whether it was cancelled before a worker began it.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.later.error().is_some_and(|error| error.is_cancelled())
    }

    /// Calls `callback` with this once it is done: in a thread of the executor, or now.
    ///
    /// A callback that panics stops nobody.
    pub fn add_done_callback(&self, callback: impl FnOnce(&Future<R>) + Send + 'static)
    where
        R: Send + 'static,
    {
        let future = self.clone();
        self.later.watch(Box::new(move || callback(&future)));
    }
}

impl<R> Clone for Future<R> {
    fn clone(&self) -> Future<R> {
        Future {
            later: Arc::clone(&self.later),
            job: Arc::clone(&self.job),
            office: Weak::clone(&self.office),
        }
    }
}

impl<R> std::fmt::Debug for Future<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Future")
            .field("is_done", &self.is_done())
            .finish_non_exhaustive()
    }
}

/// What [`wait_futures`] waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnWhen {
    /// Until all are done.
    AllCompleted,
    /// Until one is done.
    FirstCompleted,
    /// Until one has failed or was cancelled, or all are done.
    FirstError,
}

/// Waits for futures, at most so long; gives those that are done, then those that are not, each in
/// their order.
pub fn wait_futures<R: Send + 'static>(
    futures: &[Future<R>],
    when: ReturnWhen,
    timeout: Option<Duration>,
) -> (Vec<Future<R>>, Vec<Future<R>>) {
    let mut completed = as_completed(futures.iter().cloned(), timeout);
    let is_enough = |next: &Result<Future<R>>| match (when, next) {
        (ReturnWhen::AllCompleted, Ok(_)) => false,
        (ReturnWhen::FirstError, Ok(future)) => future.later.error().is_some(),
        (ReturnWhen::FirstCompleted, _) | (_, Err(_)) => true,
    };
    completed.find(is_enough);
    let futures = futures.iter().cloned();
    futures.partition(Future::is_done)
}

/// Futures in the order in which they are done, at most so long after this call.
pub fn as_completed<R: Send + 'static>(
    futures: impl IntoIterator<Item = Future<R>>,
    timeout: Option<Duration>,
) -> AsCompleted<R> {
    let done = Arc::new(Done {
        futures: Mutex::default(),
        changed: Condvar::new(),
    });
    let mut left = 0;
    for future in futures {
        left += 1;
        let done = Arc::clone(&done);
        future.add_done_callback(move |future| {
            lock(&done.futures).push_back(future.clone());
            done.changed.notify_all();
        });
    }
    let deadline = deadline::after(timeout);
    AsCompleted {
        done,
        left,
        deadline,
    }
}

struct Done<R> {
    futures: Mutex<VecDeque<Future<R>>>,
    changed: Condvar,
}

/// The futures that [`as_completed`] gives; an error `is_timeout` is its last item where the time
/// was over before all were done.
pub struct AsCompleted<R> {
    done: Arc<Done<R>>,
    left: usize,
    deadline: Option<Instant>,
}

impl<R> Iterator for AsCompleted<R> {
    type Item = Result<Future<R>>;

    fn next(&mut self) -> Option<Result<Future<R>>> {
        if self.left == 0 {
            return None;
        }
        let Done { futures, changed } = &*self.done;
        let has_one = |futures: &VecDeque<_>| !futures.is_empty();
        if !wait_until(futures, changed, self.deadline, has_one) {
            let text = format!("wait for {} futures more", std::mem::take(&mut self.left));
            return Some(Err(Error::new(Kind::Timeout, text)));
        }
        self.left -= 1;
        lock(futures).pop_front().map(Ok)
    }
}

impl<R> std::fmt::Debug for AsCompleted<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AsCompleted")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
