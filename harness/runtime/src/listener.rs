//! Connections to processes that are not ours: `Listener` and `Client`, as CPython's
//! `multiprocessing.connection` has them.
//!
//! A connection carries bytes and values, never handles. With a key, both sides prove that they
//! know it before anything else is said; handshakes go on beside each other, so that a peer that
//! stops in the middle of its own keeps nobody waiting. Over TCP, a peer whose machine has vanished
//! is noticed by the system (`sys::socket`).

mod acceptor;
mod dial;

use std::sync::Arc;

use poolproof_sys::handle::Handle;

pub(crate) use acceptor::Acceptor;
pub(crate) use dial::dial;

use crate::address::Address;
use crate::auth::{Protocol, Secret};
use crate::connection::{Carrier, Connection};
use crate::error::Result;

/// Waits for others to connect.
///
/// A TCP connection, here and of a [`Client`], asks a peer that is silent for a minute whether it
/// is still there, and fails after another minute without an answer: who waits for a peer whose
/// machine has lost its power or its network does not wait for ever.
///
/// ```
/// use poolproof_runtime as mp;
///
/// let listener = mp::Listener::bind(&"127.0.0.1:0".parse()?, Some(b"secret"))?;
/// let address = listener.address().clone();
/// let client = std::thread::spawn(move || -> mp::Result<String> {
///     let connection = mp::Client::connect::<u32, String>(&address, Some(b"secret"))?;
///     connection.send(&7)?;
///     connection.recv()
/// });
/// let connection = listener.accept::<String, u32>()?;
/// let number = connection.recv()?;
/// connection.send(&format!("{number} it is"))?;
/// assert_eq!(client.join().expect("it does not panic")?, "7 it is");
/// # mp::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Listener {
    acceptor: Acceptor,
}

impl Listener {
    /// Listens at an address; without a key anyone may connect.
    ///
    /// # Errors
    /// `is_system` when another listens there, or when there is no such address.
    pub fn bind(address: &Address, key: Option<&[u8]>) -> Result<Listener> {
        Listener::bind_with(address, key, Protocol::Poolproof)
    }

    /// As [`bind`](Listener::bind), for clients that speak a protocol: [`Protocol::Python`] for
    /// those of CPython's `multiprocessing.connection`.
    ///
    /// # Errors
    /// As [`bind`](Listener::bind).
    pub fn bind_with(
        address: &Address,
        key: Option<&[u8]>,
        protocol: Protocol,
    ) -> Result<Listener> {
        let secret = key.map(|key| Secret::new(key, protocol));
        let acceptor = Acceptor::bind(Some(address), secret)?;
        Ok(Listener { acceptor })
    }

    /// Where it can be found: for port 0, with the port that it has got.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.acceptor.address()
    }

    /// Waits for the next who connects and knows the key.
    ///
    /// # Errors
    /// `is_auth`, `is_eof` or `is_timeout` for one who tried and could not prove it: the listener
    /// goes on.
    pub fn accept<S, R>(&self) -> Result<Connection<S, R>> {
        self.acceptor.accept().map(connection)
    }
}

/// Connects to listeners.
#[derive(Debug, Clone, Copy)]
pub struct Client;

impl Client {
    /// Connects to who listens at an address.
    ///
    /// # Errors
    /// `is_broken_pipe` when nobody listens there; `is_auth` when the keys differ.
    pub fn connect<S, R>(address: &Address, key: Option<&[u8]>) -> Result<Connection<S, R>> {
        Client::connect_with(address, key, Protocol::Poolproof)
    }

    /// As [`connect`](Client::connect), to a listener that speaks a protocol: [`Protocol::Python`]
    /// for one of CPython's `multiprocessing.connection`.
    ///
    /// # Errors
    /// As [`connect`](Client::connect).
    pub fn connect_with<S, R>(
        address: &Address,
        key: Option<&[u8]>,
        protocol: Protocol,
    ) -> Result<Connection<S, R>> {
        let secret = key.map(|key| Secret::new(key, protocol));
        let stream = dial(address, secret.as_ref());
        let stream = stream.map_err(|error| error.under(format_args!("connect to {address}")))?;
        Ok(connection(Arc::new(stream)))
    }
}

fn connection<S, R>(stream: Arc<Handle>) -> Connection<S, R> {
    Connection::duplex(Carrier::Remote(stream))
}
