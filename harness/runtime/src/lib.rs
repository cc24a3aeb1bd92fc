//! Python's multiprocessing in the manner of Rust: processes, pools, pipes, queues, locks, managers.
//!
//! ```standalone_crate
//! use poolproof_runtime as mp;
//!
//! fn square(x: i64) -> i64 {
//!     x * x
//! }
//!
//! fn main() -> mp::Result<()> {
//!     mp::freeze_support(); // a child runs its function here and never returns
//!     let context = mp::Context::new(mp::StartMethod::Spawn)?;
//!     let squares: Vec<i64> = context.pool(5)?.map(square, [1, 2, 3])?;
//!     println!("{squares:?}"); // [1, 4, 9]
//!     # assert_eq!(squares, [1, 4, 9]);
//!     Ok(())
//! }
//! ```
//!
//! # How it works
//!
//! A [`Context`] is bound to one [`StartMethod`] and makes everything else.
//! The same program runs under each:
//!
//! - **spawn**: this program is executed again, and [`freeze_support`] turns that process into the
//!   child. It has only what it is given.
//! - **fork**: the system copies this process. Refused beside threads that are not this crate's,
//!   since their locks would stay locked in the copy.
//! - **forkserver**: a small server with one thread, itself spawned, is copied. Nearly as fast as
//!   fork and as safe as spawn; the default on Linux.
//! - **threads**: a thread stands for the process, for comparison.
//!
//! ```standalone_crate
//! use poolproof_runtime as mp;
//!
//! fn greet((name, reply): (String, mp::Sender<String>)) -> mp::Result<()> {
//!     reply.send(&format!("hello {name}"))
//! }
//!
//! fn main() -> mp::Result<()> {
//!     mp::freeze_support();
//!     let context = mp::Context::default();
//!     let (receiver, sender) = context.one_way()?;
//!     let process = context.process(greet, ("bob".into(), sender)).start()?;
//!     assert_eq!(receiver.recv()?, "hello bob");
//!     process.join(None)?;
//!     assert_eq!(process.exit_code()?, Some(0));
//!     Ok(())
//! }
//! ```
//!
//! **Functions travel as plain `fn` pointers**: function items, generic ones and closures that
//! capture nothing. What a function needs is its argument, any value that serde knows. A closure
//! that captures is refused by the compiler.
//!
//! **Handles travel inside values.** A connection, queue, lock or piece of shared memory can be a
//! part of an argument or message, however deep; it is serialised nowhere else.
//!
//! **Nothing outlives its root.** The process that a user starts holds the one end of a pipe;
//! when it dies, however it dies, all that it started, directly or not, ends. A process that ends
//! by itself ends its daemons and joins its other children first. What this crate makes has no
//! name in the file system, except a listener's socket, which goes with its owner.
//!
//! **A copy that the program makes by itself** (by `fork`, in a daemonizer or a C library) has nothing
//! of what works for its original: a pool, an executor, a process or a manager's end is an error there
//! (`is_usage`), and its own end ends nothing. Locks, queues and memory work in it as in any process;
//! what it starts is a tree of its own. One that is made in a task or a callback ends where that
//! comes back.
//!
//! **A child begins with the defaults**: no signal is blocked in it, SIGTERM ends it, SIGCHLD is not
//! ignored, whatever its starter does with them; it has its starter's user, groups and limits, those
//! of the moment (a fork server's limits are of the moment when that was started).
//!
//! **A panic is a failure, not a death**: a pool gives it to its caller as an error and its worker
//! goes on; a process says its name and why on stderr, and has exit code 1. In a program that is
//! built with `panic = "abort"` each is the end of its process (`is_worker_lost`, and a signal as
//! exit code), so that profile costs a pool a new worker a panic.
//!
//! # What differs from Python
//!
//! [`python`] sets every name of Python's beside ours. Above all:
//!
//! - `freeze_support()` is not optional: starting a process before it is an error at once.
//! - A process's argument is one value, a tuple where there are several.
//! - A process that was not started is a [`ProcessBuilder`]; one that was is a [`Process`].

#![forbid(unsafe_code)]

mod address;
mod auth;
mod connection;
mod context;
mod copies;
mod current;
mod deadline;
mod error;
mod exit_work;
mod fork_gate;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod listener;
mod lock;
mod locked;
mod logging;
mod manager;
mod panics;
mod pool;
mod process;
pub mod python;
mod queue;
mod shared;
mod start;
mod transfer;
mod wire;

pub use address::Address;
pub use auth::Protocol;
pub use connection::{Connection, Receiver, Sender, Waitable, wait};
pub use context::{Context, StartMethod, cpu_count, set_start_method, start_method};
pub use current::{CurrentProcess, Exit, ParentProcess, Sentinel, current_process, parent_process};
pub use error::{Error, Result};
pub use listener::{Client, Listener};
pub use lock::{
    Barrier, BoundedSemaphore, Condition, ConditionGuard, ConditionLock, Event, Lock, LockGuard,
    RLock, RLockGuard, Semaphore,
};
pub use logging::log_to_stderr;
pub use manager::{
    ArrayProxy, BarrierProxy, BoundedSemaphoreProxy, ConditionProxy, Custom, CustomProxy,
    DictProxy, EventProxy, Held, JoinableQueueProxy, ListProxy, LockProxy, Managed, Manager,
    ManagerBuilder, ManagerServer, NamespaceProxy, PoolProxy, PoolResultProxy, PoolResultsIterator,
    PoolResultsProxy, QueueProxy, RLockProxy, SemaphoreProxy, ServerStopper, SetProxy, ValueProxy,
};
pub use pool::{
    AsCompleted, AsyncResult, Executor, Future, Pool, PoolBuilder, ResultIterator, ReturnWhen,
    as_completed, fail, wait_futures,
};
pub use poolproof_sys::shared::Shared;
pub use process::{Process, ProcessBuilder, active_children};
pub use queue::{JoinableQueue, Queue, SimpleQueue, Transport};
pub use shared::{
    Array, Guarded, Hold, Item, Mutex, MutexGuard, RawArray, RawValue, ShareableList, SharedMemory,
    Value,
};
pub use start::{bootstrapping, freeze_support, set_forkserver_warm_up};
pub use transfer::Message;

#[doc(hidden)]
pub use poolproof_sys::before_main as __before_main;
