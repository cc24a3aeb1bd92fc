//! What a stranger, or a client gone mad, can make this crate read: one function for each way in.
//!
//! `harness/runtime/fuzz` calls these for as long as one likes; the tests here call each some
//! thousand times with mutations of what makes sense, from a seed. What must hold: no panic, no wait
//! without an end, no room made for what only a number announces, nothing believed without the key.

use std::sync::Arc;
use std::time::Duration;

use poolproof_sys::channel::Channel;
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;

use crate::auth::seal::Seals;
use crate::auth::{Protocol, Secret};
use crate::connection::{Carrier, Connection};
use crate::wire::{self, Side};

/// How much is said at most, so that it lies in a socket's buffer before anybody reads it.
const SAID_MAX: usize = 32 * 1024;

/// Before the first call in a program whose `main` is not Rust's, as a fuzzer's: a write to a peer
/// that has gone is an error there, too.
pub fn prepare() {
    poolproof_sys::early::prepare();
}

/// A stream on which all of `bytes` was said, and nothing more will be.
fn said(bytes: &[u8]) -> Handle {
    let (ours, theirs) = pipe::duplex().expect("there are descriptors");
    let bytes = &bytes[..bytes.len().min(SAID_MAX)];
    pipe::write(&theirs, bytes).expect("there is room");
    ours
}

type Value = (u8, String, Vec<u64>, Option<(f64, Duration)>);

/// Messages on a connection, by one whose messages they are, and by one who has come in between.
pub fn framing(bytes: &[u8]) {
    for carrier in [Carrier::Duplex, Carrier::Remote] {
        let carrier = carrier(Arc::new(said(bytes)));
        let total = receive_all(&Connection::duplex(carrier));
        assert!(total <= bytes.len(), "more is received than was said");
    }
    let stream = Arc::new(said(bytes));
    let total = receive_all(&Connection::remote(stream, Some(Seals::of_nobody())));
    assert!(total == 0, "what nobody has sent is received");
}

/// Receives in turn bytes, a value and nothing, until nothing comes any more; gives how many bytes
/// were received.
fn receive_all(connection: &Connection<Value, Value>) -> usize {
    let mut total = 0;
    for turn in 0.. {
        let received = match turn % 3 {
            0 => connection.recv_bytes().map(|bytes| total += bytes.len()),
            1 => connection.recv().map(|_| total += 1),
            _ => connection.poll(Some(Duration::ZERO)).map(drop),
        };
        match received {
            Err(error) if error.is_deserialize() && turn % 3 == 1 => {}
            Err(_) => break,
            Ok(()) => {}
        }
        assert!(turn <= 3 * SAID_MAX, "it does not come to an end");
    }
    total
}

/// The first words of a peer who does not know the key, on each side of each protocol.
pub fn handshake(bytes: &[u8]) {
    let protocols = [Protocol::Poolproof, Protocol::Python, Protocol::PythonOrMd5];
    for protocol in protocols {
        let secret = Secret::new(b"nobody guesses this", protocol);
        for side in [Side::Accepted(&|| {}), Side::Connected] {
            let outcome = wire::shake_hands(&said(bytes), side, &secret);
            assert!(outcome.is_err(), "who does not know the key is let in");
        }
    }
}

/// Requests to a manager by a client who knows the key: each a length in one byte, then so many
/// bytes.
pub fn manager(bytes: &[u8]) {
    crate::manager::feed(&bytes[..bytes.len().min(SAID_MAX)]);
}

/// What the fork server and each fresh process are told.
pub fn start(bytes: &[u8]) {
    crate::start::feed(bytes);
    // A message whose length is a lie ends with the stream.
    let channel = Channel::from(said(bytes));
    while let Ok(Some((message, handles))) = channel.receive() {
        assert!(message.len() <= bytes.len() && handles.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same each time; another one finds other things.
    const SEED: u64 = 0x5eed_0004;
    const ROUNDS: u64 = 2000;

    /// Random numbers from a seed: xorshift64*.
    struct Chance(u64);

    impl Chance {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
        }

        fn below(&mut self, bound: usize) -> usize {
            (self.next() >> 16) as usize % bound.max(1)
        }

        fn bytes(&mut self, most: usize) -> Vec<u8> {
            let length = self.below(most + 1);
            (0..length).map(|_| self.next() as u8).collect()
        }

        /// One small change.
        fn mutate(&mut self, bytes: &mut Vec<u8>) {
            let at = self.below(bytes.len() + 1);
            match self.below(6) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = self.next() as u8,
                2 => bytes.truncate(at),
                3 => {
                    let more = self.bytes(9);
                    bytes.splice(at..at, more);
                }
                4 => {
                    let number = NUMBERS[self.below(NUMBERS.len())];
                    let to = (at + number.len()).min(bytes.len());
                    bytes.splice(at..to, number.iter().copied());
                }
                _ => {
                    let from = self.below(at + 1);
                    let part = bytes[from..at].to_vec();
                    bytes.extend(part);
                }
            }
        }
    }

    /// Lengths that somebody may believe: negative, 2^31-1, 2^62 and 2^64-1 with and without the
    /// head before them, and as postcard writes the last.
    const NUMBERS: [&[u8]; 7] = [
        &[255, 255, 255, 255],
        &[0x7f, 255, 255, 255],
        &[0x40, 0, 0, 0, 0, 0, 0, 0],
        &[255; 12],
        &[255, 255, 255, 255, 0x40, 0, 0, 0, 0, 0, 0, 0],
        &[255, 255, 255, 254, 255, 255, 255, 255, 0, 0, 0, 1],
        &[255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
    ];

    fn fuzz(target: fn(&[u8]), mut sensible: impl FnMut(&mut Chance) -> Vec<u8>) {
        for round in 0..ROUNDS {
            let mut chance = Chance(SEED + round + 1);
            let mut bytes = sensible(&mut chance);
            for _ in 0..chance.below(5) {
                chance.mutate(&mut bytes);
            }
            let outcome = std::panic::catch_unwind(|| target(&bytes));
            assert!(
                outcome.is_ok(),
                "round {round} of seed {SEED:#x}: {bytes:?}"
            );
        }
    }

    #[test]
    fn no_frame_is_believed_beyond_what_comes() {
        fuzz(framing, |chance| {
            let mut bytes = Vec::new();
            for _ in 0..chance.below(6) {
                let message = chance.bytes(40);
                bytes.extend((message.len() as u32).to_be_bytes());
                bytes.extend(message);
            }
            bytes
        });
    }

    #[test]
    fn no_peer_is_let_in_without_the_key() {
        let words: [&[u8]; 9] = [
            b"#POOLPROOF-1#01234567890123456789012345678901",
            b"#PROOF#0123456789012345678901234567890101234567890123456789012345678901",
            b"#WELCOME#01234567890123456789012345678901",
            b"#CHALLENGE#{sha256}0123456789012345678901234567890123456789",
            b"#CHALLENGE#01234567890123456789",
            b"#WELCOME#",
            b"#FAILURE#",
            b"{sha256}01234567890123456789012345678901",
            b"0123456789abcdef",
        ];
        fuzz(handshake, |chance| {
            let mut bytes = Vec::new();
            for _ in 0..chance.below(5) {
                let word = words[chance.below(words.len())];
                bytes.extend((word.len() as u32).to_be_bytes());
                bytes.extend(word);
            }
            bytes
        });
    }

    #[test]
    fn no_request_brings_a_manager_down() {
        // One object of each class, as `Request::Make` writes it.
        const MAKES: [&[u8]; 15] = [
            &[1, 0],
            &[1, 1],
            &[1, 2],
            &[1, 3],
            &[1, 4],
            &[1, 5, 2],
            &[1, 6, 2],
            &[1, 7],
            &[1, 8],
            &[1, 9, 2],
            &[1, 10, 0],
            &[1, 11, 1, 2],
            &[1, 12, 1, 7, 0],
            &[1, 13, 2, 1, 7, 0, 1, 8, 0],
            &[1, 14],
        ];
        fuzz(manager, |chance| {
            let mut requests: Vec<Vec<u8>> = MAKES.iter().map(|make| make.to_vec()).collect();
            for _ in 0..chance.below(20) {
                let mut call = vec![chance.below(12) as u8];
                call.extend(chance.bytes(8).iter().map(|byte| byte % 9));
                let mut request = vec![8, chance.below(17) as u8, call.len() as u8];
                request.extend(call);
                requests.push(request);
                let kind = 2 + chance.below(8) as u8;
                requests.push([&[kind][..], &chance.bytes(4)].concat());
            }
            let length = |request: Vec<u8>| [&[request.len() as u8], &request[..]].concat();
            requests.into_iter().flat_map(length).collect()
        });
    }

    #[test]
    fn no_instructions_bring_a_fresh_process_down() {
        fuzz(start, |chance| {
            let message = chance.bytes(80);
            let head = [(message.len() as u64).to_ne_bytes(), [0; 8]].concat();
            [head, message].concat()
        });
    }

    #[test]
    fn a_length_of_2_to_the_62_is_refused_at_once() {
        let long = [&[255; 4][..], &(1_u64 << 62).to_be_bytes(), b"and so on"].concat();
        let (ours, theirs) = pipe::duplex().unwrap();
        pipe::write(&theirs, &long).unwrap();
        let connection: Connection<u8, u8> = Connection::duplex(Carrier::Remote(Arc::new(ours)));
        // The other end stays open: nobody waits for the rest.
        assert!(connection.recv_bytes().unwrap_err().is_deserialize());
        drop(theirs);
    }
}
