//! How named memory is found: Windows has names for sections, which go with the last handle.

use std::io;

use super::memory::SharedMemory;

/// The names of this program's sections, beside all others of the session.
fn section(name: &str) -> String {
    format!("Local\\poolproof.memory.{name}")
}

/// Nobody needs a turn: the system gives a name to one section only.
pub(crate) fn turn(_name: &str) -> io::Result<()> {
    Ok(())
}

/// New memory under a name.
pub(crate) fn make(name: &str, bytes: usize) -> io::Result<SharedMemory> {
    SharedMemory::create_named(&section(name), bytes)
}

/// The memory of a name, if it is accepted.
pub(crate) fn find(
    name: &str,
    accept: fn(&SharedMemory) -> bool,
) -> io::Result<Option<SharedMemory>> {
    match SharedMemory::open_named(&section(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        memory => Ok(Some(memory?).filter(accept)),
    }
}

/// The system keeps the name as long as anybody has the section open.
pub(crate) fn forget(_name: &str) -> io::Result<()> {
    Ok(())
}
