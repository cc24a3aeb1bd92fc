//! A manager's locks: one that anybody may release, and one that its owner may take again.
//! An owner is one thread of one client.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::proxy::{Proxy, managed};
use super::server::{decoded, encoded};
use super::table::Object;
use super::waiting::{Caller, lock};
use crate::error::{Error, Kind, Result};

/// What each object that can be held understands.
#[derive(Serialize, Deserialize)]
pub(super) enum Call {
    Acquire(Option<Duration>),
    Release,
}

/// The object that anybody may release.
#[derive(Default)]
pub(super) struct Lock {
    is_held: Mutex<bool>,
    changed: Condvar,
}

impl Object for Lock {
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            Call::Acquire(timeout) => {
                let take = |is_held: &mut bool| (!std::mem::replace(is_held, true)).then_some(());
                let taken = caller.wait(&self.is_held, &self.changed, timeout, take)?;
                encoded(&taken.is_some())
            }
            Call::Release => {
                if !std::mem::replace(&mut *lock(&self.is_held), false) {
                    return Err(Error::new(Kind::OverRelease, "release a manager's lock"));
                }
                encoded(&self.changed.notify_one())
            }
        }
    }
}

/// Who holds a lock, and how often.
#[derive(Default)]
pub(super) struct Owner {
    pub(super) client: Option<u64>,
    pub(super) count: u32,
}

impl Owner {
    /// Takes the lock, if it is free or the client's own.
    pub(super) fn take(&mut self, client: u64) -> Option<()> {
        match self.client {
            Some(owner) if owner != client => return None,
            _ => self.client = Some(client),
        }
        self.count += 1;
        Some(())
    }

    /// Gives one level of the lock back.
    pub(super) fn give_back(&mut self, client: u64) -> Result<()> {
        if self.client != Some(client) {
            return Err(Error::new(Kind::NotOwner, "release a manager's lock"));
        }
        self.count -= 1;
        if self.count == 0 {
            self.client = None;
        }
        Ok(())
    }
}

/// The object that its owner may take again.
#[derive(Default)]
pub(super) struct RLock {
    owner: Mutex<Owner>,
    changed: Condvar,
}

impl Object for RLock {
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            Call::Acquire(timeout) => {
                let take = |owner: &mut Owner| owner.take(caller.id);
                let taken = caller.wait(&self.owner, &self.changed, timeout, take)?;
                encoded(&taken.is_some())
            }
            Call::Release => {
                lock(&self.owner).give_back(caller.id)?;
                encoded(&self.changed.notify_one())
            }
        }
    }
}

/// What is held until this is dropped.
#[derive(Debug)]
#[must_use = "it is given back at once"]
pub struct Held<'p> {
    proxy: &'p Proxy,
    release: fn(&Proxy) -> Result<()>,
}

impl<'p> Held<'p> {
    pub(super) fn new(proxy: &'p Proxy, release: fn(&Proxy) -> Result<()>) -> Held<'p> {
        Held { proxy, release }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // The manager may have ended, and the lock with it.
        let _ = (self.release)(self.proxy);
    }
}

/// What is done with everything that can be held.
macro_rules! lockable {
    ($name:ident, $release_error:literal) => {
        impl $name {
            /// Waits until it can be had, and holds it until the guard is dropped.
            ///
            /// # Errors
            /// `is_broken_pipe` when the manager has ended.
            pub fn acquire(&self) -> $crate::error::Result<$crate::manager::lock::Held<'_>> {
                self.acquire_raw(None)?;
                let release = |proxy: &$crate::manager::proxy::Proxy| {
                    proxy.call(&$crate::manager::lock::Call::Release)
                };
                Ok($crate::manager::lock::Held::new(&self.proxy, release))
            }

            /// Waits at most so long; true when it is held now, until `release`.
            ///
            /// # Errors
            /// `is_broken_pipe` when the manager has ended.
            pub fn acquire_raw(
                &self,
                timeout: Option<std::time::Duration>,
            ) -> $crate::error::Result<bool> {
                self.proxy
                    .call(&$crate::manager::lock::Call::Acquire(timeout))
            }

            /// Takes it if that needs no waiting; true when it is held now, until `release`.
            ///
            /// # Errors
            /// `is_broken_pipe` when the manager has ended.
            pub fn try_acquire(&self) -> $crate::error::Result<bool> {
                self.acquire_raw(Some(std::time::Duration::ZERO))
            }

            /// Gives it back.
            ///
            /// # Errors
            #[doc = concat!($release_error, "`is_broken_pipe` when the manager has ended.")]
            pub fn release(&self) -> $crate::error::Result<()> {
                self.proxy.call(&$crate::manager::lock::Call::Release)
            }
        }
    };
}
pub(super) use lockable;

managed! {
    /// A lock of a manager, which anybody may release.
    LockProxy: Lock
}
lockable!(LockProxy, "`is_over_release` when nobody holds it; ");

managed! {
    /// A lock of a manager that its owner, a thread, may take again.
    RLockProxy: RLock
}
lockable!(
    RLockProxy,
    "`is_not_owner` when this thread does not hold it; "
);
