//! Locks, semaphores, conditions, events and barriers that processes share.
//!
//! One wait word, in memory without a name, builds them all; no call but a contended one enters
//! the kernel. Each knows who holds it, so that the death of a holder is an error that says so
//! and never a hang. Values under a lock are in `shared`.

pub(crate) mod patience;
mod registry;
pub(crate) mod segment;
mod waiters;
pub(crate) mod word;

mod barrier;
mod condition;
mod event;
mod mutual;
pub(crate) mod recursive;
pub(crate) mod semaphore;

pub use barrier::Barrier;
pub use condition::{Condition, ConditionGuard, ConditionLock};
pub use event::Event;
pub use mutual::{Lock, LockGuard};
pub use recursive::{RLock, RLockGuard};
pub use semaphore::{BoundedSemaphore, Semaphore};
