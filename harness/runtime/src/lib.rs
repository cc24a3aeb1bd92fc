//! Python's multiprocessing in the manner of Rust: processes, pools, pipes, queues, locks, managers.

#![forbid(unsafe_code)]

mod context;
mod error;
mod lock;
mod shared;
mod transfer;

pub use context::{Context, StartMethod, set_start_method, start_method};
pub use error::{Error, Result};
pub use lock::{
    Barrier, BoundedSemaphore, Condition, ConditionGuard, ConditionLock, Event, Lock, LockGuard, RLock,
    RLockGuard, Semaphore,
};
pub use poolproof_sys::shared::Shared;
pub use shared::{Array, Mutex, MutexGuard, RawArray, RawValue, Value};
pub use transfer::Message;
