//! Peers for the tests of handshakes: one whose words are written down beforehand, and two that
//! talk to each other.

use std::collections::VecDeque;
use std::sync::mpsc;

use super::seal::Seals;
use super::{Secret, Speaker, accept, connect};
use crate::error::{Error, Kind, Result};

/// A peer whose messages are written down beforehand.
pub(super) struct Transcript {
    incoming: VecDeque<Vec<u8>>,
    pub(super) outgoing: Vec<Vec<u8>>,
}

pub(super) fn transcript(incoming: &[&[u8]]) -> Transcript {
    Transcript {
        incoming: incoming.iter().map(|message| message.to_vec()).collect(),
        outgoing: Vec::new(),
    }
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

/// One end of a line, on which the other hears what this one says.
pub(super) struct Line {
    to: mpsc::Sender<Vec<u8>>,
    from: mpsc::Receiver<Vec<u8>>,
}

pub(super) fn line() -> (Line, Line) {
    let (to_one, from_other) = mpsc::channel();
    let (to_other, from_one) = mpsc::channel();
    let one = Line {
        to: to_other,
        from: from_other,
    };
    let other = Line {
        to: to_one,
        from: from_one,
    };
    (one, other)
}

impl Speaker for Line {
    fn send(&mut self, message: &[u8]) -> Result<()> {
        let sent = self.to.send(message.to_vec());
        sent.map_err(|_| Error::new(Kind::BrokenPipe, "send"))
    }

    fn receive(&mut self) -> Result<Vec<u8>> {
        self.from
            .recv()
            .map_err(|_| Error::new(Kind::Eof, "receive"))
    }
}

type Ended = Result<Option<Seals>>;

/// How a handshake ends for a listener and a client.
pub(super) fn both(listener: Secret, client: Secret) -> (Ended, Ended) {
    let (mut ours, mut theirs) = line();
    let accepting = std::thread::spawn(move || accept(&mut theirs, &listener));
    let connected = connect(&mut ours, &client);
    drop(ours);
    let accepted = accepting.join();
    (accepted.expect("it does not panic"), connected)
}
