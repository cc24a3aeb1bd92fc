//! Results that make one list: what `map` gives.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::codec;
use super::job::{Arrived, Callbacks, Ended, Job, Later, Outcome};
use crate::error::{Error, Kind, Result};
use crate::locked::lock;
use crate::transfer::Message;

/// A job of many tasks whose results make one list; it is ready when every task has ended.
pub(super) struct All<R> {
    pub(super) later: Arc<Later<Vec<R>>>,
    state: Mutex<State<R>>,
}

struct State<R> {
    results: Results<R>,
    left: usize,
    error: Option<Error>,
    callbacks: Option<Callbacks<Vec<R>>>,
}

impl<R> All<R> {
    pub(super) fn new(items: usize, chunk: usize, callbacks: Callbacks<Vec<R>>) -> All<R> {
        let state = State {
            results: Results::new(items, chunk),
            left: items.div_ceil(chunk),
            error: None,
            callbacks: Some(callbacks),
        };
        All {
            later: Arc::new(Later::new()),
            state: Mutex::new(state),
        }
    }

    /// Gives the result of no items at all.
    pub(super) fn finish_empty(&self) {
        self.set(Ok(Vec::new()));
    }

    fn keep_all<'b>(&self, count: usize, outcomes: impl Iterator<Item = (usize, Outcome<'b>)>)
    where
        R: Message,
    {
        let mut state = lock(&self.state);
        for (task, outcome) in outcomes {
            let kept = match outcome {
                // They are not given any more: the first error to arrive is what is told.
                Ok(_) if state.error.is_some() => Ok(()),
                Ok(arrived) => state.results.keep(task, arrived),
                Err(error) => Err(error),
            };
            if let Err(error) = kept {
                state.error.get_or_insert(error);
            }
        }
        state.left = state.left.saturating_sub(count);
        if state.left > 0 {
            return;
        }
        let result = match state.error.take() {
            Some(error) => Err(error),
            None => Ok(state.results.take()),
        };
        drop(state);
        self.set(result);
    }

    fn set(&self, result: Result<Vec<R>>) {
        let callbacks = lock(&self.state).callbacks.take();
        if let Some(callbacks) = callbacks {
            self.later.set(result, callbacks);
        }
    }
}

impl<R: Message> Job for All<R> {
    fn complete(&self, task: usize, outcome: Outcome<'_>) {
        self.keep_all(1, std::iter::once((task, outcome)));
    }

    fn complete_all(&self, tasks: &[Ended<'_>]) {
        let outcomes = tasks.iter().map(|ended| (ended.task, ended.outcome()));
        self.keep_all(tasks.len(), outcomes);
    }

    fn abort(&self, error: Error) {
        self.set(Err(error));
    }
}

/// Results on their way into one list.
enum Results<R> {
    /// Of tasks of one item, each at its place.
    Single(Vec<Option<R>>),
    Chunks(Chunks<R>),
}

/// Results of chunks: those before the first that is missing, and those behind it.
struct Chunks<R> {
    chunk: usize,
    items: usize,
    list: Vec<R>,
    next: usize,
    early: BTreeMap<usize, Vec<R>>,
}

impl<R> Results<R> {
    fn new(items: usize, chunk: usize) -> Results<R> {
        match chunk {
            1 => Results::Single(Vec::with_capacity(items)),
            _ => Results::Chunks(Chunks {
                chunk,
                items,
                list: Vec::with_capacity(items),
                next: 0,
                early: BTreeMap::new(),
            }),
        }
    }

    fn take(&mut self) -> Vec<R> {
        match self {
            // None is missing, and so the list takes the place of theirs.
            Results::Single(results) => std::mem::take(results)
                .into_iter()
                .map_while(|result| result)
                .collect(),
            Results::Chunks(chunks) => std::mem::take(&mut chunks.list),
        }
    }
}

impl<R: Message> Results<R> {
    #[inline]
    fn keep(&mut self, task: usize, arrived: Arrived<'_>) -> Result<()> {
        match self {
            Results::Single(results) => {
                if task >= results.len() {
                    results.resize_with(task + 1, || None);
                }
                arrived.decode_into(&mut results[task])?;
            }
            Results::Chunks(chunks) => chunks.keep(task, arrived)?,
        }
        Ok(())
    }
}

impl<R: Message> Chunks<R> {
    fn keep(&mut self, task: usize, arrived: Arrived<'_>) -> Result<()> {
        let Arrived { bytes, handles, .. } = arrived;
        let wanted = self.chunk.min(self.items - task * self.chunk);
        let count = if task == self.next {
            let count = codec::decode_onto(&mut self.list, bytes, handles)?;
            self.next += 1;
            while let Some(mut results) = self.early.remove(&self.next) {
                self.list.append(&mut results);
                self.next += 1;
            }
            count
        } else {
            let results = codec::decode::<Vec<R>>(bytes, handles)?;
            let count = results.len();
            self.early.insert(task, results);
            count
        };
        match count == wanted {
            true => Ok(()),
            false => {
                let text = format!("decode {wanted} results of {count}");
                Err(Error::new(Kind::Deserialize, text))
            }
        }
    }
}
