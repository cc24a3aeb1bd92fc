//! How two ends prove to each other that they know a key, without sending it.
//!
//! Between ends of this library `own` is spoken; `python` is CPython's challenge, for who asks for
//! it. Nothing is negotiated: an end speaks what its program has chosen and nothing else, so that
//! nobody in between can have it speak the weaker one.
//! Framing, deadlines and what is said afterwards are left to [`crate::wire`].

mod own;
mod python;
pub(crate) mod seal;
#[cfg(test)]
mod talk;

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::error::{Error, Kind, Result};
use seal::Seals;

/// The longest message of a handshake.
pub(crate) const MESSAGE_MAX: usize = 256;

/// The end of a handshake that went well, and of one that did not.
const WELCOME: &[u8] = b"#WELCOME#";
const FAILURE: &[u8] = b"#FAILURE#";

/// What the two ends of a connection with a key speak.
///
/// Both ends choose it; none is negotiated, so that nobody in between can weaken it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Protocol {
    /// This library's own, for ends that both use it; what it protects is said at
    /// [`Listener`](crate::Listener#what-a-key-protects).
    #[default]
    Poolproof,
    /// CPython's, from 3.12 on: HMAC-SHA256.
    ///
    /// It does not say who proves what to whom, and nothing behind the handshake is protected:
    ///
    /// - a server that does not know the key has another client, or the same one on another
    ///   connection, answer the challenge that it was sent, and is believed;
    /// - whoever is in between can carry the handshake, and then change what is sent, or go on in
    ///   the place of one end.
    ///
    /// So it is for networks where nobody else is, for tunnels, and for local sockets.
    Python,
    /// CPython's of any version: also HMAC-MD5, to a peer that knows nothing better, as those
    /// before 3.12. Its limits are those of [`Python`](Protocol::Python).
    PythonOrMd5,
}

/// What a key becomes before anything is proved with it: as many bytes for each key, and others.
/// Neither a key nor a secret shows in what is printed.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Key([u8; 32]);

impl Key {
    pub(crate) fn new(key: &[u8]) -> Key {
        // HMAC fills a short key up with zeros, so a key itself would open what the same key with a
        // zero behind it is to open.
        Key(digest(b"poolproof key", &[key]))
    }

    /// One that nobody can guess.
    pub(crate) fn random() -> Result<Key> {
        random().map(Key)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What an end knows, and how it proves that.
#[derive(Clone)]
pub(crate) enum Secret {
    Own(Key),
    /// The key as it is, and whether MD5 will do.
    Python(Vec<u8>, python::Digests),
}

impl Secret {
    pub(crate) fn new(key: &[u8], protocol: Protocol) -> Secret {
        match protocol {
            Protocol::Poolproof => Secret::Own(Key::new(key)),
            Protocol::Python => Secret::Python(key.to_vec(), python::Digests::Sha256),
            Protocol::PythonOrMd5 => Secret::Python(key.to_vec(), python::Digests::OrMd5),
        }
    }
}

/// Refuses a key to listen with that anybody guesses. Who connects may try any.
pub(crate) fn check_key(key: &[u8]) -> Result<()> {
    match key.is_empty() {
        true => {
            let text = "the key is empty, which anybody guesses: take random bytes, or no key where \
                        anyone may come";
            Err(Error::new(Kind::Value, text))
        }
        false => Ok(()),
    }
}

/// What a handshake is spoken over: whole messages, with a deadline of its own.
pub(crate) trait Speaker {
    /// Sends one message.
    fn send(&mut self, message: &[u8]) -> Result<()>;
    /// Receives one message of at most [`MESSAGE_MAX`] bytes.
    fn receive(&mut self) -> Result<Vec<u8>>;
    /// Is told that the other end has proved the key.
    fn proved(&mut self) {}
}

/// The side that accepted: asks first. Gives what goes with each message from now on.
pub(crate) fn accept(peer: &mut dyn Speaker, secret: &Secret) -> Result<Option<Seals>> {
    match secret {
        Secret::Own(key) => own::accept(peer, key).map(Some),
        Secret::Python(key, digests) => python::accept(peer, key, *digests).map(|()| None),
    }
}

/// The side that connected: answers first. Gives what goes with each message from now on.
pub(crate) fn connect(peer: &mut dyn Speaker, secret: &Secret) -> Result<Option<Seals>> {
    match secret {
        Secret::Own(key) => own::connect(peer, key).map(Some),
        Secret::Python(key, digests) => python::connect(peer, key, *digests).map(|()| None),
    }
}

/// Fills bytes so that nobody can guess them.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        let text = "get random bytes (by `getrandom` or from /dev/urandom: allow the one, or have \
                        the other there)";
        Error::new(Kind::System, format!("{text}: {error}"))
    })
}

/// Random bytes that nobody can guess.
fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    fill_random(&mut bytes)?;
    Ok(bytes)
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn digest(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = hmac(key);
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn refused(why: impl Into<String>) -> Error {
    Error::new(Kind::Auth, why)
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use super::talk::both;
    use super::*;

    const PROTOCOLS: [Protocol; 3] = [Protocol::Poolproof, Protocol::Python, Protocol::PythonOrMd5];

    #[test]
    fn equal_keys_agree_and_different_ones_are_refused_on_both_sides() {
        let long = vec![b'k'; 1 << 20];
        for protocol in PROTOCOLS {
            for key in [&b"secret"[..], b"", &long] {
                let (listener, client) =
                    both(Secret::new(key, protocol), Secret::new(key, protocol));
                let is_ours = protocol == Protocol::Poolproof;
                assert_eq!(listener.unwrap().is_some(), is_ours);
                assert_eq!(client.unwrap().is_some(), is_ours);
            }
            for guess in [&b"guess"[..], b"", b"secret ", &long] {
                let guess = Secret::new(guess, protocol);
                let (listener, client) = both(Secret::new(b"secret", protocol), guess);
                assert!(listener.unwrap_err().is_auth());
                assert!(client.unwrap_err().is_auth());
            }
        }
    }

    /// HMAC alone, as in CPython, fills a short key up with zeros, and takes a long one's hash.
    #[test]
    fn keys_that_differ_in_anything_are_different() {
        let hashed = Sha256::digest([7; 65]);
        for (key, other) in [
            (&b"secret"[..], &b"secret\0"[..]),
            (b"", b"\0"),
            (&[7; 65], &hashed),
        ] {
            let [key, other] = [key, other].map(|key| Secret::new(key, Protocol::Poolproof));
            let (listener, client) = both(key, other);
            assert!(listener.is_err() && client.is_err());
        }
    }

    #[test]
    fn ends_that_speak_different_protocols_are_told_which() {
        let [own, python, _] = PROTOCOLS.map(|protocol| Secret::new(b"secret", protocol));
        let (listener, client) = both(own.clone(), python.clone());
        let (listener, client) = (listener.unwrap_err(), client.unwrap_err());
        assert!(listener.is_eof() && listener.to_string().contains("Protocol::Python`"));
        assert!(client.is_auth() && client.to_string().contains("Protocol::Poolproof`"));
        let (listener, client) = both(python, own);
        assert!(listener.unwrap_err().is_eof());
        let client = client.unwrap_err();
        assert!(client.is_auth() && client.to_string().contains("Protocol::Python`"));
    }

    /// What both ends of a handshake have afterwards.
    fn seals() -> [Seals; 2] {
        let secret = || Secret::new(b"secret", Protocol::Poolproof);
        let (listener, client) = both(secret(), secret());
        [listener, client].map(|end| end.unwrap().unwrap())
    }

    #[test]
    fn what_one_end_sends_the_other_receives() {
        let [listener, client] = seals();
        for (mut one, mut other) in [
            (listener.sending, client.receiving),
            (client.sending, listener.receiving),
        ] {
            let tag = one.of_message(b"message");
            other.check_message(b"message", &tag).unwrap();
        }
    }

    #[test]
    fn what_one_end_sends_is_nothing_that_it_receives() {
        for seals in seals() {
            let (mut ours, mut theirs) = (seals.sending, seals.receiving);
            let tag = ours.of_message(b"message");
            assert!(theirs.check_message(b"message", &tag).is_err());
        }
    }

    #[test]
    fn a_key_shows_nowhere() {
        let secrets = PROTOCOLS.map(|protocol| Secret::new(b"secret", protocol));
        assert!(!format!("{secrets:?}").contains("115, 101"));
    }
}
