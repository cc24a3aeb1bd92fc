//! What of a frame lies in the ring: all of it, or its head, with the rest in memory of its own
//! that travels beside it as a handle.

use poolproof_sys::handle::Handle;
use poolproof_sys::memory::SharedMemory;
use poolproof_sys::pipe::HANDLES_MAX;

use super::UNIT;
use crate::error::{Error, Kind, Result};
use crate::queue::frame::{HEAD_BYTES, Head, TICKET_BYTES};

/// A longer frame lies outside of the ring.
const INSIDE_MAX: usize = 1 << 15;
/// What a frame outside takes of the ring all the same, so that few are under way at a time.
const OUTSIDE_UNITS: usize = INSIDE_MAX / UNIT;
/// What a group of handles takes of the ring at least: they fill a socket.
const GROUP_UNITS: usize = 4096 / UNIT;

/// How a frame lies in the ring, which its head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Bytes of the value.
    pub(super) length: usize,
    /// Whether the value lies in memory of its own.
    pub(super) is_outside: bool,
    /// Handles that travel beside the frame, that memory's among them.
    pub(super) handles: usize,
    /// What the frame takes of the ring.
    pub(super) units: u32,
}

impl Shape {
    #[inline]
    pub(super) fn of(head: [u8; HEAD_BYTES]) -> Shape {
        let head = Head::read(head);
        let is_outside = head.total > INSIDE_MAX as u64;
        let handles = head.handles + if is_outside { SharedMemory::HANDLES } else { 0 };
        let ticket = if handles > 0 { TICKET_BYTES } else { 0 };
        let inside = match is_outside {
            true => OUTSIDE_UNITS,
            false => (head.total as usize + ticket).div_ceil(UNIT),
        };
        let units = inside.max(handles.div_ceil(HANDLES_MAX) * GROUP_UNITS);
        Shape {
            length: head.total as usize - HEAD_BYTES,
            is_outside,
            handles,
            units: u32::try_from(units).unwrap_or(u32::MAX),
        }
    }

    /// Handles of the value itself.
    pub(super) fn own_handles(self) -> usize {
        match self.is_outside {
            true => self.handles - SharedMemory::HANDLES,
            false => self.handles,
        }
    }

    /// The shape of a frame, which begins with its head.
    #[inline]
    pub(super) fn of_frame(frame: &[u8]) -> Shape {
        Shape::of(frame.first_chunk().copied().unwrap_or_default())
    }
}

/// A frame on its way into the ring.
#[derive(Debug)]
pub(super) struct Parcel<'b> {
    pub(super) shape: Shape,
    pub(super) head: &'b [u8],
    /// The value's bytes, unless they lie outside.
    pub(super) body: &'b [u8],
    pub(super) handles: Vec<Handle>,
}

impl<'b> Parcel<'b> {
    /// Makes one; memory of its own for what is too large is filled here, before any lock is held.
    pub(super) fn pack(frame: &'b [u8], handles: Vec<Handle>) -> Result<Parcel<'b>> {
        let shape = Shape::of_frame(frame);
        if shape.units > super::RING_UNITS / 2 {
            let subject = format!("put a value with {} handles into a queue", handles.len());
            return Err(Error::new(Kind::Serialize, subject));
        }
        let (head, body) = frame.split_at(HEAD_BYTES);
        if !shape.is_outside {
            return Ok(Parcel {
                shape,
                head,
                body,
                handles,
            });
        }
        let mut all = outside(body)
            .map_err(|error| Error::system("make memory for a large value of a queue", error))?;
        all.extend(handles);
        Ok(Parcel {
            shape,
            head,
            body: &[],
            handles: all,
        })
    }

    /// Takes the frame's own handles out again.
    pub(super) fn unpack(mut self) -> Vec<Handle> {
        match self.shape.is_outside {
            true => self.handles.split_off(SharedMemory::HANDLES),
            false => self.handles,
        }
    }
}

fn outside(body: &[u8]) -> std::io::Result<Vec<Handle>> {
    let memory = SharedMemory::anonymous(body.len())?;
    memory.copy_in(0, body);
    memory.handles().iter().map(|h| h.duplicate()).collect()
}

/// Appends the value that lies in the memory of these handles.
pub(super) fn open(handles: Vec<Handle>, length: usize, bytes: &mut Vec<u8>) -> Result<()> {
    let failed = |error| Error::system("take a large value from a queue", error);
    let memory = SharedMemory::from_handles(handles).map_err(failed)?;
    if memory.bytes() < length {
        let subject = "take a large value from a queue, whose memory is too small";
        return Err(Error::new(Kind::Deserialize, subject));
    }
    let start = bytes.len();
    bytes.resize(start + length, 0);
    memory.copy_out(0, &mut bytes[start..]);
    Ok(())
}
