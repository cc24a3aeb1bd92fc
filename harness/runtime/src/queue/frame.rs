//! How a value lies in a queue's pipe: eight bytes that say how long it is and how many handles
//! travel beside it, then its bytes.

use crate::error::{Error, Kind, Result};
use crate::transfer::{self, Message};
use poolproof_sys::handle::{self, Handle};

/// The bytes before each value.
pub(super) const HEAD_BYTES: usize = 8;
/// The number of an attempt to send handles, behind the head of a frame that has some.
pub(super) const TICKET_BYTES: usize = 8;
const LENGTH_BITS: u32 = 48;
const LENGTH_MAX: u64 = (1 << LENGTH_BITS) - 1;

/// What a frame's first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Bytes of the whole frame.
    pub(super) total: u64,
    /// Handles beside it.
    pub(super) handles: usize,
}

impl Head {
    /// Reads the first bytes of a frame.
    #[inline]
    pub(super) fn read(bytes: [u8; HEAD_BYTES]) -> Head {
        let bits = u64::from_be_bytes(bytes);
        Head {
            total: (bits & LENGTH_MAX) + HEAD_BYTES as u64,
            handles: (bits >> LENGTH_BITS) as usize,
        }
    }

    /// As it is in a pipe, where the ticket of the handles is part of the frame.
    pub(super) fn behind_ticket(self) -> Head {
        let ticket = if self.handles > 0 { TICKET_BYTES } else { 0 };
        Head {
            total: self.total + ticket as u64,
            ..self
        }
    }
}

/// A frame that has handles, as it goes into a pipe.
pub(super) fn with_ticket(frame: &[u8], ticket: u64) -> Vec<u8> {
    let (head, body) = frame.split_at(HEAD_BYTES);
    [head, &ticket.to_ne_bytes(), body].concat()
}

/// Appends a value as a frame; gives the handles beside it. On failure nothing is appended.
#[inline]
pub(super) fn append<T: Message>(value: &T, bytes: &mut Vec<u8>) -> Result<Vec<Handle>> {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; HEAD_BYTES]);
    match transfer::encode_message(value, bytes) {
        Ok(handles) if write_head(&mut bytes[start..], handles.len()) => Ok(handles),
        outcome => {
            let length = bytes.len() - start;
            bytes.truncate(start);
            outcome.and_then(|handles| Err(too_large(length, handles.len())))
        }
    }
}

/// Fills in the head of a frame; false when it cannot say what there is.
#[inline]
fn write_head(frame: &mut [u8], handles: usize) -> bool {
    let (length, handles) = ((frame.len() - HEAD_BYTES) as u64, handles as u64);
    let head = handles << LENGTH_BITS | length;
    frame[..HEAD_BYTES].copy_from_slice(&head.to_be_bytes());
    length <= LENGTH_MAX && handles <= u64::from(u16::MAX)
}

#[cold]
fn too_large(length: usize, handles: usize) -> Error {
    let subject = format!("put {length} bytes with {handles} handles into a queue");
    Error::new(Kind::Serialize, subject)
}

/// The error of a value that was taken, and whose handles this process had no room for.
#[cold]
pub(super) fn without_handles() -> Error {
    let subject = "take the handles of a value from a queue, which is lost";
    Error::system(subject, handle::none_left())
}

/// What became of frames that were to be sent.
#[derive(Debug)]
pub(super) enum Fate {
    /// So many are written.
    Sent(u32),
    /// One cannot be sent, while the next ones may be.
    Lost(Error),
}

impl Fate {
    /// As the one who has called for it wants to know it.
    pub(super) fn result(self) -> Result<()> {
        match self {
            Fate::Sent(_) => Ok(()),
            Fate::Lost(error) => Err(error),
        }
    }
}

/// What goes into one write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Write {
    pub(super) length: usize,
    pub(super) frames: u32,
    /// Handles beside it, where it is a single frame that has some.
    pub(super) handles: usize,
}

/// How much of `bytes`, which begin with a frame, goes into one write: as many whole frames as
/// `room` holds, or a single one that is larger or has handles.
pub(super) fn next_write(bytes: &[u8], room: usize) -> Write {
    let mut write = Write::default();
    while let Some(head) = bytes[write.length..].first_chunk::<HEAD_BYTES>() {
        let head = Head::read(*head);
        let fits = write.length as u64 + head.total <= room as u64;
        if write.length > 0 && (!fits || head.handles > 0) {
            break;
        }
        write.handles += head.handles;
        write.length += head.total as usize;
        write.frames += 1;
        if !fits || head.handles > 0 {
            break;
        }
    }
    write
}

/// How many whole frames there are.
pub(super) fn count(mut bytes: &[u8]) -> u32 {
    let mut count = 0;
    while let Some(head) = bytes.first_chunk::<HEAD_BYTES>() {
        let total = usize::try_from(Head::read(*head).total).unwrap_or(usize::MAX);
        bytes = bytes.get(total..).unwrap_or_default();
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{HEAD_BYTES, Head, append, next_write};

    #[test]
    fn a_head_says_how_long_its_frame_is() {
        let mut bytes = vec![9];
        append(&vec![1_u8, 2, 3], &mut bytes).unwrap();
        let head = *bytes[1..].first_chunk::<HEAD_BYTES>().unwrap();
        let head = Head::read(head);
        assert_eq!(head.total as usize, bytes.len() - 1);
        assert_eq!(head.handles, 0);
    }

    #[test]
    fn a_value_that_cannot_be_sent_leaves_nothing_behind() {
        #[derive(serde::Deserialize)]
        struct Unsendable;
        impl serde::Serialize for Unsendable {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("not this"))
            }
        }
        let mut bytes = vec![9];
        assert!(
            append(&(1, Unsendable), &mut bytes)
                .unwrap_err()
                .is_serialize()
        );
        assert_eq!(bytes, [9]);
    }

    #[test]
    fn a_write_holds_whole_frames_and_a_large_one_goes_alone() {
        let mut bytes = Vec::new();
        for length in [10, 10, 500, 10] {
            append(&vec![0_u8; length], &mut bytes).unwrap();
        }
        let small = HEAD_BYTES + 11;
        let first = next_write(&bytes, 100);
        assert_eq!((first.length, first.frames), (2 * small, 2));
        let second = next_write(&bytes[first.length..], 100);
        assert_eq!((second.length, second.frames), (HEAD_BYTES + 502, 1));
        let third = next_write(&bytes[first.length + second.length..], 100);
        assert_eq!((third.length, third.frames, third.handles), (small, 1, 0));
        assert_eq!(next_write(&[], 100).length, 0);
    }
}
