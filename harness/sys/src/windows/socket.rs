//! Sockets that others find by an address: TCP, or the name of a pipe.
//!
//! What is said over them, and who may, is left to the caller: an address is no secret.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::windows::io::{FromRawHandle, IntoRawSocket, OwnedHandle};
use std::path::Path;

use interprocess::local_socket::prelude::*;
use interprocess::local_socket::{GenericNamespaced, ListenerOptions, Name, Stream};
use windows_sys::Win32::System::IO::CancelIoEx;

use super::handle::Handle;

/// Whether there are names without a file, which go with the last process that uses them.
pub const HAS_NAMES: bool = true;

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

/// A socket that waits for others to connect.
#[derive(Debug)]
pub struct Listener {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener, SocketAddr),
    Pipe(LocalSocketListener),
}

impl Listener {
    /// Listens at a place that nobody else listens at.
    ///
    /// # Errors
    /// `AddrInUse` when another does; `Unsupported` for a path.
    pub fn bind(place: Place<'_>) -> io::Result<Listener> {
        let kind = match place {
            Place::Tcp(address) => {
                let listener = TcpListener::bind(address)?;
                let address = listener.local_addr()?;
                Kind::Tcp(listener, address)
            }
            Place::Path(_) => return Err(no_paths()),
            Place::Name(name) => Kind::Pipe(
                ListenerOptions::new()
                    .name(pipe_name(name)?)
                    .create_sync()?,
            ),
        };
        Ok(Listener { kind })
    }

    /// Waits for the next who connects.
    ///
    /// # Errors
    /// Fails as the system's accept does; another call may succeed.
    pub fn accept(&self) -> io::Result<Handle> {
        match &self.kind {
            Kind::Tcp(listener, _) => tcp(listener.accept()?.0),
            Kind::Pipe(listener) => Ok(piped(listener.accept()?)),
        }
    }

    /// The machine's address and port, for TCP.
    #[must_use]
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        match &self.kind {
            Kind::Tcp(_, address) => Some(*address),
            Kind::Pipe(_) => None,
        }
    }
}

/// Connects to who listens at a place.
///
/// # Errors
/// `ConnectionRefused` or `NotFound` when nobody does.
pub fn connect(place: Place<'_>) -> io::Result<Handle> {
    match place {
        Place::Tcp(address) => tcp(TcpStream::connect(address)?),
        Place::Path(_) => Err(no_paths()),
        Place::Name(name) => Ok(piped(Stream::connect(pipe_name(name)?)?)),
    }
}

/// Ends what this process does with a connection; who reads from it here fails.
///
/// # Errors
/// Fails when nothing was going on.
pub fn shut_down(stream: &Handle) -> io::Result<()> {
    // SAFETY: the handle is open; all its operations are taken back.
    match unsafe { CancelIoEx(stream.raw(), std::ptr::null()) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn tcp(stream: TcpStream) -> io::Result<Handle> {
    stream.set_nodelay(true)?;
    // SAFETY: a socket is a kernel handle, and the stream has just given it up.
    let handle = unsafe { OwnedHandle::from_raw_handle(stream.into_raw_socket() as _) };
    Ok(Handle::from(handle))
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
