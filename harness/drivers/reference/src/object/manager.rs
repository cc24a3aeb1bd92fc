//! Managers: started here, served over TCP, or known by address and key.

use std::sync::Mutex;

use poolproof_case::{ErrorKind, Value};
use poolproof_runtime as mp;

use super::managed::{Managed, make, unmanaged};
use super::{Bound, Object};
use crate::code::Arguments;
use crate::data::{Data, lock};
use crate::stop::{Result, Stop, missing};

/// Where a served manager listens: this machine alone, any port.
const ANY_PORT: &str = "127.0.0.1:0";

/// A manager of the program.
pub(crate) struct Manager {
    name: &'static str,
    /// Whether it was made among threads, where it keeps nothing.
    is_of_threads: bool,
    state: Mutex<State>,
}

enum State {
    /// A server elsewhere, not yet asked.
    Known { address: mp::Address, key: Vec<u8> },
    /// A server that answers.
    Reached(mp::Manager),
    /// A server that was shut down here; it keeps its address.
    Ended(mp::Manager),
}

/// Starts a manager, or remembers where one is.
pub(super) fn new(context: &mp::Context, object: &str, bound: &mut Bound<'_>) -> Result<Manager> {
    let (name, state) = match object {
        "Manager" => ("Manager", State::Reached(context.manager()?)),
        "ManagerServer" => ("ManagerServer", State::Reached(serve(context, bound)?)),
        "ManagerClient" => {
            let address = address(&bound.take("address")?)?;
            let key = bound.take("authkey")?.as_bytes()?;
            ("ManagerClient", State::Known { address, key })
        }
        other => return Err(missing("the runtime", other)),
    };
    Ok(Manager {
        name,
        is_of_threads: context.start_method() == mp::StartMethod::Threads,
        state: Mutex::new(state),
    })
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
        let arguments = &mut Arguments::none();
        let mut bound = Bound::of_method("Manager", &maker, arguments)?;
        make(&manager, &maker, &mut bound)?.share(&manager, name)?;
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

impl Manager {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn call(&self, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            "connect" => self.connect()?,
            "shutdown" => self.shutdown()?,
            "shared" => {
                let name = bound.take("name")?.as_text()?;
                return Ok(managed(Managed::find(&self.reached()?, &name)?));
            }
            maker => {
                if self.is_of_threads
                    && let Some(made) = unmanaged(maker, bound)?
                {
                    return Ok(made);
                }
                return Ok(managed(make(&self.reached()?, maker, bound)?));
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
        manager.shutdown();
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

    pub(super) fn attribute(&self, name: &str) -> Result<Data> {
        match name {
            "address" => {
                let address = match &*lock(&self.state) {
                    State::Known { address, .. } => address.to_string(),
                    State::Reached(manager) | State::Ended(manager) => {
                        manager.address().to_string()
                    }
                };
                Ok(Data::Plain(Value::Opaque(address)))
            }
            other => Err(missing(self.name, other)),
        }
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

fn managed(managed: Managed) -> Data {
    Data::Object(Object::Managed(Box::new(managed)))
}
