//! A folder for a socket: on this system no socket needs one.

use std::io;
use std::path::{Path, PathBuf};

/// A folder that only this user can look into.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes one: not on this system.
    ///
    /// # Errors
    /// `Unsupported`.
    pub fn make() -> io::Result<Folder> {
        let text = "this system has no sockets in the file system: use a name";
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    }

    /// Where a socket can lie in it.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.path.clone()
    }
}

/// Removes the folder of a socket whose maker was killed: there is none.
pub fn remove_dead(_socket: &Path) {}
