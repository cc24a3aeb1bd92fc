//! A server that copies itself: Windows has no way to copy a process.

use std::io;

use super::process::Child;
use crate::channel::Channel;

/// Asks a server for a copy of itself.
///
/// # Errors
/// Always `Unsupported`.
pub fn request(_requests: &Channel) -> io::Result<(Child, Channel)> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Serves copies.
///
/// # Errors
/// Always `Unsupported`.
pub fn serve(_requests: Channel) -> io::Result<Option<Channel>> {
    Err(io::ErrorKind::Unsupported.into())
}
