//! Connections to processes that are not ours: `Listener` and `Client`, as CPython's
//! `multiprocessing.connection` has them.
//!
//! A connection carries bytes and values, never handles. With a key, both sides prove that they
//! know it before anything else is said; handshakes go on beside each other, so that a peer that
//! stops in the middle of its own keeps nobody waiting. Over TCP, a peer whose machine has vanished
//! is noticed by the system (`sys::socket`).

mod acceptor;
mod admission;
mod dial;

pub(crate) use acceptor::{Accepted, Acceptor};
pub(crate) use dial::dial;

use crate::address::{Address, Home};
use crate::auth::{self, Protocol, Secret};
use crate::connection::Connection;
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
///
/// # What a key protects
///
/// With a key both ends prove to each other that they know it, and then each message has a MAC
/// (HMAC-SHA256 under a key of this connection and direction, with the message's number). Who does
/// not know the key, but is in between or at one end, cannot
///
/// - be taken for a client or a listener, by what it has overheard, or by what other right ends say
///   to it meanwhile: a proof is for one connection, one direction and this protocol;
/// - change a message, add one, leave one out, repeat one, or send one back: whoever receives it is
///   told (`is_auth`), and receives nothing any more. No room is made for what is only announced.
///
/// It can
///
/// - **read everything**: the key never travels, all else does in the clear;
/// - keep messages back, or cut the connection, which looks like the end of the other process;
/// - try out guesses at the key, as fast as it likes, once it has overheard a handshake or a client
///   has connected to it. So a key is random bytes (32 are plenty) and no password.
///
/// Where others can listen on the way, listen at `127.0.0.1` or at a path, and have a tunnel lead
/// there: `ssh -N -L 5000:127.0.0.1:5000 machine`, and clients connect to `127.0.0.1:5000`.
///
/// With [`Protocol::Python`] less is protected, as is said there; without a key nothing is, and
/// anyone may connect.
///
/// An end with a key goes on in one process only: who sends it to another has it no more
/// (`is_usage`), and of a forked process and its copy one alone may use it.
#[derive(Debug)]
pub struct Listener {
    acceptor: Acceptor,
}

impl Listener {
    /// Listens at an address; without a key anyone may connect.
    ///
    /// # Errors
    /// `is_system` when another listens there, or when there is no such address; `is_value` for an
    /// empty key.
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
        Listener::at(Home::from(address.clone()), key, protocol)
    }

    /// Listens at an address on this machine that nobody else has, as Python's `Listener()` does.
    ///
    /// It is a name without a file on Linux and Windows, to which anyone on this machine can connect
    /// who hears of it; elsewhere a file in a folder that only this user can look into.
    ///
    /// ```
    /// use poolproof_runtime as mp;
    ///
    /// let listener = mp::Listener::private(Some(b"secret"))?;
    /// let address = listener.address().clone();
    /// let client = std::thread::spawn(move || -> mp::Result<u32> {
    ///     mp::Client::connect::<(), u32>(&address, Some(b"secret"))?.recv()
    /// });
    /// listener.accept::<u32, ()>()?.send(&7)?;
    /// assert_eq!(client.join().expect("it does not panic")?, 7);
    /// # mp::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// `is_system` when there can be no such folder, and the message says what to do; `is_value` for
    /// an empty key.
    pub fn private(key: Option<&[u8]>) -> Result<Listener> {
        Listener::at(Home::private()?, key, Protocol::Poolproof)
    }

    fn at(home: Home, key: Option<&[u8]>, protocol: Protocol) -> Result<Listener> {
        let checked = key.map_or(Ok(()), auth::check_key);
        checked.map_err(|error| error.under(format_args!("listen at {}", home.address)))?;
        let secret = key.map(|key| Secret::new(key, protocol));
        let acceptor = Acceptor::bind(home, secret)?;
        Ok(Listener { acceptor })
    }

    /// Where it can be found: for port 0, with the port that it has got.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.acceptor.address()
    }

    /// Waits for the next who connects and knows the key.
    ///
    /// Handshakes go on beside each other, at most 128 of them; each has ten seconds, or a tenth of
    /// one where others wait for its place, and of these one from where most come from goes first.
    ///
    /// # Errors
    /// `is_auth`, `is_eof` or `is_timeout` for one who tried and could not prove it: the message
    /// says who and why, and the listener goes on. `is_system` where this process has had no
    /// descriptor or thread for a second for those who wait: it can be called again.
    pub fn accept<S, R>(&self) -> Result<Connection<S, R>> {
        let accepted = self.acceptor.accept()?;
        Ok(Connection::remote(accepted.stream, accepted.seals))
    }
}

/// Connects to listeners.
///
/// [`Listener`] says what a key protects: that nobody else is at the other end, and that what comes
/// is what was sent; **not that nobody reads it**.
#[derive(Debug, Clone, Copy)]
pub struct Client;

impl Client {
    /// Connects to who listens at an address; gives up after ten seconds.
    ///
    /// A listener to which many come at once may hang up on one that it has not heard yet: that one
    /// tries again, some times within a second or two.
    ///
    /// # Errors
    /// `is_broken_pipe` when nobody listens there; `is_auth` when the keys or the protocols differ;
    /// `is_eof` when it hangs up each time; `is_timeout` when it says nothing, as one without a key.
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
        dial(address, secret.as_ref())
            .map_err(|error| error.under(format_args!("connect to {address}")))
    }
}
