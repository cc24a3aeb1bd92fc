//! Handles inside messages: collected while a value is encoded, sent beside its bytes,
//! and taken out again while it is decoded.
//!
//! A type that owns a handle serialises it with `#[serde(with = "crate::transfer::handle")]`,
//! or calls [`put_handle`] and [`take_handle`] in its own `Serialize` and `Deserialize`.
//! Outside a message both fail, so that no handle can be written to a file by accident.
//! How handles reach another process is left to `connection` and `start`.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::io;

use poolproof_sys::handle::Handle;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};

/// What can be sent to another process: a value that serde can take apart and put together.
///
/// A message has no names of fields in it, and does not say what comes next. So what serde can only
/// put together from names does not travel: `#[serde(untagged)]`, `#[serde(tag = "…")]`,
/// `#[serde(flatten)]` and `#[serde(skip_serializing_if = "…")]`. Such a type needs a twin without
/// them, or a text such as JSON inside of the message.
///
/// A `Vec<u8>` that is the whole value is copied at once; inside of another value serde takes it
/// for a sequence and goes through it byte by byte, unless the crate `serde_bytes` says what it is:
///
/// ```
/// use poolproof_runtime as mp;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Picture {
///     width: u32,
///     #[serde(with = "serde_bytes")]
///     pixels: Vec<u8>,
/// }
///
/// let queue = mp::Context::default().queue(None)?;
/// let pixels = vec![7; 1 << 20];
/// queue.put(Picture { width: 1024, pixels })?;
/// assert_eq!(queue.get()?.pixels.len(), 1 << 20);
/// // In a tuple it is a type of its own.
/// let queue = mp::Context::default().queue(None)?;
/// queue.put((1024, serde_bytes::ByteBuf::from(vec![7; 1 << 20])))?;
/// assert_eq!(queue.get()?.1.len(), 1 << 20);
/// # mp::Result::Ok(())
/// ```
pub trait Message: Serialize + DeserializeOwned + Send + 'static {}
impl<T: Serialize + DeserializeOwned + Send + 'static> Message for T {}

/// What leaves with the value that is being encoded.
struct Leaving {
    handles: Vec<Handle>,
    /// What to do when the value turns out to be one that cannot be sent.
    undo: Vec<Box<dyn FnOnce()>>,
    /// Why a handle could not be put beside it, which an encoder's error has no room for.
    refusal: Option<Error>,
}

impl Leaving {
    const NOTHING: Leaving = Leaving {
        handles: Vec::new(),
        undo: Vec::new(),
        refusal: None,
    };
}

/// What a thread does, and whether handles are beside it: most values have none, and what is
/// looked at for each value is a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    /// No value is under way.
    Outside,
    Nothing,
    Something,
}

thread_local! {
    static ENCODING: Cell<Beside> = const { Cell::new(Beside::Outside) };
    static LEAVING: RefCell<Leaving> = const { RefCell::new(Leaving::NOTHING) };
    static TABLE: RefCell<Vec<Handle>> = const { RefCell::new(Vec::new()) };
    static DECODING: Cell<Beside> = const { Cell::new(Beside::Outside) };
    static ARRIVED: RefCell<Vec<Option<Handle>>> = const { RefCell::new(Vec::new()) };
    /// Why something could not be made of a handle, which a decoder's error has no room for.
    static NOT_MADE: RefCell<Option<io::Error>> = const { RefCell::new(None) };
}

const OUTSIDE: &str = "a connection, queue, lock or shared memory travels only inside a message of \
                       this crate or as the argument of a process";

/// Puts a duplicate of a handle beside the value that is being encoded; gives its place.
pub(crate) fn put_handle<E: serde::ser::Error>(handle: &Handle) -> std::result::Result<u32, E> {
    if ENCODING.get() == Beside::Outside {
        return Err(E::custom(OUTSIDE));
    }
    let handle = duplicate(handle)?;
    ENCODING.set(Beside::Something);
    LEAVING.with_borrow_mut(|leaving| {
        leaving.handles.push(handle);
        u32::try_from(leaving.handles.len() - 1).map_err(E::custom)
    })
}

/// A duplicate of a handle of the value that is being encoded, whose sender learns why there is none.
pub(crate) fn duplicate<E: serde::ser::Error>(handle: &Handle) -> std::result::Result<Handle, E> {
    handle
        .duplicate()
        .map_err(|refusal| not_sent(Error::system("send a handle inside a value", refusal)))
}

/// The error of a value that is being encoded and of which a part cannot be sent: whoever sends it
/// learns why.
#[cold]
pub(crate) fn not_sent<E: serde::ser::Error>(why: Error) -> E {
    let told = E::custom(&why);
    if ENCODING.get() != Beside::Outside {
        ENCODING.set(Beside::Something);
        LEAVING.with_borrow_mut(|leaving| leaving.refusal = Some(why));
    }
    told
}

/// Takes the handle at a place out of the message that is being decoded; each can be taken once.
pub(crate) fn take_handle<E: serde::de::Error>(place: u32) -> std::result::Result<Handle, E> {
    let taken = match DECODING.get() {
        Beside::Outside => return Err(E::custom(OUTSIDE)),
        Beside::Nothing => None,
        Beside::Something => ARRIVED.with_borrow_mut(|handles| {
            let slot = handles.get_mut(place as usize);
            slot.and_then(Option::take)
        }),
    };
    taken.ok_or_else(|| E::custom(format_args!("the message holds no handle {place}")))
}

/// The error of a value that cannot be put together, since the system refuses a part of it: whoever
/// receives it learns why.
#[cold]
pub(crate) fn not_made<E: serde::de::Error>(error: io::Error) -> E {
    let told = E::custom(&error);
    NOT_MADE.set(Some(error));
    told
}

/// Has `undo` done when the value that is being encoded turns out to be one that cannot be sent.
pub(crate) fn if_refused(undo: impl FnOnce() + 'static) {
    if ENCODING.get() != Beside::Outside {
        ENCODING.set(Beside::Something);
        LEAVING.with_borrow_mut(|leaving| leaving.undo.push(Box::new(undo)));
    }
}

/// Appends the bytes of a value to `buffer` and gives the handles that go beside them.
///
/// On failure nothing is appended and every collected handle is closed.
#[inline]
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    buffer: &mut Vec<u8>,
) -> Result<Vec<Handle>> {
    let outer = ENCODING.replace(Beside::Nothing);
    let outer_leaving = (outer == Beside::Something).then(|| LEAVING.replace(Leaving::NOTHING));
    let length = buffer.len();
    let outcome = postcard::serialize_with_flavor(value, Appending(buffer));
    let leaving = match ENCODING.replace(outer) {
        Beside::Something => LEAVING.replace(Leaving::NOTHING),
        _ => Leaving::NOTHING,
    };
    if let Some(outer) = outer_leaving {
        LEAVING.set(outer);
    }
    match outcome {
        Ok(()) => Ok(leaving.handles),
        Err(error) => {
            buffer.truncate(length);
            leaving.undo.into_iter().for_each(|undo| undo());
            Err(match leaving.refusal {
                Some(refusal) => refusal,
                None => refused::<T>(Kind::Serialize, &error),
            })
        }
    }
}

/// As [`encode`], and at once where the value is a vector of bytes, which serde takes for a sequence.
#[inline]
pub(crate) fn encode_message<T: Serialize + 'static>(
    value: &T,
    buffer: &mut Vec<u8>,
) -> Result<Vec<Handle>> {
    match (value as &dyn Any).downcast_ref::<Vec<u8>>() {
        Some(bytes) => encode(serde_bytes::Bytes::new(bytes), buffer),
        None => encode(value, buffer),
    }
}

/// As [`decode`], and at once where the value is a vector of bytes, which serde takes for a sequence.
#[inline]
pub(crate) fn decode_message<T: Message>(bytes: &[u8], handles: Vec<Handle>) -> Result<T> {
    if TypeId::of::<T>() == TypeId::of::<Vec<u8>>() {
        let made = decode::<serde_bytes::ByteBuf>(bytes, handles)?.into_vec();
        let made = (Box::new(made) as Box<dyn Any>).downcast::<T>();
        return made
            .map(|made| *made)
            .map_err(|_| refused::<T>(Kind::Deserialize, &"bytes"));
    }
    decode(bytes, handles)
}

/// Puts a value together from its bytes and the handles that came beside them.
///
/// Handles that the value does not take are closed.
#[inline]
pub(crate) fn decode<'b, T: Deserialize<'b>>(bytes: &'b [u8], handles: Vec<Handle>) -> Result<T> {
    let _arriving = Arriving::lay_out(handles);
    let mut deserializer = postcard::Deserializer::from_bytes(bytes);
    match T::deserialize(&mut deserializer) {
        Ok(value) => match deserializer.finalize() {
            Ok([]) => Ok(value),
            rest => {
                let rest = rest.map_or(0, <[u8]>::len);
                let extra = format_args!("{rest} bytes too many");
                Err(refused::<T>(Kind::Deserialize, &extra))
            }
        },
        Err(error) => Err(match NOT_MADE.take() {
            // Of the system's refusals alone: what is no handle of ours is a wrong value.
            Some(refusal) if refusal.kind() != io::ErrorKind::InvalidInput => {
                let name = std::any::type_name::<T>();
                Error::system(format!("put a received `{name}` together"), refusal)
            }
            _ => refused::<T>(Kind::Deserialize, &error),
        }),
    }
}

/// The handles of the value that is being decoded are laid out until this is dropped.
struct Arriving {
    outer: Beside,
    outer_arrived: Option<Vec<Option<Handle>>>,
}

impl Arriving {
    #[inline]
    fn lay_out(handles: Vec<Handle>) -> Arriving {
        if handles.is_empty() {
            return Arriving {
                outer: DECODING.replace(Beside::Nothing),
                outer_arrived: None,
            };
        }
        let arrived = handles.into_iter().map(Some).collect();
        Arriving {
            outer: DECODING.replace(Beside::Something),
            outer_arrived: Some(ARRIVED.replace(arrived)),
        }
    }
}

impl Drop for Arriving {
    #[inline]
    fn drop(&mut self) {
        DECODING.set(self.outer);
        if let Some(outer) = self.outer_arrived.take() {
            // What nobody took is closed here, and not while it is borrowed.
            drop(ARRIVED.replace(outer));
        }
    }
}

/// Lays the handles of a message out for a function that will decode it on this thread.
pub(crate) fn put_table(handles: Vec<Handle>) {
    if !handles.is_empty() {
        TABLE.set(handles);
    }
}

/// Takes what [`put_table`] has laid out, which mostly is nothing.
#[inline]
pub(crate) fn take_table() -> Vec<Handle> {
    match TABLE.with_borrow(Vec::is_empty) {
        true => Vec::new(),
        false => TABLE.take(),
    }
}

/// Registers with the system, now instead of at the first message, what is to go with this thread.
pub(crate) fn prepare_thread() {
    LEAVING.with(|_| ());
    TABLE.with(|_| ());
    ARRIVED.with(|_| ());
}

#[cold]
fn refused<T: ?Sized>(kind: Kind, why: &dyn std::fmt::Display) -> Error {
    let verb = match kind {
        Kind::Serialize => "encode",
        _ => "decode",
    };
    let name = std::any::type_name::<T>();
    Error::new(kind, format!("{verb} a `{name}` ({why})"))
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

#[cfg(test)]
mod tests {
    use super::{decode, decode_message, encode, encode_message};

    #[test]
    fn a_vector_of_bytes_is_written_at_once_as_it_is_byte_by_byte() {
        for length in [0, 1, 127, 128, 70_000] {
            let value = vec![7_u8; length];
            let (mut at_once, mut by_byte) = (Vec::new(), Vec::new());
            encode_message(&value, &mut at_once).unwrap();
            encode(&value, &mut by_byte).unwrap();
            assert_eq!(at_once, by_byte);
            assert_eq!(decode::<Vec<u8>>(&at_once, Vec::new()).unwrap(), value);
            let read = decode_message::<Vec<u8>>(&by_byte, Vec::new());
            assert_eq!(read.unwrap(), value);
        }
    }
}
