//! Handles inside messages: collected while a value is encoded, sent beside its bytes,
//! and taken out again while it is decoded.
//!
//! A type that owns a handle serialises it with `#[serde(with = "crate::transfer::handle")]`,
//! or calls [`put_handle`] and [`take_handle`] in its own `Serialize` and `Deserialize`.
//! Outside a message both fail, so that no handle can be written to a file by accident.
//! How handles reach another process is left to `connection` and `start`.

use std::any::Any;
use std::cell::RefCell;

use poolproof_sys::handle::Handle;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};

/// What can be sent to another process: a value that serde can take apart and put together.
pub trait Message: Serialize + DeserializeOwned + Send + 'static {}
impl<T: Serialize + DeserializeOwned + Send + 'static> Message for T {}

/// What leaves with the value that is being encoded.
#[derive(Default)]
struct Leaving {
    handles: Vec<Handle>,
    /// What to do when the value turns out to be one that cannot be sent.
    undo: Vec<Box<dyn FnOnce()>>,
}

thread_local! {
    static LEAVING: RefCell<Option<Leaving>> = const { RefCell::new(None) };
    static TABLE: RefCell<Vec<Handle>> = const { RefCell::new(Vec::new()) };
    static ARRIVED: RefCell<Option<Vec<Option<Handle>>>> = const { RefCell::new(None) };
}

const OUTSIDE: &str = "a connection, queue, lock or shared memory travels only inside a message of \
                       this crate or as the argument of a process";

/// Puts a duplicate of a handle beside the value that is being encoded; gives its place.
pub(crate) fn put_handle<E: serde::ser::Error>(handle: &Handle) -> std::result::Result<u32, E> {
    LEAVING.with_borrow_mut(|leaving| {
        let handles = &mut leaving.as_mut().ok_or_else(|| E::custom(OUTSIDE))?.handles;
        handles.push(handle.duplicate().map_err(E::custom)?);
        u32::try_from(handles.len() - 1).map_err(E::custom)
    })
}

/// Takes the handle at a place out of the message that is being decoded; each can be taken once.
pub(crate) fn take_handle<E: serde::de::Error>(place: u32) -> std::result::Result<Handle, E> {
    ARRIVED.with_borrow_mut(|arrived| {
        let handles = arrived.as_mut().ok_or_else(|| E::custom(OUTSIDE))?;
        let slot = handles.get_mut(place as usize).and_then(Option::take);
        slot.ok_or_else(|| E::custom(format_args!("the message holds no handle {place}")))
    })
}

/// Has `undo` done when the value that is being encoded turns out to be one that cannot be sent.
pub(crate) fn if_refused(undo: impl FnOnce() + 'static) {
    LEAVING.with_borrow_mut(|leaving| {
        if let Some(leaving) = leaving {
            leaving.undo.push(Box::new(undo));
        }
    });
}

/// Appends the bytes of a value to `buffer` and gives the handles that go beside them.
///
/// On failure nothing is appended and every collected handle is closed.
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    buffer: &mut Vec<u8>,
) -> Result<Vec<Handle>> {
    let outer = LEAVING.replace(Some(Leaving::default()));
    let length = buffer.len();
    let outcome = postcard::serialize_with_flavor(value, Appending(buffer));
    let leaving = LEAVING.replace(outer).unwrap_or_default();
    match outcome {
        Ok(()) => Ok(leaving.handles),
        Err(error) => {
            buffer.truncate(length);
            leaving.undo.into_iter().for_each(|undo| undo());
            Err(Error::new(Kind::Serialize, refused::<T>("encode", &error)))
        }
    }
}

/// As [`encode`], and at once where the value is a vector of bytes, which serde takes for a sequence.
pub(crate) fn encode_message<T: Message>(value: &T, buffer: &mut Vec<u8>) -> Result<Vec<Handle>> {
    match (value as &dyn Any).downcast_ref::<Vec<u8>>() {
        Some(bytes) => encode(serde_bytes::Bytes::new(bytes), buffer),
        None => encode(value, buffer),
    }
}

/// As [`decode`], and at once where the value is a vector of bytes, which serde takes for a sequence.
pub(crate) fn decode_message<T: Message>(bytes: &[u8], handles: Vec<Handle>) -> Result<T> {
    let mut made: Option<T> = None;
    if let Some(value) = (&mut made as &mut dyn Any).downcast_mut::<Option<Vec<u8>>>() {
        *value = Some(decode::<serde_bytes::ByteBuf>(bytes, handles)?.into_vec());
        return made.ok_or_else(|| Error::new(Kind::Deserialize, "decode bytes"));
    }
    decode(bytes, handles)
}

/// Puts a value together from its bytes and the handles that came beside them.
///
/// Handles that the value does not take are closed.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8], handles: Vec<Handle>) -> Result<T> {
    let outer = ARRIVED.replace(Some(handles.into_iter().map(Some).collect()));
    let outcome = postcard::take_from_bytes(bytes);
    drop(ARRIVED.replace(outer));
    match outcome {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => {
            let extra = format_args!("{} bytes too many", rest.len());
            Err(Error::new(
                Kind::Deserialize,
                refused::<T>("decode", &extra),
            ))
        }
        Err(error) => Err(Error::new(
            Kind::Deserialize,
            refused::<T>("decode", &error),
        )),
    }
}

/// Lays the handles of a message out for a function that will decode it on this thread.
pub(crate) fn put_table(handles: Vec<Handle>) {
    TABLE.set(handles);
}

/// Takes what [`put_table`] has laid out.
pub(crate) fn take_table() -> Vec<Handle> {
    TABLE.take()
}

/// Registers with the system, now instead of at the first message, what is to go with this thread.
pub(crate) fn prepare_thread() {
    put_table(Vec::new());
    let _: Result<()> = decode(&[], take_table());
}

fn refused<T: ?Sized>(verb: &str, error: &dyn std::fmt::Display) -> String {
    format!("{verb} a `{}` ({error})", std::any::type_name::<T>())
}

/// Lets postcard write behind what a buffer already holds, whole slices at a time.
struct Appending<'a>(&'a mut Vec<u8>);

impl postcard::ser_flavors::Flavor for Appending<'_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    // A `Vec<u8>` comes byte by byte, so this is worth being a few instructions of the loop.
    #[inline(always)]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Serialises a field that is a [`Handle`]: `#[serde(with = "crate::transfer::handle")]`.
pub(crate) mod handle {
    use super::{Deserialize, Handle, Serialize, put_handle, take_handle};

    pub(crate) fn serialize<S: serde::Serializer>(
        handle: &Handle,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        put_handle::<S::Error>(handle)?.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Handle, D::Error> {
        take_handle(u32::deserialize(deserializer)?)
    }
}
