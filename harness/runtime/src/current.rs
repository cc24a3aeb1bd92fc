//! Who this process is: its name, its place in the tree, and who started it.

mod authkey;
mod exit;
mod sentinel;

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use poolproof_sys::identity::Identity;
use serde::{Deserialize, Serialize};

use crate::context::StartMethod;
use crate::copies::{OfProcess, kept};
use crate::error::Result;
use crate::locked::lock;
use authkey::AuthKey;
pub use exit::Exit;
pub(crate) use exit::{panicked, say, tell};
pub use sentinel::Sentinel;

/// What a process is told about itself by the one that starts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) daemon: bool,
    /// The numbers of its ancestors and its own, each among its parent's children.
    pub(crate) path: Vec<u32>,
    pub(crate) parent_name: String,
    pub(crate) parent: u64,
    pub(crate) method: StartMethod,
    /// None where the system had no random bytes for one.
    pub(crate) key: Option<AuthKey>,
    /// Whether it has no part in the end of its starter.
    pub(crate) is_detached: bool,
    /// Whether it goes on when the root of its tree is gone.
    pub(crate) survives: bool,
}

#[derive(Debug)]
pub(crate) struct Own {
    name: String,
    daemon: bool,
    path: Vec<u32>,
    parent: Option<(String, Identity)>,
    children: AtomicU32,
    /// None until somebody asks a root for it.
    key: Mutex<Option<AuthKey>>,
}

static OWN: OfProcess<RwLock<Option<Arc<Own>>>> = OfProcess::new(RwLock::new(None));

/// A copy that the program makes by itself goes by its original's name.
fn same(original: &RwLock<Option<Arc<Own>>>) -> RwLock<Option<Arc<Own>>> {
    let known = original.try_read().ok().and_then(|own| own.clone());
    RwLock::new(known.map(|own| Arc::new(own.again())))
}

thread_local! {
    static THREAD: RefCell<Option<Arc<Own>>> = const { RefCell::new(None) };
}

fn own() -> Arc<Own> {
    if let Ok(Some(own)) = THREAD.try_with(|thread| thread.borrow().clone()) {
        return own;
    }
    if let Some(own) = &*OWN.get(same).read().unwrap_or_else(PoisonError::into_inner) {
        return Arc::clone(own);
    }
    let mut slot = OWN
        .get(same)
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    let root = slot.get_or_insert_with(|| {
        Arc::new(Own {
            name: "MainProcess".into(),
            daemon: false,
            path: Vec::new(),
            parent: None,
            children: AtomicU32::new(0),
            key: Mutex::new(None),
        })
    });
    Arc::clone(root)
}

impl From<Role> for Own {
    fn from(role: Role) -> Own {
        Own {
            name: role.name,
            daemon: role.daemon,
            path: role.path,
            parent: Some((role.parent_name, Identity::from_bits(role.parent))),
            children: AtomicU32::new(0),
            key: Mutex::new(role.key),
        }
    }
}

impl Own {
    /// The same once more, where a lock of it may be held for ever.
    fn again(&self) -> Own {
        Own {
            name: self.name.clone(),
            daemon: self.daemon,
            path: self.path.clone(),
            parent: self.parent.clone(),
            children: AtomicU32::new(self.children.load(Ordering::Relaxed)),
            key: kept(&self.key),
        }
    }

    fn key(&self) -> Result<AuthKey> {
        let mut key = lock(&self.key);
        match &*key {
            Some(key) => Ok(key.clone()),
            None => Ok(key.insert(AuthKey::random()?).clone()),
        }
    }
}

/// Gives this process, which has not been told yet what it is, a name to be known by.
pub(crate) fn be_called(name: &str) {
    become_process(Arc::new(Own {
        name: name.into(),
        daemon: false,
        path: Vec::new(),
        parent: None,
        children: AtomicU32::new(0),
        key: Mutex::new(None),
    }));
}

/// Makes this process what its parent says it is.
#[inline]
pub(crate) fn become_process(own: Arc<Own>) {
    poolproof_sys::process::set_name(&own.name);
    let mut slot = OWN
        .get(same)
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    // Freed, it would be written to, and a copy gets memory of its own for what it writes to.
    std::mem::forget(slot.replace(own));
}

/// Makes this thread the process that its starter says it is.
pub(crate) fn become_thread(role: Role) {
    THREAD.set(Some(Arc::new(role.into())));
}

/// The numbers of this process's ancestors and its own.
pub(crate) fn path() -> Vec<u32> {
    own().path.clone()
}

/// The path of the next child of this process.
pub(crate) fn next_path() -> Vec<u32> {
    let own = own();
    let number = own.children.fetch_add(1, Ordering::Relaxed) + 1;
    own.path.iter().copied().chain([number]).collect()
}

/// The key that the next child of this process inherits; it does without where there is none.
pub(crate) fn key() -> Option<AuthKey> {
    own().key().ok()
}

/// The process that asks.
#[derive(Debug, Clone)]
pub struct CurrentProcess {
    own: Arc<Own>,
}

/// The process that asks.
#[must_use]
pub fn current_process() -> CurrentProcess {
    CurrentProcess { own: own() }
}

impl CurrentProcess {
    /// Its name: `MainProcess`, or as its starter chose.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.own.name
    }

    /// Whether it ends with its parent; a daemon may not start processes.
    #[must_use]
    pub fn daemon(&self) -> bool {
        self.own.daemon
    }

    /// Its id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        std::process::id()
    }

    /// The secret that this process shares with its children: 32 random bytes, unless another was
    /// set here or by an ancestor. A listener or a manager with this key is open to this tree only.
    ///
    /// # Errors
    /// `is_system` where the system has no random bytes and none was set.
    pub fn authkey(&self) -> Result<Vec<u8>> {
        Ok(self.own.key()?.to_vec())
    }

    /// Sets the secret for this process and for the children that it starts from now on.
    pub fn set_authkey(&self, key: &[u8]) {
        let mut own = lock(&self.own.key);
        *own = Some(AuthKey::new(key));
    }
}

/// The process that started this one.
#[derive(Debug, Clone)]
pub struct ParentProcess {
    name: String,
    identity: Identity,
}

/// The process that started this one; none where a user started it.
#[must_use]
pub fn parent_process() -> Option<ParentProcess> {
    let (name, identity) = own().parent.clone()?;
    Some(ParentProcess { name, identity })
}

impl ParentProcess {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.identity.pid()
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.identity.is_alive()
    }

    /// What [`wait`](crate::wait) can wait for: it is ready once the parent has ended.
    ///
    /// # Errors
    /// Fails where the system cannot watch it.
    pub fn sentinel(&self) -> Result<Sentinel> {
        let subject = || format!("watch the parent process `{}`", self.name);
        let watched = self.watch();
        watched.map_err(|error| crate::Error::system(subject(), error))
    }

    fn watch(&self) -> std::io::Result<Sentinel> {
        let sentinel = match poolproof_sys::process::watch(self.pid()) {
            Ok(sentinel) => sentinel,
            Err(_) if !self.is_alive() => return Ok(Sentinel::ended()),
            Err(error) => return Err(error),
        };
        // The id may have gone to another process before it was watched.
        Ok(match self.is_alive() {
            true => Sentinel::of(sentinel),
            false => Sentinel::ended(),
        })
    }

    /// Waits for its end, for ever or for a while; says whether it has ended.
    ///
    /// # Errors
    /// Fails where the system cannot watch it.
    pub fn join(&self, timeout: Option<Duration>) -> Result<bool> {
        let deadline = crate::deadline::after(timeout);
        let wait = || match self.watch()?.handle() {
            Some(sentinel) => poolproof_sys::pipe::wait_readable(sentinel, deadline),
            None => Ok(true),
        };
        let subject = || format!("join the parent process `{}`", self.name);
        wait().map_err(|error| crate::Error::system(subject(), error))
    }
}
