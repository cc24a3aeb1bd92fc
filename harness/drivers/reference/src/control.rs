//! What a program that is measured tells the harness: times, and that its memory is to be looked at.
//!
//! One connection a word: a line of JSON there, one byte back. Without a harness it is told to the
//! user.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use poolproof_case::ErrorKind;
use poolproof_sys::pipe;
use poolproof_sys::socket::{Place, connect};

use crate::stop::{Result, Stop};

/// The variable that names where the harness listens: `unix:PATH` or `tcp:HOST:PORT`.
const CONTROL: &str = "POOLPROOF_CONTROL";

/// How long the harness may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Has the memory of all processes looked at.
pub(crate) fn sample(label: &str) -> Result<()> {
    tell(&format!("{{\"sample\": \"{label}\"}}\n"))
}

/// Tells how long each round took, in nanoseconds.
pub(crate) fn measured(label: &str, nanoseconds: &[u64]) -> Result<()> {
    tell(&format!(
        "{{\"measure\": \"{label}\", \"nanoseconds\": {nanoseconds:?}}}\n"
    ))
}

fn tell(line: &str) -> Result<()> {
    let told = match std::env::var(CONTROL) {
        Ok(address) => send(&address, line),
        Err(_) => {
            eprint!("{line}");
            Ok(())
        }
    };
    told.map_err(|error| {
        Stop::error(
            ErrorKind::Runtime,
            format!("failed to reach the harness: {error}"),
        )
    })
}

fn send(address: &str, line: &str) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let control = match address.split_once(':') {
        Some(("unix", path)) => connect(Place::Path(Path::new(path)), deadline)?,
        Some(("tcp", place)) => {
            let place: SocketAddr = place.parse().map_err(io::Error::other)?;
            connect(Place::Tcp(place), deadline)?
        }
        _ => return Err(io::Error::other(format!("`{address}` is no address"))),
    };
    pipe::write(&control, line.as_bytes())?;
    match pipe::read(&control, &mut [0])? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}
