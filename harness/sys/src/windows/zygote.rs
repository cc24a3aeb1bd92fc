//! A server that copies itself: Windows has no way to copy a process.

use std::io;

use super::handle::Handle;
use super::process::Child;
use crate::channel::Channel;

/// Asks a server for a copy of itself and sends it its first message.
///
/// # Errors
/// Always `Unsupported`.
pub fn request(_requests: &Channel, _message: &[u8], _handles: &[Handle]) -> io::Result<Child> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Serves copies.
///
/// # Errors
/// Always `Unsupported`.
pub fn serve(_requests: Channel) -> io::Result<Option<Channel>> {
    Err(io::ErrorKind::Unsupported.into())
}
