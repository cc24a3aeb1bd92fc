//! A manager's semaphores. A unit has no owner: what a dead client took stays taken.

use std::sync::{Condvar, Mutex};

use super::coding::{decoded, encoded};
use super::lock::{Call, lockable};
use super::proxy::managed;
use super::table::Object;
use super::waiting::Caller;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;

/// The object.
pub(super) struct Semaphore {
    units: Mutex<u32>,
    most: Option<u32>,
    changed: Condvar,
}

impl Semaphore {
    pub(super) fn new(units: u32, most: Option<u32>) -> Semaphore {
        Semaphore {
            units: Mutex::new(units),
            most,
            changed: Condvar::new(),
        }
    }

    fn release(&self) -> Result<()> {
        let mut units = lock(&self.units);
        let after = units.checked_add(1);
        let after = after.filter(|after| self.most.is_none_or(|most| *after <= most));
        let subject = "release a manager's bounded semaphore";
        *units = after.ok_or_else(|| Error::new(Kind::OverRelease, subject))?;
        drop(units);
        self.changed.notify_one();
        Ok(())
    }
}

impl Object for Semaphore {
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            Call::Acquire(timeout) => {
                let take = |units: &mut u32| {
                    *units = units.checked_sub(1)?;
                    Some(())
                };
                let taken = caller.wait(&self.units, &self.changed, timeout, take)?;
                encoded(&taken.is_some())
            }
            Call::Release => encoded(&self.release()?),
            Call::Reset => Err(Error::new(
                Kind::Usage,
                "reset a manager's semaphore: its units have no owner",
            )),
        }
    }
}

managed! {
    /// A semaphore of a manager.
    SemaphoreProxy: Semaphore
}
lockable!(SemaphoreProxy, "", "");

managed! {
    /// A semaphore of a manager that never has more units than it was made with.
    BoundedSemaphoreProxy: BoundedSemaphore
}
lockable!(
    BoundedSemaphoreProxy,
    "",
    "`is_over_release` when it has all its units; "
);
