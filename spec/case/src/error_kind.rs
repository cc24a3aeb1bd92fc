//! Kinds of errors: what a program catches, whatever class or message a library has for it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::nearest::named;

/// What went wrong, independent of any implementation's classes and messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// A closed connection, queue, pool or process is used.
    Closed,
    /// Nothing to get.
    Empty,
    /// No room to put.
    Full,
    /// A wait ended before what it waited for.
    Timeout,
    /// The other end is closed and nothing is left to read.
    Eof,
    /// Sent to a closed end.
    BrokenPipe,
    /// A lock or semaphore released too often, or a task done too often.
    OverRelease,
    /// A lock released or a condition used by one who does not own it.
    NotOwner,
    /// An object that travels only to a new child was sent otherwise.
    NotInheritable,
    /// A call that the documentation forbids.
    Usage,
    /// A process was started while its creator was still being started.
    Bootstrapping,
    /// A value could not be encoded.
    Serialize,
    /// A value could not be decoded.
    Deserialize,
    /// A worker died with its task.
    WorkerLost,
    /// A process died while it held a lock.
    OwnerDied,
    /// The keys of two sides differ.
    Auth,
    /// A barrier was broken.
    BrokenBarrier,
    /// A pool can no longer work.
    BrokenPool,
    /// A wrong value (a program's own errors, mostly).
    Value,
    /// A wrong type.
    Type,
    /// A key that is not there.
    Key,
    /// An index out of range.
    Index,
    /// An attribute that is not there.
    Attribute,
    /// Any other error of a running program.
    Runtime,
    /// A division by zero.
    ZeroDivision,
    /// A whole number beyond 64 bits, or a value too large to make: a limit of cases, not Python's.
    Overflow,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [ErrorKind; 26] = [
        ErrorKind::Closed,
        ErrorKind::Empty,
        ErrorKind::Full,
        ErrorKind::Timeout,
        ErrorKind::Eof,
        ErrorKind::BrokenPipe,
        ErrorKind::OverRelease,
        ErrorKind::NotOwner,
        ErrorKind::NotInheritable,
        ErrorKind::Usage,
        ErrorKind::Bootstrapping,
        ErrorKind::Serialize,
        ErrorKind::Deserialize,
        ErrorKind::WorkerLost,
        ErrorKind::OwnerDied,
        ErrorKind::Auth,
        ErrorKind::BrokenBarrier,
        ErrorKind::BrokenPool,
        ErrorKind::Value,
        ErrorKind::Type,
        ErrorKind::Key,
        ErrorKind::Index,
        ErrorKind::Attribute,
        ErrorKind::Runtime,
        ErrorKind::ZeroDivision,
        ErrorKind::Overflow,
    ];

    /// The name in cases and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Closed => "closed",
            ErrorKind::Empty => "empty",
            ErrorKind::Full => "full",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Eof => "eof",
            ErrorKind::BrokenPipe => "broken_pipe",
            ErrorKind::OverRelease => "over_release",
            ErrorKind::NotOwner => "not_owner",
            ErrorKind::NotInheritable => "not_inheritable",
            ErrorKind::Usage => "usage",
            ErrorKind::Bootstrapping => "bootstrapping",
            ErrorKind::Serialize => "serialize",
            ErrorKind::Deserialize => "deserialize",
            ErrorKind::WorkerLost => "worker_lost",
            ErrorKind::OwnerDied => "owner_died",
            ErrorKind::Auth => "auth",
            ErrorKind::BrokenBarrier => "broken_barrier",
            ErrorKind::BrokenPool => "broken_pool",
            ErrorKind::Value => "value",
            ErrorKind::Type => "type",
            ErrorKind::Key => "key",
            ErrorKind::Index => "index",
            ErrorKind::Attribute => "attribute",
            ErrorKind::Runtime => "runtime",
            ErrorKind::ZeroDivision => "zero_division",
            ErrorKind::Overflow => "overflow",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for ErrorKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        named("error kind", name, ErrorKind::ALL, ErrorKind::name)
    }
}
