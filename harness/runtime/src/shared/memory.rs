//! `SharedMemory`: bytes that processes share, found by a name or travelling in messages.
//! Never a slice of the memory itself, since others may write to it at any time.

use std::io::ErrorKind::{AlreadyExists, InvalidInput, NotFound};
use std::sync::Arc;

use poolproof_sys::memory::SharedMemory as Memory;
use poolproof_sys::named::{self, HEAD};
use poolproof_sys::shared::Shared;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Kind, Result};
use crate::transfer::{self, put_handle, take_handle};
use crate::{Context, auth};

/// A block of bytes that processes share; a clone is the same block.
///
/// It travels in messages as any value does, with or without a name. With a name every process of
/// the same user finds it, also one of another program. **The name lives until
/// [`unlink`](SharedMemory::unlink), and never longer than a process holds the block**: whoever is
/// killed leaves nothing, and nobody takes a block from those who still use it.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let block = mp::SharedMemory::create(None, 16)?;
/// block.write(0, b"hello")?;
/// block.set(8, 2.5_f64)?;
///
/// // In any process of this user:
/// let same = mp::SharedMemory::attach(block.name().unwrap_or_default())?;
/// let mut bytes = [0; 5];
/// same.read(0, &mut bytes)?;
/// assert_eq!(&bytes, b"hello");
/// assert_eq!(same.get::<f64>(8)?, 2.5);
/// same.unlink()?;
/// assert!(block.unlink().unwrap_err().is_missing());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SharedMemory {
    memory: Arc<Memory>,
    name: Option<Arc<str>>,
}

impl Context {
    /// A block of zero bytes without a name: it goes only where it is sent.
    ///
    /// # Errors
    /// `is_value` for a size of 0; what the system says when it has no memory or no handles left.
    pub fn shared_memory(&self, size: usize) -> Result<SharedMemory> {
        let bytes = checked(size)?;
        let memory = Memory::anonymous(bytes).map_err(|error| failed("make", None, error))?;
        Ok(SharedMemory {
            memory: Arc::new(memory),
            name: None,
        })
    }
}

impl SharedMemory {
    /// A new block of zero bytes under a name; without one a free name is chosen.
    ///
    /// A name has at most 64 of the characters `a-z A-Z 0-9 _ - .`
    ///
    /// # Errors
    /// `is_taken` for a name that is taken; `is_value` for a size of 0 or what cannot be a name;
    /// what the system says when it has no memory or no handles left.
    pub fn create(name: Option<&str>, size: usize) -> Result<SharedMemory> {
        checked(size)?;
        loop {
            let chosen = name.map_or_else(free_name, |name| Ok(name.to_owned()))?;
            match named::create(&chosen, size) {
                Ok(memory) => return Ok(SharedMemory::of(memory, &chosen)),
                Err(error) if error.kind() == AlreadyExists && name.is_none() => {}
                Err(error) => return Err(failed("create", Some(&chosen), error)),
            }
        }
    }

    /// The block that has a name now.
    ///
    /// # Errors
    /// `is_missing` when there is none; `is_value` for what cannot be a name.
    pub fn attach(name: &str) -> Result<SharedMemory> {
        let memory = named::open(name);
        let memory = memory.map_err(|error| failed("attach to", Some(name), error))?;
        Ok(SharedMemory::of(memory, name))
    }

    fn of(memory: Memory, name: &str) -> SharedMemory {
        SharedMemory {
            memory: Arc::new(memory),
            name: Some(name.into()),
        }
    }

    /// Its name, if it was made with one; it stays known when it is unlinked.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How many bytes it has; that never changes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.memory.bytes() - HEAD
    }

    /// Fills `bytes` with those of the block from `offset` on.
    ///
    /// What another process writes meanwhile may be there in parts.
    ///
    /// # Errors
    /// `is_index` beyond the end, and then nothing is read.
    pub fn read(&self, offset: usize, bytes: &mut [u8]) -> Result<()> {
        let at = self.place(offset, bytes.len())?;
        self.memory.copy_out(at, bytes);
        Ok(())
    }

    /// Puts `bytes` into the block from `offset` on.
    ///
    /// # Errors
    /// `is_index` beyond the end, and then nothing is written.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        let at = self.place(offset, bytes.len())?;
        self.memory.copy_in(at, bytes);
        Ok(())
    }

    /// All its bytes.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.size()];
        self.memory.copy_out(HEAD, &mut bytes);
        bytes
    }

    /// The plain value at an offset; one of 1, 2, 4 or 8 bytes is read whole.
    ///
    /// # Errors
    /// `is_index` beyond the end; `is_value` for an offset that is no multiple of such a size.
    pub fn get<T: Shared>(&self, offset: usize) -> Result<T> {
        Ok(self.memory.load(self.place_of::<T>(offset)?))
    }

    /// Sets the plain value at an offset; one of 1, 2, 4 or 8 bytes is written whole.
    ///
    /// # Errors
    /// As [`SharedMemory::get`].
    pub fn set<T: Shared>(&self, offset: usize, value: T) -> Result<()> {
        self.memory.store(self.place_of::<T>(offset)?, value);
        Ok(())
    }

    /// Lets the block go, as dropping it does.
    pub fn close(self) {}

    /// Takes the name from the block, which lives on for those who hold it; who attaches later
    /// finds nothing. To be done once, by anyone.
    ///
    /// # Errors
    /// `is_missing` when it is done already; `is_usage` for a block without a name.
    pub fn unlink(&self) -> Result<()> {
        let Some(name) = self.name() else {
            let text = "unlink shared memory that has no name: it goes with its last holder";
            return Err(Error::new(Kind::Usage, text));
        };
        named::unlink(name, &self.memory).map_err(|error| failed("unlink", Some(name), error))
    }

    /// Where some bytes are in the memory.
    fn place(&self, offset: usize, length: usize) -> Result<usize> {
        let end = offset.checked_add(length);
        if end.is_some_and(|end| end <= self.size()) {
            return Ok(HEAD + offset);
        }
        let size = self.size();
        let subject =
            format!("{length} bytes at {offset} of shared memory of {size}: out of range");
        Err(Error::new(Kind::Index, subject))
    }

    fn place_of<T: Shared>(&self, offset: usize) -> Result<usize> {
        let size = size_of::<T>();
        if matches!(size, 2 | 4 | 8) && !offset.is_multiple_of(size) {
            let name = std::any::type_name::<T>();
            let text = format!("a `{name}` at {offset} of shared memory: no multiple of {size}");
            return Err(Error::new(Kind::Value, text));
        }
        self.place(offset, size)
    }
}

fn failed(verb: &str, name: Option<&str>, error: std::io::Error) -> Error {
    let subject = match name {
        Some(name) => format!("{verb} the shared memory `{}`", name.escape_default()),
        None => format!("{verb} shared memory"),
    };
    match error.kind() {
        AlreadyExists => Error::new(Kind::Taken, subject),
        NotFound => Error::new(
            Kind::Missing,
            format!("{subject}: nobody holds such a block"),
        ),
        InvalidInput => Error::new(Kind::Value, format!("{subject}: {error}")),
        _ => Error::system(subject, error),
    }
}

/// The size with the head.
fn checked(size: usize) -> Result<usize> {
    let why = match size.checked_add(HEAD) {
        Some(bytes) if size > 0 => return Ok(bytes),
        Some(_) => "it has at least one",
        None => "no system has so much",
    };
    let text = format!("make shared memory of {size} bytes: {why}");
    Err(Error::new(Kind::Value, text))
}

/// A name as Python gives them.
fn free_name() -> Result<String> {
    let mut bytes = [0; 4];
    auth::fill_random(&mut bytes)?;
    Ok(format!("psm_{:08x}", u32::from_ne_bytes(bytes)))
}

/// A block on its way in a message.
#[derive(Serialize, Deserialize)]
struct Travelling {
    name: Option<String>,
    handles: [u32; Memory::HANDLES],
}

impl Serialize for SharedMemory {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut handles = [0; Memory::HANDLES];
        for (place, handle) in handles.iter_mut().zip(self.memory.handles()) {
            *place = put_handle::<S::Error>(handle)?;
        }
        let name = self.name().map(str::to_owned);
        Travelling { name, handles }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedMemory {
    fn deserialize<D: Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<SharedMemory, D::Error> {
        use serde::de::Error;
        let travelling = Travelling::deserialize(deserializer)?;
        let handles = travelling.handles.iter();
        let handles = handles.map(|place| take_handle::<D::Error>(*place));
        let memory = Memory::from_handles(handles.collect::<std::result::Result<_, _>>()?)
            .map_err(transfer::not_made::<D::Error>)?;
        if memory.bytes() <= HEAD {
            return Err(D::Error::custom("the handle is no block of shared memory"));
        }
        Ok(SharedMemory {
            memory: Arc::new(memory),
            name: travelling.name.map(Arc::from),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::SharedMemory;
    use crate::{Context, StartMethod};

    fn block(size: usize) -> SharedMemory {
        let context = Context::new(StartMethod::Spawn).unwrap();
        context.shared_memory(size).unwrap()
    }

    #[test]
    fn a_new_block_is_zero_and_has_its_size() {
        assert_eq!(block(5).to_vec(), [0; 5]);
        let named = SharedMemory::create(None, 3).unwrap();
        assert_eq!(named.size(), 3);
        assert!(named.name().unwrap().starts_with("psm_"));
    }

    #[test]
    fn a_block_of_no_bytes_is_refused() {
        assert!(SharedMemory::create(None, 0).unwrap_err().is_value());
        assert!(
            SharedMemory::create(None, usize::MAX)
                .unwrap_err()
                .is_value()
        );
    }

    #[test]
    fn nothing_beyond_the_end_is_touched() {
        let block = block(8);
        assert!(block.write(7, b"ab").unwrap_err().is_index());
        assert!(block.read(9, &mut []).unwrap_err().is_index());
        assert!(block.set(8, 1_u8).unwrap_err().is_index());
        assert!(block.get::<u16>(usize::MAX).unwrap_err().is_value());
        assert!(block.get::<u32>(2).unwrap_err().is_value());
        assert_eq!(block.to_vec(), [0; 8]);
    }

    #[test]
    fn a_name_is_taken_once_and_missing_once_it_is_unlinked() {
        let name = format!("unit-{}", std::process::id());
        let block = SharedMemory::create(Some(&name), 1).unwrap();
        assert!(SharedMemory::create(Some(&name), 1).unwrap_err().is_taken());
        block.unlink().unwrap();
        assert!(SharedMemory::attach(&name).unwrap_err().is_missing());
        assert!(SharedMemory::attach("../x").unwrap_err().is_value());
    }

    #[test]
    fn a_block_without_a_name_cannot_be_unlinked() {
        assert!(block(1).unlink().unwrap_err().is_usage());
    }
}
