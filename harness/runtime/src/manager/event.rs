//! A manager's event.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::coding::{decoded, encoded};
use super::proxy::managed;
use super::table::Object;
use super::waiting::Caller;
use crate::error::Result;
use crate::locked::lock;

#[derive(Serialize, Deserialize)]
enum Call {
    Set,
    Clear,
    IsSet,
    Wait(Option<Duration>),
}

/// The object.
#[derive(Default)]
pub(super) struct Event {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_set: bool,
    /// How often it was set, so that who waits sees a flag that is cleared at once.
    times: u64,
}

impl State {
    fn set(&mut self) {
        self.is_set = true;
        self.times += 1;
    }

    fn clear(&mut self) {
        self.is_set = false;
    }
}

impl Object for Event {
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>> {
        let mut state = lock(&self.state);
        match decoded(call)? {
            Call::Set => {
                state.set();
                drop(state);
                encoded(&self.changed.notify_all())
            }
            Call::Clear => encoded(&state.clear()),
            Call::IsSet => encoded(&state.is_set),
            Call::Wait(timeout) => {
                let before = state.times;
                drop(state);
                let is_seen =
                    |state: &mut State| (state.is_set || state.times != before).then_some(());
                let seen = caller.wait(&self.state, &self.changed, timeout, is_seen)?;
                encoded(&seen.is_some())
            }
        }
    }
}

managed! {
    /// An event of a manager.
    ///
    /// Each call fails with `is_broken_pipe` when the manager has ended.
    EventProxy: Event
}

impl EventProxy {
    /// Sets it, and wakes all who wait.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn set(&self) -> Result<()> {
        self.proxy.call(&Call::Set)
    }

    /// Takes it back.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn clear(&self) -> Result<()> {
        self.proxy.call(&Call::Clear)
    }

    /// Whether it is set.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn is_set(&self) -> Result<bool> {
        self.proxy.call(&Call::IsSet)
    }

    /// Waits until it is set; false when the time was over first.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool> {
        self.proxy.call(&Call::Wait(timeout))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_waits_sees_a_flag_that_is_cleared_at_once() {
        let event = Event::default();
        let ask = |call: Call, is_gone: &dyn Fn() -> bool| {
            let caller = Caller {
                id: 1,
                process: Default::default(),
                is_gone,
                look: Duration::from_millis(1),
            };
            event.call(&encoded(&call).unwrap(), &caller).unwrap()
        };
        let is_waiting = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                // It is asked again and again, while it waits.
                let is_gone = || {
                    is_waiting.store(true, Ordering::SeqCst);
                    false
                };
                ask(Call::Wait(Some(Duration::from_secs(20))), &is_gone)
            });
            while !is_waiting.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            // At once: who waits has no moment between the two in which it could look.
            let mut state = lock(&event.state);
            state.set();
            state.clear();
            drop(state);
            event.changed.notify_all();
            assert!(decoded::<bool>(&waiter.join().unwrap()).unwrap());
            assert!(!decoded::<bool>(&ask(Call::IsSet, &|| false)).unwrap());
        });
    }
}
