//! The client's side of a manager: one connection for each thread, made when it is first needed,
//! and again in a process that was copied.
//!
//! The first connection of a process stays as long as the process uses the server, so that the end
//! of a thread is not taken for the end of the process.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use poolproof_sys::copies::{Withheld, epoch};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::Bytes;

use super::coding::{decoded, encoded};
use super::protocol::{Item, Process, Reply, Request};
use crate::address::Address;
use crate::auth::{self, Key, Secret};
use crate::connection::Connection;
use crate::copies::{Chain, InCopies, OfProcess, anew, kept};
use crate::error::{Error, Kind, Result};
use crate::listener::dial;
use crate::locked::{OwnMap, lock};
use crate::transfer::encode;

/// A manager's server: what this process knows of it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Door", into = "Door")]
pub(super) struct Server {
    known: Arc<Known>,
}

/// Where a server is, and the key that opens it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Door {
    address: Address,
    key: Key,
}

struct Known {
    door: Door,
    number: u64,
    /// The first connection.
    first: Chain<Mutex<Option<Made>>>,
}

/// A connection, and the copy of the process that made it.
type Made = (u32, Arc<Line>);

/// A connection that no copy has which the program makes by itself: the server would take that for
/// its original.
struct Line {
    _withheld: Option<Withheld>,
    connection: Connection<(), ()>,
}

/// Every server that is in use here, so that all proxies of one share what is known of it.
static SERVERS: OfProcess<Mutex<Vec<Weak<Known>>>> = OfProcess::new(Mutex::new(Vec::new()));
pub(crate) static IN_COPIES: InCopies = InCopies::new(let_go);

/// The number of this copy of the process.
static PROCESS: OfProcess<Mutex<Option<(u32, Process)>>> = OfProcess::new(Mutex::new(None));

thread_local! {
    /// This thread's connections, by their server's number.
    static CONNECTIONS: RefCell<OwnMap<u64, (Weak<Known>, Made)>> = RefCell::default();
    /// The objects that the value which is being encoded has proxies of.
    static HOLDS: RefCell<Option<(u64, Vec<u64>)>> = const { RefCell::new(None) };
}

impl From<Door> for Server {
    fn from(door: Door) -> Server {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        IN_COPIES.register();
        let mut servers = lock(SERVERS.get(kept));
        let mut found = None;
        servers.retain(|known| {
            let known = known.upgrade();
            found = found
                .take()
                .or(known.clone().filter(|known| known.door == door));
            known.is_some()
        });
        let known = found.unwrap_or_else(|| {
            let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
            let first = Chain::new(Mutex::new(None));
            let known = Arc::new(Known {
                door,
                number,
                first,
            });
            servers.push(Arc::downgrade(&known));
            known
        });
        Server { known }
    }
}

impl From<Server> for Door {
    fn from(server: Server) -> Door {
        server.known.door.clone()
    }
}

/// The connections are the original's, and end with that.
fn let_go() {
    if lock(SERVERS.get(kept)).is_empty() {
        // There never was one, and a copy gets memory of its own for what it looks at first.
        return;
    }
    let connections =
        CONNECTIONS.try_with(|connections| std::mem::take(&mut *connections.borrow_mut()));
    drop(connections);
    for known in lock(SERVERS.get(kept)).iter().filter_map(Weak::upgrade) {
        drop(lock(known.first.of_process(anew)).take());
    }
}

/// The number of this process, which it says first on each connection.
fn process() -> Result<Process> {
    let mut known = lock(PROCESS.get(anew));
    match *known {
        Some((made, process)) if made == epoch() => Ok(process),
        _ => {
            let mut process = Process::default();
            auth::fill_random(&mut process)?;
            *known = Some((epoch(), process));
            Ok(process)
        }
    }
}

impl Server {
    pub(super) fn new(address: Address, key: Key) -> Server {
        Server::from(Door { address, key })
    }

    pub(super) fn address(&self) -> &Address {
        &self.known.door.address
    }

    pub(super) fn is(&self, other: &Server) -> bool {
        self.known.number == other.known.number
    }

    /// Asks the server and waits for its answer.
    pub(super) fn ask<R: DeserializeOwned>(&self, request: &Request<'_>) -> Result<R> {
        let line = self.connection().map_err(|error| self.lost(error))?;
        let connection = &line.connection;
        let sent = connection.send_encoded(|buffer| encode(request, buffer));
        let received = sent.and_then(|()| connection.recv_bytes());
        let read = |message: Vec<u8>| {
            let reply: Reply<&Bytes> = decoded(&message)?;
            Ok(reply.map(|result| decoded(result)))
        };
        match received.and_then(read) {
            Ok(Ok(result)) => result,
            Ok(Err((kind, subject))) => Err(Error::new(kind, subject)),
            Err(error) => {
                // What it was in the middle of is lost, so nothing may follow on it.
                self.forget();
                Err(self.lost(error))
            }
        }
    }

    /// Calls an object.
    pub(super) fn call<C: Serialize, R: DeserializeOwned>(&self, id: u64, call: &C) -> Result<R> {
        self.ask(&Request::Call(id, &encoded(call)?))
    }

    /// Encodes a value to be kept by the server.
    pub(super) fn encode<T: Serialize>(&self, value: &T) -> Result<Item> {
        let outer = HOLDS.replace(Some((self.known.number, Vec::new())));
        let bytes = encoded(value);
        let holds = HOLDS.replace(outer);
        Ok(Item {
            bytes: bytes?,
            holds: holds.map(|(_, holds)| holds).unwrap_or_default(),
        })
    }

    /// Says that the value that is being encoded has a proxy of an object.
    pub(super) fn note_hold(&self, id: u64) {
        HOLDS.with_borrow_mut(|holds| match holds {
            Some((number, holds)) if *number == self.known.number => holds.push(id),
            _ => {}
        });
    }

    /// This thread's connection.
    fn connection(&self) -> Result<Arc<Line>> {
        let known = CONNECTIONS.try_with(|connections| {
            let connections = connections.borrow();
            let known = connections.get(&self.known.number);
            let known = known.filter(|(_, (made, _))| *made == epoch());
            known.map(|(_, (_, connection))| Arc::clone(connection))
        });
        if let Ok(Some(connection)) = known {
            return Ok(connection);
        }
        let connection = Arc::new(self.connect()?);
        // A thread that is ending has no place for it, and uses it this once.
        let before = CONNECTIONS.try_with(|connections| {
            let mut connections = connections.borrow_mut();
            let unused = connections.extract_if(|_, (known, _)| known.strong_count() == 0);
            let unused: Vec<_> = unused.collect();
            let made = (epoch(), Arc::clone(&connection));
            let before = connections.insert(self.known.number, (Arc::downgrade(&self.known), made));
            (before, unused)
        });
        drop(before);
        let mut first = lock(self.known.first.of_process(anew));
        if first.as_ref().is_none_or(|(made, _)| *made != epoch()) {
            *first = Some((epoch(), Arc::clone(&connection)));
        }
        Ok(connection)
    }

    fn connect(&self) -> Result<Line> {
        let door = &self.known.door;
        let secret = Secret::Own(door.key.clone());
        let connection: Connection<(), ()> = dial(&door.address, Some(&secret))?;
        let hello = Request::Hello(process()?);
        connection.send_encoded(|buffer| encode(&hello, buffer))?;
        Ok(Line {
            _withheld: connection.withhold(),
            connection,
        })
    }

    /// Lets this thread's connection go, and the first one, if it is that.
    fn forget(&self) {
        // A thread that is ending has forgotten it already.
        let before = CONNECTIONS.try_with(|known| known.borrow_mut().remove(&self.known.number));
        let Ok(Some((_, (_, connection)))) = before else {
            return;
        };
        let mut first = lock(self.known.first.of_process(anew));
        if first
            .as_ref()
            .is_some_and(|(_, first)| Arc::ptr_eq(first, &connection))
        {
            *first = None;
        }
    }

    /// Lets every connection go that is not in use.
    pub(super) fn leave(&self) {
        self.forget();
        drop(lock(self.known.first.of_process(anew)).take());
    }

    /// An error on the way to the server or back, as one of asking it.
    fn lost(&self, error: Error) -> Error {
        let asking = format!("ask the manager at {}", self.known.door.address);
        let (kind, text) = match error.kind() {
            // That it has ended is all there is to say.
            Kind::BrokenPipe | Kind::Eof => (Kind::BrokenPipe, asking),
            kind @ (Kind::Auth | Kind::Serialize | Kind::Deserialize) => {
                (kind, format!("{asking}: {}", error.subject()))
            }
            _ => (Kind::BrokenPipe, format!("{asking}: {}", error.subject())),
        };
        error.retold(kind, text)
    }
}

impl std::fmt::Debug for Server {
    /// The address; the key is nobody's business.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Server");
        debug
            .field("address", &self.known.door.address)
            .finish_non_exhaustive()
    }
}
