//! Python's multiprocessing in the manner of Rust: processes, pools, pipes, queues, locks, managers.

#![forbid(unsafe_code)]

mod address;
mod auth;
mod connection;
mod context;
mod deadline;
mod error;
mod exit_work;
mod fork_gate;
mod listener;
mod lock;
mod pool;
mod shared;
mod process;
mod queue;
mod start;
mod transfer;
mod wire;

pub use address::Address;
pub use connection::{Connection, Receiver, Sender, Waitable, wait};
pub use context::{Context, StartMethod, set_start_method, start_method};
pub use error::{Error, Result};
pub use listener::{Client, Listener};
pub use lock::{
    Barrier, BoundedSemaphore, Condition, ConditionGuard, ConditionLock, Event, Lock, LockGuard, RLock,
    RLockGuard, Semaphore,
};
pub use pool::{AsyncResult, Pool, PoolBuilder, ResultIterator, fail};
pub use poolproof_sys::shared::Shared;
pub use shared::{Array, Mutex, MutexGuard, RawArray, RawValue, Value};
pub use process::{
    CurrentProcess, Exit, ParentProcess, Process, ProcessBuilder, active_children, current_process,
    parent_process,
};
pub use queue::{JoinableQueue, Queue, SimpleQueue, Transport};
pub use start::{bootstrapping, freeze_support};
pub use transfer::Message;
