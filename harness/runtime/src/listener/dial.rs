//! The way to who listens at an address, up to the end of the handshake.

use std::io::ErrorKind;
use std::sync::Arc;

use poolproof_sys::socket;

use crate::address::Address;
use crate::auth::Secret;
use crate::connection::Connection;
use crate::error::{Error, Kind, Result};
use crate::wire::{self, Side};

/// Connects, and proves to know the key where there is one. An error says of whom is at the address
/// what is wrong, and leaves the address to the caller.
pub(crate) fn dial<S, R>(address: &Address, secret: Option<&Secret>) -> Result<Connection<S, R>> {
    let stream = socket::connect(address.place()).map_err(unreachable)?;
    let seals = match secret {
        Some(secret) => wire::shake_hands(&stream, Side::Connected, secret)?,
        None => None,
    };
    Ok(Connection::remote(Arc::new(stream), seals))
}

fn unreachable(error: std::io::Error) -> Error {
    let why = match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::NotFound => "nobody listens there",
        _ => "it cannot be reached",
    };
    Error::caused(Kind::BrokenPipe, why, error)
}
