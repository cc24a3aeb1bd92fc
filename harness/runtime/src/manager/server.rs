//! The process that keeps a manager's objects: a thread for each connection, until the one who
//! started it is gone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use poolproof_sys::channel::Channel;
use poolproof_sys::handle::Handle;
use poolproof_sys::{pipe, socket};
use serde::{Deserialize, Serialize};

use super::barrier::Barrier;
use super::condition::Condition;
use super::dict::Dict;
use super::event::Event;
use super::list::List;
use super::lock::{Lock, RLock};
use super::namespace::Namespace;
use super::protocol::{Class, Make, Reply, Request};
use super::queue::Queue;
use super::semaphore::Semaphore;
use super::table::{Object, Table};
use super::value::{Array, Value};
use super::waiting::{Caller, lock};
use crate::address::Address;
use crate::auth::Digests;
use crate::connection::{Carrier, Connection};
use crate::error::{Error, Kind, Result};
use crate::fork_gate;
use crate::listener::Acceptor;
use crate::transfer::{decode, encode};

/// What a server is given.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Start {
    pub(super) address: Option<Address>,
    pub(super) key: Vec<u8>,
    #[serde(with = "crate::transfer::handle")]
    pub(super) channel: Handle,
}

/// The first that a server says to the one who started it: where it can be found.
pub(super) type Hello = std::result::Result<Address, (Kind, String)>;

/// The server's whole life.
pub(super) fn main(start: Start) {
    let channel = Channel::from(start.channel);
    let acceptor = Acceptor::bind(start.address.as_ref(), Some(&start.key), Digests::Sha256);
    let hello: Hello = match &acceptor {
        Ok(acceptor) => Ok(acceptor.address().clone()),
        Err(error) => Err((error.kind(), error.to_string())),
    };
    let is_told = encoded(&hello).is_ok_and(|bytes| channel.send(&bytes, &[]).is_ok());
    let (Ok(acceptor), true) = (acceptor, is_told) else {
        return;
    };
    let office = Arc::new(Office {
        acceptor,
        table: Arc::new(Table::default()),
        streams: Mutex::default(),
        is_over: AtomicBool::new(false),
    });
    let serving = Arc::clone(&office);
    if fork_gate::spawn("manager", move || serve(&serving)).is_err() {
        return;
    }
    // Nothing is ever said on it; its end is the end of who started us.
    let _ = fork_gate::outside(|| channel.receive());
    office.end();
}

struct Office {
    acceptor: Acceptor,
    table: Arc<Table>,
    /// Open connections, to be ended with the server.
    streams: Mutex<HashMap<u64, Arc<Handle>>>,
    is_over: AtomicBool,
}

impl Office {
    fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.acceptor.close();
        for stream in lock(&self.streams).values() {
            // It fails for one that its client has ended.
            let _ = socket::shut_down(stream);
        }
    }
}

fn serve(office: &Arc<Office>) {
    for client in 1.. {
        let stream = match office.acceptor.accept() {
            Ok(stream) => Arc::new(stream),
            Err(error) if error.is_closed() => return,
            // One who does not know the key, or the system is short of something for a moment.
            Err(_) => continue,
        };
        lock(&office.streams).insert(client, Arc::clone(&stream));
        if office.is_over.load(Ordering::SeqCst) {
            // It fails for one that its client has ended.
            let _ = socket::shut_down(&stream);
            return;
        }
        let shared = Arc::clone(office);
        let work = move || {
            // A request that makes no sense ends its connection, and no other.
            let _ = converse(&shared, client, &stream);
            let _ = socket::shut_down(&stream);
            lock(&shared.streams).remove(&client);
        };
        if fork_gate::spawn("manager client", work).is_err() {
            lock(&office.streams).remove(&client);
        }
    }
}

/// Answers a client until it goes away.
fn converse(office: &Arc<Office>, client: u64, stream: &Arc<Handle>) -> Result<()> {
    let connection: Connection<Reply, Request> =
        Connection::duplex(Carrier::Remote(Arc::clone(stream)));
    // While it waits for an answer a client says nothing, so what can be read then is its end.
    let is_gone = || !matches!(pipe::wait_readable(stream, Some(Instant::now())), Ok(false));
    let caller = Caller {
        id: client,
        is_gone: &is_gone,
    };
    let mut borrowed = Borrowed {
        table: &office.table,
        ids: Vec::new(),
    };
    loop {
        let request = fork_gate::outside(|| connection.recv())?;
        let reply = match request {
            Request::Borrow(id) => borrowed.add(id).and_then(|()| encoded(&())),
            request => answer(&office.table, &caller, request),
        };
        let reply = reply.map(serde_bytes::ByteBuf::from);
        connection.send(&reply.map_err(|error| (error.kind(), error.subject().to_owned())))?;
    }
}

/// References that end with a connection.
struct Borrowed<'t> {
    table: &'t Table,
    ids: Vec<u64>,
}

impl Borrowed<'_> {
    fn add(&mut self, id: u64) -> Result<()> {
        self.table.hold(id)?;
        self.ids.push(id);
        Ok(())
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        for id in &self.ids {
            self.table.release(*id);
        }
    }
}

fn answer(table: &Arc<Table>, caller: &Caller<'_>, request: Request) -> Result<Vec<u8>> {
    match request {
        Request::Call(id, call) => table.object(id)?.call(&call, caller),
        Request::Make(make) => {
            let class = Class::of(&make);
            encoded(&table.add(class, object(make, table)?))
        }
        Request::Hold(id) | Request::Borrow(id) => encoded(&table.hold(id)?),
        Request::Release(id) => {
            table.release(id);
            encoded(&())
        }
        Request::Share(name, id) => encoded(&table.share(name, id)?),
        Request::Find(name, class) => encoded(&table.find(&name, class)?),
        Request::Count => encoded(&table.count()),
    }
}

fn object(make: Make, table: &Arc<Table>) -> Result<Arc<dyn Object>> {
    Ok(match make {
        Make::Dict => Arc::new(Dict::new(table)),
        Make::List => Arc::new(List::new(table)),
        Make::Namespace => Arc::new(Namespace::new(table)),
        Make::Lock => Arc::new(Lock::default()),
        Make::RLock => Arc::new(RLock::default()),
        Make::Semaphore(units) => Arc::new(Semaphore::new(units, None)),
        Make::BoundedSemaphore(units) => Arc::new(Semaphore::new(units, Some(units))),
        Make::Condition => Arc::new(Condition::default()),
        Make::Event => Arc::new(Event::default()),
        Make::Barrier(parties) => Arc::new(Barrier::new(parties)?),
        Make::Queue(bound) | Make::JoinableQueue(bound) => Arc::new(Queue::new(bound, table)),
        Make::Value(value) => Arc::new(Value::new(value, table)?),
        Make::Array(values) => Arc::new(Array::new(values, table)?),
    })
}

/// The bytes of a value that has no handles.
pub(super) fn encoded<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match encode(value, &mut bytes)?.is_empty() {
        true => Ok(bytes),
        false => Err(Error::new(
            Kind::Serialize,
            "send handles over a manager's connection",
        )),
    }
}

/// An object's own call out of its bytes.
pub(super) fn decoded<T: serde::de::DeserializeOwned>(call: &[u8]) -> Result<T> {
    decode(call, Vec::new())
}
