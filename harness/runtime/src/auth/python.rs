//! CPython's mutual HMAC challenge, for peers that are CPython's.
//!
//! Each side sends 40 random bytes behind `#CHALLENGE#{sha256}` and gets back their HMAC under the
//! key; the accepting side asks first. Each message has at most 256 bytes.
//! Peers older than CPython 3.12 know only MD5 and are refused unless [`Digests::OrMd5`] says
//! otherwise: they send 20 random bytes without a digest's name, and answer with a bare digest.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::Sha256;

use super::{FAILURE, Speaker, WELCOME, hmac, random, refused};
use crate::error::Result;

const CHALLENGE: &[u8] = b"#CHALLENGE#";
const DIGEST: &[u8] = b"{sha256}";
const RANDOM: usize = 40;
/// The length of a challenge without a digest's name.
const RANDOM_MD5: usize = 20;
/// What a listener says first that speaks this library's own protocol.
const OWN: &[u8] = b"#POOLPROOF-";

/// How the key may be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digests {
    /// By HMAC-SHA256 alone, as CPython from 3.12 on does it.
    Sha256,
    /// Also by HMAC-MD5 to a peer that knows nothing better: CPython before 3.12.
    OrMd5,
}

pub(super) fn accept(peer: &mut dyn Speaker, key: &[u8], digests: Digests) -> Result<()> {
    ask(peer, key, digests, &random::<RANDOM>()?)?;
    peer.proved();
    answer(peer, key, digests)
}

pub(super) fn connect(peer: &mut dyn Speaker, key: &[u8], digests: Digests) -> Result<()> {
    answer(peer, key, digests)?;
    ask(peer, key, digests, &random::<RANDOM>()?)
}

fn ask(peer: &mut dyn Speaker, key: &[u8], digests: Digests, random: &[u8]) -> Result<()> {
    let question = [DIGEST, random].concat();
    peer.send(&[CHALLENGE, &question].concat())?;
    let reply = peer.receive()?;
    // The digest covers its own name, so that nobody in between can choose a weaker one.
    let is_right = match reply.strip_prefix(DIGEST) {
        Some(digest) => sha256(key, &question).verify_slice(digest).is_ok(),
        None => {
            let is_allowed = digests == Digests::OrMd5;
            is_allowed && md5(key, &question).verify_slice(&reply).is_ok()
        }
    };
    if is_right {
        return peer.send(WELCOME);
    }
    // The peer learns of it if it still listens; the refusal stands either way.
    let _ = peer.send(FAILURE);
    Err(refused("it does not know the key"))
}

fn answer(peer: &mut dyn Speaker, key: &[u8], digests: Digests) -> Result<()> {
    let message = peer.receive()?;
    if message.starts_with(OWN) {
        return Err(refused(
            "it speaks this library's own protocol, and no CPython's: connect to it with \
             `Protocol::Poolproof`",
        ));
    }
    let question = message
        .strip_prefix(CHALLENGE)
        .ok_or_else(|| refused("it sent no challenge"))?;
    let reply = if question.starts_with(DIGEST) && question.len() > DIGEST.len() + RANDOM_MD5 {
        let digest = sha256(key, question).finalize().into_bytes();
        [DIGEST, &digest].concat()
    } else if question.len() != RANDOM_MD5 {
        return Err(refused("its challenge is of no known form"));
    } else if digests != Digests::OrMd5 {
        return Err(refused(
            "it knows only MD5, as CPython before 3.12: allow it with `Protocol::PythonOrMd5`",
        ));
    } else {
        md5(key, question).finalize().into_bytes().to_vec()
    };
    peer.send(&reply)?;
    match peer.receive()?.as_slice() {
        WELCOME => Ok(()),
        _ => Err(refused("it refuses our key")),
    }
}

fn sha256(key: &[u8], question: &[u8]) -> Hmac<Sha256> {
    hmac(key).chain_update(question)
}

fn md5(key: &[u8], question: &[u8]) -> Hmac<Md5> {
    let mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.chain_update(question)
}

#[cfg(test)]
mod tests {
    use super::super::talk::transcript;
    use super::*;

    const KEY: &[u8] = b"key";

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
        ask(&mut peer, KEY, Digests::Sha256, &random).unwrap();
        let challenge = [CHALLENGE, DIGEST, &random].concat();
        assert_eq!(peer.outgoing, [challenge.clone(), WELCOME.to_vec()]);

        let mut peer = transcript(&[&challenge, WELCOME]);
        answer(&mut peer, KEY, Digests::Sha256).unwrap();
        assert_eq!(peer.outgoing, [python_reply()]);
    }

    #[test]
    fn md5_is_that_of_cpython_and_only_used_where_it_is_allowed() {
        let random: Vec<u8> = (0..40).collect();
        let [of_bare, of_question] = PYTHON_MD5.map(unhex);
        let mut peer = transcript(&[&of_question]);
        ask(&mut peer, KEY, Digests::OrMd5, &random).unwrap();
        assert_eq!(peer.outgoing.last().unwrap(), WELCOME);
        let mut peer = transcript(&[&of_question]);
        assert!(
            ask(&mut peer, KEY, Digests::Sha256, &random)
                .unwrap_err()
                .is_auth()
        );

        let challenge = [CHALLENGE, &random[..20]].concat();
        let mut peer = transcript(&[&challenge, WELCOME]);
        answer(&mut peer, KEY, Digests::OrMd5).unwrap();
        assert_eq!(peer.outgoing, [of_bare]);
        let mut peer = transcript(&[&challenge, WELCOME]);
        let error = answer(&mut peer, KEY, Digests::Sha256)
            .unwrap_err()
            .to_string();
        assert!(error.contains("Protocol::PythonOrMd5"), "{error}");
        assert!(peer.outgoing.is_empty());
    }

    #[test]
    fn who_knows_a_better_digest_is_not_answered_with_md5() {
        let challenge = [CHALLENGE, DIGEST, &[7; 40]].concat();
        let mut peer = transcript(&[&challenge, WELCOME]);
        answer(&mut peer, KEY, Digests::OrMd5).unwrap();
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
            for digests in [Digests::Sha256, Digests::OrMd5] {
                let mut peer = transcript(&[reply]);
                let error = ask(&mut peer, KEY, digests, &[1; 40]).unwrap_err();
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
            assert!(
                answer(&mut peer, KEY, Digests::Sha256)
                    .unwrap_err()
                    .is_auth()
            );
            assert!(peer.outgoing.is_empty(), "{challenge:?}");
        }
    }

    #[test]
    fn a_peer_that_goes_away_is_an_error_and_no_panic() {
        assert!(
            accept(&mut transcript(&[]), KEY, Digests::Sha256)
                .unwrap_err()
                .is_eof()
        );
        assert!(
            connect(&mut transcript(&[]), KEY, Digests::Sha256)
                .unwrap_err()
                .is_eof()
        );
    }

    #[test]
    fn a_digest_s_name_that_is_cut_off_leads_to_no_weaker_one() {
        let right = python_reply();
        for cut in 1..=DIGEST.len() {
            let mut peer = transcript(&[&right[cut..]]);
            let random: Vec<u8> = (0..40).collect();
            assert!(ask(&mut peer, KEY, Digests::OrMd5, &random).is_err());
            let question = [&DIGEST[cut..], &random].concat();
            let mut peer = transcript(&[&[CHALLENGE, &question].concat()]);
            assert!(answer(&mut peer, KEY, Digests::OrMd5).is_err());
            assert!(peer.outgoing.is_empty(), "{cut} bytes cut off");
        }
    }
}
