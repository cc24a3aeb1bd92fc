//! The handshake between two ends of this library.
//!
//! ```text
//! listener  #POOLPROOF-1#  its number
//! client    #PROOF#        its number, its proof
//! listener  #WELCOME#      its proof                (or #FAILURE#)
//! ```
//!
//! A number is 32 random bytes, new for each connection. All that both have said so far, keyed with
//! the key, is the session's own key; a proof is the HMAC of whose proof it is under that. So what
//! proves the key on one connection, in one direction, proves it nowhere else: not to another, not
//! a second time, and not to the one who has said it.
//! The client proves first, so that nobody is given by a listener what guesses can be tried on.
//!
//! What is said afterwards has MACs (`seal`) under keys of the session, so that who has carried the
//! handshake from one right end to another cannot go on in the place of one of them.

use hmac::Mac;

use super::seal::{Seal, Seals};
use super::{FAILURE, Key, Speaker, WELCOME, digest, hmac, random, refused};
use crate::error::{Kind, Result};

/// What a listener says first begins with this, the protocol's version and a `#`.
const NAME: &[u8] = b"#POOLPROOF-";
const VERSION: &[u8] = b"1";
const PROOF: &[u8] = b"#PROOF#";
/// What a listener of CPython's says first begins with it.
const CHALLENGE: &[u8] = b"#CHALLENGE#";

const NUMBER: usize = 32;
const DIGEST: usize = 32;

/// Whose proof it is, and which way a message goes.
const CLIENT: &[u8] = b"the client knows the key";
const LISTENER: &[u8] = b"the listener knows the key";
const TO_CLIENT: &[u8] = b"from the listener to the client";
const TO_LISTENER: &[u8] = b"from the client to the listener";

pub(super) fn accept(peer: &mut dyn Speaker, key: &Key) -> Result<Seals> {
    let greeting = [NAME, VERSION, b"#", &random::<NUMBER>()?].concat();
    let sent = peer.send(&greeting);
    let answer = sent.and_then(|()| peer.receive());
    let answer = answer.map_err(|error| match error.kind() {
        Kind::Eof => error.retold(Kind::Eof, LEFT),
        _ => error,
    })?;
    let Some((said, proof)) = read_answer(&answer) else {
        // It learns of it if it still listens.
        let _ = peer.send(FAILURE);
        return Err(refused("it speaks another protocol"));
    };
    let session = Session::new(key, &greeting, said);
    if !session.is_proof(CLIENT, proof) {
        let _ = peer.send(FAILURE);
        return Err(refused("it does not know the key"));
    }
    peer.proved();
    peer.send(&[WELCOME, &session.proof(LISTENER)].concat())?;
    Ok(session.seals(TO_CLIENT, TO_LISTENER))
}

pub(super) fn connect(peer: &mut dyn Speaker, key: &Key) -> Result<Seals> {
    let greeting = peer.receive().map_err(|error| match error.kind() {
        Kind::Timeout => error.retold(Kind::Timeout, "it says nothing, as one without a key"),
        _ => error,
    })?;
    check_greeting(&greeting)?;
    let said = [PROOF, &random::<NUMBER>()?].concat();
    let session = Session::new(key, &greeting, &said);
    peer.send(&[&said[..], &session.proof(CLIENT)].concat())?;
    let verdict = peer.receive()?;
    match verdict.strip_prefix(WELCOME) {
        Some(proof) if session.is_proof(LISTENER, proof) => {
            Ok(session.seals(TO_LISTENER, TO_CLIENT))
        }
        Some(_) => Err(refused("it does not know the key")),
        None if verdict == FAILURE => Err(refused("it refuses our key")),
        None => Err(refused("it answers our proof with neither yes nor no")),
    }
}

/// What a client says who hung up before it proved anything: mostly a stranger.
const LEFT: &str = "it hung up before it proved that it knows the key (a CPython hangs up at \
                    once: for those, listen with `Protocol::Python`)";

/// What the client has said before its proof, and the proof.
fn read_answer(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let said = PROOF.len() + NUMBER;
    let is_whole = answer.len() == said + DIGEST && answer.starts_with(PROOF);
    is_whole.then(|| answer.split_at(said))
}

fn check_greeting(greeting: &[u8]) -> Result<()> {
    if greeting.starts_with(CHALLENGE) {
        return Err(refused(
            "it speaks CPython's protocol: connect to it with `Protocol::Python`",
        ));
    }
    let Some(rest) = greeting.strip_prefix(NAME) else {
        return Err(refused("it is no listener of this library with a key"));
    };
    let version = rest.split(|byte| *byte == b'#').next().unwrap_or_default();
    if version != VERSION {
        let (theirs, ours) = (version.escape_ascii(), VERSION.escape_ascii());
        let text =
            format!("it speaks version {theirs} of the protocol, and this is version {ours}");
        return Err(refused(text));
    }
    match rest.len() == VERSION.len() + 1 + NUMBER {
        true => Ok(()),
        false => Err(refused("its first words have the wrong length")),
    }
}

/// What both ends know of one connection, and nobody else.
struct Session([u8; DIGEST]);

impl Session {
    /// Both have a length of their own, so that they are not taken apart elsewhere.
    fn new(key: &Key, greeting: &[u8], answer: &[u8]) -> Session {
        Session(digest(&key.0, &[greeting, answer]))
    }

    fn proof(&self, whose: &[u8]) -> [u8; DIGEST] {
        digest(&self.0, &[whose])
    }

    /// In the same time for each wrong one.
    fn is_proof(&self, whose: &[u8], proof: &[u8]) -> bool {
        let mac = hmac(&self.0).chain_update(whose);
        mac.verify_slice(proof).is_ok()
    }

    fn seals(&self, sending: &[u8], receiving: &[u8]) -> Seals {
        let seal = |way| Seal::new(digest(&self.0, &[way]));
        Seals {
            sending: seal(sending),
            receiving: seal(receiving),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread::{self, JoinHandle};

    use super::super::talk::{Line, line, transcript};
    use super::*;

    fn key() -> Key {
        Key::new(b"key")
    }

    /// An end that goes on by itself, and the line to it; how it ends.
    type Started = (Line, JoinHandle<Result<Seals>>);

    type End = fn(&mut dyn Speaker, &Key) -> Result<Seals>;

    fn started(end: End) -> Started {
        let (ours, mut theirs) = line();
        let end = thread::spawn(move || end(&mut theirs, &key()));
        (ours, end)
    }

    fn is_refused((line, end): Started) {
        drop(line);
        assert!(end.join().unwrap().is_err());
    }

    /// A listener's first words, and those of a listener that nobody is.
    fn greeting(number: u8) -> Vec<u8> {
        [NAME, VERSION, b"#", &[number; NUMBER]].concat()
    }

    /// What the client answers a greeting.
    fn answer(client: &mut Started, greeting: &[u8]) -> Vec<u8> {
        client.0.send(greeting).unwrap();
        client.0.receive().unwrap()
    }

    fn proof(answer: &[u8]) -> &[u8] {
        &answer[answer.len() - DIGEST..]
    }

    #[test]
    fn two_clients_prove_nothing_to_each_other() {
        for number in [7, 8] {
            let (mut one, mut other) = (started(connect), started(connect));
            let first = answer(&mut one, &greeting(7));
            let second = answer(&mut other, &greeting(number));
            for said in [&first, &second] {
                let (mut asked, said) = (started(connect), said);
                answer(&mut asked, &greeting(7));
                asked.0.send(&[WELCOME, proof(said)].concat()).unwrap();
                is_refused(asked);
            }
            one.0.send(&[WELCOME, proof(&second)].concat()).unwrap();
            other.0.send(&[WELCOME, proof(&second)].concat()).unwrap();
            is_refused(one);
            is_refused(other);
        }
    }

    #[test]
    fn a_client_s_proof_for_one_listener_is_none_for_another() {
        let (mut one, mut other, mut client) = (started(accept), started(accept), started(connect));
        let asked = one.0.receive().unwrap();
        other.0.receive().unwrap();
        let said = answer(&mut client, &asked);
        other.0.send(&said).unwrap();
        assert_eq!(other.0.receive().unwrap(), FAILURE);
        is_refused(other);
        // Nor is it for the right one, if anything that was said is changed on its way.
        for place in 0..said.len() {
            let mut changed = said.clone();
            changed[place] ^= 1;
            let mut end = started(accept);
            end.0.receive().unwrap();
            end.0.send(&changed).unwrap();
            is_refused(end);
        }
        one.0.send(&said).unwrap();
        assert!(one.0.receive().unwrap().starts_with(WELCOME));
        one.1.join().unwrap().unwrap();
        is_refused(client);
    }

    #[test]
    fn what_was_said_once_opens_nothing_a_second_time() {
        let (mut listener, mut client) = (started(accept), started(connect));
        let asked = listener.0.receive().unwrap();
        let said = answer(&mut client, &asked);
        listener.0.send(&said).unwrap();
        let verdict = listener.0.receive().unwrap();
        client.0.send(&verdict).unwrap();
        listener.1.join().unwrap().unwrap();
        client.1.join().unwrap().unwrap();

        let mut again = started(accept);
        assert_ne!(again.0.receive().unwrap(), asked);
        again.0.send(&said).unwrap();
        assert_eq!(again.0.receive().unwrap(), FAILURE);
        is_refused(again);
        let mut again = started(connect);
        assert_ne!(answer(&mut again, &asked), said);
        again.0.send(&verdict).unwrap();
        is_refused(again);
    }

    #[test]
    fn numbers_that_are_swapped_prove_nothing() {
        let mut client = started(connect);
        let said = answer(&mut client, &greeting(7));
        let end = said.len() - DIGEST;
        let swapped = [NAME, VERSION, b"#", &said[end - NUMBER..end]].concat();
        let answered = [PROOF, &[7; NUMBER]].concat();
        let session = Session::new(&key(), &swapped, &answered);
        let proof = session.proof(LISTENER);
        client.0.send(&[WELCOME, &proof].concat()).unwrap();
        is_refused(client);
    }

    #[test]
    fn a_proof_that_is_cut_off_is_none() {
        let mut client = started(connect);
        let said = answer(&mut client, &greeting(7));
        let session = Session::new(&key(), &greeting(7), read_answer(&said).unwrap().0);
        let right = session.proof(LISTENER);
        for length in 0..DIGEST {
            let mut client = started(connect);
            answer(&mut client, &greeting(7));
            client
                .0
                .send(&[WELCOME, &right[..length]].concat())
                .unwrap();
            is_refused(client);
        }
        // It is right as a whole.
        client.0.send(&[WELCOME, &right].concat()).unwrap();
        client.1.join().unwrap().unwrap();
    }

    fn check_refused(first: &[u8], said: &str) {
        let mut peer = transcript(&[first]);
        let error = connect(&mut peer, &key()).unwrap_err();
        assert!(
            error.is_auth() && error.to_string().contains(said),
            "{error}"
        );
        assert!(peer.outgoing.is_empty(), "{first:?} is answered");
    }

    #[test]
    fn nobody_is_answered_who_is_no_listener_of_this_version() {
        check_refused(&[b"#POOLPROOF-2#", &[7; NUMBER][..]].concat(), "version 2");
        check_refused(b"#POOLPROOF-", "version  of");
        check_refused(b"#POOLPROOF-1#", "wrong length");
        check_refused(&[&greeting(7)[..], b"x"].concat(), "wrong length");
        check_refused(b"#CHALLENGE#{sha256}01234567", "`Protocol::Python`");
        for said in [&b""[..], b"#", b"SSH-2.0", b"HTTP/1.1 400 Bad Request"] {
            check_refused(said, "no listener of this library");
        }
    }

    #[test]
    fn a_client_that_says_anything_else_is_told_that_it_failed() {
        let whole = [PROOF, &[7; NUMBER + DIGEST]].concat();
        let wrong: [&[u8]; 5] = [b"", PROOF, &whole, &whole[..70], &[7; 256]];
        for said in wrong {
            let mut peer = transcript(&[said]);
            assert!(accept(&mut peer, &key()).unwrap_err().is_auth());
            assert_eq!(peer.outgoing.last().unwrap(), FAILURE);
        }
    }

    #[test]
    fn a_peer_that_goes_away_is_an_error_and_no_panic() {
        assert!(accept(&mut transcript(&[]), &key()).unwrap_err().is_eof());
        assert!(connect(&mut transcript(&[]), &key()).unwrap_err().is_eof());
        let mut client = transcript(&[&greeting(7)]);
        assert!(connect(&mut client, &key()).unwrap_err().is_eof());
    }
}
