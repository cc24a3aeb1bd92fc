//! What is said of a manager before it starts, and a manager that is this very process.

use std::sync::Arc;
use std::time::Duration;

use super::coding::encoded;
use super::custom::{self, Custom};
use super::named::{initial, named};
use super::registry::Registered;
use super::server::{self, Office};
use super::{Manager, PATIENCE};
use crate::address::Address;
use crate::auth::{self, Key};
use crate::context::Context;
use crate::current::Exit;
use crate::error::Result;
use crate::transfer::Message;

/// A manager to be.
#[derive(Debug)]
#[must_use = "nothing runs before `start`"]
pub struct ManagerBuilder {
    pub(super) context: Context,
    pub(super) address: Option<Address>,
    key: Option<Key>,
    pub(super) patience: Duration,
    registered: Result<Registered>,
}

impl Context {
    /// A manager of which more can be said before it starts.
    pub fn manager_builder(&self) -> ManagerBuilder {
        ManagerBuilder {
            context: *self,
            address: None,
            key: None,
            patience: PATIENCE,
            registered: Ok(Registered::default()),
        }
    }
}

impl ManagerBuilder {
    /// Where others can find it; else it is at an address that nobody can guess.
    pub fn address(mut self, address: &Address) -> ManagerBuilder {
        self.address = Some(address.clone());
        self
    }

    /// What others must know, and nobody may guess: random bytes, no password; else a key that was
    /// made so, which proxies bring along. [`Listener`](crate::Listener) says what it protects.
    pub fn key(mut self, key: &[u8]) -> ManagerBuilder {
        self.key = Some(Key::new(key));
        let checked = auth::check_key(key).map_err(|error| error.under("start a manager"));
        self.with(|_| checked)
    }

    /// How long the manager has to end when it is asked to, before it is killed; else one second.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> ManagerBuilder {
        self.patience = timeout;
        self
    }

    /// Lets clients [`create`](Manager::create) objects of a type of the program's.
    pub fn register<T: Custom>(self) -> ManagerBuilder {
        self.with(|registered| {
            registered
                .types
                .push((T::NAME.to_owned(), custom::maker::<T>()?));
            Ok(())
        })
    }

    /// Lets managed pools call a function by a name.
    pub fn function<A: Message, R: Message>(
        self,
        name: &str,
        function: fn(A) -> R,
    ) -> ManagerBuilder {
        self.with(|registered| {
            registered
                .functions
                .push((name.to_owned(), named(name, function)?));
            Ok(())
        })
    }

    /// Has the manager's process call `function` with `argument` before it serves anybody; an error
    /// that it returns, or a panic, is one of [`start`](Self::start).
    pub fn initializer<A: Message, R: Exit>(
        self,
        function: fn(A) -> R,
        argument: &A,
    ) -> ManagerBuilder {
        let argument = encoded(argument);
        self.with(|registered| {
            registered.initializer = Some((initial(function)?, argument?));
            Ok(())
        })
    }

    fn with(mut self, add: impl FnOnce(&mut Registered) -> Result<()>) -> ManagerBuilder {
        self.registered = self.registered.and_then(|mut registered| {
            add(&mut registered)?;
            Ok(registered)
        });
        self
    }

    /// The key and what is registered.
    pub(super) fn take(self) -> Result<(Key, Registered)> {
        let key = match self.key {
            Some(key) => key,
            None => Key::random()?,
        };
        Ok((key, self.registered?))
    }

    /// Starts the manager in a process of its own.
    ///
    /// # Errors
    /// As [`ProcessBuilder::start`](crate::ProcessBuilder::start); `is_system` when another
    /// listens at the address; `is_remote` when the initializer failed; `is_usage` for a function
    /// that is not the program's own; `is_value` for an empty key.
    pub fn start(self) -> Result<Manager> {
        super::start(self)
    }

    /// A manager that is this very process, as soon as it [serves](ManagerServer::serve_forever).
    ///
    /// # Errors
    /// As [`start`](ManagerBuilder::start).
    pub fn server(self) -> Result<ManagerServer> {
        let address = self.address.clone();
        let (key, registered) = self.take()?;
        let office = Office::open(address.as_ref(), key, registered)?;
        Ok(ManagerServer { office })
    }
}

/// A manager that is this very process.
///
/// ```
/// use poolproof_runtime as mp;
///
/// mp::freeze_support();
/// let builder = mp::Context::default().manager_builder();
/// let server = builder.address(&"127.0.0.1:0".parse()?).key(b"secret").server()?;
/// let (address, stopper) = (server.address().clone(), server.stopper());
/// let serving = std::thread::spawn(move || server.serve_forever());
///
/// let manager = mp::Manager::connect(&address, b"secret")?;
/// let list = manager.list()?;
/// list.push(&5)?;
/// assert_eq!(list.items()?, [5]);
/// stopper.stop();
/// serving.join().expect("it does not panic");
/// assert!(list.push(&6).unwrap_err().is_broken_pipe());
/// # mp::Result::Ok(())
/// ```
#[must_use = "nobody is served before `serve_forever`"]
pub struct ManagerServer {
    office: Arc<Office>,
}

impl ManagerServer {
    /// Where it can be found.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.office.address()
    }

    /// Serves whoever knows the key, until a [`stopper`](ManagerServer::stopper) stops it.
    pub fn serve_forever(&self) {
        server::serve(&self.office);
    }

    /// What stops it, from another thread.
    #[must_use]
    pub fn stopper(&self) -> ServerStopper {
        ServerStopper {
            office: Arc::clone(&self.office),
        }
    }
}

impl Drop for ManagerServer {
    fn drop(&mut self) {
        self.office.end();
    }
}

/// Stops a [`ManagerServer`].
#[derive(Clone)]
pub struct ServerStopper {
    office: Arc<Office>,
}

impl ServerStopper {
    /// Has the server serve nobody any more.
    pub fn stop(&self) {
        self.office.end();
    }
}

impl std::fmt::Debug for ManagerServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ManagerServer")
            .field(self.address())
            .finish()
    }
}

impl std::fmt::Debug for ServerStopper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ServerStopper")
            .field(self.office.address())
            .finish()
    }
}
