//! Sockets that others find by an address: TCP, a path, or a name without a file.
//!
//! What is said over them, and who may, is left to the caller: an address is no secret.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use interprocess::local_socket::prelude::*;
use interprocess::local_socket::{
    GenericFilePath, GenericNamespaced, Listener as LocalListener, ListenerOptions, Name,
};
use rustix::io::Errno;
use rustix::net::sockopt::{self, Timeout};
use rustix::net::{AddressFamily, Shutdown, SocketAddrAny, SocketAddrUnix, SocketType};

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

/// The longest path of a socket, and the longest name without a file, in bytes.
pub(super) const NAME_MAX: usize = if cfg!(target_vendor = "apple") {
    103
} else {
    107
};

/// One who has connected.
#[derive(Debug)]
pub struct Arrival {
    /// What is said to it and by it.
    pub stream: Handle,
    /// Where it is, for TCP.
    pub from: Option<SocketAddr>,
}

/// A socket that others connect to.
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
        check_length(place)?;
        let (fd, tcp, file): (OwnedFd, _, _) = match place {
            Place::Tcp(address) => {
                let listener = call!(
                    EMFILE | ENFILE | ENOBUFS | ENOMEM,
                    TcpListener::bind(address)
                )?;
                let address = listener.local_addr()?;
                (listener.into(), Some(address), None)
            }
            Place::Path(path) => {
                let file = (path.to_owned(), epoch());
                let listener = listen(file_name(path)?).map_err(in_use)?;
                (listener, None, Some(file))
            }
            Place::Name(name) => (listen(bare_name(name)?)?, None, None),
        };
        // Who has connected may be gone, or taken by another thread, before it is accepted.
        call!(rustix::io::ioctl_fionbio(&fd, true))?;
        Ok(Listener {
            handle: fd.into(),
            tcp,
            file,
        })
    }

    /// Takes the next who has connected; none where nobody has, or the one who had has gone again.
    ///
    /// # Errors
    /// Fails as the system's accept does, for whoever comes until it has what it is short of.
    pub fn accept(&self) -> io::Result<Option<Arrival>> {
        loop {
            let (stream, from) = match accept_apart(&self.handle) {
                Err(Errno::INTR | Errno::CONNABORTED) => continue,
                Err(Errno::AGAIN) => return Ok(None),
                outcome => outcome?,
            };
            // It fails for one who has gone again.
            if self.tcp.is_some() && prepare_tcp(&stream).is_err() {
                continue;
            }
            return Ok(Some(Arrival {
                stream: stream.into(),
                from: from.and_then(|from| from.try_into().ok()),
            }));
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

#[cfg(not(target_vendor = "apple"))]
fn accept_apart(listener: &Handle) -> rustix::io::Result<(OwnedFd, Option<SocketAddrAny>)> {
    let flags = rustix::net::SocketFlags::CLOEXEC;
    call!(
        ECONNABORTED | EINTR | EMFILE | ENFILE | ENOBUFS | ENOMEM,
        rustix::net::acceptfrom_with(listener, flags)
    )
}

/// Here it has the listener's flags, too.
#[cfg(target_vendor = "apple")]
fn accept_apart(listener: &Handle) -> rustix::io::Result<(OwnedFd, Option<SocketAddrAny>)> {
    let (stream, from) = call!(
        ECONNABORTED | EINTR | EMFILE | ENFILE | ENOBUFS | ENOMEM,
        rustix::net::acceptfrom(listener)
    )?;
    call!(rustix::io::fcntl_setfd(
        &stream,
        rustix::io::FdFlags::CLOEXEC
    ))?;
    call!(rustix::io::ioctl_fionbio(&stream, false))?;
    Ok((stream, from))
}

/// Connects to who listens at a place.
///
/// # Errors
/// `ConnectionRefused` or `NotFound` when nobody does; `TimedOut` when nobody has answered, or made
/// room, by the deadline.
pub fn connect(place: Place<'_>, deadline: Instant) -> io::Result<Handle> {
    check_length(place)?;
    // None at all would be one without an end.
    let left = deadline.saturating_duration_since(Instant::now());
    let left = left.max(Duration::from_millis(1));
    let fd: OwnedFd = match place {
        Place::Tcp(address) => {
            let stream = OwnedFd::from(call!(
                EMFILE | ENFILE | ENOBUFS | ENOMEM,
                TcpStream::connect_timeout(&address, left)
            )?);
            prepare_tcp(&stream)?;
            stream
        }
        Place::Path(path) => reach(&SocketAddrUnix::new(path)?, left)?,
        Place::Name(name) => reach(&bare_address(name)?, left)?,
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
    match call!(EMFILE | ENFILE | ENOBUFS | ENOMEM, options.create_sync())? {
        LocalListener::UdSocket(listener) => Ok(listener.into()),
    }
}

fn reach(address: &SocketAddrUnix, left: Duration) -> io::Result<OwnedFd> {
    let stream = local_socket()?;
    // Where nobody accepts, a connection waits for room as a message does.
    call!(sockopt::set_socket_timeout(
        &stream,
        Timeout::Send,
        Some(left)
    ))?;
    loop {
        match call!(EINTR | ENOMEM, rustix::net::connect(&stream, address)) {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Err(io::ErrorKind::TimedOut.into()),
            outcome => break outcome?,
        }
    }
    call!(sockopt::set_socket_timeout(&stream, Timeout::Send, None))?;
    Ok(stream)
}

#[cfg(not(target_vendor = "apple"))]
fn local_socket() -> io::Result<OwnedFd> {
    let flags = rustix::net::SocketFlags::CLOEXEC;
    Ok(call!(
        EMFILE | ENFILE | ENOBUFS | ENOMEM,
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
    )?)
}

#[cfg(target_vendor = "apple")]
fn local_socket() -> io::Result<OwnedFd> {
    let socket = call!(
        EMFILE | ENFILE | ENOBUFS | ENOMEM,
        rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)
    )?;
    call!(rustix::io::fcntl_setfd(
        &socket,
        rustix::io::FdFlags::CLOEXEC
    ))?;
    Ok(socket)
}

/// A file stays where its listener was killed, and is in the way of the next one.
fn in_use(error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::AddrInUse {
        return error;
    }
    let text = "there is a file already: if nobody listens at it any more, remove it";
    io::Error::new(error.kind(), text)
}

/// What the system says of one that is too long does not say how long it may be.
fn check_length(place: Place<'_>) -> io::Result<()> {
    let (what, length) = match place {
        Place::Tcp(_) => return Ok(()),
        Place::Path(path) => ("path", path.as_os_str().len()),
        Place::Name(name) => ("name", name.len()),
    };
    match length {
        0 => {
            let text = format!("the {what} is empty");
            Err(io::Error::new(io::ErrorKind::InvalidInput, text))
        }
        1..=NAME_MAX => Ok(()),
        _ => {
            let text = format!(
                "the {what} has {length} bytes, and that of a socket at most {NAME_MAX}: take a \
                 shorter one"
            );
            Err(io::Error::new(io::ErrorKind::InvalidInput, text))
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn bare_address(name: &str) -> io::Result<SocketAddrUnix> {
    Ok(SocketAddrUnix::new_abstract_name(name.as_bytes())?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn bare_address(_name: &str) -> io::Result<SocketAddrUnix> {
    Err(no_names())
}

fn file_name(path: &Path) -> io::Result<Name<'_>> {
    path.to_fs_name::<GenericFilePath>()
}

fn bare_name(name: &str) -> io::Result<Name<'_>> {
    if HAS_NAMES {
        return name.to_ns_name::<GenericNamespaced>();
    }
    Err(no_names())
}

fn no_names() -> io::Error {
    let text = "this system has no socket names without a file: use a path";
    io::Error::new(io::ErrorKind::Unsupported, text)
}

#[cfg(test)]
mod tests;
