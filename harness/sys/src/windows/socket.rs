//! Sockets that others find by an address: TCP, or the name of a pipe.
//!
//! What is said over them, and who may, is left to the caller: an address is no secret.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::windows::io::OwnedHandle;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use interprocess::ConnectWaitMode;
use interprocess::local_socket::prelude::*;
use interprocess::local_socket::{GenericNamespaced, ListenerOptions, Name, Stream};
use interprocess::os::windows::named_pipe::{DuplexPipeStream, pipe_mode};
use windows_sys::Win32::System::Pipes::DisconnectNamedPipe;

use super::handle::Handle;
use super::{pipe, relay};

/// Whether there are names without a file, which go with the last process that uses them.
pub const HAS_NAMES: bool = true;

/// Whether a socket can be found by a path in the file system.
pub const HAS_PATHS: bool = false;

/// How long a listener waits for its own end where it cannot be woken.
const END_MAX: Duration = Duration::from_secs(1);

/// How many may have connected before they are asked for.
const AHEAD_MAX: usize = 64;

/// How long the system is left alone that has refused to accept.
const PAUSE: Duration = Duration::from_millis(20);

/// Where a socket can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// A port of a machine; port 0 listens on a free one.
    Tcp(SocketAddr),
    /// A socket in the file system: not on this system.
    Path(&'a Path),
    /// The name of a pipe, without `\\.\pipe\`.
    Name(&'a str),
}

/// One who has connected.
#[derive(Debug)]
pub struct Arrival {
    /// What is said to it and by it.
    pub stream: Handle,
    /// Where it is, for TCP.
    pub from: Option<SocketAddr>,
}

/// A socket that others connect to.
///
/// A thread accepts, since a pipe that waits for its client is no object that can be waited for.
#[derive(Debug)]
pub struct Listener {
    /// A byte for each who has connected.
    arrivals: Handle,
    accepted: Mutex<Receiver<io::Result<Arrival>>>,
    tcp: Option<SocketAddr>,
    stop: Arc<AtomicBool>,
    /// What wakes the thread so that it can end.
    own_place: OwnPlace,
}

#[derive(Debug)]
enum OwnPlace {
    Tcp(SocketAddr),
    Name(String),
}

impl Listener {
    /// Listens at a place that nobody else listens at.
    ///
    /// # Errors
    /// `AddrInUse` when another does; `Unsupported` for a path.
    pub fn bind(place: Place<'_>) -> io::Result<Listener> {
        match place {
            Place::Tcp(address) => {
                let listener = TcpListener::bind(address)?;
                let address = listener.local_addr()?;
                let accept = move || listener.accept();
                let take = |(stream, from)| {
                    Ok(Arrival {
                        stream: relay::pipe_to(stream)?,
                        from: Some(from),
                    })
                };
                Listener::start(accept, take, Some(address), OwnPlace::Tcp(address))
            }
            Place::Path(_) => Err(no_paths()),
            Place::Name(name) => {
                let listener = ListenerOptions::new()
                    .name(pipe_name(name)?)
                    .create_sync()?;
                let accept = move || listener.accept();
                let take = |stream| {
                    Ok(Arrival {
                        stream: piped(stream),
                        from: None,
                    })
                };
                Listener::start(accept, take, None, OwnPlace::Name(name.to_owned()))
            }
        }
    }

    fn start<S: 'static>(
        accept: impl Fn() -> io::Result<S> + Send + 'static,
        take: fn(S) -> io::Result<Arrival>,
        tcp: Option<SocketAddr>,
        own_place: OwnPlace,
    ) -> io::Result<Listener> {
        let (arrivals, bell) = pipe::one_way()?;
        let (sender, accepted) = mpsc::sync_channel(AHEAD_MAX);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        std::thread::Builder::new()
            .name("listener".into())
            .spawn(move || {
                loop {
                    let outcome = accept();
                    if stopped.load(Ordering::Acquire) {
                        break;
                    }
                    if outcome.is_err() {
                        // What it is short of will not be there at once.
                        std::thread::sleep(PAUSE);
                    }
                    let is_sent = sender.send(outcome.and_then(take)).is_ok();
                    if !is_sent || pipe::write(&bell, &[0]).is_err() {
                        break;
                    }
                }
                // Nobody listens any more before the other side learns of the thread's end.
                drop(accept);
                drop(sender);
            })?;
        Ok(Listener {
            arrivals,
            accepted: Mutex::new(accepted),
            tcp,
            stop,
            own_place,
        })
    }

    /// Takes the next who has connected; none where nobody has, or the one who had has gone again.
    ///
    /// # Errors
    /// Fails as the system's accept does, for whoever comes until it has what it is short of.
    pub fn accept(&self) -> io::Result<Option<Arrival>> {
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        match accepted.try_recv() {
            Ok(outcome) => {
                // It is there in a moment, and nobody else takes it.
                pipe::read(&self.arrivals, &mut [0])?;
                outcome.map(Some)
            }
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => {
                Err(io::Error::other("the thread that accepts has ended"))
            }
        }
    }

    /// The machine's address and port, for TCP.
    #[must_use]
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        self.tcp
    }

    /// A handle that is readable when somebody has connected.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.arrivals
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // Wakes the thread; where nobody listens any more it has ended. It lasts until then: who
        // leaves before a pipe accepts it is passed over, and the thread would sleep on.
        let _waking = match &self.own_place {
            OwnPlace::Tcp(address) => (TcpStream::connect(reachable(*address)).ok(), None),
            OwnPlace::Name(name) => {
                let deadline = Instant::now() + END_MAX;
                (None, connect(Place::Name(name), deadline).ok())
            }
        };
        // Whoever listens here next finds the place free.
        let accepted = self.accepted.get_mut();
        let accepted = accepted.unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + END_MAX;
        let left = || deadline.saturating_duration_since(Instant::now());
        while accepted.recv_timeout(left()).is_ok() {}
    }
}

/// Where this machine reaches who listens at an address: that of all addresses of a machine is none
/// that Windows connects to.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

/// Connects to who listens at a place.
///
/// # Errors
/// `ConnectionRefused` or `NotFound` when nobody does; `TimedOut` when nobody has answered, or made
/// room, by the deadline.
pub fn connect(place: Place<'_>, deadline: Instant) -> io::Result<Handle> {
    // None at all would be one without an end.
    let left = deadline.saturating_duration_since(Instant::now());
    let left = left.max(Duration::from_millis(1));
    match place {
        Place::Tcp(address) => {
            relay::pipe_to(TcpStream::connect_timeout(&reachable(address), left)?)
        }
        Place::Path(_) => Err(no_paths()),
        Place::Name(name) => {
            let path = format!(r"\\.\pipe\{name}");
            let wait = ConnectWaitMode::Timeout(left);
            let pipe = Pipe::connect_by_path_with_wait_mode(path.as_str(), wait)?;
            // It fails for one of which there are two halves.
            let pipe = OwnedHandle::try_from(pipe).map_err(|_| io::ErrorKind::InvalidInput)?;
            Ok(Handle::from(pipe))
        }
    }
}

/// A client's end of a pipe.
type Pipe = DuplexPipeStream<pipe_mode::Bytes>;

/// Ends a connection that a listener has accepted, however many handles it has; who reads from it
/// sees the end. What the other side has not read yet is lost.
///
/// # Errors
/// Fails for a connection that this side has made.
pub fn shut_down(stream: &Handle) -> io::Result<()> {
    // Taking back what is under way would not end what begins a moment later.
    // SAFETY: the handle is open.
    match call!(unsafe { DisconnectNamedPipe(stream.raw()) }) {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn piped(stream: Stream) -> Handle {
    match stream {
        Stream::NamedPipe(pipe) => Handle::from(OwnedHandle::from(pipe)),
    }
}

fn pipe_name(name: &str) -> io::Result<Name<'_>> {
    name.to_ns_name::<GenericNamespaced>()
}

fn no_paths() -> io::Error {
    let text = "this system has no sockets in the file system: use a name";
    io::Error::new(io::ErrorKind::Unsupported, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_at_all_addresses_is_reached_at_this_machine_s_own() {
        for (listening, reached) in [
            ("0.0.0.0:7", "127.0.0.1:7"),
            ("[::]:7", "[::1]:7"),
            ("192.0.2.1:7", "192.0.2.1:7"),
        ] {
            assert_eq!(
                reachable(listening.parse().unwrap()),
                reached.parse().unwrap()
            );
        }
    }
}
