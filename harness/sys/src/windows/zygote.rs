//! A server that copies itself: Windows has no way to copy a process.

use std::io;

use super::handle::Handle;
use super::process::Child;
use crate::channel::Channel;

/// Asks a server for a copy of itself and sends it its first message.
///
/// # Errors
/// Always `Unsupported`.
pub fn request(
    _requests: &Channel,
    _message: &[u8],
    _handles: &mut Vec<Handle>,
) -> io::Result<Child> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Serves copies.
///
/// # Errors
/// Always `Unsupported`.
pub fn serve<T>(
    _requests: Channel,
    _read: impl FnMut(Vec<u8>, Vec<Handle>) -> T,
) -> io::Result<Option<T>> {
    Err(io::ErrorKind::Unsupported.into())
}
