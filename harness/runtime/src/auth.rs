//! The handshake that proves a shared key without sending it: CPython's mutual HMAC challenge.
//!
//! Each side sends 40 random bytes behind `#CHALLENGE#{sha256}` and gets back their HMAC under the
//! key; the accepting side asks first. Each message has at most 256 bytes.
//! Peers older than CPython 3.12 know only MD5 and are refused unless [`Digests::OrMd5`] says
//! otherwise: they send 20 random bytes without a digest's name, and answer with a bare digest.
//! Framing, deadlines and what is said afterwards are left to [`crate::wire`].

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::Sha256;

use crate::error::{Error, Kind, Result};

/// The longest message of the handshake.
pub(crate) const MESSAGE_MAX: usize = 256;

const CHALLENGE: &[u8] = b"#CHALLENGE#";
const WELCOME: &[u8] = b"#WELCOME#";
const FAILURE: &[u8] = b"#FAILURE#";
const DIGEST: &[u8] = b"{sha256}";
const RANDOM: usize = 40;
/// The length of a challenge without a digest's name.
const RANDOM_MD5: usize = 20;

/// How a key may be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Digests {
    /// By HMAC-SHA256 alone, as CPython from 3.12 on does it.
    #[default]
    Sha256,
    /// Also by HMAC-MD5 to a peer that knows nothing better: CPython before 3.12.
    OrMd5,
}

/// What a side of the handshake knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Secret<'k> {
    pub(crate) key: &'k [u8],
    pub(crate) digests: Digests,
}

/// What the handshake is spoken over: whole messages, with a deadline of its own.
pub(crate) trait Speaker {
    /// Sends one message.
    fn send(&mut self, message: &[u8]) -> Result<()>;
    /// Receives one message of at most [`MESSAGE_MAX`] bytes.
    fn receive(&mut self) -> Result<Vec<u8>>;
}

/// The side that accepted: asks, then answers.
pub(crate) fn accept(peer: &mut dyn Speaker, secret: Secret<'_>) -> Result<()> {
    ask(peer, secret, &random()?)?;
    answer(peer, secret)
}

/// The side that connected: answers, then asks.
pub(crate) fn connect(peer: &mut dyn Speaker, secret: Secret<'_>) -> Result<()> {
    answer(peer, secret)?;
    ask(peer, secret, &random()?)
}

/// Random bytes that nobody can guess.
fn random() -> Result<[u8; RANDOM]> {
    let mut bytes = [0; RANDOM];
    fill_random(&mut bytes)?;
    Ok(bytes)
}

/// Fills bytes so that nobody can guess them.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        let text = "get random bytes (by `getrandom` or from /dev/urandom: allow the one, or have \
                        the other there)";
        Error::new(Kind::System, format!("{text}: {error}"))
    })
}

fn ask(peer: &mut dyn Speaker, secret: Secret<'_>, random: &[u8]) -> Result<()> {
    let question = [DIGEST, random].concat();
    peer.send(&[CHALLENGE, &question].concat())?;
    let reply = peer.receive()?;
    // The digest covers its own name, so that nobody in between can choose a weaker one.
    let is_right = match reply.strip_prefix(DIGEST) {
        Some(digest) => sha256(secret.key, &question).verify_slice(digest).is_ok(),
        None => {
            let is_allowed = secret.digests == Digests::OrMd5;
            is_allowed && md5(secret.key, &question).verify_slice(&reply).is_ok()
        }
    };
    if is_right {
        return peer.send(WELCOME);
    }
    // The peer learns of it if it still listens; the refusal stands either way.
    let _ = peer.send(FAILURE);
    Err(refused("the peer does not know the key"))
}

fn answer(peer: &mut dyn Speaker, secret: Secret<'_>) -> Result<()> {
    let message = peer.receive()?;
    let question = message
        .strip_prefix(CHALLENGE)
        .ok_or_else(|| refused("the peer sent no challenge"))?;
    let reply = if question.starts_with(DIGEST) && question.len() > DIGEST.len() + RANDOM_MD5 {
        let digest = sha256(secret.key, question).finalize().into_bytes();
        [DIGEST, &digest].concat()
    } else if question.len() != RANDOM_MD5 {
        return Err(refused("the peer's challenge is of no known form"));
    } else if secret.digests != Digests::OrMd5 {
        return Err(refused(
            "the peer knows only MD5, as CPython before 3.12: allow it with `Digests::OrMd5`",
        ));
    } else {
        md5(secret.key, question).finalize().into_bytes().to_vec()
    };
    peer.send(&reply)?;
    match peer.receive()?.as_slice() {
        WELCOME => Ok(()),
        _ => Err(refused("the peer refuses our key")),
    }
}

fn sha256(key: &[u8], question: &[u8]) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.chain_update(question)
}

fn md5(key: &[u8], question: &[u8]) -> Hmac<Md5> {
    let mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.chain_update(question)
}

fn refused(what: &str) -> Error {
    Error::new(Kind::Auth, format!("authenticate ({what})"))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::mpsc;

    use super::*;

    /// A peer whose messages are written down beforehand.
    struct Transcript {
        incoming: VecDeque<Vec<u8>>,
        outgoing: Vec<Vec<u8>>,
    }

    impl Speaker for Transcript {
        fn send(&mut self, message: &[u8]) -> Result<()> {
            self.outgoing.push(message.to_vec());
            Ok(())
        }

        fn receive(&mut self) -> Result<Vec<u8>> {
            let next = self.incoming.pop_front();
            next.ok_or_else(|| Error::new(Kind::Eof, "receive"))
        }
    }

    const KEY: Secret<'_> = secret(b"key", Digests::Sha256);
    const OLD: Secret<'_> = secret(b"key", Digests::OrMd5);

    const fn secret(key: &[u8], digests: Digests) -> Secret<'_> {
        Secret { key, digests }
    }

    fn transcript(incoming: &[&[u8]]) -> Transcript {
        Transcript {
            incoming: incoming.iter().map(|message| message.to_vec()).collect(),
            outgoing: Vec::new(),
        }
    }

    /// From CPython 3.13: `hmac.new(b"key", b"{sha256}" + bytes(range(40)), "sha256")`.
    const PYTHON_DIGEST: &str = "05b37335205f51ff483146e965fdf576943e0e64675a64ceccba80b6704d76b8";

    /// From CPython 3.13: `hmac.new(b"key", bytes(range(20)), "md5")`, and the same of the question
    /// above.
    const PYTHON_MD5: [&str; 2] = [
        "5b2709aec5bcecbd08bd1f92d77ecea1",
        "044b1f89b24a16c831a13039e4534300",
    ];

    fn unhex(digits: &str) -> Vec<u8> {
        let pairs = digits.as_bytes().chunks(2);
        let pair = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        pairs.map(pair).collect()
    }

    fn python_reply() -> Vec<u8> {
        [DIGEST, &unhex(PYTHON_DIGEST)].concat()
    }

    #[test]
    fn the_digest_is_that_of_cpython() {
        let random: Vec<u8> = (0..40).collect();
        let mut peer = transcript(&[&python_reply()]);
        ask(&mut peer, KEY, &random).unwrap();
        let challenge = [CHALLENGE, DIGEST, &random].concat();
        assert_eq!(peer.outgoing, [challenge.clone(), WELCOME.to_vec()]);

        let mut peer = transcript(&[&challenge, WELCOME]);
        answer(&mut peer, KEY).unwrap();
        assert_eq!(peer.outgoing, [python_reply()]);
    }

    #[test]
    fn md5_is_that_of_cpython_and_only_used_where_it_is_allowed() {
        let random: Vec<u8> = (0..40).collect();
        let [of_bare, of_question] = PYTHON_MD5.map(unhex);
        let mut peer = transcript(&[&of_question]);
        ask(&mut peer, OLD, &random).unwrap();
        assert_eq!(peer.outgoing.last().unwrap(), WELCOME);
        let mut peer = transcript(&[&of_question]);
        assert!(ask(&mut peer, KEY, &random).unwrap_err().is_auth());

        let challenge = [CHALLENGE, &random[..20]].concat();
        let mut peer = transcript(&[&challenge, WELCOME]);
        answer(&mut peer, OLD).unwrap();
        assert_eq!(peer.outgoing, [of_bare]);
        let mut peer = transcript(&[&challenge, WELCOME]);
        let error = answer(&mut peer, KEY).unwrap_err().to_string();
        assert!(error.contains("Digests::OrMd5"), "{error}");
        assert!(peer.outgoing.is_empty());
    }

    #[test]
    fn who_knows_a_better_digest_is_not_answered_with_md5() {
        let challenge = [CHALLENGE, DIGEST, &[7; 40]].concat();
        let mut peer = transcript(&[&challenge, WELCOME]);
        answer(&mut peer, OLD).unwrap();
        assert!(peer.outgoing[0].starts_with(DIGEST));
    }

    #[test]
    fn a_wrong_reply_is_told_and_refused() {
        let wrong: [&[u8]; 5] = [
            b"",
            b"{sha256}",
            b"{md5}0123456789abcdef",
            &[0; 16],
            &[7; 256],
        ];
        for reply in wrong {
            for secret in [KEY, OLD] {
                let mut peer = transcript(&[reply]);
                let error = ask(&mut peer, secret, &[1; 40]).unwrap_err();
                assert!(error.is_auth(), "{reply:?}");
                assert_eq!(peer.outgoing.last().unwrap(), FAILURE);
            }
        }
    }

    #[test]
    fn a_challenge_of_another_form_is_never_answered() {
        let legacy = [CHALLENGE, &[7; 20]].concat();
        let short = [CHALLENGE, DIGEST, &[7; 4]].concat();
        let md5 = [CHALLENGE, b"{md5}", &[7; 40]].concat();
        for challenge in [&b"hello"[..], b"", CHALLENGE, &legacy, &short, &md5] {
            let mut peer = transcript(&[challenge]);
            assert!(answer(&mut peer, KEY).unwrap_err().is_auth());
            assert!(peer.outgoing.is_empty(), "{challenge:?}");
        }
    }

    #[test]
    fn a_peer_that_goes_away_is_an_error_and_no_panic() {
        assert!(accept(&mut transcript(&[]), KEY).unwrap_err().is_eof());
        assert!(connect(&mut transcript(&[]), KEY).unwrap_err().is_eof());
    }

    struct Pipe(mpsc::Sender<Vec<u8>>, mpsc::Receiver<Vec<u8>>);

    impl Speaker for Pipe {
        fn send(&mut self, message: &[u8]) -> Result<()> {
            let sent = self.0.send(message.to_vec());
            sent.map_err(|_| Error::new(Kind::BrokenPipe, "send"))
        }

        fn receive(&mut self) -> Result<Vec<u8>> {
            self.1.recv().map_err(|_| Error::new(Kind::Eof, "receive"))
        }
    }

    fn both(server_key: &'static [u8], client_key: &'static [u8]) -> (Result<()>, Result<()>) {
        let (to_client, from_server) = mpsc::channel();
        let (to_server, from_client) = mpsc::channel();
        let server_secret = secret(server_key, Digests::Sha256);
        let server =
            std::thread::spawn(move || accept(&mut Pipe(to_client, from_client), server_secret));
        let client_secret = secret(client_key, Digests::Sha256);
        let client = connect(&mut Pipe(to_server, from_server), client_secret);
        (server.join().unwrap(), client)
    }

    #[test]
    fn equal_keys_agree_and_different_ones_are_refused_on_both_sides() {
        let (server, client) = both(b"secret", b"secret");
        server.unwrap();
        client.unwrap();
        let (server, client) = both(b"", b"");
        server.unwrap();
        client.unwrap();
        let (server, client) = both(b"secret", b"guess");
        assert!(server.unwrap_err().is_auth());
        assert!(client.unwrap_err().is_auth());
    }
}
