//! Queues: values from many processes to many, each process's own in its order.
//!
//! `channel` is the pipe that all processes share, `outbox` what one process has put and not yet
//! written, `plain`, `joinable` and `simple` the three kinds that users see.

mod channel;
mod frame;
mod joinable;
mod outbox;
mod plain;
mod reading;
mod simple;
mod writing;

pub use joinable::JoinableQueue;
pub use plain::Queue;
pub use simple::SimpleQueue;

/// How the values of a queue get from process to process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A pipe, a lock at each end, and a thread in each putting process that feeds it: what
    /// Python documents. A value that was put may be seen by others only later.
    #[default]
    Pipe,
}
