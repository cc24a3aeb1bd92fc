//! Managers: started here, served over TCP, or known by address and key.

use std::sync::Mutex;

use poolproof_case::catalogue::{Class, ManagerAttribute, ManagerMethod, Method};
use poolproof_case::{ErrorKind, Value};
use poolproof_runtime as mp;

use super::managed::{Managed, make, unmanaged};
use super::sharing::{find, share};
use crate::arguments::Arguments;
use crate::bound::Bound;
use crate::data::{Data, Object, lock};
use crate::names;
use crate::stop::{Result, Stop, missing};

/// Where a served manager listens: this machine alone, any port.
const ANY_PORT: &str = "127.0.0.1:0";

/// A manager of the program.
pub(crate) struct Manager {
    class: Class,
    /// Whether it was made among threads, where it keeps nothing.
    is_of_threads: bool,
    state: Mutex<State>,
}

/// Managers among threads: what they made lives as long as any thread, whatever becomes of them.
static KEPT: Mutex<Vec<mp::Manager>> = Mutex::new(Vec::new());

enum State {
    /// A server elsewhere, not yet asked.
    Known { address: mp::Address, key: Vec<u8> },
    /// A server that answers.
    Reached(mp::Manager),
    /// A server that was shut down here; it keeps its address.
    Ended(mp::Manager),
}

/// Starts a manager.
pub(super) fn new(context: &mp::Context) -> Result<Manager> {
    let state = State::Reached(context.manager()?);
    Ok(Manager::new(Class::Manager, context, state))
}

/// Starts one that serves on TCP.
pub(super) fn new_server(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Manager> {
    let state = State::Reached(serve(context, bound)?);
    Ok(Manager::new(Class::ManagerServer, context, state))
}

/// Remembers where one is.
pub(super) fn new_client(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Manager> {
    let address = address(&bound.take("address")?)?;
    let key = bound.take("authkey")?.as_bytes()?;
    let state = State::Known { address, key };
    Ok(Manager::new(Class::ManagerClient, context, state))
}

/// A manager on TCP, with an object for each name that it shares.
fn serve(context: &mp::Context, bound: &mut Bound<'_>) -> Result<mp::Manager> {
    let key = bound.take("authkey")?.as_bytes()?;
    let manager = context.manager_at(&ANY_PORT.parse()?, &key)?;
    let Data::Dict(shares) = bound.take("shares")? else {
        let text = "`shares` is a dict from names to the makers of what they share";
        return Err(Stop::error(ErrorKind::Type, text));
    };
    for (name, maker) in lock(&shares).iter() {
        let Value::Str(name) = name else {
            let text = "what is shared has a text for its name";
            return Err(Stop::error(ErrorKind::Type, text));
        };
        let maker = maker.as_text()?;
        let Some(Method::Manager(method)) = Class::Manager.method(&maker) else {
            return Err(missing("Manager", &maker));
        };
        let parameters = Method::Manager(method).parameters();
        let arguments = &mut Arguments::none();
        let mut bound = Bound::new(&maker, parameters, arguments)?;
        share(&make(&manager, method, &mut bound)?, &manager, name)?;
    }
    Ok(manager)
}

/// An address out of the opaque value that a program has of it.
fn address(data: &Data) -> Result<mp::Address> {
    match data {
        Data::Plain(Value::Opaque(text)) => Ok(text.parse()?),
        other => {
            let text = format!("{} is no address", other.type_name());
            Err(Stop::error(ErrorKind::Type, text))
        }
    }
}

impl Object for Manager {
    fn class(&self) -> Class {
        self.class
    }
}

impl Manager {
    fn new(class: Class, context: &mp::Context, state: State) -> Manager {
        let is_of_threads = context.start_method() == mp::StartMethod::Threads;
        match (is_of_threads, &state) {
            (true, State::Reached(manager)) => lock(&KEPT).push(manager.clone()),
            // Its server is a child as others are.
            (false, State::Reached(_)) => names::count(1),
            _ => {}
        }
        Manager {
            class,
            is_of_threads,
            state: Mutex::new(state),
        }
    }

    pub(super) fn call(&self, method: ManagerMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            ManagerMethod::Connect => self.connect()?,
            ManagerMethod::Shutdown => self.shutdown()?,
            ManagerMethod::Shared => {
                let name = bound.take("name")?.as_text()?;
                let found = find(&self.reached()?, &name)?;
                return Ok(Data::object(Managed::new(found, None)));
            }
            maker => {
                if self.is_of_threads
                    && let Some(made) = unmanaged(maker, bound)?
                {
                    return Ok(made);
                }
                let manager = self.reached()?;
                let made = make(&manager, maker, bound)?;
                return Ok(Data::object(Managed::new(made, Some(manager))));
            }
        }
        Ok(Data::NONE)
    }

    fn connect(&self) -> Result<()> {
        let mut state = lock(&self.state);
        if let State::Known { address, key } = &*state {
            *state = State::Reached(mp::Manager::connect(address, key)?);
        }
        Ok(())
    }

    pub(super) fn shutdown(&self) -> Result<()> {
        let manager = self.reached()?;
        // Among threads there is no process to end.
        if !self.is_of_threads {
            manager.shutdown();
        }
        *lock(&self.state) = State::Ended(manager);
        Ok(())
    }

    /// Enters it as a context, which its end forbids.
    pub(super) fn enter(&self) -> Result<()> {
        match &*lock(&self.state) {
            State::Ended(_) => {
                let text = "a manager that was shut down cannot be entered";
                Err(Stop::error(ErrorKind::Closed, text))
            }
            State::Known { .. } | State::Reached(_) => Ok(()),
        }
    }

    pub(super) fn attribute(&self, attribute: ManagerAttribute) -> Data {
        let ManagerAttribute::Address = attribute;
        let address = match &*lock(&self.state) {
            State::Known { address, .. } => address.to_string(),
            State::Reached(manager) | State::Ended(manager) => manager.address().to_string(),
        };
        Data::Plain(Value::Opaque(address))
    }

    /// The manager; not locked while it is asked.
    fn reached(&self) -> Result<mp::Manager> {
        match &*lock(&self.state) {
            // One that has ended says so itself.
            State::Reached(manager) | State::Ended(manager) => Ok(manager.clone()),
            State::Known { .. } => {
                let text = "a manager elsewhere is used after `connect`";
                Err(Stop::error(ErrorKind::Usage, text))
            }
        }
    }
}
