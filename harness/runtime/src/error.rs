//! The one error of this crate: a kind that callers may branch on, and the subject it was about.

use std::any::Any;
use std::{fmt, io};

use poolproof_sys::{handle, refused};
use serde::{Deserialize, Serialize};

/// What this crate's functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call did not do what it was asked.
///
/// Its message names its subject; its kind is asked for with the `is_…` methods. `{:?}` gives the
/// message too, behind the kind, since that is what a `main` that returns an error prints.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: Kind,
    subject: String,
    source: Option<io::Error>,
    /// An encoded error of the caller's own type.
    payload: Option<Vec<u8>>,
}

/// What callers branch on.
/// It crosses processes, where a manager answers for an object that lives elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Closed,
    Empty,
    Full,
    Timeout,
    Eof,
    BrokenPipe,
    OverRelease,
    NotOwner,
    NotInheritable,
    Usage,
    Bootstrapping,
    Serialize,
    Deserialize,
    WorkerLost,
    OwnerDied,
    Auth,
    BrokenBarrier,
    BrokenPool,
    Cancelled,
    NotStarted,
    Remote,
    Index,
    Key,
    Value,
    Missing,
    System,
    Taken,
    TooLong,
}

impl Kind {
    /// How a message of this kind ends, after its subject; nothing where the subject says all.
    fn text(self) -> &'static str {
        match self {
            Kind::Closed => "it is closed",
            Kind::Empty => "nothing is there",
            Kind::Full => "there is no room",
            Kind::Timeout => "the time is over",
            Kind::Eof => "the other end is closed and everything is read",
            Kind::BrokenPipe => "the other end is closed",
            Kind::OverRelease => "released too many times",
            Kind::NotOwner => "the caller does not hold it",
            Kind::NotInheritable => "it can only be given to a process that is being started",
            Kind::Bootstrapping => {
                "this process has not finished starting: call `freeze_support()` first in `main`, \
                 or have `in_tests!()` beside tests, and start processes after it"
            }
            Kind::Serialize => "the value cannot be sent",
            Kind::Deserialize => "what came is not a value of the expected type",
            Kind::WorkerLost => "the process that ran it died",
            Kind::OwnerDied => "the process that held it died",
            Kind::BrokenBarrier => "the barrier is broken",
            Kind::BrokenPool => "the pool is broken",
            Kind::Taken => "the name is taken",
            Kind::Cancelled => "it was cancelled before it began",
            Kind::TooLong => "it stays there for one who has more room",
            Kind::NotStarted => "it has not been started",
            Kind::Usage
            | Kind::Auth
            | Kind::Remote
            | Kind::Index
            | Kind::Key
            | Kind::Value
            | Kind::Missing
            | Kind::System => "",
        }
    }
}

impl Error {
    /// An error of a kind; `subject` is a fragment that says what was tried on what.
    pub(crate) fn new(kind: Kind, subject: impl Into<String>) -> Error {
        let inner = Inner {
            kind,
            subject: subject.into(),
            source: None,
            payload: None,
        };
        Error {
            inner: Box::new(inner),
        }
    }

    /// What the system refused; `subject` is a fragment that says what was tried on what.
    pub(crate) fn system(subject: impl Into<String>, source: io::Error) -> Error {
        Error::caused(Kind::System, subject, source)
    }

    /// An error of a kind that the system's refusal explains.
    pub(crate) fn caused(kind: Kind, subject: impl Into<String>, source: io::Error) -> Error {
        let mut error = Error::new(kind, subject);
        error.inner.source = Some(source);
        error
    }

    /// The same error with an encoded one of the caller's own type in it.
    pub(crate) fn with_payload(mut self, payload: Vec<u8>) -> Error {
        self.inner.payload = Some(payload);
        self
    }

    /// What was caused in the same way, of a kind and about a subject of its own.
    pub(crate) fn retold(mut self, kind: Kind, subject: impl Into<String>) -> Error {
        self.inner.kind = kind;
        self.inner.subject = subject.into();
        self
    }

    /// The same error once more, for another who asks; a cause becomes text.
    pub(crate) fn again(&self) -> Error {
        let inner = &self.inner;
        let mut error = Error::new(inner.kind, self.account());
        error.inner.payload.clone_from(&inner.payload);
        error
    }

    /// The same error, with what it was part of said first.
    pub(crate) fn under(self, what: impl fmt::Display) -> Error {
        let (kind, subject) = (self.kind(), format!("{what}: {}", self.subject()));
        self.retold(kind, subject)
    }

    /// The encoded error of the caller's own type, if there is one.
    pub(crate) fn encoded_payload(&self) -> Option<&[u8]> {
        self.inner.payload.as_deref()
    }

    /// What callers branch on.
    pub(crate) fn kind(&self) -> Kind {
        self.inner.kind
    }

    /// Whether what the system lacks may be there another time: files, processes, memory.
    pub(crate) fn may_pass(&self) -> bool {
        self.inner.source.as_ref().is_some_and(refused::may_pass)
    }

    /// What was tried on what, and what the system said: for another process, or another error.
    pub(crate) fn account(&self) -> String {
        match &self.inner.source {
            Some(source) => format!("{} ({})", self.inner.subject, Cause(source)),
            None => self.inner.subject.clone(),
        }
    }

    /// What was tried on what.
    pub(crate) fn subject(&self) -> &str {
        &self.inner.subject
    }
}

macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident: $kind:ident,)*) => {
        impl Error {
            $($(#[$doc])* #[must_use] pub fn $name(&self) -> bool {
                self.inner.kind == Kind::$kind
            })*
        }
    };
}

predicates! {
    /// The object was closed in this process.
    is_closed: Closed,
    /// Nothing was there to be taken.
    is_empty: Empty,
    /// There was no room.
    is_full: Full,
    /// The time was over before it happened.
    is_timeout: Timeout,
    /// Every writer is gone and all that they wrote is read.
    is_eof: Eof,
    /// Every reader is gone.
    is_broken_pipe: BrokenPipe,
    /// A lock or semaphore was released more often than acquired, or a task done twice.
    is_over_release: OverRelease,
    /// A lock was released by one who does not hold it.
    is_not_owner: NotOwner,
    /// The object can only be given to a process that is being started.
    is_not_inheritable: NotInheritable,
    /// The call makes no sense here; the message says what to do instead.
    is_usage: Usage,
    /// A process was started before `freeze_support()`.
    is_bootstrapping: Bootstrapping,
    /// A value cannot be sent.
    is_serialize: Serialize,
    /// What came is not a value of the expected type.
    is_deserialize: Deserialize,
    /// The process that ran a task died.
    is_worker_lost: WorkerLost,
    /// The process that held a lock died.
    is_owner_died: OwnerDied,
    /// The keys of two processes differ, or what came is not what was sent.
    is_auth: Auth,
    /// A barrier is broken.
    is_broken_barrier: BrokenBarrier,
    /// A pool can run nothing any more.
    is_broken_pool: BrokenPool,
    /// A task was cancelled before a worker began it.
    is_cancelled: Cancelled,
    /// The object has not been started.
    is_not_started: NotStarted,
    /// The function failed in the process that ran it; the message is its own.
    is_remote: Remote,
    /// An index is out of range.
    is_index: Index,
    /// A key is not there.
    is_key: Key,
    /// A value is not there or not allowed.
    is_value: Value,
    /// A named thing does not exist.
    is_missing: Missing,
    /// A name is taken already.
    is_taken: Taken,
    /// A message is longer than what was offered for it, and can still be received.
    is_too_long: TooLong,
    /// The system refused.
    is_system: System,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.subject)?;
        let text = self.inner.kind.text();
        if !text.is_empty() {
            write!(f, ": {text}")?;
        }
        match &self.inner.source {
            Some(source) => write!(f, ": {}", Cause(source)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.inner.kind)
    }
}

/// What the system said, and the way out where that does not tell it.
struct Cause<'e>(&'e io::Error);

impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        if handle::are_used_up(self.0) {
            f.write_str(
                "; each connection, queue, lock and process needs some: drop what is no longer \
                 needed, or raise the limit (`ulimit -n`)",
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_ref().map(|source| source as _)
    }
}

/// What a panic said.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a value that is no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_subject_then_the_kind_then_the_cause() {
        let plain = Error::new(Kind::Empty, "get from a queue");
        assert_eq!(plain.to_string(), "get from a queue: nothing is there");
        assert!(plain.is_empty() && !plain.is_full());
        let cause = io::Error::other("no more");
        let caused = Error::system("failed to start `x`", cause);
        assert_eq!(caused.to_string(), "failed to start `x`: no more");
        // What a `main` prints that returns it.
        assert_eq!(
            format!("{caused:?}"),
            "System: failed to start `x`: no more"
        );
    }
}
