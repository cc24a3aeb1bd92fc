//! Limits that the system sets to a process: which one a refused call has met, and what to do. Here
//! the system's own words say it.

use std::io;

/// The same error of a call that starts a thread or a process, with the limit that it has met.
#[must_use]
pub fn of_starting(error: io::Error) -> io::Error {
    error
}

/// Whether what a call lacked may be there another time: handles, memory.
#[must_use]
pub fn may_pass(error: &io::Error) -> bool {
    super::handle::are_used_up(error) || error.kind() == io::ErrorKind::OutOfMemory
}

/// The same error of a call that maps memory, with how much that was.
#[must_use]
pub fn of_memory(bytes: usize, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("map {bytes} bytes: {error}"))
}

/// Checks that a file, as which shared memory counts, may have so many bytes: here it may.
///
/// # Errors
/// None here.
pub fn check_file_size(_bytes: usize) -> io::Result<()> {
    Ok(())
}
