//! The handshake that proves a shared key without sending it: CPython's mutual HMAC challenge.
//!
//! Each side sends 40 random bytes behind `#CHALLENGE#{sha256}` and gets back their HMAC under the
//! key; the accepting side asks first. Each message has at most 256 bytes.
//! Peers older than CPython 3.12 know only MD5 and are refused.
//! Framing, deadlines and what is said afterwards are left to [`crate::wire`].

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::{Error, Kind, Result};

/// The longest message of the handshake.
pub(crate) const MESSAGE_MAX: usize = 256;

const CHALLENGE: &[u8] = b"#CHALLENGE#";
const WELCOME: &[u8] = b"#WELCOME#";
const FAILURE: &[u8] = b"#FAILURE#";
const DIGEST: &[u8] = b"{sha256}";
const RANDOM: usize = 40;

/// What the handshake is spoken over: whole messages, with a deadline of its own.
pub(crate) trait Speaker {
    /// Sends one message.
    fn send(&mut self, message: &[u8]) -> Result<()>;
    /// Receives one message of at most [`MESSAGE_MAX`] bytes.
    fn receive(&mut self) -> Result<Vec<u8>>;
}

/// The side that accepted: asks, then answers.
pub(crate) fn accept(peer: &mut dyn Speaker, key: &[u8]) -> Result<()> {
    ask(peer, key, &random()?)?;
    answer(peer, key)
}

/// The side that connected: answers, then asks.
pub(crate) fn connect(peer: &mut dyn Speaker, key: &[u8]) -> Result<()> {
    answer(peer, key)?;
    ask(peer, key, &random()?)
}

/// Random bytes that nobody can guess.
fn random() -> Result<[u8; RANDOM]> {
    let mut bytes = [0; RANDOM];
    fill_random(&mut bytes)?;
    Ok(bytes)
}

/// Fills bytes so that nobody can guess them.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Error::new(Kind::System, format!("get random bytes: {error}")))
}

fn ask(peer: &mut dyn Speaker, key: &[u8], random: &[u8]) -> Result<()> {
    let question = [DIGEST, random].concat();
    peer.send(&[CHALLENGE, &question].concat())?;
    let reply = peer.receive()?;
    // The digest covers its own name, so that nobody in between can choose a weaker one.
    let is_right = reply
        .strip_prefix(DIGEST)
        .is_some_and(|digest| keyed(key, &question).verify_slice(digest).is_ok());
    if is_right {
        return peer.send(WELCOME);
    }
    // The peer learns of it if it still listens; the refusal stands either way.
    let _ = peer.send(FAILURE);
    Err(refused("the peer does not know the key"))
}

fn answer(peer: &mut dyn Speaker, key: &[u8]) -> Result<()> {
    let message = peer.receive()?;
    let question = message
        .strip_prefix(CHALLENGE)
        .ok_or_else(|| refused("the peer sent no challenge"))?;
    if question.len() <= DIGEST.len() + 20 || !question.starts_with(DIGEST) {
        return Err(refused(
            "the peer's challenge is not of the `{sha256}` form (CPython before 3.12 is not spoken)",
        ));
    }
    let digest = keyed(key, question).finalize().into_bytes();
    peer.send(&[DIGEST, &digest].concat())?;
    match peer.receive()?.as_slice() {
        WELCOME => Ok(()),
        _ => Err(refused("the peer refuses our key")),
    }
}

fn keyed(key: &[u8], question: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(question);
    mac
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

    fn transcript(incoming: &[&[u8]]) -> Transcript {
        Transcript {
            incoming: incoming.iter().map(|message| message.to_vec()).collect(),
            outgoing: Vec::new(),
        }
    }

    /// From CPython 3.13: `hmac.new(b"key", b"{sha256}" + bytes(range(40)), "sha256")`.
    const PYTHON_DIGEST: &str = "05b37335205f51ff483146e965fdf576943e0e64675a64ceccba80b6704d76b8";

    fn python_reply() -> Vec<u8> {
        let digits: Vec<u8> = PYTHON_DIGEST
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        [DIGEST, &digits].concat()
    }

    #[test]
    fn the_digest_is_that_of_cpython() {
        let random: Vec<u8> = (0..40).collect();
        let mut peer = transcript(&[&python_reply()]);
        ask(&mut peer, b"key", &random).unwrap();
        let challenge = [CHALLENGE, DIGEST, &random].concat();
        assert_eq!(peer.outgoing, [challenge.clone(), WELCOME.to_vec()]);

        let mut peer = transcript(&[&challenge, WELCOME]);
        answer(&mut peer, b"key").unwrap();
        assert_eq!(peer.outgoing, [python_reply()]);
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
            let mut peer = transcript(&[reply]);
            let error = ask(&mut peer, b"key", &[1; 40]).unwrap_err();
            assert!(error.is_auth(), "{reply:?}");
            assert_eq!(peer.outgoing.last().unwrap(), FAILURE);
        }
    }

    #[test]
    fn a_challenge_of_another_form_is_never_answered() {
        let legacy = [CHALLENGE, &[7; 20]].concat();
        let short = [CHALLENGE, DIGEST, &[7; 4]].concat();
        let md5 = [CHALLENGE, b"{md5}", &[7; 40]].concat();
        for challenge in [&b"hello"[..], b"", CHALLENGE, &legacy, &short, &md5] {
            let mut peer = transcript(&[challenge]);
            assert!(answer(&mut peer, b"key").unwrap_err().is_auth());
            assert!(peer.outgoing.is_empty(), "{challenge:?}");
        }
    }

    #[test]
    fn a_peer_that_goes_away_is_an_error_and_no_panic() {
        assert!(accept(&mut transcript(&[]), b"key").unwrap_err().is_eof());
        assert!(connect(&mut transcript(&[]), b"key").unwrap_err().is_eof());
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
        let server =
            std::thread::spawn(move || accept(&mut Pipe(to_client, from_client), server_key));
        let client = connect(&mut Pipe(to_server, from_server), client_key);
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
