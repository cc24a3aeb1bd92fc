//! The way to who listens at an address, up to the end of the handshake.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use poolproof_sys::socket;

use crate::address::Address;
use crate::auth::{self, Secret};
use crate::connection::Connection;
use crate::error::{Error, Kind, Result};
use crate::fork_gate;
use crate::wire::{self, PATIENCE, Side};

/// How often one who was hung up on comes again.
const AGAIN_MAX: u32 = 6;

/// How long it stays away, at first; each time it is twice as long. All of it is over in a second
/// or two, as there may be somebody else at the address.
const PAUSE: Duration = Duration::from_millis(20);

/// Connects, and proves to know the key where there is one. An error says of whom is at the address
/// what is wrong, and leaves the address to the caller.
///
/// Who comes while many others do may be sent away before it has proved anything: it comes again.
pub(crate) fn dial<S, R>(address: &Address, secret: Option<&Secret>) -> Result<Connection<S, R>> {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = PAUSE;
    for _ in 0..AGAIN_MAX {
        match dial_once(address, secret, deadline) {
            Err(error) if error.is_eof() && Instant::now() + pause * 2 < deadline => {}
            outcome => return outcome,
        }
        let nap = pause.mul_f64(1.0 + part()?);
        fork_gate::outside(|| std::thread::sleep(nap));
        pause *= 2;
    }
    dial_once(address, secret, deadline)
}

fn dial_once<S, R>(
    address: &Address,
    secret: Option<&Secret>,
    deadline: Instant,
) -> Result<Connection<S, R>> {
    let stream = socket::connect(address.place(), deadline).map_err(unreachable)?;
    let seals = match secret {
        Some(secret) => wire::shake_hands_until(&stream, Side::Connected, secret, deadline)?,
        None => None,
    };
    Ok(Connection::remote(Arc::new(stream), seals))
}

/// A random part of one, so that those who were sent away together do not come again together.
fn part() -> Result<f64> {
    let mut byte = [0];
    auth::fill_random(&mut byte)?;
    Ok(f64::from(byte[0]) / 256.0)
}

fn unreachable(error: std::io::Error) -> Error {
    let why = match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::NotFound => "nobody listens there",
        ErrorKind::TimedOut => "nobody answers there",
        _ => "it cannot be reached",
    };
    Error::caused(Kind::BrokenPipe, why, error)
}
