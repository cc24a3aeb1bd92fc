//! Values as bytes: calls, arguments and results go over a manager's connection without handles.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::error::{Error, Kind, Result};
use crate::transfer::{decode, encode};

/// The bytes of a value that has no handles.
pub(super) fn encoded<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(64);
    match encode(value, &mut bytes)?.is_empty() {
        true => Ok(bytes),
        false => Err(Error::new(
            Kind::NotInheritable,
            "send handles over a manager's connection",
        )),
    }
}

/// The same as a part of a call, where it is one run of bytes.
pub(super) fn packed<T: Serialize>(value: &T) -> Result<ByteBuf> {
    encoded(value).map(ByteBuf::from)
}

/// A value out of its bytes.
pub(super) fn decoded<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T> {
    decode(bytes, Vec::new())
}
