//! A listener's inside, which a manager's server has, too: accepts, and has each who comes prove
//! the key in a thread of its own, beside all others.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use poolproof_sys::copies::{Withheld, withhold};
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;
use poolproof_sys::socket::{self, Arrival};

use super::admission::{Admission, Door};
use crate::address::{Address, Home};
use crate::auth::Secret;
use crate::auth::seal::Seals;
use crate::error::{Error, Kind, Result};
use crate::fork_gate;
use crate::locked::lock;
use crate::wire::{self, Side};

/// One who has connected and, where there is a key, has proved to know it.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: Arc<Handle>,
    /// What goes with each message.
    pub(crate) seals: Option<Seals>,
}

/// What listens at an address.
#[derive(Debug)]
pub(crate) struct Acceptor {
    // Before the listener, which it is about.
    withheld: Option<Withheld>,
    listener: socket::Listener,
    home: Home,
    secret: Option<Arc<Secret>>,
    shared: Arc<Shared>,
    /// Has a byte for each handshake that has ended.
    wake: Handle,
}

/// What the threads of handshakes have, too.
#[derive(Debug)]
struct Shared {
    admission: Mutex<Admission>,
    wake: Handle,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Admission> {
        lock(&self.admission)
    }

    fn wake(&self) {
        // It fails only when the listener is gone.
        let _ = pipe::write(&self.wake, &[0]);
    }
}

impl Acceptor {
    /// Listens at an address; without a secret anyone is let in.
    pub(crate) fn bind(mut home: Home, secret: Option<Secret>) -> Result<Acceptor> {
        let failed = |error| Error::system(format!("listen at {}", home.address), error);
        let listener = socket::Listener::bind(home.address.place()).map_err(failed)?;
        let (wake, waker) = pipe::one_way().map_err(failed)?;
        if let Some(tcp) = listener.tcp_address() {
            home.address = Address::Tcp(tcp);
        }
        Ok(Acceptor {
            withheld: None,
            listener,
            home,
            secret: secret.map(Arc::new),
            shared: Arc::new(Shared {
                admission: Mutex::default(),
                wake: waker,
            }),
            wake,
        })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.home.address
    }

    /// Keeps it from copies that the program makes by itself, which would not answer anybody.
    pub(crate) fn withhold(&mut self) {
        self.withheld = Some(withhold(self.listener.handle()));
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::system(format!("accept at {}", self.home.address), error)
    }

    /// Waits for the next who has proved to know the key, or failed to.
    pub(crate) fn accept(&self) -> Result<Accepted> {
        loop {
            let door = self.shared.lock().door(Instant::now());
            let handles = [&self.wake, self.listener.handle()];
            let (handles, until) = match door {
                Door::Open => (&handles[..], None),
                Door::Shut(until) => (&handles[..1], until),
            };
            let ready = fork_gate::outside(|| pipe::wait_any(handles, until));
            let ready = ready.map_err(|error| self.failed(error))?;
            if ready[0]
                && let Some(ended) = self.ended()?
            {
                return ended;
            }
            if ready.get(1) == Some(&true)
                && let Some(accepted) = self.let_in()?
            {
                return Ok(accepted);
            }
        }
    }

    /// The next handshake that has ended.
    fn ended(&self) -> Result<Option<Result<Accepted>>> {
        let mut admission = self.shared.lock();
        if admission.is_closed {
            let text = format!("accept at {}", self.home.address);
            return Err(Error::new(Kind::Closed, text));
        }
        // Another thread may have taken it, and then takes the byte that stands for it.
        let ended = admission.ended.pop_front();
        drop(admission);
        if ended.is_some() {
            pipe::read(&self.wake, &mut [0]).map_err(|error| self.failed(error))?;
        }
        Ok(ended)
    }

    /// Lets the next one in who has connected, if it is still there; one who need not prove anything
    /// is accepted by that.
    fn let_in(&self) -> Result<Option<Accepted>> {
        let arrival = self.listener.accept();
        let outcome = match (arrival, &self.secret) {
            (Ok(None), _) => return Ok(None),
            (Ok(Some(arrival)), Some(secret)) => self.begin(arrival, Arc::clone(secret)),
            (Ok(Some(arrival)), None) => {
                self.shared.lock().is_supplied();
                return Ok(Some(Accepted {
                    stream: Arc::new(arrival.stream),
                    seals: None,
                }));
            }
            (Err(error), _) => Err(error),
        };
        let mut admission = self.shared.lock();
        match outcome {
            Ok(()) => admission.is_supplied(),
            Err(error) => {
                let outcome = admission.is_short(error, Instant::now());
                outcome.map_err(|error| self.failed(error))?;
            }
        }
        Ok(None)
    }

    /// Has [`Acceptor::accept`] fail from now on.
    pub(crate) fn close(&self) {
        self.shared.lock().is_closed = true;
        self.shared.wake();
    }

    /// Begins a handshake beside all others. Who finds no thread for it is sent away, and comes
    /// again.
    fn begin(&self, arrival: Arrival, secret: Arc<Secret>) -> std::io::Result<()> {
        let (from, now) = (arrival.from, Instant::now());
        let stream = self.shared.lock().begin(arrival, now);
        let (shared, address) = (Arc::clone(&self.shared), self.home.address.clone());
        let begun = Arc::clone(&stream);
        let work = move || {
            let proved = || shared.lock().proved(&stream);
            let outcome = wire::shake_hands(&stream, Side::Accepted(&proved), &secret);
            let outcome = outcome.map_err(|error| error.under(Unproved { from, address }));
            shared.lock().end(&stream, Instant::now());
            let outcome = outcome.map(|seals| Accepted { stream, seals });
            shared.lock().ended.push_back(outcome);
            shared.wake();
        };
        let spawned = fork_gate::spawn("handshake", work).map(drop);
        if spawned.is_err() {
            self.shared.lock().end(&begun, now);
        }
        spawned
    }
}

/// What one who comes is to do, for the error of one who does not.
struct Unproved {
    from: Option<SocketAddr>,
    address: Address,
}

impl std::fmt::Display for Unproved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.from {
            Some(from) => write!(f, "authenticate {from} at {}", self.address),
            None => write!(f, "authenticate a client at {}", self.address),
        }
    }
}
