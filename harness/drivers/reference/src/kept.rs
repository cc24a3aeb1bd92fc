//! What a pool keeps for its workers where these are copies of its process: each finds it in its own
//! memory, where the program's variables refer to the same parts.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use serde::{Deserialize, Serialize};

use crate::functions::Task;

static NEXT: AtomicU64 = AtomicU64::new(0);
static KEPT: RwLock<Option<HashMap<u64, Task>>> = RwLock::new(None);

/// The number of a call that is kept in this process, and in its copies, until it is dropped.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept(u64);

/// Keeps a call.
pub(crate) fn keep(task: Task) -> Kept {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    all().get_or_insert_default().insert(number, task);
    Kept(number)
}

impl Kept {
    /// The call, in the process that keeps it or a copy of that.
    pub(crate) fn look(&self) -> Option<Task> {
        let all = KEPT.read().unwrap_or_else(PoisonError::into_inner);
        all.as_ref()?.get(&self.0).cloned()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Dropped outside: what it holds may be another pool.
        let _task = all().as_mut().and_then(|all| all.remove(&self.0));
    }
}

fn all() -> RwLockWriteGuard<'static, Option<HashMap<u64, Task>>> {
    KEPT.write().unwrap_or_else(PoisonError::into_inner)
}
