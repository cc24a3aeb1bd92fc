//! Sockets that others find by an address: TCP, a path, or a name without a file.
//!
//! What is said over them, and who may, is left to the caller: an address is no secret.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interprocess::local_socket::prelude::*;
use interprocess::local_socket::{
    GenericFilePath, GenericNamespaced, Listener as LocalListener, ListenerOptions, Name, Stream,
};
use rustix::net::{Shutdown, sockopt};

use super::copies::epoch;
use super::handle::Handle;

/// Whether there are names without a file, which go with the last process that uses them.
pub const HAS_NAMES: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Whether a socket can be found by a path in the file system.
pub const HAS_PATHS: bool = true;

/// How long a TCP connection is silent before its peer is asked for a sign of life.
const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(60);

/// How long until it is asked again.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// How often it is asked before it is taken for gone.
const KEEP_ALIVE_PROBES: u32 = 6;

/// Where a socket can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// A port of a machine; port 0 listens on a free one.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Path(&'a Path),
    /// A name without a file, where [`HAS_NAMES`].
    Name(&'a str),
}

/// A socket that waits for others to connect.
#[derive(Debug)]
pub struct Listener {
    handle: Handle,
    tcp: Option<SocketAddr>,
    file: Option<(PathBuf, u32)>,
}

impl Listener {
    /// Listens at a place that nobody else listens at.
    ///
    /// # Errors
    /// `AddrInUse` when another does; `Unsupported` for a name where there are none.
    pub fn bind(place: Place<'_>) -> io::Result<Listener> {
        let (fd, tcp, file): (OwnedFd, _, _) = match place {
            Place::Tcp(address) => {
                let listener = call!(TcpListener::bind(address))?;
                let address = listener.local_addr()?;
                (listener.into(), Some(address), None)
            }
            Place::Path(path) => {
                let file = (path.to_owned(), epoch());
                (listen(file_name(path)?)?, None, Some(file))
            }
            Place::Name(name) => (listen(bare_name(name)?)?, None, None),
        };
        Ok(Listener {
            handle: fd.into(),
            tcp,
            file,
        })
    }

    /// Waits for the next who connects.
    ///
    /// # Errors
    /// Fails as the system's accept does; another call may succeed.
    pub fn accept(&self) -> io::Result<Handle> {
        let stream = loop {
            match call!(rustix::net::accept(&self.handle)) {
                Err(rustix::io::Errno::INTR | rustix::io::Errno::CONNABORTED) => {}
                outcome => break outcome?,
            }
        };
        call!(rustix::io::fcntl_setfd(
            &stream,
            rustix::io::FdFlags::CLOEXEC
        ))?;
        if self.tcp.is_some() {
            prepare_tcp(&stream)?;
        }
        Ok(stream.into())
    }

    /// The machine's address and port, for TCP.
    #[must_use]
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        self.tcp
    }

    /// A handle that is readable when somebody has connected.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some((path, owner)) = &self.file
            && *owner == epoch()
        {
            // It may be gone with its folder.
            let _ = call!(std::fs::remove_file(path));
        }
    }
}

/// Connects to who listens at a place.
///
/// # Errors
/// `ConnectionRefused` or `NotFound` when nobody does.
pub fn connect(place: Place<'_>) -> io::Result<Handle> {
    let fd: OwnedFd = match place {
        Place::Tcp(address) => {
            let stream = OwnedFd::from(call!(TcpStream::connect(address))?);
            prepare_tcp(&stream)?;
            stream
        }
        Place::Path(path) => reach(file_name(path)?)?,
        Place::Name(name) => reach(bare_name(name)?)?,
    };
    Ok(fd.into())
}

/// Has what is written leave at once, and the system ask a peer that is silent for
/// [`KEEP_ALIVE_IDLE`] whether it is still there: one whose machine has vanished, and so never said
/// that it ends, is at an end after [`KEEP_ALIVE_PROBES`] questions without an answer.
fn prepare_tcp(stream: &OwnedFd) -> io::Result<()> {
    call!(sockopt::set_tcp_nodelay(stream, true))?;
    call!(sockopt::set_socket_keepalive(stream, true))?;
    call!(sockopt::set_tcp_keepidle(stream, KEEP_ALIVE_IDLE))?;
    call!(sockopt::set_tcp_keepintvl(stream, KEEP_ALIVE_INTERVAL))?;
    Ok(call!(sockopt::set_tcp_keepcnt(stream, KEEP_ALIVE_PROBES))?)
}

/// Ends a connection, however many handles it has; who reads from it sees the end.
///
/// # Errors
/// Fails when the other side has ended it before.
pub fn shut_down(stream: &Handle) -> io::Result<()> {
    Ok(call!(rustix::net::shutdown(stream, Shutdown::Both))?)
}

/// The listener's file is removed by [`Listener`], which knows a forked copy from the owner.
fn listen(name: Name<'_>) -> io::Result<OwnedFd> {
    let options = ListenerOptions::new().name(name).reclaim_name(false);
    match call!(options.create_sync())? {
        LocalListener::UdSocket(listener) => Ok(listener.into()),
    }
}

fn reach(name: Name<'_>) -> io::Result<OwnedFd> {
    match call!(Stream::connect(name))? {
        Stream::UdSocket(stream) => Ok(stream.into()),
    }
}

fn file_name(path: &Path) -> io::Result<Name<'_>> {
    path.to_fs_name::<GenericFilePath>()
}

fn bare_name(name: &str) -> io::Result<Name<'_>> {
    if HAS_NAMES {
        return name.to_ns_name::<GenericNamespaced>();
    }
    let text = "this system has no socket names without a file: use a path";
    Err(io::Error::new(io::ErrorKind::Unsupported, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_tcp_ask_a_silent_peer_for_a_sign_of_life() {
        let listener = Listener::bind(Place::Tcp("127.0.0.1:0".parse().unwrap())).unwrap();
        let client = connect(Place::Tcp(listener.tcp_address().unwrap())).unwrap();
        for side in [client, listener.accept().unwrap()] {
            assert!(sockopt::socket_keepalive(&side).unwrap());
            assert_eq!(sockopt::tcp_keepidle(&side).unwrap(), KEEP_ALIVE_IDLE);
            assert_eq!(sockopt::tcp_keepintvl(&side).unwrap(), KEEP_ALIVE_INTERVAL);
            assert_eq!(sockopt::tcp_keepcnt(&side).unwrap(), KEEP_ALIVE_PROBES);
        }
    }

    #[test]
    fn a_socket_s_file_goes_with_its_listener() {
        let name = format!("poolproof-socket-test-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let listener = Listener::bind(Place::Path(&path)).unwrap();
        connect(Place::Path(&path)).unwrap();
        assert!(Listener::bind(Place::Path(&path)).is_err());
        drop(listener);
        assert!(!path.exists());
        assert!(connect(Place::Path(&path)).is_err());
    }

    #[test]
    fn a_name_needs_no_file_and_goes_with_its_listener() {
        if !HAS_NAMES {
            return;
        }
        let name = format!("poolproof-socket-test-{}", std::process::id());
        let listener = Listener::bind(Place::Name(&name)).unwrap();
        connect(Place::Name(&name)).unwrap();
        drop(listener);
        assert!(connect(Place::Name(&name)).is_err());
    }
}
