//! What makes a message one that nobody in between can have made: behind each is its MAC, under a
//! key of the session and of the direction, with its number.
//!
//! So a message that was changed, left out, repeated, sent back to where it came from, or put in
//! the place of another, is seen. It can be read by whoever is in between, and be kept back.
//! Where the MACs stand is left to `connection`.

pub(crate) use hmac::Mac;

use hmac::Hmac;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::hmac;
use crate::error::{Error, Kind, Result};

/// How long a MAC is: half of HMAC-SHA256, as long as nobody guesses.
pub(crate) const TAG: usize = 16;

/// The longest message whose length is believed before all of it is there. That of a longer one has
/// a MAC of its own, so that nobody in between can have room made for what never comes.
pub(crate) const BELIEVED_MAX: usize = 8 * 1024;

/// How much of a long message is given to its MAC at once, while the next of it is on its way.
pub(crate) const PIECE: usize = 64 * 1024;

/// The MACs of both directions.
#[derive(Debug)]
pub(crate) struct Seals {
    pub(crate) sending: Seal,
    pub(crate) receiving: Seal,
}

#[cfg(any(test, feature = "fuzzing"))]
impl Seals {
    /// Those of a session whose other end nobody is.
    pub(crate) fn of_nobody() -> Seals {
        Seals {
            sending: Seal::new([7; 32]),
            receiving: Seal::new([8; 32]),
        }
    }
}

/// The MACs of one direction.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "State", into = "State")]
pub(crate) struct Seal {
    state: State,
    /// What a MAC begins with.
    keyed: Running,
}

#[derive(Clone, Serialize, Deserialize)]
struct State {
    key: [u8; 32],
    /// How many messages have had their MACs.
    number: u64,
}

/// A MAC that is still to be given some of what it is of.
pub(crate) type Running = Hmac<Sha256>;

/// What a MAC is for.
#[derive(Clone, Copy)]
enum Part {
    Length,
    Message,
}

impl Seal {
    pub(super) fn new(key: [u8; 32]) -> Seal {
        Seal::from(State { key, number: 0 })
    }

    /// The MAC of how long the next message is.
    pub(crate) fn of_length(&self, length: usize) -> [u8; TAG] {
        cut(self.length(length))
    }

    /// The MAC of the next message, which is to be given what that consists of.
    pub(crate) fn begin(&self) -> Running {
        self.mac(Part::Message)
    }

    /// What goes behind the message that has been given to its MAC; another one is the next.
    pub(crate) fn end(&mut self, mac: Running) -> [u8; TAG] {
        self.state.number += 1;
        cut(mac)
    }

    /// Whether the message that has been given to its MAC is what was sent next; then another one
    /// is the next.
    pub(crate) fn check(&mut self, mac: Running, tag: &[u8; TAG]) -> Result<()> {
        mac.verify_truncated_left(tag).map_err(|_| altered())?;
        self.state.number += 1;
        Ok(())
    }

    /// Whether the next message is as long as its sender has said.
    pub(crate) fn check_length(&self, length: usize, tag: &[u8; TAG]) -> Result<()> {
        let mac = self.length(length);
        mac.verify_truncated_left(tag).map_err(|_| altered())
    }

    fn length(&self, length: usize) -> Running {
        let mac = self.mac(Part::Length);
        mac.chain_update((length as u64).to_be_bytes())
    }

    fn mac(&self, part: Part) -> Running {
        let mac = self.keyed.clone();
        mac.chain_update([part as u8])
            .chain_update(self.state.number.to_be_bytes())
    }
}

fn cut(mac: Running) -> [u8; TAG] {
    let whole = mac.finalize().into_bytes();
    std::array::from_fn(|place| whole[place])
}

impl From<State> for Seal {
    fn from(state: State) -> Seal {
        let keyed = hmac(&state.key);
        Seal { state, keyed }
    }
}

impl From<Seal> for State {
    fn from(seal: Seal) -> State {
        seal.state
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seal({})", self.state.number)
    }
}

/// The error of one who receives what was not sent.
pub(crate) fn altered() -> Error {
    let text = "receive from a connection: what came is not what the other end has sent next: it \
                was changed on its way, or that end is used by two processes";
    Error::new(Kind::Auth, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        Seal::new([7; 32])
    }

    impl Seal {
        pub(in crate::auth) fn of_message(&mut self, message: &[u8]) -> [u8; TAG] {
            self.end(self.begin().chain_update(message))
        }

        pub(in crate::auth) fn check_message(
            &mut self,
            message: &[u8],
            tag: &[u8; TAG],
        ) -> Result<()> {
            self.check(self.begin().chain_update(message), tag)
        }
    }

    #[test]
    fn a_message_is_what_was_sent_next_or_refused() {
        let (mut ours, mut theirs) = (seal(), seal());
        let tags = [b"one", b"two"].map(|message| ours.of_message(message));
        assert!(theirs.check_message(b"two", &tags[1]).is_err());
        for wrong in [&b"onf"[..], b"on", b"one ", b""] {
            assert!(theirs.check_message(wrong, &tags[0]).is_err());
        }
        for (message, tag) in [b"one", b"two"].iter().zip(&tags) {
            theirs.check_message(*message, tag).unwrap();
            let error = theirs.check_message(*message, tag).unwrap_err();
            assert!(error.is_auth(), "it is believed twice");
        }
        let mut another = Seal::new([8; 32]);
        assert!(another.check_message(b"one", &tags[0]).is_err());
    }

    #[test]
    fn a_mac_of_a_length_is_none_of_a_message() {
        let (mut ours, mut theirs) = (seal(), seal());
        let (length, message) = (ours.of_length(3), ours.of_message(&3_u64.to_be_bytes()));
        assert!(theirs.check_message(&3_u64.to_be_bytes(), &length).is_err());
        assert!(theirs.check_length(3, &message).is_err());
        assert!(theirs.check_length(4, &length).is_err());
        theirs.check_length(3, &length).unwrap();
        theirs
            .check_message(&3_u64.to_be_bytes(), &message)
            .unwrap();
        assert!(theirs.check_length(3, &length).is_err());
    }

    #[test]
    fn a_seal_goes_on_elsewhere_where_it_was() {
        let (mut ours, mut theirs) = (seal(), seal());
        let tag = ours.of_message(b"one");
        theirs.check_message(b"one", &tag).unwrap();
        let mut bytes = Vec::new();
        crate::transfer::encode(&theirs, &mut bytes).unwrap();
        let mut theirs: Seal = crate::transfer::decode(&bytes, Vec::new()).unwrap();
        assert!(theirs.check_message(b"one", &tag).is_err());
        let tag = ours.of_message(b"two");
        theirs.check_message(b"two", &tag).unwrap();
        assert!(!format!("{theirs:?}").contains("7, 7"));
    }
}
