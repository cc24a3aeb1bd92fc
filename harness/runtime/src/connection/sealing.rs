//! Whether the messages of one direction have MACs, and what becomes of an end that has gone to
//! another process or has received what nobody sent.

use crate::auth::seal::{Mac, Seal, altered};
use crate::error::{Error, Kind, Result};

/// What one half of a connection knows of MACs.
#[derive(Debug)]
pub(super) enum Sealing {
    /// There are none.
    Open,
    Sealed(Seal),
    /// They go on in another process: the next message's number is known there only.
    Elsewhere,
    /// What came was not what was sent, so nothing that comes can be believed.
    Altered,
}

impl Sealing {
    pub(super) fn new(seal: Option<Seal>) -> Sealing {
        seal.map_or(Sealing::Open, Sealing::Sealed)
    }

    /// The next message's MAC, where it has one.
    #[inline]
    pub(super) fn get(&mut self) -> Result<Option<&mut Seal>> {
        match self {
            Sealing::Open => Ok(None),
            Sealing::Sealed(seal) => Ok(Some(seal)),
            Sealing::Elsewhere => {
                let text = "use a connection with a key that was sent to another process: it goes \
                            on there";
                Err(Error::new(Kind::Usage, text))
            }
            Sealing::Altered => Err(altered()),
        }
    }

    /// Puts its MAC behind the message that a buffer has from a place on, where it has one.
    pub(super) fn put_behind(&mut self, buffer: &mut Vec<u8>, message: usize) -> Result<()> {
        if let Some(seal) = self.get()? {
            let mac = seal.begin().chain_update(&buffer[message..]);
            buffer.extend_from_slice(&seal.end(mac));
        }
        Ok(())
    }

    /// Whether something that was received is what was sent; if not, nothing is from now on.
    pub(super) fn check(&mut self, check: impl FnOnce(&mut Seal) -> Result<()>) -> Result<()> {
        let Some(seal) = self.get()? else {
            return Ok(());
        };
        check(seal).inspect_err(|_| *self = Sealing::Altered)
    }
}
