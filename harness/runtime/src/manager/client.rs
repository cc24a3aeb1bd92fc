//! The client's side of a manager: one connection for each thread, made when it is first needed,
//! and again in a process that was copied.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use poolproof_sys::identity::epoch;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::protocol::{Item, Reply, Request};
use super::server::encoded;
use crate::address::Address;
use crate::connection::Connection;
use crate::error::{Error, Kind, Result};
use crate::listener::Client;
use crate::transfer::decode;

/// Where a manager's server is, and the key that opens it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Door", into = "Door")]
pub(super) struct Server {
    door: Arc<Door>,
}

#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Door {
    address: Address,
    key: Vec<u8>,
}

impl From<Door> for Server {
    fn from(door: Door) -> Server {
        Server {
            door: Arc::new(door),
        }
    }
}

impl From<Server> for Door {
    fn from(server: Server) -> Door {
        Door::clone(&server.door)
    }
}

/// A connection, and the copy of the process that made it.
type Made = (u32, Rc<Connection<Request, Reply>>);

thread_local! {
    /// This thread's connections.
    static CONNECTIONS: RefCell<HashMap<Arc<Door>, Made>> = RefCell::default();
    /// The objects that the value which is being encoded has proxies of.
    static HOLDS: RefCell<Option<(Arc<Door>, Vec<u64>)>> = const { RefCell::new(None) };
}

impl Server {
    pub(super) fn new(address: Address, key: &[u8]) -> Server {
        let key = key.to_vec();
        Server::from(Door { address, key })
    }

    pub(super) fn address(&self) -> &Address {
        &self.door.address
    }

    pub(super) fn is(&self, other: &Server) -> bool {
        self.door == other.door
    }

    /// Asks the server and waits for its answer.
    pub(super) fn ask(&self, request: &Request) -> Result<Vec<u8>> {
        let connection = self.connection().map_err(|error| self.lost(&error))?;
        let reply = connection.send(request).and_then(|()| connection.recv());
        match reply {
            Ok(Ok(bytes)) => Ok(bytes.into_vec()),
            Ok(Err((kind, subject))) => Err(Error::new(kind, subject)),
            Err(error) => {
                // What it was in the middle of is lost, so nothing may follow on it.
                self.forget();
                Err(self.lost(&error))
            }
        }
    }

    /// Calls an object.
    pub(super) fn call<C: Serialize, R: DeserializeOwned>(&self, id: u64, call: &C) -> Result<R> {
        let reply = self.ask(&Request::Call(id, encoded(call)?))?;
        decode(&reply, Vec::new())
    }

    /// Encodes a value to be kept by the server.
    pub(super) fn encode<T: Serialize>(&self, value: &T) -> Result<Item> {
        let outer = HOLDS.replace(Some((Arc::clone(&self.door), Vec::new())));
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
            Some((door, holds)) if *door == self.door => holds.push(id),
            _ => {}
        });
    }

    /// This thread's connection.
    fn connection(&self) -> Result<Rc<Connection<Request, Reply>>> {
        let known = CONNECTIONS.try_with(|connections| {
            let connections = connections.borrow();
            let known = connections
                .get(&self.door)
                .filter(|(made, _)| *made == epoch());
            known.map(|(_, connection)| Rc::clone(connection))
        });
        if let Ok(Some(connection)) = known {
            return Ok(connection);
        }
        let connection = Rc::new(Client::connect(&self.door.address, Some(&self.door.key))?);
        // A thread that is ending has no place for it, and uses it this once.
        let before = CONNECTIONS.try_with(|connections| {
            let made = (epoch(), Rc::clone(&connection));
            connections
                .borrow_mut()
                .insert(Arc::clone(&self.door), made)
        });
        drop(before);
        Ok(connection)
    }

    fn forget(&self) {
        // A thread that is ending has forgotten it already.
        let before = CONNECTIONS.try_with(|known| known.borrow_mut().remove(&self.door));
        drop(before);
    }

    fn lost(&self, error: &Error) -> Error {
        let text = format!("ask the manager at {} ({error})", self.door.address);
        let kind = match error.kind() {
            kind @ (Kind::Auth | Kind::Serialize | Kind::Deserialize) => kind,
            _ => Kind::BrokenPipe,
        };
        Error::new(kind, text)
    }
}

impl std::fmt::Debug for Server {
    /// The address; the key is nobody's business.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Server");
        debug
            .field("address", &self.door.address)
            .finish_non_exhaustive()
    }
}
