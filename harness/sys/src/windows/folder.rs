//! Folders for what is only this user's, and what the system tells of them.
//!
//! What is put there, and whose it is among this user's programs, is the business of `scratch`.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
/// The longest path of a socket file, in bytes: there are no such files here.
pub const SOCKET_PATH_MAX: usize = usize::MAX;

/// Where a private folder may be made: the system's folder for this user's temporary files.
#[must_use]
pub fn places() -> Vec<PathBuf> {
    vec![std::env::temp_dir()]
}

/// Whether nobody but this user and the system can put something else in the place of what this
/// user makes in a folder: its own temporary folder is in its profile, which is not shared.
///
/// # Errors
/// When the folder cannot be looked at.
pub fn is_safe(folder: &Path) -> io::Result<bool> {
    Ok(folder.metadata()?.is_dir())
}

/// Whether a path is a folder, and not a link to one.
#[must_use]
pub fn is_ours(folder: &Path) -> bool {
    let about = folder.symlink_metadata();
    about.is_ok_and(|about| about.is_dir())
}

/// Makes a folder, which has the rights of the one that it is in; it is removed with the result.
///
/// # Errors
/// As the system's calls.
pub fn make_private(place: &Path, prefix: &str) -> io::Result<TempDir> {
    tempfile::Builder::new().prefix(prefix).tempdir_in(place)
}
