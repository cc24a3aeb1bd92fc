//! The first words on a new connection: the handshake, framed as CPython frames messages, before
//! anything else is believed.
//!
//! The length of a message is checked before there is room for it, and all of it has one deadline.

use std::time::{Duration, Instant};

use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;

use crate::auth::seal::Seals;
use crate::auth::{self, MESSAGE_MAX, Secret, Speaker};
use crate::error::{Error, Kind, Result};
use crate::fork_gate;

/// How long a handshake may take; a key is checked in microseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Which side of a connection speaks.
#[derive(Clone, Copy)]
pub(crate) enum Side<'s> {
    /// It has what is called once the other side has proved the key.
    Accepted(&'s dyn Fn()),
    Connected,
}

/// Has both sides prove that they know the key; gives what goes with each message from now on.
pub(crate) fn shake_hands(
    stream: &Handle,
    side: Side<'_>,
    secret: &Secret,
) -> Result<Option<Seals>> {
    shake_hands_until(stream, side, secret, Instant::now() + PATIENCE)
}

/// As [`shake_hands`], with a deadline.
pub(crate) fn shake_hands_until(
    stream: &Handle,
    side: Side<'_>,
    secret: &Secret,
    deadline: Instant,
) -> Result<Option<Seals>> {
    let mut wire = Wire {
        stream,
        deadline,
        proved: &|| {},
    };
    match side {
        Side::Accepted(proved) => auth::accept(&mut Wire { proved, ..wire }, secret),
        Side::Connected => auth::connect(&mut wire, secret),
    }
}

struct Wire<'h> {
    stream: &'h Handle,
    deadline: Instant,
    proved: &'h dyn Fn(),
}

impl Wire<'_> {
    fn read(&self, bytes: &mut [u8]) -> Result<()> {
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::ConnectionReset => gone(),
            _ => Error::system("it cannot be heard", error),
        };
        let mut filled = 0;
        while filled < bytes.len() {
            let deadline = Some(self.deadline);
            let is_there = fork_gate::outside(|| pipe::wait_readable(self.stream, deadline));
            if !is_there.map_err(failed)? {
                return Err(Error::new(Kind::Timeout, "it says nothing"));
            }
            match pipe::read(self.stream, &mut bytes[filled..]).map_err(failed)? {
                0 => return Err(gone()),
                read => filled += read,
            }
        }
        Ok(())
    }
}

fn gone() -> Error {
    Error::new(Kind::Eof, "it hung up")
}

impl Speaker for Wire<'_> {
    fn send(&mut self, message: &[u8]) -> Result<()> {
        // A handshake fits into the buffer of any socket, so this does not wait for the peer.
        let head = (message.len() as u32).to_be_bytes();
        pipe::write_both(self.stream, &head, message).map_err(|_| gone())
    }

    fn receive(&mut self) -> Result<Vec<u8>> {
        let mut head = [0; 4];
        self.read(&mut head)?;
        let length = u32::from_be_bytes(head) as usize;
        if length > MESSAGE_MAX {
            let text = format!(
                "it announces a message of {length} bytes, where {MESSAGE_MAX} are the most"
            );
            return Err(Error::new(Kind::Auth, text));
        }
        let mut message = vec![0; length];
        self.read(&mut message)?;
        Ok(message)
    }

    fn proved(&mut self) {
        (self.proved)();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Protocol;

    /// Each side of each protocol.
    fn each() -> impl Iterator<Item = (Side<'static>, Secret)> {
        let protocols = [Protocol::Poolproof, Protocol::PythonOrMd5];
        let secrets = protocols.map(|protocol| Secret::new(b"key", protocol));
        let both = |secret: Secret| {
            [
                (Side::Accepted(&|| {}), secret.clone()),
                (Side::Connected, secret),
            ]
        };
        secrets.into_iter().flat_map(both)
    }

    fn check(said: &[u8], is_expected: fn(&Error) -> bool) {
        for (side, secret) in each() {
            let (ours, theirs) = pipe::duplex().unwrap();
            pipe::write(&theirs, said).unwrap();
            let deadline = Instant::now() + Duration::from_millis(50);
            let error = shake_hands_until(&ours, side, &secret, deadline).unwrap_err();
            assert!(is_expected(&error), "{said:?}: {error}");
        }
    }

    #[test]
    fn a_peer_that_stops_in_the_middle_is_given_up() {
        for said in [
            &b""[..],
            &[0],
            &[0, 0, 0, 60],
            b"\0\0\0\x3c#CHALLENGE#{sha256}",
            b"\0\0\0\x2d#POOLPROOF-1#",
            b"\0\0\0\x47#PROOF#",
        ] {
            check(said, Error::is_timeout);
        }
    }

    #[test]
    fn a_message_longer_than_any_of_a_handshake_is_refused_unread() {
        for said in [[0, 0, 1, 1], [0x7f, 255, 255, 255], [255; 4]] {
            check(&said, Error::is_auth);
        }
    }

    #[test]
    fn a_peer_that_goes_away_is_at_its_end() {
        for (side, secret) in each() {
            let (ours, theirs) = pipe::duplex().unwrap();
            drop(theirs);
            let error = shake_hands(&ours, side, &secret).unwrap_err();
            assert!(error.is_eof(), "{error}");
        }
    }
}
