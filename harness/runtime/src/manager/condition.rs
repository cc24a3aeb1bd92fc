//! A manager's condition, with an RLock of its own.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::coding::{decoded, encoded};
use super::lock::{Held, Owner};
use super::proxy::{Proxy, managed};
use super::table::{Gone, Object};
use super::waiting::Caller;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;

#[derive(Serialize, Deserialize)]
enum Call {
    Acquire(Option<Duration>),
    Release,
    Wait(Option<Duration>),
    Notify(usize),
    /// What it guards is in order again after its owner died.
    Reset,
}

const WHAT: &str = "a manager's condition";

/// The object.
#[derive(Default)]
pub(super) struct Condition {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    owner: Owner,
    /// Who waits, each client once, the longest first.
    waiting: VecDeque<u64>,
    notified: Vec<u64>,
}

impl State {
    fn check_owner(&self, client: u64, verb: &str) -> Result<()> {
        match self.owner.client == Some(client) {
            true => Ok(()),
            false => Err(Error::new(
                Kind::NotOwner,
                format!("{verb} a manager's condition"),
            )),
        }
    }

    /// Takes a client's notification, if it has one.
    fn take_notified(&mut self, client: u64) -> Option<()> {
        let found = self
            .notified
            .iter()
            .position(|notified| *notified == client)?;
        self.notified.swap_remove(found);
        Some(())
    }

    fn notify(&mut self, count: usize) {
        let count = count.min(self.waiting.len());
        self.notified.extend(self.waiting.drain(..count));
    }
}

impl Condition {
    fn wait(&self, caller: &Caller<'_>, timeout: Option<Duration>) -> Result<bool> {
        let mut state = lock(&self.state);
        state.check_owner(caller.id, "wait on")?;
        let levels = std::mem::take(&mut state.owner).count;
        state.waiting.push_back(caller.id);
        drop(state);
        self.changed.notify_all();
        let take = |state: &mut State| state.take_notified(caller.id);
        let outcome = caller.wait(&self.state, &self.changed, timeout, take);
        let mut state = lock(&self.state);
        state.waiting.retain(|waiting| *waiting != caller.id);
        let is_late = state.take_notified(caller.id).is_some();
        if is_late && outcome.is_err() {
            // Gone before it heard of it: it is the next one's.
            state.notify(1);
        }
        drop(state);
        self.changed.notify_all();
        let is_notified = outcome?.is_some() || is_late;
        // The lock is taken again, however long that takes.
        let take = |state: &mut State| {
            let taken = state.owner.take(caller.id, WHAT)?;
            if taken.is_ok() {
                state.owner.count = levels;
            }
            Some(taken)
        };
        caller
            .wait_again(&self.state, &self.changed, take)?
            .transpose()?;
        Ok(is_notified)
    }
}

impl Object for Condition {
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            Call::Acquire(timeout) => {
                let take = |state: &mut State| state.owner.take(caller.id, WHAT);
                let taken = caller.wait(&self.state, &self.changed, timeout, take)?;
                encoded(&taken.transpose()?.is_some())
            }
            Call::Release => {
                lock(&self.state).owner.give_back(caller.id)?;
                encoded(&self.changed.notify_all())
            }
            Call::Wait(timeout) => encoded(&self.wait(caller, timeout)?),
            Call::Notify(count) => {
                let mut state = lock(&self.state);
                state.check_owner(caller.id, "notify")?;
                state.notify(count);
                drop(state);
                encoded(&self.changed.notify_all())
            }
            Call::Reset => {
                lock(&self.state).owner.is_dead = false;
                encoded(&())
            }
        }
    }

    fn lose(&self, gone: &Gone) {
        if lock(&self.state).owner.lose(gone) {
            self.changed.notify_all();
        }
    }
}

managed! {
    /// A condition of a manager, with a lock of its own that its owner, a thread, may take again.
    ///
    /// Each call fails with `is_broken_pipe` when the manager has ended. When the thread that holds
    /// the lock ends, each acquire and wait fails with `is_owner_died` until
    /// [`reset`](ConditionProxy::reset).
    ConditionProxy: Condition
}

impl ConditionProxy {
    /// Waits for the lock and holds it until the guard is dropped.
    ///
    /// # Errors
    /// `is_owner_died` when the thread that held it has ended.
    pub fn acquire(&self) -> Result<Held<'_>> {
        self.acquire_raw(None)?;
        let release = |proxy: &Proxy| proxy.call(&Call::Release);
        Ok(Held::new(&self.proxy, release))
    }

    /// Waits for the lock at most so long; true when it is held now, until `release`.
    ///
    /// # Errors
    /// As [`acquire`](ConditionProxy::acquire).
    pub fn acquire_raw(&self, timeout: Option<Duration>) -> Result<bool> {
        self.proxy.call(&Call::Acquire(timeout))
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// `is_not_owner` when this thread does not hold it.
    pub fn release(&self) -> Result<()> {
        self.proxy.call(&Call::Release)
    }

    /// Gives the lock back, waits to be notified, takes the lock again; false when the time was
    /// over first.
    ///
    /// # Errors
    /// `is_not_owner` when this thread does not hold the lock; `is_owner_died` when one who took it
    /// meanwhile has ended with it, and then this thread does not hold it.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool> {
        self.proxy.call(&Call::Wait(timeout))
    }

    /// Waits as [`wait`](ConditionProxy::wait) does until `is_so`; false when the time was over
    /// first.
    ///
    /// # Errors
    /// As [`wait`](ConditionProxy::wait).
    pub fn wait_for(
        &self,
        mut is_so: impl FnMut() -> bool,
        timeout: Option<Duration>,
    ) -> Result<bool> {
        let deadline = crate::deadline::after(timeout);
        while !is_so() {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(false);
            }
            self.wait(left)?;
        }
        Ok(true)
    }

    /// Says that what the lock guards is in order again after its owner died.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn reset(&self) -> Result<()> {
        self.proxy.call(&Call::Reset)
    }

    /// Wakes at most so many who wait.
    ///
    /// # Errors
    /// `is_not_owner` when this thread does not hold the lock.
    pub fn notify(&self, count: usize) -> Result<()> {
        self.proxy.call(&Call::Notify(count))
    }

    /// Wakes all who wait.
    ///
    /// # Errors
    /// As [`notify`](ConditionProxy::notify).
    pub fn notify_all(&self) -> Result<()> {
        self.notify(usize::MAX)
    }
}
