//! The process that keeps a manager's objects: a thread for each connection, until the one who
//! started it is gone.

use super::coding::{decoded, encoded};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use poolproof_sys::channel::Channel;
use poolproof_sys::copies::{epoch, notice, withhold};
use poolproof_sys::handle::Handle;
use poolproof_sys::{pipe, socket};
use serde::{Deserialize, Serialize};
use serde_bytes::Bytes;

use super::barrier::Barrier;
use super::condition::Condition;
use super::dict::Dict;
use super::event::Event;
use super::list::List;
use super::lock::{Lock, RLock};
use super::namespace::Namespace;
use super::pool::Pool;
use super::protocol::{Class, Make, Process, Reply, Request};
use super::queue::Queue;
use super::registry::{Registered, Registry};
use super::semaphore::Semaphore;
use super::set::Set;
use super::table::{Gone, Object, Table};
use super::value::{Array, Value};
use super::waiting::{Caller, LOOK};
use crate::address::{Address, Home};
use crate::auth::seal::Seals;
use crate::auth::{Key, Secret};
use crate::connection::Connection;
use crate::current;
use crate::error::{Error, Kind, Result};
use crate::fork_gate;
use crate::listener::{Accepted, Acceptor};
use crate::locked::lock;
use crate::transfer::encode;

/// What a server is given.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Start {
    pub(super) address: Option<Address>,
    pub(super) key: Key,
    pub(super) registered: Registered,
    /// Whether it has a process of its own.
    pub(super) is_process: bool,
    #[serde(with = "crate::transfer::handle")]
    pub(super) channel: Handle,
}

/// How much memory stays with a connection after a large request.
const KEPT: usize = 1024 * 1024;

/// The first that a server says to the one who started it: where it can be found.
pub(super) type Hello = std::result::Result<Address, (Kind, String)>;

/// The life of a server that is a process.
pub(super) fn main(start: Start) {
    if start.is_process {
        // A `^C` is for the process that uses it, whose end is its own.
        poolproof_sys::process::ignore_interrupts();
    }
    let channel = Channel::from(start.channel);
    let office = Office::open(start.address.as_ref(), start.key, start.registered);
    let serving = office.and_then(|office| {
        let shared = Arc::clone(&office);
        let serving = fork_gate::spawn("manager", move || serve(&shared));
        let failed = |error| Error::system("start a manager's thread", error);
        Ok((office, serving.map_err(failed)?))
    });
    let hello: Hello = match &serving {
        Ok((office, _)) => Ok(office.address().clone()),
        Err(error) => Err((error.kind(), error.to_string())),
    };
    let is_told = encoded(&hello).is_ok_and(|bytes| channel.send(&bytes, &[]).is_ok());
    let (Ok((office, serving)), true) = (serving, is_told) else {
        return;
    };
    // Nothing is ever said on it; its end is the end of who started us.
    let _ = fork_gate::outside(|| channel.receive());
    office.end();
    // Once it has ended, the address is free. It does not panic, and if it did, it has ended.
    let _ = fork_gate::outside(|| serving.join());
}

/// All that a server has.
pub(super) struct Office {
    address: Address,
    /// None once it is over.
    acceptor: Mutex<Option<Arc<Acceptor>>>,
    creator: u32,
    table: Arc<Table>,
    registry: Registry,
    /// Open connections, to be ended with the server.
    streams: Mutex<HashMap<u64, Arc<Handle>>>,
    /// How many connections each process has.
    processes: Mutex<HashMap<Process, usize>>,
}

impl Office {
    /// Listens at an address, or at a private one; whoever comes is answered by [`serve`].
    pub(super) fn open(
        address: Option<&Address>,
        key: Key,
        registered: Registered,
    ) -> Result<Arc<Office>> {
        let registry = Registry::open(registered)?;
        let home = address.map_or_else(Home::private, |address| Ok(Home::from(address.clone())))?;
        let mut acceptor = Acceptor::bind(home, Some(Secret::Own(key)))?;
        acceptor.withhold();
        Ok(Arc::new(Office {
            address: acceptor.address().clone(),
            creator: epoch(),
            acceptor: Mutex::new(Some(Arc::new(acceptor))),
            table: Arc::new(Table::new()?),
            registry,
            streams: Mutex::default(),
            processes: Mutex::default(),
        }))
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    fn is_over(&self) -> bool {
        lock(&self.acceptor).is_none()
    }

    /// Has [`serve`] return, and every connection end.
    pub(super) fn end(&self) {
        // A copy of the process would end its original's connections.
        if self.creator != notice() {
            return;
        }
        if let Some(acceptor) = lock(&self.acceptor).take() {
            acceptor.close();
        }
        self.table.blocks.unlink();
        for stream in lock(&self.streams).values() {
            // It fails for one that its client has ended.
            let _ = socket::shut_down(stream);
        }
    }
}

/// Has a thread for each who connects, until [`Office::end`].
pub(super) fn serve(office: &Arc<Office>) {
    if office.creator != notice() {
        return;
    }
    let Some(acceptor) = lock(&office.acceptor).clone() else {
        return;
    };
    let mut is_said = false;
    for client in 1.. {
        match acceptor.accept() {
            Ok(accepted) => employ(office, client, accepted),
            Err(error) if error.is_closed() => return,
            // Said once: what is short may be so for long.
            Err(error) if error.is_system() && !is_said => {
                is_said = true;
                current::say("error", &error);
            }
            // One who does not know the key, or the system is short of something: then it has been
            // left alone for a while.
            Err(_) => {}
        }
    }
}

/// Has a thread answer a client, as soon as there can be one.
fn employ(office: &Arc<Office>, client: u64, accepted: Accepted) {
    let stream = Arc::clone(&accepted.stream);
    lock(&office.streams).insert(client, Arc::clone(&stream));
    let accepted = Arc::new(Mutex::new(Some(accepted)));
    let work = || {
        let (office, accepted) = (Arc::clone(office), Arc::clone(&accepted));
        move || {
            let Some(Accepted { stream, seals }) = lock(&accepted).take() else {
                return;
            };
            // A copy that the program makes by itself would hold the connection open.
            let _withheld = withhold(&stream);
            // A request that makes no sense ends its connection, and no other.
            let _ = converse(&office, client, &stream, seals);
            let _ = socket::shut_down(&stream);
            lock(&office.streams).remove(&client);
        }
    };
    let mut is_said = false;
    while !office.is_over() {
        let Err(error) = fork_gate::spawn("manager client", work()) else {
            return;
        };
        if !is_said {
            is_said = true;
            let error = Error::system("start a thread for a manager's client", error);
            current::say("error", &error);
        }
        // It has connected, and waits for its first answer.
        fork_gate::outside(|| std::thread::sleep(LOOK));
    }
    // It fails for one that its client has ended.
    let _ = socket::shut_down(&stream);
    lock(&office.streams).remove(&client);
}

/// A connection of a client, as long as it lasts.
struct Present<'o> {
    office: &'o Office,
    client: u64,
    process: Process,
}

impl Present<'_> {
    fn begin(office: &Office, client: u64, process: Process) -> Present<'_> {
        *lock(&office.processes).entry(process).or_default() += 1;
        Present {
            office,
            client,
            process,
        }
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        let mut processes = lock(&self.office.processes);
        let left = processes.entry(self.process).or_default();
        *left = left.saturating_sub(1);
        let is_last = *left == 0;
        if is_last {
            processes.remove(&self.process);
        }
        drop(processes);
        self.office.table.lose(&Gone {
            client: self.client,
            process: is_last.then_some(self.process),
        });
    }
}

/// Answers a client until it goes away.
fn converse(
    office: &Arc<Office>,
    client: u64,
    stream: &Arc<Handle>,
    seals: Option<Seals>,
) -> Result<()> {
    let connection: Connection<(), ()> = Connection::remote(Arc::clone(stream), seals);
    let Request::Hello(process) = decoded(&connection.recv_bytes()?)? else {
        return Err(Error::new(Kind::Usage, "serve a client that gives no name"));
    };
    let _present = Present::begin(office, client, process);
    // While it waits for an answer a client says nothing, so what can be read then is its end.
    let is_gone = || !matches!(pipe::wait_readable(stream, Some(Instant::now())), Ok(false));
    let caller = Caller {
        id: client,
        process,
        is_gone: &is_gone,
        look: LOOK,
    };
    let mut borrowed = Borrowed {
        table: &office.table,
        ids: Vec::new(),
    };
    let mut message = Vec::new();
    loop {
        message.clear();
        message.shrink_to(KEPT);
        connection.recv_bytes_into(&mut message)?;
        // What came before the end of its connection can still be read.
        if office.is_over() {
            return Err(Error::new(Kind::Closed, "serve after the end"));
        }
        let reply = match decoded(&message)? {
            Request::Borrow(id) => borrowed.add(id).and_then(|()| encoded(&())),
            request => answer(&office.table, &office.registry, &caller, request),
        };
        let reply: Reply<&Bytes> = match &reply {
            Ok(result) => Ok(Bytes::new(result)),
            Err(error) => Err((error.kind(), error.account())),
        };
        connection.send_encoded(|buffer| encode(&reply, buffer))?;
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

fn answer(
    table: &Arc<Table>,
    registry: &Registry,
    caller: &Caller<'_>,
    request: Request<'_>,
) -> Result<Vec<u8>> {
    match request {
        Request::Hello(_) => Err(Error::new(Kind::Usage, "name a client twice")),
        Request::Call(id, call) => table.object(id)?.call(call, caller),
        Request::Make(make) => {
            let class = Class::of(&make);
            encoded(&table.add(class, object(make, table, registry)?))
        }
        Request::Hold(id) | Request::Borrow(id) => encoded(&table.hold(id)?),
        Request::Release(id) => {
            table.release(id);
            encoded(&())
        }
        Request::Share(name, id) => encoded(&table.share(name, id)?),
        Request::Find(name, class) => encoded(&table.find(&name, &class)?),
        Request::Count => encoded(&table.count()),
        Request::Memory(size) => encoded(&table.blocks.make(size)?),
    }
}

fn object(make: Make, table: &Arc<Table>, registry: &Registry) -> Result<Arc<dyn Object>> {
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
        Make::Set => Arc::new(Set::new(table)),
        Make::Pool(workers, tasks_max) => {
            let functions = Arc::clone(&registry.functions);
            Arc::new(Pool::new(workers, tasks_max, functions, table)?)
        }
        Make::Custom(name, init) => registry.make(&name, init, table)?,
    })
}

/// Feeds a server requests as its clients would send them: each a length in one byte, then so many
/// bytes. Nobody waits for an answer.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn feed(bytes: &[u8]) {
    let table = Arc::new(Table::new().expect("there are random bytes"));
    let registry = Registry::open(Registered::default()).expect("nothing is registered");
    let caller = Caller {
        id: 1,
        process: Process::default(),
        is_gone: &|| true,
        look: std::time::Duration::ZERO,
    };
    // Small numbers stand for the objects of these books, which a client would have been told.
    let first = table.add(Class::Event, Arc::new(Event::default()));
    let mut rest = bytes;
    while let Some((length, behind)) = rest.split_first() {
        let (request, behind) = behind.split_at(behind.len().min(usize::from(*length)));
        rest = behind;
        if let Ok(mut request) = decoded::<Request<'_>>(request) {
            request.shift(first);
            // An error is as good an answer as any.
            let _ = answer(&table, &registry, &caller, request);
        }
    }
    table.lose(&Gone {
        client: caller.id,
        process: Some(caller.process),
    });
}
