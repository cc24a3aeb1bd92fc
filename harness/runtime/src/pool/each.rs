//! Results one by one: what `imap` and `imap_unordered` give.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::time::Duration;

use super::job::{Ended, Job, Outcome, wait_until};
use super::office::Office;
use super::source::Next;
use crate::deadline;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;
use crate::transfer::Message;

/// In which order results are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    OfItems,
    OfArrival,
}

/// Tasks whose results may wait to be taken; the input is not asked for more before.
const AHEAD_MAX: usize = 4096;

/// A job whose results are taken one by one.
pub(super) struct Each<R> {
    order: Order,
    chunk: usize,
    state: Mutex<State<R>>,
    changed: Condvar,
}

struct State<R> {
    /// What can be taken now.
    ready: VecDeque<Result<R>>,
    /// Chunks that came before those that must be given first.
    early: BTreeMap<usize, Vec<Result<R>>>,
    /// The chunk to be given next.
    next: usize,
    arrived: usize,
    tasks: Option<usize>,
    aborted: Option<Error>,
    /// How many results were thrown away, once nobody can take any.
    forgotten: Option<usize>,
}

impl<R> Each<R> {
    pub(super) fn new(order: Order, chunk: usize) -> Each<R> {
        let state = State {
            ready: VecDeque::new(),
            early: BTreeMap::new(),
            next: 0,
            arrived: 0,
            tasks: None,
            aborted: None,
            forgotten: None,
        };
        Each {
            order,
            chunk,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// Why no more is worked on now: so many results wait, or were thrown away.
    pub(super) fn pause(&self) -> Option<Next> {
        let state = self.lock();
        let waiting = state.ready.len() + state.early.len() * self.chunk;
        if waiting + state.forgotten.unwrap_or(0) < AHEAD_MAX {
            return None;
        }
        Some(match state.forgotten {
            Some(_) => Next::Done,
            None => Next::Later,
        })
    }

    /// Throws away the results that wait and those that come.
    fn forget(&self) {
        let mut state = self.lock();
        let ready = std::mem::take(&mut state.ready);
        let early = std::mem::take(&mut state.early);
        state.forgotten = Some(ready.len() + early.len() * self.chunk);
        drop(state);
        drop((ready, early));
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        lock(&self.state)
    }

    fn next(&self, timeout: Option<Duration>) -> Option<Result<R>> {
        let deadline = deadline::after(timeout);
        let has_next = |state: &State<R>| {
            !state.ready.is_empty() || state.aborted.is_some() || state.tasks == Some(state.arrived)
        };
        if !wait_until(&self.state, &self.changed, deadline, has_next) {
            return Some(Err(Error::new(
                Kind::Timeout,
                "get the next result of a pool",
            )));
        }
        let mut state = self.lock();
        if let Some(result) = state.ready.pop_front() {
            return Some(result);
        }
        // Told once: the iterator ends behind it.
        let error = state.aborted.take()?;
        state.tasks = Some(state.arrived);
        Some(Err(error))
    }
}

impl<R: Message> Each<R> {
    fn results(&self, outcome: Outcome<'_>) -> Vec<Result<R>> {
        let decoded = outcome.and_then(|arrived| match self.chunk {
            1 => Ok(vec![arrived.decoded()?]),
            _ => arrived.decoded(),
        });
        match decoded {
            Ok(results) => results.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        }
    }

    fn keep_all(&self, tasks: Vec<(usize, Vec<Result<R>>)>) {
        let mut state = self.lock();
        if let Some(forgotten) = &mut state.forgotten {
            *forgotten += tasks
                .iter()
                .map(|(_, results)| results.len())
                .sum::<usize>();
            return;
        }
        for (task, results) in tasks {
            state.arrived += 1;
            if self.order == Order::OfArrival {
                state.ready.extend(results);
                continue;
            }
            state.early.insert(task, results);
            loop {
                let next = state.next;
                let Some(results) = state.early.remove(&next) else {
                    break;
                };
                state.ready.extend(results);
                state.next += 1;
            }
        }
        drop(state);
        self.changed.notify_all();
    }
}

impl<R: Message> Job for Each<R> {
    fn complete(&self, task: usize, outcome: Outcome<'_>) {
        self.keep_all(vec![(task, self.results(outcome))]);
    }

    fn complete_all(&self, tasks: &[Ended<'_>]) {
        let decoded = tasks.iter();
        let decoded = decoded.map(|ended| (ended.task, self.results(ended.outcome())));
        self.keep_all(decoded.collect());
    }

    fn know_count(&self, tasks: usize) {
        self.lock().tasks = Some(tasks);
        self.changed.notify_all();
    }

    fn abort(&self, error: Error) {
        let mut state = self.lock();
        if state.tasks != Some(state.arrived) {
            state.aborted = Some(error);
        }
        drop(state);
        self.changed.notify_all();
    }
}

/// The results of [`imap`](super::Pool::imap), one by one as they come.
///
/// A task that failed is an error at its place, and the results behind it follow.
///
/// Once this is dropped, results are thrown away as they come, and no more items are taken than if
/// nobody took a result: what was asked for is done, and an endless input ends there.
pub struct ResultIterator<R> {
    job: Arc<Each<R>>,
    office: Weak<Office>,
}

impl<R> ResultIterator<R> {
    pub(super) fn new(job: Arc<Each<R>>, office: &Arc<Office>) -> ResultIterator<R> {
        let office = Arc::downgrade(office);
        ResultIterator { job, office }
    }

    /// The next result, waited for at most so long; none at the end.
    ///
    /// # Errors
    /// `is_timeout` when it has not come by then, and can be asked for again; what the task failed
    /// with; `is_worker_lost` when its worker died.
    pub fn next_timeout(&mut self, timeout: Option<Duration>) -> Option<Result<R>> {
        let next = self.job.next(timeout);
        if let Some(office) = self.office.upgrade() {
            office.pump();
        }
        next
    }
}

impl<R> Drop for ResultIterator<R> {
    fn drop(&mut self) {
        self.job.forget();
        if let Some(office) = self.office.upgrade() {
            office.pump();
        }
    }
}

impl<R> Iterator for ResultIterator<R> {
    type Item = Result<R>;

    fn next(&mut self) -> Option<Result<R>> {
        self.next_timeout(None)
    }
}

impl<R> std::fmt::Debug for ResultIterator<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResultIterator").finish_non_exhaustive()
    }
}
