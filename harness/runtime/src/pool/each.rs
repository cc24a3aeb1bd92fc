//! Results one by one: what `imap` and `imap_unordered` give.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::time::Duration;

use poolproof_sys::copies::epoch;

use super::input::Asker;
use super::job::{Ended, Job, Outcome, of_original, wait_until};
use super::office::Office;
use super::parts;
use super::source::Next;
use super::task::Failure;
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

/// Results that may wait to be taken; no more of the input becomes tasks before.
const AHEAD_MAX: usize = 4096;
/// When so few wait again, it goes on: not for each that is taken.
const AHEAD_AGAIN: usize = AHEAD_MAX / 2;

/// A job whose results are taken one by one.
pub(super) struct Each<R> {
    order: Order,
    chunk: usize,
    state: Mutex<State<R>>,
    changed: Condvar,
    /// Whether so many results wait that the input may have to.
    is_ahead: AtomicBool,
    /// How many tasks have been made of chunks, above how many items the last of them has.
    made: AtomicU64,
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
    /// Whether the input waits until results are taken.
    is_paused: bool,
    /// How many results were thrown away, once nobody can take any.
    forgotten: Option<usize>,
}

impl<R> State<R> {
    /// How many results wait to be taken.
    fn waiting(&self, chunk: usize) -> usize {
        self.ready.len() + self.early.len() * chunk
    }
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
            is_paused: false,
            forgotten: None,
        };
        Each {
            order,
            chunk,
            state: Mutex::new(state),
            changed: Condvar::new(),
            is_ahead: AtomicBool::new(false),
            made: AtomicU64::new(0),
        }
    }

    /// How many items a task has; one stands for all that have not become tasks.
    fn items(&self, task: usize) -> usize {
        let made = self.made.load(Relaxed);
        let (made, last) = ((made >> 32) as usize, made as u32 as usize);
        match task + 1 {
            _ if self.chunk == 1 => 1,
            number if number < made => self.chunk,
            number if number == made => last,
            _ => 1,
        }
    }

    /// Why no more is worked on now: so many results wait, or were thrown away.
    fn look_ahead(&self) -> Option<Next> {
        if !self.is_ahead.load(Relaxed) {
            return None;
        }
        let mut state = self.lock();
        let is_ahead = state.waiting(self.chunk) + state.forgotten.unwrap_or(0) >= AHEAD_MAX;
        self.is_ahead.store(is_ahead, Relaxed);
        if !is_ahead {
            return None;
        }
        state.is_paused = true;
        Some(match state.forgotten {
            Some(_) => Next::Done,
            None => Next::Later,
        })
    }

    /// Throws away the results that wait and those that come.
    fn forget(&self) {
        let mut state = self.lock();
        state.forgotten = Some(state.waiting(self.chunk));
        let ready = std::mem::take(&mut state.ready);
        let early = std::mem::take(&mut state.early);
        drop(state);
        drop((ready, early));
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        lock(&self.state)
    }

    /// The next result, and whether the input has waited for it to be taken.
    fn next(&self, timeout: Option<Duration>) -> (Option<Result<R>>, bool) {
        let has_next = |state: &State<R>| {
            !state.ready.is_empty() || state.aborted.is_some() || state.tasks == Some(state.arrived)
        };
        let mut state = self.lock();
        if !has_next(&state) {
            drop(state);
            let deadline = deadline::after(timeout);
            if !wait_until(&self.state, &self.changed, deadline, has_next) {
                let error = Error::new(Kind::Timeout, "get the next result of a pool");
                return (Some(Err(error)), false);
            }
            state = self.lock();
        }
        if let Some(result) = state.ready.pop_front() {
            let is_resumed = state.is_paused && state.waiting(self.chunk) <= AHEAD_AGAIN;
            state.is_paused &= !is_resumed;
            return (Some(result), is_resumed);
        }
        // Told once: the iterator ends behind it.
        let error = state.aborted.take();
        if error.is_some() {
            state.tasks = Some(state.arrived);
        }
        (error.map(Err), false)
    }
}

impl<R: Message> Each<R> {
    /// Puts a task's results behind those of a list; says how many.
    fn decode(&self, task: usize, outcome: Outcome<'_>, list: &mut Vec<Result<R>>) -> usize {
        let before = list.len();
        let decoded = outcome.and_then(|arrived| {
            match self.chunk {
                1 => list.push(Ok(arrived.decoded()?)),
                _ if arrived.are_parts => {
                    let parts = parts::decode::<R>(arrived.bytes, arrived.handles)?;
                    let parts = parts.into_iter();
                    list.extend(parts.map(|part| part.map_err(Failure::into_error)));
                }
                _ => list.extend(arrived.decoded::<Vec<R>>()?.into_iter().map(Ok)),
            }
            Ok(())
        });
        if let Err(error) = decoded {
            // What is called off is not counted: the rest of the input is not even known.
            let items = match error.is_cancelled() {
                true => 1,
                false => self.items(task),
            };
            let again = (1..items).map(|_| Err(error.again()));
            list.extend(again);
            list.push(Err(error));
        }
        list.len() - before
    }

    /// Keeps the results of some tasks, each with its number and how many of the results are its.
    fn keep_all(&self, tasks: impl Iterator<Item = (usize, usize)>, results: Vec<Result<R>>) {
        let mut state = self.lock();
        if let Some(forgotten) = &mut state.forgotten {
            *forgotten += results.len();
            self.is_ahead.store(*forgotten >= AHEAD_MAX, Relaxed);
            return;
        }
        let books = &mut *state;
        let mut results = results.into_iter();
        for (task, count) in tasks {
            books.arrived += 1;
            let results = results.by_ref().take(count);
            match self.order {
                Order::OfArrival => books.ready.extend(results),
                Order::OfItems if task == books.next => {
                    books.ready.extend(results);
                    books.next += 1;
                    while let Some(results) = books.early.remove(&books.next) {
                        books.ready.extend(results);
                        books.next += 1;
                    }
                }
                Order::OfItems => drop(books.early.insert(task, results.collect())),
            }
        }
        if books.waiting(self.chunk) >= AHEAD_MAX {
            self.is_ahead.store(true, Relaxed);
        }
        drop(state);
        self.changed.notify_all();
    }
}

impl<R: Message> Asker for Each<R> {
    fn pause(&self) -> Option<Next> {
        self.look_ahead()
    }

    fn count(&self, items: usize) {
        // Whoever makes tasks has the feed, and so is alone.
        let made = (self.made.load(Relaxed) >> 32) + 1;
        self.made.store(made << 32 | items as u64, Relaxed);
    }
}

impl<R: Message> Job for Each<R> {
    fn complete(&self, task: usize, outcome: Outcome<'_>) {
        let mut results = Vec::new();
        let count = self.decode(task, outcome, &mut results);
        self.keep_all(std::iter::once((task, count)), results);
    }

    fn complete_all(&self, tasks: &[Ended<'_>]) {
        let mut results = Vec::with_capacity(tasks.len());
        let counts = tasks
            .iter()
            .map(|ended| self.decode(ended.task, ended.outcome(), &mut results));
        let counts: Vec<_> = counts.collect();
        let tasks = tasks.iter().map(|ended| ended.task);
        self.keep_all(tasks.zip(counts), results);
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
/// An item that failed is an error at its place, and the results behind it follow: there is one
/// result or one error for each item, whatever the chunk. Where a worker dies, that is an error for
/// each item of the chunk that it had.
///
/// Once this is dropped, results are thrown away as they come, and no more items are taken than if
/// nobody took a result: what was asked for is done, and an endless input ends there.
pub struct ResultIterator<R> {
    job: Arc<Each<R>>,
    office: Weak<Office>,
    creator: u32,
    /// Whether a copy of the process was told that it gets none.
    is_told: bool,
}

impl<R> ResultIterator<R> {
    pub(super) fn new(job: Arc<Each<R>>, office: &Arc<Office>) -> ResultIterator<R> {
        let office = Arc::downgrade(office);
        ResultIterator {
            job,
            office,
            creator: epoch(),
            is_told: false,
        }
    }

    /// The next result, waited for at most so long; none at the end.
    ///
    /// # Errors
    /// `is_timeout` when it has not come by then, and can be asked for again; what the task failed
    /// with; `is_worker_lost` when its worker died.
    pub fn next_timeout(&mut self, timeout: Option<Duration>) -> Option<Result<R>> {
        if self.creator != epoch() {
            let is_first = !std::mem::replace(&mut self.is_told, true);
            return is_first.then(|| Err(of_original("get the next result of a pool")));
        }
        let (next, is_resumed) = self.job.next(timeout);
        if is_resumed && let Some(office) = self.office.upgrade() {
            office.pump();
        }
        next
    }
}

impl<R> Drop for ResultIterator<R> {
    fn drop(&mut self) {
        if self.creator != epoch() {
            return;
        }
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
