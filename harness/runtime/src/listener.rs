//! Connections to processes that are not ours: `Listener` and `Client`, as CPython's
//! `multiprocessing.connection` has them.
//!
//! A connection carries bytes and values, never handles. With a key, both sides prove that they
//! know it before anything else is said; handshakes go on beside each other, so that a peer that
//! stops in the middle of its own keeps nobody waiting. Over TCP, a peer whose machine has vanished
//! is noticed by the system (`sys::socket`).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use poolproof_sys::copies::{Withheld, withhold};
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;
use poolproof_sys::socket;

use crate::address::{Address, Folder};
use crate::auth::{Digests, Secret};
use crate::connection::{Carrier, Connection};
use crate::error::{Error, Kind, Result};
use crate::fork_gate;
use crate::locked::lock;
use crate::wire::{self, Side};

/// Handshakes that may go on at once; for who comes then, the oldest is given up.
const HANDSHAKES_MAX: usize = 128;

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
        Listener::bind_with(address, key, Digests::Sha256)
    }

    /// As [`bind`](Listener::bind), for peers that prove the key in another way, too.
    ///
    /// # Errors
    /// As [`bind`](Listener::bind).
    pub fn bind_with(address: &Address, key: Option<&[u8]>, digests: Digests) -> Result<Listener> {
        let acceptor = Acceptor::bind(Some(address), key, digests)?;
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
        Client::connect_with(address, key, Digests::Sha256)
    }

    /// As [`connect`](Client::connect), to one who proves the key in another way, too.
    ///
    /// # Errors
    /// As [`connect`](Client::connect).
    pub fn connect_with<S, R>(
        address: &Address,
        key: Option<&[u8]>,
        digests: Digests,
    ) -> Result<Connection<S, R>> {
        let secret = key.map(|key| Secret { key, digests });
        connect(address, secret).map(|stream| connection(Arc::new(stream)))
    }
}

fn connection<S, R>(stream: Arc<Handle>) -> Connection<S, R> {
    Connection::duplex(Carrier::Remote(stream))
}

/// Connects, and proves to know the key where there is one.
fn connect(address: &Address, secret: Option<Secret<'_>>) -> Result<Handle> {
    let stream = socket::connect(address.place())
        .map_err(|error| Error::caused(Kind::BrokenPipe, format!("connect to {address}"), error))?;
    if let Some(secret) = secret {
        wire::shake_hands(&stream, Side::Connected, secret)?;
    }
    Ok(stream)
}

/// A listener's inside, which a manager's server has, too.
#[derive(Debug)]
pub(crate) struct Acceptor {
    // Before the listener, which it is about.
    withheld: Option<Withheld>,
    listener: socket::Listener,
    address: Address,
    key: Option<Arc<[u8]>>,
    digests: Digests,
    done: Arc<Done>,
    wake: Handle,
    /// Goes with the socket in it.
    _folder: Option<Folder>,
}

/// Handshakes that have ended.
#[derive(Debug)]
struct Done {
    state: Mutex<Handshakes>,
    wake: Handle,
}

#[derive(Debug, Default)]
struct Handshakes {
    /// The oldest first.
    running: VecDeque<Arc<Handle>>,
    ended: VecDeque<Result<Arc<Handle>>>,
    is_closed: bool,
}

impl Handshakes {
    /// Counts one more, for which the oldest makes room where there are too many.
    fn add(&mut self, stream: Arc<Handle>) {
        if self.running.len() >= HANDSHAKES_MAX
            && let Some(oldest) = self.running.pop_front()
        {
            // It fails for one that has just ended.
            let _ = socket::shut_down(&oldest);
        }
        self.running.push_back(stream);
    }
}

impl Acceptor {
    /// Listens at an address, or at a private one.
    pub(crate) fn bind(
        address: Option<&Address>,
        key: Option<&[u8]>,
        digests: Digests,
    ) -> Result<Acceptor> {
        let (mut address, folder) = match address {
            Some(address) => (address.clone(), None),
            None => Address::private()?,
        };
        let failed = |error| Error::system(format!("listen at {address}"), error);
        let listener = socket::Listener::bind(address.place()).map_err(failed)?;
        let (wake, waker) = pipe::one_way().map_err(failed)?;
        if let Some(tcp) = listener.tcp_address() {
            address = Address::Tcp(tcp);
        }
        Ok(Acceptor {
            withheld: None,
            listener,
            address,
            key: key.map(Arc::from),
            digests,
            done: Arc::new(Done {
                state: Mutex::default(),
                wake: waker,
            }),
            wake,
            _folder: folder,
        })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Keeps it from copies that the program makes by itself, which would not answer anybody.
    pub(crate) fn withhold(&mut self) {
        self.withheld = Some(withhold(self.listener.handle()));
    }

    /// Waits for the next who has proved to know the key, or failed to.
    pub(crate) fn accept(&self) -> Result<Arc<Handle>> {
        let failed = |error| Error::system(format!("accept at {}", self.address), error);
        loop {
            let handles = [self.listener.handle(), &self.wake];
            let ready = fork_gate::outside(|| pipe::wait_any(&handles, None)).map_err(failed)?;
            if ready[1] {
                // One byte for each that has ended; another thread may have taken it, and then
                // takes what it stands for.
                let mut state = self.done.lock();
                if state.is_closed {
                    return Err(Error::new(
                        Kind::Closed,
                        format!("accept at {}", self.address),
                    ));
                }
                if let Some(ended) = state.ended.pop_front() {
                    drop(state);
                    pipe::read(&self.wake, &mut [0]).map_err(failed)?;
                    return ended;
                }
            }
            if ready[0] {
                let stream = self.listener.accept().map_err(failed)?;
                match &self.key {
                    None => return Ok(Arc::new(stream)),
                    Some(key) => self.begin(stream, Arc::clone(key))?,
                }
            }
        }
    }

    /// Has [`Acceptor::accept`] fail from now on.
    pub(crate) fn close(&self) {
        self.done.lock().is_closed = true;
        // It fails only when nobody is there to be woken.
        let _ = pipe::write(&self.done.wake, &[0]);
    }

    /// Begins a handshake beside all others.
    fn begin(&self, stream: Handle, key: Arc<[u8]>) -> Result<()> {
        let stream = Arc::new(stream);
        self.done.lock().add(Arc::clone(&stream));
        let done = Arc::clone(&self.done);
        let digests = self.digests;
        let work = move || {
            let secret = Secret { key: &key, digests };
            let outcome = wire::shake_hands(&stream, Side::Accepted, secret);
            let mut state = done.lock();
            state
                .running
                .retain(|running| !Arc::ptr_eq(running, &stream));
            state.ended.push_back(outcome.map(|()| stream));
            drop(state);
            // It fails only when the listener is gone.
            let _ = pipe::write(&done.wake, &[0]);
        };
        fork_gate::spawn("handshake", work)
            .map(drop)
            .map_err(|error| Error::system("start a thread for a handshake", error))
    }
}

impl Done {
    fn lock(&self) -> std::sync::MutexGuard<'_, Handshakes> {
        lock(&self.state)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn the_oldest_of_too_many_handshakes_makes_room() {
        let anywhere = socket::Place::Tcp(([127, 0, 0, 1], 0).into());
        let listener = socket::Listener::bind(anywhere).unwrap();
        let place = socket::Place::Tcp(listener.tcp_address().unwrap());
        let mut handshakes = Handshakes::default();
        let mut add = || {
            let client = socket::connect(place).unwrap();
            handshakes.add(Arc::new(listener.accept().unwrap()));
            client
        };
        let has_ended = |client: &Handle| pipe::wait_readable(client, Some(Instant::now()));
        let mut clients: VecDeque<_> = (0..HANDSHAKES_MAX).map(|_| add()).collect();
        assert!(clients.iter().all(|client| !has_ended(client).unwrap()));
        for _ in 0..2 {
            clients.push_back(add());
            let oldest = clients.pop_front().unwrap();
            let late = Instant::now() + Duration::from_secs(20);
            assert!(pipe::wait_readable(&oldest, Some(late)).unwrap());
            assert!(clients.iter().all(|client| !has_ended(client).unwrap()));
        }
    }
}
