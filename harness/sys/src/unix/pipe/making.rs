//! Pipes and duplex pairs.

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SocketType};

use super::super::handle::Handle;

/// A pipe: what is written to the second end is read from the first.
///
/// # Errors
/// Fails when the process has no descriptor left.
pub fn one_way() -> io::Result<(Handle, Handle)> {
    let (reader, writer) = pipe()?;
    Ok((reader.into(), writer.into()))
}

/// Two ends, each of which reads what is written to the other.
///
/// # Errors
/// Fails when the process has no descriptor left.
pub fn duplex() -> io::Result<(Handle, Handle)> {
    let (one, other) = socket_pair()?;
    Ok((one.into(), other.into()))
}

#[cfg(not(target_vendor = "apple"))]
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(call!(
        EMFILE | ENFILE,
        rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
    )?)
}

#[cfg(target_vendor = "apple")]
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = call!(EMFILE | ENFILE, rustix::pipe::pipe())?;
    keep_from_programs(&reader)?;
    keep_from_programs(&writer)?;
    Ok((reader, writer))
}

#[cfg(not(target_vendor = "apple"))]
fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = rustix::net::SocketFlags::CLOEXEC;
    Ok(call!(
        EMFILE | ENFILE | ENOMEM,
        rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)
    )?)
}

#[cfg(target_vendor = "apple")]
fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = rustix::net::SocketFlags::empty();
    let (one, other) = call!(
        EMFILE | ENFILE | ENOMEM,
        rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)
    )?;
    keep_from_programs(&one)?;
    keep_from_programs(&other)?;
    Ok((one, other))
}

#[cfg(target_vendor = "apple")]
pub(super) fn keep_from_programs(fd: &impl std::os::fd::AsFd) -> io::Result<()> {
    Ok(call!(rustix::io::fcntl_setfd(
        fd,
        rustix::io::FdFlags::CLOEXEC
    ))?)
}
