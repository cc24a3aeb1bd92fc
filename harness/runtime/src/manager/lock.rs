//! A manager's locks: one that anybody may release, and one that its owner may take again.
//!
//! An owner is one thread of one client; a lock that anybody may release is its process's.
//! One whose owner has died says so to each who would take it, until it is reset.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use poolproof_sys::copies::epoch;
use serde::{Deserialize, Serialize};

use super::coding::{decoded, encoded};
use super::protocol::Process;
use super::proxy::{Proxy, managed};
use super::table::{Gone, Object};
use super::waiting::Caller;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;

/// What each object that can be held understands.
#[derive(Serialize, Deserialize)]
pub(super) enum Call {
    Acquire(Option<Duration>),
    Release,
    /// What it guards is in order again after its owner died.
    Reset,
}

/// The object that anybody may release.
#[derive(Default)]
pub(super) struct Lock {
    holder: Mutex<Holder>,
    changed: Condvar,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Holder {
    #[default]
    Nobody,
    /// Some thread of a process.
    Held(Process),
    /// One that died with it.
    Dead,
}

impl Object for Lock {
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            Call::Acquire(timeout) => {
                let take = |holder: &mut Holder| match holder {
                    Holder::Held(_) => None,
                    Holder::Dead => Some(Err(owner_died("a manager's lock"))),
                    Holder::Nobody => {
                        *holder = Holder::Held(caller.process);
                        Some(Ok(()))
                    }
                };
                let taken = caller.wait(&self.holder, &self.changed, timeout, take)?;
                encoded(&taken.transpose()?.is_some())
            }
            Call::Release => {
                let mut holder = lock(&self.holder);
                // Anybody may give it back, also for one that died with it.
                if *holder == Holder::Nobody {
                    return Err(Error::new(Kind::OverRelease, "release a manager's lock"));
                }
                *holder = Holder::Nobody;
                encoded(&self.changed.notify_one())
            }
            Call::Reset => {
                let mut holder = lock(&self.holder);
                if *holder == Holder::Dead {
                    *holder = Holder::Nobody;
                }
                encoded(&())
            }
        }
    }

    /// A thread may leave a lock to another of its process.
    fn lose(&self, gone: &Gone) {
        let mut holder = lock(&self.holder);
        if gone
            .process
            .is_some_and(|process| *holder == Holder::Held(process))
        {
            *holder = Holder::Dead;
            self.changed.notify_all();
        }
    }
}

pub(super) fn owner_died(what: &str) -> Error {
    let text = format!("acquire {what} (call `reset()` once what it guards is in order)");
    Error::new(Kind::OwnerDied, text)
}

/// Who holds a lock, and how often.
#[derive(Default)]
pub(super) struct Owner {
    pub(super) client: Option<u64>,
    pub(super) count: u32,
    /// Whether the last who held it is gone without giving it back.
    pub(super) is_dead: bool,
}

impl Owner {
    /// Takes the lock, if it is free or the client's own.
    pub(super) fn take(&mut self, client: u64, what: &str) -> Option<Result<()>> {
        match self.client {
            _ if self.is_dead => return Some(Err(owner_died(what))),
            Some(owner) if owner != client => return None,
            _ => self.client = Some(client),
        }
        self.count += 1;
        Some(Ok(()))
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

    /// Whether it was held by one who is gone now.
    pub(super) fn lose(&mut self, gone: &Gone) -> bool {
        let is_lost = self.client == Some(gone.client);
        if is_lost {
            *self = Owner {
                is_dead: true,
                ..Owner::default()
            };
        }
        is_lost
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
                let take = |owner: &mut Owner| owner.take(caller.id, "a manager's lock");
                let taken = caller.wait(&self.owner, &self.changed, timeout, take)?;
                encoded(&taken.transpose()?.is_some())
            }
            Call::Release => {
                lock(&self.owner).give_back(caller.id)?;
                encoded(&self.changed.notify_one())
            }
            Call::Reset => {
                lock(&self.owner).is_dead = false;
                encoded(&())
            }
        }
    }

    fn lose(&self, gone: &Gone) {
        if lock(&self.owner).lose(gone) {
            self.changed.notify_all();
        }
    }
}

/// What is held until this is dropped.
#[derive(Debug)]
#[must_use = "it is given back at once"]
pub struct Held<'p> {
    proxy: &'p Proxy,
    release: fn(&Proxy) -> Result<()>,
    creator: u32,
}

impl<'p> Held<'p> {
    pub(super) fn new(proxy: &'p Proxy, release: fn(&Proxy) -> Result<()>) -> Held<'p> {
        Held {
            proxy,
            release,
            creator: epoch(),
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // In a copy of the process that holds it there is nothing to give back.
        if self.creator == epoch() {
            // The manager may have ended, and the lock with it.
            let _ = (self.release)(self.proxy);
        }
    }
}

/// What is done with everything that can be held.
macro_rules! lockable {
    ($name:ident, $acquire_error:literal, $release_error:literal) => {
        impl $name {
            /// Waits until it can be had, and holds it until the guard is dropped.
            ///
            /// # Errors
            #[doc = concat!($acquire_error, "`is_broken_pipe` when the manager has ended.")]
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
            #[doc = concat!($acquire_error, "`is_broken_pipe` when the manager has ended.")]
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
            #[doc = concat!($acquire_error, "`is_broken_pipe` when the manager has ended.")]
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

/// What is done with a lock whose owner has died.
macro_rules! resettable {
    ($name:ident) => {
        impl $name {
            /// Says that what the lock guards is in order again after its owner died.
            ///
            /// # Errors
            /// `is_broken_pipe` when the manager has ended.
            pub fn reset(&self) -> Result<()> {
                self.proxy.call(&Call::Reset)
            }
        }
    };
}

managed! {
    /// A lock of a manager, which anybody may release.
    ///
    /// When the process that holds it dies, each acquire fails with `is_owner_died` until
    /// [`reset`](LockProxy::reset), or until somebody gives it back.
    LockProxy: Lock
}
lockable!(
    LockProxy,
    "`is_owner_died` when the process that held it has died; ",
    "`is_over_release` when nobody holds it; "
);
resettable!(LockProxy);

managed! {
    /// A lock of a manager that its owner, a thread, may take again.
    ///
    /// When the thread that holds it ends, each acquire fails with `is_owner_died` until
    /// [`reset`](RLockProxy::reset).
    RLockProxy: RLock
}
lockable!(
    RLockProxy,
    "`is_owner_died` when the thread that held it has ended; ",
    "`is_not_owner` when this thread does not hold it; "
);
resettable!(RLockProxy);
