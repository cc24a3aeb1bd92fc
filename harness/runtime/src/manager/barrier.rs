//! A manager's barrier.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::coding::{decoded, encoded};
use super::proxy::managed;
use super::table::Object;
use super::waiting::Caller;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;

#[derive(Serialize, Deserialize)]
enum Call {
    Wait(Option<Duration>),
    Reset,
    Abort,
    Parties,
    Waiting,
    IsBroken,
}

/// The object.
pub(super) struct Barrier {
    parties: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: usize,
    /// How often it was passed or reset.
    round: u64,
    /// Rounds that were reset while somebody waited.
    failed: BTreeSet<u64>,
    is_broken: bool,
}

impl Barrier {
    pub(super) fn new(parties: usize) -> Result<Barrier> {
        if parties == 0 {
            return Err(Error::new(
                Kind::Usage,
                "make a barrier for nobody: use 1 or more",
            ));
        }
        Ok(Barrier {
            parties,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    fn wait(&self, caller: &Caller<'_>, timeout: Option<Duration>) -> Result<usize> {
        let mut state = lock(&self.state);
        if state.is_broken {
            return Err(broken());
        }
        let (number, round) = (state.waiting, state.round);
        state.waiting += 1;
        if state.waiting == self.parties {
            state.waiting = 0;
            state.round += 1;
            drop(state);
            self.changed.notify_all();
            return Ok(number);
        }
        drop(state);
        let is_over = |state: &mut State| match state.round == round {
            true => state.is_broken.then_some(false),
            false => Some(!state.failed.contains(&round)),
        };
        match caller.wait(&self.state, &self.changed, timeout, is_over) {
            Ok(Some(true)) => Ok(number),
            Ok(Some(false)) => Err(broken()),
            // One who came too late, or is gone, keeps the others from ever meeting.
            outcome => {
                self.abort();
                outcome.and(Err(broken()))
            }
        }
    }

    fn reset(&self) {
        let mut state = lock(&self.state);
        if state.waiting > 0 || state.is_broken {
            let round = state.round;
            state.failed.insert(round);
        }
        state.waiting = 0;
        state.round += 1;
        state.is_broken = false;
        drop(state);
        self.changed.notify_all();
    }

    fn abort(&self) {
        let mut state = lock(&self.state);
        state.is_broken = true;
        state.waiting = 0;
        drop(state);
        self.changed.notify_all();
    }
}

fn broken() -> Error {
    Error::new(Kind::BrokenBarrier, "wait at a manager's barrier")
}

impl Object for Barrier {
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            Call::Wait(timeout) => encoded(&self.wait(caller, timeout)?),
            Call::Reset => encoded(&self.reset()),
            Call::Abort => encoded(&self.abort()),
            Call::Parties => encoded(&self.parties),
            Call::Waiting => encoded(&lock(&self.state).waiting),
            Call::IsBroken => encoded(&lock(&self.state).is_broken),
        }
    }
}

managed! {
    /// A barrier of a manager.
    ///
    /// Each call fails with `is_broken_pipe` when the manager has ended.
    BarrierProxy: Barrier
}

impl BarrierProxy {
    /// Waits until all have come; gives the number of this one among them.
    ///
    /// # Errors
    /// `is_broken_barrier` when the time was over first, for anyone, or after `abort` or `reset`.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<usize> {
        self.proxy.call(&Call::Wait(timeout))
    }

    /// Makes it as new; those who wait fail.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn reset(&self) -> Result<()> {
        self.proxy.call(&Call::Reset)
    }

    /// Breaks it; those who wait fail, and those who come.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn abort(&self) -> Result<()> {
        self.proxy.call(&Call::Abort)
    }

    /// How many must come.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn parties(&self) -> Result<usize> {
        self.proxy.call(&Call::Parties)
    }

    /// How many wait now.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn waiting(&self) -> Result<usize> {
        self.proxy.call(&Call::Waiting)
    }

    /// Whether it is broken.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn is_broken(&self) -> Result<bool> {
        self.proxy.call(&Call::IsBroken)
    }
}
