//! A folder for a socket that only this process's user can look into, on systems where a socket
//! that others are to find needs a file.
//!
//! It goes with who made it. Nobody can remove it for one who is killed, so it is locked as long as
//! its maker lives, and whoever makes the next one removes those that are locked no more.

use std::fs::{self, DirBuilder, File, Metadata, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::copies::epoch;
use super::socket::NAME_MAX;

/// How the name of each begins; random digits follow.
const PREFIX: &str = "poolproof-socket-";
const DIGITS: usize = 12;

/// The socket in it.
const SOCKET: &str = "socket";

/// Where temporary files may always lie.
const LAST: &str = "/tmp";

/// How often another name is tried.
const ATTEMPTS: usize = 8;

/// What of a mode lets others in, lets others change what is there, and lets each change only what
/// is its own.
const PERMISSIONS: u32 = 0o777;
const PRIVATE: u32 = 0o700;
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// A folder that only this user can look into.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Locked.
    _lock: File,
    owner: u32,
}

impl Folder {
    /// Makes one where temporary files lie, or in `/tmp` where no socket can lie safely there, or
    /// none that is short enough for a socket's path.
    ///
    /// # Errors
    /// Says of each place why there is none.
    pub fn make() -> io::Result<Folder> {
        let mut why = Vec::new();
        let usual = std::env::temp_dir();
        let last = Path::new(LAST);
        for base in [usual.as_path(), last] {
            match make_in(base) {
                Ok(folder) => return Ok(folder),
                Err(error) => why.push(format!("in `{}`: {error}", base.display())),
            }
            if usual == last {
                break;
            }
        }
        let text = format!(
            "{}; let TMPDIR name a folder of yours with a short path",
            why.join(", and ")
        );
        Err(io::Error::other(text))
    }

    /// Where a socket can lie in it.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.path.join(SOCKET)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.owner == epoch() {
            remove(&self.path);
        }
    }
}

/// Removes the folder of a socket whose maker was killed.
pub fn remove_dead(socket: &Path) {
    if let Some(folder) = socket.parent().filter(|folder| is_named(folder)) {
        remove_if_dead(folder);
    }
}

fn make_in(base: &Path) -> io::Result<Folder> {
    let refused = |why: &str| Err(io::Error::other(why));
    if !base.is_absolute() {
        return refused("it is not said from the root on");
    }
    let length = base.as_os_str().len() + 1 + PREFIX.len() + DIGITS + 1 + SOCKET.len();
    if length > NAME_MAX {
        return refused("its path is too long for that of a socket in it");
    }
    let meta = call!(fs::metadata(base))?;
    if !meta.is_dir() {
        return refused("it is no folder");
    }
    let is_ours = |owner: u32| [own_user(), 0].contains(&owner);
    if !is_ours(meta.uid()) || (meta.mode() & OTHERS_WRITE != 0 && meta.mode() & STICKY == 0) {
        return refused("others can take away what lies in it");
    }
    remove_all_dead(base);
    for _ in 0..ATTEMPTS {
        if let Some(folder) = try_make(base)? {
            return Ok(folder);
        }
    }
    refused("each name is taken")
}

/// None where the name is taken, or another has taken it for that of a dead one.
fn try_make(base: &Path) -> io::Result<Option<Folder>> {
    let random = RandomState::new().hash_one(std::process::id());
    let digits = &format!("{random:016x}")[..DIGITS];
    let path = base.join(format!("{PREFIX}{digits}"));
    match call!(DirBuilder::new().mode(PRIVATE).create(&path)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
        outcome => outcome?,
    }
    // A mask may have taken more than others' permissions away.
    call!(fs::set_permissions(
        &path,
        fs::Permissions::from_mode(PRIVATE)
    ))?;
    let Ok(lock) = call!(File::open(&path)) else {
        return Ok(None);
    };
    match call!(lock.try_lock()) {
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
        Ok(()) => {}
    }
    let (locked, there) = (call!(lock.metadata())?, call!(fs::symlink_metadata(&path)));
    if !there.is_ok_and(|there| is_same(&there, &locked) && is_private(&there)) {
        return Ok(None);
    }
    Ok(Some(Folder {
        path,
        _lock: lock,
        owner: epoch(),
    }))
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

fn is_private(folder: &Metadata) -> bool {
    folder.is_dir() && folder.uid() == own_user() && folder.mode() & PERMISSIONS == PRIVATE
}

fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn is_named(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str());
    let digits = name.and_then(|name| name.strip_prefix(PREFIX));
    digits.is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Those of this user whose makers were killed.
fn remove_all_dead(base: &Path) {
    let Ok(entries) = call!(fs::read_dir(base)) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if is_named(&path) {
            remove_if_dead(&path);
        }
    }
}

fn remove_if_dead(folder: &Path) {
    let is_ours = call!(fs::symlink_metadata(folder)).is_ok_and(|there| is_private(&there));
    // Whoever is about to lock it has another name to try.
    if is_ours
        && let Ok(lock) = call!(File::open(folder))
        && call!(lock.try_lock()).is_ok()
    {
        remove(folder);
    }
}

/// With a socket in it, and nothing else.
fn remove(folder: &Path) {
    // Each may be gone already.
    let _ = call!(fs::remove_file(folder.join(SOCKET)));
    let _ = call!(fs::remove_dir(folder));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(name: &str) -> PathBuf {
        let name = format!("poolproof-folder-{name}-{}", std::process::id());
        let base = std::env::temp_dir().join(name);
        fs::create_dir(&base).unwrap();
        base
    }

    #[test]
    fn a_folder_is_private_and_goes_with_its_maker() {
        let base = base("one");
        let (folder, other) = (make_in(&base).unwrap(), make_in(&base).unwrap());
        assert_ne!(folder.socket(), other.socket());
        for folder in [folder, other] {
            let socket = folder.socket();
            let path = socket.parent().unwrap().to_owned();
            assert!(is_private(&fs::symlink_metadata(&path).unwrap()));
            fs::write(socket, "").unwrap();
            // It lives, and so it stays.
            remove_all_dead(&base);
            assert!(path.exists());
            drop(folder);
            assert!(!path.exists());
        }
        fs::remove_dir(base).unwrap();
    }

    #[test]
    fn what_a_killed_maker_has_left_is_removed_and_nothing_else() {
        let base = base("dead");
        let dead = base.join(format!("{PREFIX}0123456789ab"));
        let private = |path: &Path| DirBuilder::new().mode(PRIVATE).create(path).unwrap();
        let make_dead = || {
            private(&dead);
            fs::write(dead.join(SOCKET), "").unwrap();
        };
        let others = ["poolproof-socket-", "poolproof-socket-notes", "another"];
        let others = others.map(|name| base.join(name));
        others.iter().for_each(|other| private(other));
        make_dead();
        let folder = make_in(&base).unwrap();
        assert!(!dead.exists() && folder.socket().parent().unwrap().exists());
        make_dead();
        remove_dead(&dead.join(SOCKET));
        assert!(!dead.exists());
        // One that has something else in it is somebody's.
        make_dead();
        fs::write(dead.join("notes"), "").unwrap();
        remove_dead(&dead.join(SOCKET));
        assert!(dead.join("notes").exists());
        remove_dead(&folder.socket());
        assert!(folder.socket().parent().unwrap().exists());
        assert!(others.iter().all(|other| other.exists()));
        drop(folder);
        fs::remove_dir_all(base).unwrap();
    }

    #[test]
    fn where_others_can_take_it_away_or_its_path_is_too_long_there_is_none() {
        let base = base("bad");
        let open = |mode| fs::set_permissions(&base, fs::Permissions::from_mode(mode)).unwrap();
        for mode in [0o777, 0o770, 0o702] {
            open(mode);
            let error = make_in(&base).unwrap_err().to_string();
            assert!(error.contains("others"), "{error}");
        }
        // As `/tmp` is.
        open(0o1777);
        drop(make_in(&base).unwrap());
        open(0o700);
        let long = base.join("x".repeat(NAME_MAX));
        for (base, why) in [
            (long.as_path(), "too long"),
            (Path::new("here"), "root"),
            (Path::new(""), "root"),
            (&base.join("nowhere"), "No such file"),
            (Path::new("/dev/null"), "no folder"),
        ] {
            let error = make_in(base).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        fs::remove_dir(base).unwrap();
    }
}
