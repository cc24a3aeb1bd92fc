//! Queues: values from many processes to many, each process's own in its order.
//!
//! `channel` and `ring` are the two transports that all processes of a queue share, `line` one of
//! them, `outbox` what one process has put and not yet written, `counts` what a pipe counts and `bell`
//! how one sleeps until that changes, `plain`, `joinable` and `simple` the
//! three kinds that users see.

mod bell;
mod channel;
mod counts;
mod frame;
mod joinable;
mod line;
mod outbox;
mod plain;
mod reading;
mod ring;
mod simple;
mod waiting;
mod writing;

pub use joinable::JoinableQueue;
pub use plain::Queue;
pub use simple::SimpleQueue;

/// How the values of a queue get from process to process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Memory that all share, with a lock for those who put. A value that was put is there for others at
    /// once, as long as 256 KiB hold all that nobody has taken; a thread writes the rest later.
    #[default]
    Ring,
    /// A pipe, a lock at each end, and a thread in each putting process that feeds it: what
    /// Python documents. A value that was put may be seen by others only later.
    Pipe,
}
