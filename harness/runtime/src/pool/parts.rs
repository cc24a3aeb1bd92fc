//! A chunk as its parts: each item, or each result, by itself, so that one that fails takes no other
//! with it.
//!
//! Numbers and vectors of bytes cannot fail on their way, and go as `codec` has lists of them.

use poolproof_sys::handle::Handle;

use super::codec::{self, are_plain};
use super::task::Failure;
use crate::error::{Error, Kind, Result};
use crate::transfer::{self, Message};

/// What is there in an item's place.
pub(super) type Part<T> = std::result::Result<T, Failure>;

const VALUE: u8 = 0;
const FAILURE: u8 = 1;
/// The kind, the length of the bytes behind this, and the number of handles beside them.
const HEAD: usize = 9;

/// Appends the items of a chunk; what cannot be sent is there as why.
pub(super) fn encode_items<T: Message>(items: Vec<T>, buffer: &mut Vec<u8>) -> Result<Vec<Handle>> {
    match are_plain::<T>() {
        true => codec::encode(&items, buffer),
        false => Ok(encode(items.into_iter().map(Ok), buffer)),
    }
}

/// What [`encode_items`] has put together.
pub(super) fn decode_items<T: Message>(bytes: &[u8], handles: Vec<Handle>) -> Result<Vec<Part<T>>> {
    match are_plain::<T>() {
        true => {
            codec::decode::<Vec<T>>(bytes, handles).map(|items| items.into_iter().map(Ok).collect())
        }
        false => decode(bytes, handles),
    }
}

/// Appends each part by itself.
pub(super) fn encode<T: Message>(
    parts: impl Iterator<Item = Part<T>>,
    buffer: &mut Vec<u8>,
) -> Vec<Handle> {
    let mut all = Vec::new();
    for part in parts {
        let start = buffer.len();
        buffer.resize(start + HEAD, 0);
        let encoded = part.and_then(|value| {
            let handles = codec::encode(&value, buffer);
            handles.map_err(|error| Failure::of(&error))
        });
        let (kind, handles) = match encoded {
            Ok(handles) => (VALUE, handles),
            Err(failure) => {
                let handles = transfer::encode(&failure, buffer);
                (FAILURE, handles.expect("a failure is text and bytes"))
            }
        };
        let length = (buffer.len() - start - HEAD) as u32;
        buffer[start] = kind;
        buffer[start + 1..start + 5].copy_from_slice(&length.to_le_bytes());
        buffer[start + 5..start + HEAD].copy_from_slice(&(handles.len() as u32).to_le_bytes());
        all.extend(handles);
    }
    all
}

/// What [`encode`] has put together; a value that cannot be read is there as why.
pub(super) fn decode<T: Message>(mut bytes: &[u8], handles: Vec<Handle>) -> Result<Vec<Part<T>>> {
    let broken = || Error::new(Kind::Deserialize, "read the parts of a chunk");
    let (mut parts, mut handles) = (Vec::new(), handles.into_iter());
    while let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() {
        let [kind, a, b, c, d, count @ ..] = *head;
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        let count = u32::from_le_bytes(count) as usize;
        let (part, behind) = rest.split_at_checked(length).ok_or_else(broken)?;
        bytes = behind;
        parts.push(match kind {
            FAILURE => Err(transfer::decode(part, Vec::new())?),
            _ => {
                let beside = handles.by_ref().take(count).collect();
                codec::decode(part, beside).map_err(|error| Failure::of(&error))
            }
        });
    }
    match bytes {
        [] => Ok(parts),
        _ => Err(broken()),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::*;

    /// Even numbers cannot be sent, and what is divided by three cannot be read.
    #[derive(Debug, PartialEq)]
    struct Fussy(u8);

    impl Serialize for Fussy {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            match self.0 % 2 {
                0 => Err(serde::ser::Error::custom("even")),
                _ => self.0.serialize(serializer),
            }
        }
    }

    impl<'de> Deserialize<'de> for Fussy {
        fn deserialize<D: Deserializer<'de>>(
            deserializer: D,
        ) -> std::result::Result<Fussy, D::Error> {
            match u8::deserialize(deserializer)? {
                number if number % 3 == 0 => Err(serde::de::Error::custom("of three")),
                number => Ok(Fussy(number)),
            }
        }
    }

    #[test]
    fn a_part_that_cannot_travel_takes_no_other_with_it() {
        let mut bytes = Vec::new();
        encode_items((1..6).map(Fussy).collect(), &mut bytes).unwrap();
        let parts = decode_items::<Fussy>(&bytes, Vec::new()).unwrap();
        let parts: Vec<_> = parts
            .into_iter()
            .map(|part| part.map_err(|failure| failure.into_error().kind()))
            .collect();
        let unsent = || Err(Kind::Serialize);
        let unread = Err(Kind::Deserialize);
        let wanted = [Ok(Fussy(1)), unsent(), unread, unsent(), Ok(Fussy(5))];
        assert_eq!(parts, wanted);
    }

    #[test]
    fn half_a_part_is_refused() {
        let mut bytes = Vec::new();
        encode_items(vec!["one".to_owned()], &mut bytes).unwrap();
        for length in 1..bytes.len() {
            assert!(decode_items::<String>(&bytes[..length], Vec::new()).is_err());
        }
    }
}
