//! What was asked of a pool, on the side of the one who asked: where results go, and who waits.
//!
//! How tasks reach workers is left to [`super::feed`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use poolproof_sys::copies::epoch;
use poolproof_sys::handle::Handle;

use super::stream::Ending;
use super::{codec, task};
use crate::copies;
use crate::deadline;
use crate::error::{Error, Kind, Result};
use crate::fork_gate;
use crate::locked::lock;
use crate::transfer::Message;

/// A result as it comes from a worker: its bytes, and the handles beside them.
pub(super) struct Arrived<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) handles: Vec<Handle>,
    /// Whether it is a result or a failure for each item.
    pub(super) are_parts: bool,
}

impl Arrived<'_> {
    /// The value that it is.
    pub(super) fn decoded<T: Message>(self) -> Result<T> {
        codec::decode(self.bytes, self.handles)
    }

    /// Puts the value that it is at its place.
    #[inline]
    pub(super) fn decode_into<T: Message>(self, place: &mut Option<T>) -> Result<()> {
        codec::decode_into(place, self.bytes, self.handles)
    }
}

/// How a task ended: its result, or its error.
pub(super) type Outcome<'b> = std::result::Result<Arrived<'b>, Error>;

/// A task with the record that its worker wrote of it.
pub(super) struct Ended<'b> {
    pub(super) task: usize,
    pub(super) ending: Ending,
    pub(super) bytes: &'b [u8],
}

impl<'b> Ended<'b> {
    #[inline]
    pub(super) fn outcome(&self) -> Outcome<'b> {
        match self.ending {
            Ending::Failed => Err(task::failure(self.bytes)),
            ending => Ok(Arrived {
                bytes: self.bytes,
                handles: Vec::new(),
                are_parts: ending == Ending::ReturnedParts,
            }),
        }
    }
}

/// What waits for tasks.
pub(super) trait Job: Send + Sync {
    /// Takes the outcome of the task with a number.
    fn complete(&self, task: usize, outcome: Outcome<'_>);
    /// Takes the outcomes of some tasks.
    fn complete_all(&self, tasks: &[Ended<'_>]) {
        for ended in tasks {
            self.complete(ended.task, ended.outcome());
        }
    }
    /// How many tasks there are, now that it is known.
    fn know_count(&self, _tasks: usize) {}
    /// Ends at once: no more outcomes will come.
    fn abort(&self, error: Error);
}

type Callback<T> = Box<dyn FnOnce(&T) + Send>;

/// Called in a thread of the pool with what a job came to, before `get` returns.
pub(super) struct Callbacks<T> {
    pub(super) success: Option<Callback<T>>,
    pub(super) error: Option<Callback<Error>>,
}

impl<T> Callbacks<T> {
    /// Nobody is called.
    pub(super) fn none() -> Callbacks<T> {
        Callbacks {
            success: None,
            error: None,
        }
    }

    fn call(self, result: &Result<T>) {
        match (result, self.success, self.error) {
            (Ok(value), Some(success), _) => call_back(|| success(value)),
            (Err(error), _, Some(callback)) => call_back(|| callback(error)),
            _ => {}
        }
    }
}

/// A result that comes later, as the pool and its takers share it.
pub(super) struct Later<T> {
    state: Mutex<LaterState<T>>,
    ready: Condvar,
    creator: u32,
}

struct LaterState<T> {
    result: Option<Result<T>>,
    is_ready: bool,
    /// Who is told once it is ready.
    watchers: Vec<Watcher>,
}

/// Called once, in a thread of the pool.
pub(super) type Watcher = Box<dyn FnOnce() + Send>;

impl<T> Later<T> {
    pub(super) fn new() -> Later<T> {
        let state = LaterState {
            result: None,
            is_ready: false,
            watchers: Vec::new(),
        };
        Later {
            state: Mutex::new(state),
            ready: Condvar::new(),
            creator: epoch(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, LaterState<T>> {
        lock(&self.state)
    }

    /// In a copy of the process nobody will ever give the result, and another thread may hold the
    /// lock for ever.
    fn is_ours(&self) -> bool {
        self.creator == epoch()
    }

    /// Looks at the state; none in a copy where that can never be done.
    fn look<L>(&self, look: impl FnOnce(&mut LaterState<T>) -> L) -> Option<L> {
        match self.is_ours() {
            true => Some(look(&mut self.lock())),
            false => self.state.try_lock().ok().map(|mut state| look(&mut state)),
        }
    }

    /// Gives the result, once.
    pub(super) fn set(&self, result: Result<T>, callbacks: Callbacks<T>) {
        callbacks.call(&result);
        let mut state = self.lock();
        state.result = Some(result);
        state.is_ready = true;
        let watchers = std::mem::take(&mut state.watchers);
        drop(state);
        self.ready.notify_all();
        watchers.into_iter().for_each(call_back);
    }

    /// Calls `watcher` once the result is there: in a thread of the pool, or now; now, too, in a copy of
    /// the process, where it will never be.
    pub(super) fn watch(&self, watcher: Watcher) {
        if !self.is_ours() {
            return call_back(watcher);
        }
        let mut state = self.lock();
        match state.is_ready {
            false => state.watchers.push(watcher),
            true => {
                drop(state);
                call_back(watcher);
            }
        }
    }

    /// The error, which stays; none where there is none.
    pub(super) fn error(&self) -> Option<Error> {
        let known = self.look(|state| {
            let result = state.result.as_ref()?;
            Some(result.as_ref().err().map(Error::again))
        });
        match known.flatten() {
            Some(error) => error,
            None if self.is_ours() => None,
            None => Some(of_original("get the result of a task")),
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.look(|state| state.is_ready).unwrap_or(false)
    }

    pub(super) fn wait(&self, timeout: Option<Duration>) -> bool {
        let deadline = deadline::after(timeout);
        let is_ready = |state: &LaterState<T>| state.is_ready;
        self.is_ready()
            || (self.is_ours() && wait_until(&self.state, &self.ready, deadline, is_ready))
    }

    /// Whether the result is no error; none before it is there.
    pub(super) fn is_ok(&self) -> Option<bool> {
        self.look(|state| state.result.as_ref().map(Result::is_ok))
            .flatten()
    }

    /// Waits for the result of `subject`, which stays.
    pub(super) fn get(&self, timeout: Option<Duration>, subject: &str) -> Result<T>
    where
        T: Clone,
    {
        self.wait_or_fail(timeout, subject)?;
        match &self.lock().result {
            Some(Ok(value)) => Ok(value.clone()),
            Some(Err(error)) => Err(error.again()),
            None => Err(taken()),
        }
    }

    /// Waits for the result of `subject`, which goes.
    pub(super) fn take(&self, timeout: Option<Duration>, subject: &str) -> Result<T> {
        self.wait_or_fail(timeout, subject)?;
        let result = self.lock().result.take();
        result.unwrap_or_else(|| Err(taken()))
    }

    pub(super) fn wait_or_fail(&self, timeout: Option<Duration>, subject: &str) -> Result<()> {
        match self.wait(timeout) {
            true => Ok(()),
            false if !self.is_ours() => Err(of_original(&format!("get the result of {subject}"))),
            false => {
                let text = format!("get the result of {subject}");
                Err(Error::new(Kind::Timeout, text))
            }
        }
    }
}

/// The error of who waits for what the pool of another process does.
pub(super) fn of_original(subject: &str) -> Error {
    copies::of_original(subject, "make a pool or an executor in this process")
}

fn taken() -> Error {
    let text = "get a result that another has taken away";
    Error::new(Kind::Usage, text)
}

/// Calls what the program has given for that; where it panics it has said so on stderr, and the pool
/// goes on.
fn call_back(callback: impl FnOnce()) {
    let _ = fork_gate::asking(|| catch_unwind(AssertUnwindSafe(callback)));
}

/// Waits on a condition until a state is as wanted; false at the deadline.
pub(super) fn wait_until<T>(
    state: &Mutex<T>,
    condition: &Condvar,
    deadline: Option<Instant>,
    is_wanted: impl Fn(&T) -> bool,
) -> bool {
    // This process may be copied meanwhile: nothing in the copy needs this state.
    fork_gate::outside(|| {
        let mut state = lock(state);
        while !is_wanted(&state) {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            state = match left {
                None => condition
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return false,
                Some(left) => {
                    let woken = condition.wait_timeout(state, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    })
}

/// A job of one task.
pub(super) struct One<R> {
    pub(super) later: Arc<Later<R>>,
    callbacks: Mutex<Option<Callbacks<R>>>,
}

impl<R> One<R> {
    pub(super) fn new(callbacks: Callbacks<R>) -> One<R> {
        One {
            later: Arc::new(Later::new()),
            callbacks: Mutex::new(Some(callbacks)),
        }
    }
}

impl<R: Message> Job for One<R> {
    fn complete(&self, _task: usize, outcome: Outcome<'_>) {
        let callbacks = lock(&self.callbacks).take();
        if let Some(callbacks) = callbacks {
            let result = outcome.and_then(Arrived::decoded);
            self.later.set(result, callbacks);
        }
    }

    fn abort(&self, error: Error) {
        self.complete(0, Err(error));
    }
}
