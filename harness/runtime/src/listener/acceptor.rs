//! A listener's inside, which a manager's server has, too.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;
use poolproof_sys::socket;

use crate::address::{Address, Home};
use crate::auth::Secret;
use crate::auth::seal::Seals;
use crate::error::{Error, Kind, Result};
use crate::fork_gate;
use crate::locked::lock;
use crate::wire::{self, Side};

/// Handshakes that may go on at once; for who comes then, the oldest is given up.
const HANDSHAKES_MAX: usize = 128;

/// A listener's inside, which a manager's server has, too.
#[derive(Debug)]
pub(crate) struct Acceptor {
    listener: socket::Listener,
    home: Home,
    secret: Option<Arc<Secret>>,
    done: Arc<Done>,
    wake: Handle,
}

/// One who has connected and, where there is a key, has proved to know it.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: Arc<Handle>,
    /// What goes with each message.
    pub(crate) seals: Option<Seals>,
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
    ended: VecDeque<Result<Accepted>>,
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
    pub(crate) fn bind(mut home: Home, secret: Option<Secret>) -> Result<Acceptor> {
        let failed = |error| Error::system(format!("listen at {}", home.address), error);
        let listener = socket::Listener::bind(home.address.place()).map_err(failed)?;
        let (wake, waker) = pipe::one_way().map_err(failed)?;
        if let Some(tcp) = listener.tcp_address() {
            home.address = Address::Tcp(tcp);
        }
        Ok(Acceptor {
            listener,
            home,
            secret: secret.map(Arc::new),
            done: Arc::new(Done {
                state: Mutex::default(),
                wake: waker,
            }),
            wake,
        })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.home.address
    }

    /// Waits for the next who has proved to know the key, or failed to.
    pub(crate) fn accept(&self) -> Result<Accepted> {
        let failed = |error| Error::system(format!("accept at {}", self.home.address), error);
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
                        format!("accept at {}", self.home.address),
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
                match &self.secret {
                    None => {
                        return Ok(Accepted {
                            stream: Arc::new(stream),
                            seals: None,
                        });
                    }
                    Some(secret) => self.begin(stream, Arc::clone(secret))?,
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
    fn begin(&self, stream: Handle, secret: Arc<Secret>) -> Result<()> {
        let stream = Arc::new(stream);
        self.done.lock().add(Arc::clone(&stream));
        let done = Arc::clone(&self.done);
        let address = self.home.address.clone();
        let work = move || {
            let outcome = wire::shake_hands(&stream, Side::Accepted, &secret);
            let about =
                |error: Error| error.under(format_args!("authenticate a client at {address}"));
            let outcome = outcome.map_err(about);
            let mut state = done.lock();
            state
                .running
                .retain(|running| !Arc::ptr_eq(running, &stream));
            state
                .ended
                .push_back(outcome.map(|seals| Accepted { stream, seals }));
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
