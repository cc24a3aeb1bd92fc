//! A copy of this process and nothing else: Windows has no way to copy a process.

use std::io;

use crate::ending::Ending;

/// A process that could be copied.
#[derive(Debug)]
pub enum Alone {}

impl Alone {
    /// Looks whether this process can be copied.
    ///
    /// # Errors
    /// Always `Unsupported`.
    pub fn new() -> io::Result<Alone> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Copies this process.
    ///
    /// # Errors
    /// None: there is nothing to copy.
    pub fn fork(&self, _work: impl FnOnce() -> i32) -> io::Result<u32> {
        match *self {}
    }
}

/// Waits for the end of a copy.
///
/// # Errors
/// Always `Unsupported`.
pub fn wait(_pid: u32) -> io::Result<Ending> {
    Err(io::ErrorKind::Unsupported.into())
}
