//! A manager's queues: first in, first out, and visible at once.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::coding::{decoded, encoded};
use super::protocol::Item;
use super::proxy::managed;
use super::table::{Kept, Object, Table};
use super::waiting::Caller;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;

#[derive(Serialize, Deserialize)]
enum Call {
    Put(Item, Option<Duration>),
    Get(Option<Duration>),
    Len,
    IsFull,
    TaskDone,
    Join(Option<Duration>),
}

/// The object.
pub(super) struct Queue {
    table: Arc<Table>,
    bound: Option<usize>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    items: VecDeque<Kept>,
    /// Put, and not said to be done.
    unfinished: usize,
}

impl Queue {
    pub(super) fn new(bound: Option<usize>, table: &Arc<Table>) -> Queue {
        Queue {
            table: Arc::clone(table),
            bound,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn is_full(&self, state: &State) -> bool {
        self.bound.is_some_and(|bound| state.items.len() >= bound)
    }

    fn put(&self, caller: &Caller<'_>, item: Item, timeout: Option<Duration>) -> Result<()> {
        let mut item = Some(Kept::new(item, &self.table)?);
        let put = |state: &mut State| {
            if self.is_full(state) {
                return None;
            }
            state.items.push_back(item.take()?);
            state.unfinished += 1;
            Some(())
        };
        let is_put = caller.wait(&self.state, &self.changed, timeout, put)?;
        is_put.ok_or_else(|| Error::new(Kind::Full, "put into a manager's queue"))?;
        self.changed.notify_all();
        Ok(())
    }

    fn get(&self, caller: &Caller<'_>, timeout: Option<Duration>) -> Result<ByteBuf> {
        let get = |state: &mut State| state.items.pop_front();
        let item = caller.wait(&self.state, &self.changed, timeout, get)?;
        let item = item.ok_or_else(|| Error::new(Kind::Empty, "get from a manager's queue"))?;
        self.changed.notify_all();
        Ok(item.bytes())
    }

    fn task_done(&self) -> Result<()> {
        let mut state = lock(&self.state);
        let left = state.unfinished.checked_sub(1);
        let subject = "say that a task of a manager's queue is done";
        state.unfinished = left.ok_or_else(|| Error::new(Kind::OverRelease, subject))?;
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    fn join(&self, caller: &Caller<'_>, timeout: Option<Duration>) -> Result<bool> {
        let is_done = |state: &mut State| (state.unfinished == 0).then_some(());
        let done = caller.wait(&self.state, &self.changed, timeout, is_done)?;
        Ok(done.is_some())
    }
}

impl Object for Queue {
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            Call::Put(item, timeout) => encoded(&self.put(caller, item, timeout)?),
            Call::Get(timeout) => encoded(&self.get(caller, timeout)?),
            Call::Len => encoded(&lock(&self.state).items.len()),
            Call::IsFull => encoded(&self.is_full(&lock(&self.state))),
            Call::TaskDone => encoded(&self.task_done()?),
            Call::Join(timeout) => encoded(&self.join(caller, timeout)?),
        }
    }
}

/// What is done with each kind of queue.
macro_rules! queue {
    ($name:ident) => {
        impl<T: $crate::transfer::Message> $name<T> {
            /// Puts an item, waiting for room.
            ///
            /// # Errors
            /// `is_serialize` when it cannot be sent; `is_broken_pipe` when the manager has ended.
            pub fn put(&self, item: &T) -> Result<()> {
                self.put_raw(item, None)
            }

            /// Puts an item, waiting for room at most so long.
            ///
            /// # Errors
            /// `is_full` when there was none; as [`put`](Self::put).
            pub fn put_timeout(&self, item: &T, timeout: Duration) -> Result<()> {
                self.put_raw(item, Some(timeout))
            }

            /// Puts an item, if there is room now.
            ///
            /// # Errors
            /// `is_full` when there is none; as [`put`](Self::put).
            pub fn try_put(&self, item: &T) -> Result<()> {
                self.put_raw(item, Some(Duration::ZERO))
            }

            fn put_raw(&self, item: &T, timeout: Option<Duration>) -> Result<()> {
                let item = self.proxy.server().encode(item)?;
                self.proxy.call(&Call::Put(item, timeout))
            }

            /// Takes the oldest item, waiting for one.
            ///
            /// # Errors
            /// `is_deserialize` when it is no `T`; `is_broken_pipe` when the manager has ended.
            pub fn get(&self) -> Result<T> {
                self.get_raw(None)
            }

            /// Takes the oldest item, waiting for one at most so long.
            ///
            /// # Errors
            /// `is_empty` when there was none; as [`get`](Self::get).
            pub fn get_timeout(&self, timeout: Duration) -> Result<T> {
                self.get_raw(Some(timeout))
            }

            /// Takes the oldest item, if there is one now.
            ///
            /// # Errors
            /// `is_empty` when there is none; as [`get`](Self::get).
            pub fn try_get(&self) -> Result<T> {
                self.get_raw(Some(Duration::ZERO))
            }

            fn get_raw(&self, timeout: Option<Duration>) -> Result<T> {
                let item: ByteBuf = self.proxy.call(&Call::Get(timeout))?;
                decoded(&item)
            }

            /// How many items there are.
            ///
            /// # Errors
            /// `is_broken_pipe` when the manager has ended.
            pub fn len(&self) -> Result<usize> {
                self.proxy.call(&Call::Len)
            }

            /// Whether there is no item.
            ///
            /// # Errors
            /// `is_broken_pipe` when the manager has ended.
            pub fn is_empty(&self) -> Result<bool> {
                Ok(self.len()? == 0)
            }

            /// Whether there is no room.
            ///
            /// # Errors
            /// `is_broken_pipe` when the manager has ended.
            pub fn is_full(&self) -> Result<bool> {
                self.proxy.call(&Call::IsFull)
            }
        }
    };
}

managed! {
    /// A queue of a manager.
    QueueProxy<T>: Queue
}
queue!(QueueProxy);

managed! {
    /// A queue of a manager that can be waited for until all that was put is done.
    JoinableQueueProxy<T>: JoinableQueue
}
queue!(JoinableQueueProxy);

impl<T> JoinableQueueProxy<T> {
    /// Says that an item that was taken is done.
    ///
    /// # Errors
    /// `is_over_release` for more than were put; `is_broken_pipe` when the manager has ended.
    pub fn task_done(&self) -> Result<()> {
        self.proxy.call(&Call::TaskDone)
    }

    /// Waits until every item that was put is done; false when the time was over first.
    ///
    /// # Errors
    /// `is_broken_pipe` when the manager has ended.
    pub fn join(&self, timeout: Option<Duration>) -> Result<bool> {
        self.proxy.call(&Call::Join(timeout))
    }
}
