//! What is said between a proxy and its manager's server: one request, one reply, each one message.
//!
//! The server knows values only as bytes: no type of a client's, and no code, ever reaches it.

use serde::{Deserialize, Serialize};

use crate::error::Kind;

/// An encoded value of a client's, and the objects of the same manager that it has proxies of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    #[serde(with = "serde_bytes")]
    pub(super) bytes: Vec<u8>,
    pub(super) holds: Vec<u64>,
}

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Request<'a> {
    /// The first on each connection: which process it belongs to.
    Hello(Process),
    /// Makes an object; the reply is its number, with one reference to it.
    Make(Make),
    /// One reference more.
    Hold(u64),
    /// One reference less.
    Release(u64),
    /// One reference more until this connection ends.
    Borrow(u64),
    /// Gives an object a name.
    Share(String, u64),
    /// The number of the object with a name and a class, with one reference to it.
    Find(String, Class),
    /// How many objects are referred to.
    Count,
    /// Calls an object; the call is encoded as the object's own.
    Call(u64, #[serde(borrow, with = "serde_bytes")] &'a [u8]),
    /// Makes a block of shared memory of so many bytes; the reply is its name.
    Memory(usize),
}

#[cfg(any(test, feature = "fuzzing"))]
impl Request<'_> {
    /// Counts the object that it is about from `first`.
    pub(super) fn shift(&mut self, first: u64) {
        match self {
            Request::Hold(id)
            | Request::Release(id)
            | Request::Borrow(id)
            | Request::Share(_, id)
            | Request::Call(id, _) => *id = first.wrapping_add(*id),
            _ => {}
        }
    }
}

/// A process that has connections, by a number that nobody else has.
pub(super) type Process = [u8; 16];

/// What the server answers: the encoded result, or the error's kind and subject.
pub(super) type Reply<B = serde_bytes::ByteBuf> = Result<B, (Kind, String)>;

/// What an object is, so that a name is not taken for another's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// A dict.
    Dict,
    /// A list.
    List,
    /// A bag of named values.
    Namespace,
    /// A lock.
    Lock,
    /// A lock that its owner may take again.
    RLock,
    /// A semaphore.
    Semaphore,
    /// A semaphore with a greatest value.
    BoundedSemaphore,
    /// A condition.
    Condition,
    /// An event.
    Event,
    /// A barrier.
    Barrier,
    /// A queue.
    Queue,
    /// A queue that can be joined.
    JoinableQueue,
    /// A value.
    Value,
    /// An array.
    Array,
    /// A set.
    Set,
    /// A pool of processes.
    Pool,
    /// What a pool will give.
    PoolResult,
    /// What a pool will give one by one.
    PoolResults,
    /// The program's own type with a name.
    Custom(String),
}

/// What is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Make {
    Dict,
    List,
    Namespace,
    Lock,
    RLock,
    Semaphore(u32),
    BoundedSemaphore(u32),
    Condition,
    Event,
    Barrier(usize),
    Queue(Option<usize>),
    JoinableQueue(Option<usize>),
    Value(Item),
    Array(Vec<Item>),
    Set,
    /// So many workers, and how many tasks each runs before it is replaced.
    Pool(usize, Option<u64>),
    /// The name of a registered type, and what it is made from.
    Custom(String, Item),
}

impl Class {
    pub(super) fn of(make: &Make) -> Class {
        match make {
            Make::Dict => Class::Dict,
            Make::List => Class::List,
            Make::Namespace => Class::Namespace,
            Make::Lock => Class::Lock,
            Make::RLock => Class::RLock,
            Make::Semaphore(_) => Class::Semaphore,
            Make::BoundedSemaphore(_) => Class::BoundedSemaphore,
            Make::Condition => Class::Condition,
            Make::Event => Class::Event,
            Make::Barrier(_) => Class::Barrier,
            Make::Queue(_) => Class::Queue,
            Make::JoinableQueue(_) => Class::JoinableQueue,
            Make::Value(_) => Class::Value,
            Make::Array(_) => Class::Array,
            Make::Set => Class::Set,
            Make::Pool(..) => Class::Pool,
            Make::Custom(name, _) => Class::Custom(name.clone()),
        }
    }
}
