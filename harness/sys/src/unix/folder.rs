//! Folders for what is only this user's, and what the system tells of them.
//!
//! What is put there, and whose it is among this user's programs, is the business of `scratch`.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The longest path of a socket file, in bytes.
pub const SOCKET_PATH_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Where a private folder may be made, the best place first: where the user asks for it, then where
/// the system has temporary files.
#[must_use]
pub fn places() -> Vec<PathBuf> {
    let asked = ["TMPDIR", "XDG_RUNTIME_DIR"].into_iter();
    let asked = asked.filter_map(std::env::var_os).map(PathBuf::from);
    let known = ["/tmp", "/var/tmp"].into_iter().map(PathBuf::from);
    let all = asked.chain(known).filter(|place| place.is_absolute());
    let mut places: Vec<PathBuf> = Vec::new();
    for place in all.filter_map(|place| place.canonicalize().ok()) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Whether nobody but this user and the system can put something else in the place of what this
/// user makes in a folder.
///
/// # Errors
/// When the folder cannot be looked at.
pub fn is_safe(folder: &Path) -> io::Result<bool> {
    const OTHERS_WRITE: u32 = 0o022;
    const STICKY: u32 = 0o1000;
    let about = folder.metadata()?;
    let is_trusted = about.uid() == 0 || about.uid() == user();
    let is_shared = about.mode() & OTHERS_WRITE != 0 && about.mode() & STICKY == 0;
    Ok(about.is_dir() && is_trusted && !is_shared)
}

/// Whether a path is a folder of this user's, and not a link to one.
#[must_use]
pub fn is_ours(folder: &Path) -> bool {
    let about = folder.symlink_metadata();
    about.is_ok_and(|about| about.is_dir() && about.uid() == user())
}

/// Makes a folder that only this user can enter, whatever the mask for new files is; it is removed
/// with the result.
///
/// # Errors
/// As the system's calls.
pub fn make_private(place: &Path, prefix: &str) -> io::Result<TempDir> {
    let only_owner = || Permissions::from_mode(0o700);
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix(prefix).permissions(only_owner());
    let folder = folder.tempdir_in(place)?;
    // The mask may have taken rights from the owner, too.
    std::fs::set_permissions(folder.path(), only_owner())?;
    Ok(folder)
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_which_strangers_can_rename_is_not_safe() {
        let folder = tempfile::tempdir().unwrap();
        for (mode, is_good) in [(0o700, true), (0o755, true), (0o777, false), (0o1777, true)] {
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(mode)).unwrap();
            assert_eq!(is_safe(folder.path()).unwrap(), is_good, "{mode:o}");
        }
    }

    #[test]
    fn a_private_folder_is_private_and_a_link_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let inner = make_private(folder.path(), "inner-").unwrap();
        assert_eq!(inner.path().metadata().unwrap().mode() & 0o777, 0o700);
        assert!(is_ours(inner.path()));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(inner.path(), &link).unwrap();
        assert!(!is_ours(&link));
    }
}
