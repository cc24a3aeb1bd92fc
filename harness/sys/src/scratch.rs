//! A private folder that goes with the process that made it, however that ends.
//!
//! Whose it is says a lock on a file inside, which the system lets go of when the process is gone:
//! never a name or a number, which others may use, too. A folder whose lock is free is abandoned,
//! and is removed by whoever finds it first.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::folder;
use crate::tree;

/// How the name of each begins.
const PREFIX: &str = "poolproof-";

/// The file inside that is locked for as long as its maker lives.
const OWNER: &str = "owner";

/// What that file begins with: a folder without it is none of these.
const MAGIC: &str = "Poolproof's scratch folder, which goes with the process that has this file \
                     locked\n";

/// The variable by which processes that work in a folder are known, whoever started them.
pub const MARK: &str = "POOLPROOF_SCRATCH";

/// The longest path that a scratch folder may have, so that a socket below it has one that the
/// system takes: what Python's library adds to its temporary folder is 32 bytes long.
const PATH_MAX: usize = folder::SOCKET_PATH_MAX.saturating_sub(50);

/// A private folder; dropping it removes it.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// Locked while the folder is there.
    owner: Option<File>,
}

/// Another process of this user that has such a folder, and lives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Neighbour {
    /// Its folder.
    pub folder: PathBuf,
    /// What it said of itself.
    pub about: String,
}

impl Scratch {
    /// Makes a folder where there is a place for one; `about` is what others are told of its owner.
    ///
    /// # Errors
    /// When no place can be written to: each is named with the reason.
    pub fn make(about: &str) -> io::Result<Scratch> {
        let mut reasons = Vec::new();
        let mut places = folder::places();
        // One with long paths is better than none.
        places.sort_by_key(|place| place.as_os_str().len() + PREFIX.len() + 7 > PATH_MAX);
        for place in &places {
            let made = match folder::is_safe(place) {
                Ok(true) => Scratch::make_in(place, about),
                Ok(false) => Err(io::Error::other("others could replace what is in it")),
                Err(error) => Err(error),
            };
            match made {
                Ok(scratch) => return Ok(scratch),
                Err(error) => reasons.push(format!("{}: {error}", place.display())),
            }
        }
        if places.is_empty() {
            reasons.push("TMPDIR names none, and there is no /tmp".to_owned());
        }
        let reasons = reasons.join("; ");
        let text =
            format!("there is no place for temporary files ({reasons}); TMPDIR can name one");
        Err(io::Error::other(text))
    }

    fn make_in(place: &Path, about: &str) -> io::Result<Scratch> {
        // Until the file says whose it is, dropping this removes the folder.
        let made = folder::make_private(place, PREFIX)?;
        let owner = create(&made.path().join(OWNER))?;
        // Another process looks at a file for a moment only, and takes nothing that is not written.
        owner.try_lock().map_err(|_| busy(made.path()))?;
        let text = format!("{MAGIC}process {}\n{about}\n", std::process::id());
        (&owner).write_all(text.as_bytes())?;
        let path = made.keep();
        own().push(path.clone());
        Ok(Scratch {
            path,
            owner: Some(owner),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the paths below it are too long for sockets.
    #[must_use]
    pub fn is_deep(&self) -> bool {
        self.path.as_os_str().len() > PATH_MAX
    }

    /// The folders of other processes of this user that live, in the order of their names.
    #[must_use]
    pub fn neighbours(&self) -> Vec<Neighbour> {
        let others = all().filter(|folder| *folder != self.path);
        let mut neighbours: Vec<Neighbour> = others.filter_map(neighbour).collect();
        neighbours.sort();
        neighbours
    }
}

/// The folders of this process.
fn own() -> MutexGuard<'static, Vec<PathBuf>> {
    static OWN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes this process's folders, for one that leaves without coming back to where they are kept.
/// What cannot be removed now is abandoned.
pub fn remove_own() {
    for folder in own().drain(..) {
        let _ = std::fs::remove_dir_all(folder);
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        own().retain(|folder| *folder != self.path);
        // Windows removes no folder with a file that is open.
        drop(self.owner.take());
        // What cannot be removed now is abandoned, and removed by the next who looks.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders of this user whose processes are gone, with all that still works in them.
pub fn remove_abandoned() {
    for folder in all() {
        remove_if_abandoned(&folder);
    }
}

/// Removes a folder whose process is gone, with all that still works in it; says whether.
pub fn remove_if_abandoned(folder: &Path) -> bool {
    let Some(owner) = open(folder) else {
        return false;
    };
    // While this holds the lock, nobody else removes it.
    if owner.try_lock().is_err() || !is_marked(&owner) {
        return false;
    }
    // Where the processes cannot be listed, they go on, and their files are gone.
    let _ = tree::end_marked(MARK.as_ref(), folder.as_os_str());
    // Windows keeps a folder that a process works in; elsewhere it makes no difference.
    if std::env::current_dir().is_ok_and(|current| current.starts_with(folder)) {
        let _ = std::env::set_current_dir(folder.parent().unwrap_or(folder));
    }
    // Windows removes no folder with a file that is open; whoever else takes the lock now does the same.
    drop(owner);
    std::fs::remove_dir_all(folder).is_ok()
}

/// All folders with such a name that are this user's, wherever they may be made.
fn all() -> impl Iterator<Item = PathBuf> {
    let entries = folder::places()
        .into_iter()
        .filter_map(|place| std::fs::read_dir(place).ok());
    entries
        .flat_map(Iterator::flatten)
        .filter(|entry| {
            entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(PREFIX.as_bytes())
        })
        .map(|entry| entry.path())
        .filter(|path| folder::is_ours(path))
}

fn neighbour(folder: PathBuf) -> Option<Neighbour> {
    let owner = open(&folder)?;
    if owner.try_lock_shared().is_ok() {
        return None;
    }
    let mut text = String::new();
    // Where the lock keeps others from reading, it is a neighbour without a word.
    let _ = (&owner).take(4 << 10).read_to_string(&mut text);
    let about = text
        .strip_prefix(MAGIC)
        .unwrap_or_default()
        .trim()
        .replace('\n', ": ");
    Some(Neighbour { folder, about })
}

/// The owner's file of a folder, if it is a plain one.
fn open(folder: &Path) -> Option<File> {
    let path = folder.join(OWNER);
    // Whoever opens a pipe without a writer waits for one.
    let is_plain = path.symlink_metadata().is_ok_and(|about| about.is_file());
    is_plain.then(|| File::open(path).ok()).flatten()
}

fn is_marked(mut owner: &File) -> bool {
    let mut start = [0; MAGIC.len()];
    owner.read_exact(&mut start).is_ok() && start == *MAGIC.as_bytes()
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).open(path)
}

fn busy(folder: &Path) -> io::Error {
    io::Error::other(format!(
        "somebody looks at {} for too long",
        folder.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(place: &Path) -> Scratch {
        Scratch::make_in(place, "for a test").unwrap()
    }

    #[test]
    fn a_folder_goes_with_its_owner_and_not_before() {
        let place = tempfile::tempdir().unwrap();
        let scratch = make(place.path());
        let path = scratch.path().to_owned();
        assert!(!remove_if_abandoned(&path));
        assert!(path.exists());
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_whose_owner_is_gone_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let scratch = make(place.path());
        let path = scratch.path().to_owned();
        std::fs::write(path.join("file"), "").unwrap();
        let copy = place.path().join("poolproof-copy");
        std::fs::rename(&path, &copy).unwrap();
        // The lock goes, the folder stays: as when its owner is killed.
        drop(scratch);
        assert!(remove_if_abandoned(&copy));
        assert!(!copy.exists());
    }

    #[test]
    fn what_only_has_such_a_name_is_never_touched() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("poolproof-2024-results");
        std::fs::create_dir(&path).unwrap();
        assert!(!remove_if_abandoned(&path), "it has no owner's file");
        std::fs::write(path.join(OWNER), "").unwrap();
        assert!(!remove_if_abandoned(&path), "its file is empty");
        std::fs::write(path.join(OWNER), "this is mine\n".repeat(20)).unwrap();
        assert!(!remove_if_abandoned(&path), "its file is another's");
        assert!(path.join(OWNER).exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_place_of_the_owner_s_file_holds_nobody_up() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("poolproof-pipe");
        std::fs::create_dir(&path).unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(path.join(OWNER))
            .status();
        assert!(made.unwrap().success());
        assert!(!remove_if_abandoned(&path));
        assert_eq!(neighbour(path), None);
    }

    #[test]
    fn a_neighbour_says_what_it_is() {
        let place = tempfile::tempdir().unwrap();
        let scratch = make(place.path());
        let neighbour = neighbour(scratch.path().to_owned()).unwrap();
        assert_eq!(neighbour.folder, scratch.path());
        // Windows keeps others from reading what is locked.
        if cfg!(unix) {
            let about = format!("process {}: for a test", std::process::id());
            assert_eq!(neighbour.about, about);
        }
    }
}
