//! Named shared memory and semaphores, which Linux has as files in `/dev/shm`.
//!
//! It says what is there and who has it open; whose it is, is the caller's business.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Where they are.
pub(super) const FOLDER: &str = "/dev/shm";

/// Which memory a name means: another that has the same name later is not the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inode(u64);

/// The named shared memory and semaphores of the system.
///
/// # Errors
/// When the folder that has them cannot be read.
pub fn named_memory() -> io::Result<BTreeMap<String, Inode>> {
    let mut names = BTreeMap::new();
    for entry in fs::read_dir(FOLDER)? {
        let entry = entry?;
        // One that is unlinked meanwhile is not there.
        if let Ok(about) = entry.metadata() {
            let name = entry.file_name().to_string_lossy().into_owned();
            names.insert(name, Inode(about.ino()));
        }
    }
    Ok(names)
}

/// The named memory that processes have mapped or open; of one that has ended, or that may not be
/// looked at, none.
#[must_use]
pub fn memory_of(pids: impl IntoIterator<Item = u32>) -> BTreeMap<String, Inode> {
    let mut found = BTreeMap::new();
    for pid in pids {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
        found.extend(maps.lines().filter_map(mapped));
        let files = fs::read_dir(format!("/proc/{pid}/fd"));
        found.extend(files.into_iter().flatten().flatten().filter_map(opened));
    }
    found
}

/// Removes named memory, if the name still means this.
///
/// # Errors
/// When it means another or none, or cannot be removed.
pub fn remove_memory(name: &str, inode: Inode) -> io::Result<()> {
    let path = Path::new(FOLDER).join(name);
    if fs::symlink_metadata(&path)?.ino() != inode.0 {
        return Err(io::ErrorKind::NotFound.into());
    }
    fs::remove_file(path)
}

/// The name in a line of a process's maps: address, rights, offset, device, inode, path.
fn mapped(line: &str) -> Option<(String, Inode)> {
    let mut fields = line.splitn(6, ' ');
    let inode = fields.nth(4)?.parse().ok()?;
    let name = name(Path::new(fields.next()?.trim_start()))?;
    Some((name, Inode(inode)))
}

/// The name of a file that a process has open.
fn opened(file: fs::DirEntry) -> Option<(String, Inode)> {
    let path = fs::read_link(file.path()).ok()?;
    let name = name(&path)?;
    Some((name, Inode(fs::metadata(file.path()).ok()?.ino())))
}

fn name(path: &Path) -> Option<String> {
    let name = path.strip_prefix(FOLDER).ok()?.to_str()?;
    // So the kernel shows a file whose name is gone.
    (!name.ends_with(" (deleted)")).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_known_by_name_and_number_to_whoever_looks() {
        let name = format!("poolproof-memory-test-{}", std::process::id());
        let path = Path::new(FOLDER).join(&name);
        let Ok(file) = fs::File::create(&path) else {
            eprintln!("{FOLDER} cannot be written to here");
            return;
        };
        let inode = named_memory().unwrap()[&name];
        assert_eq!(memory_of([std::process::id()]).get(&name), Some(&inode));
        drop(file);
        assert_eq!(memory_of([std::process::id()]).get(&name), None);
        assert!(remove_memory(&name, Inode(inode.0 + 1)).is_err());
        assert!(path.exists(), "another's memory was removed");
        remove_memory(&name, inode).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_line_of_maps_names_memory_and_nothing_else() {
        let line = "7f3a6c000000-7f3a6c021000 rw-s 00000000 00:16 4711          /dev/shm/a b";
        assert_eq!(mapped(line), Some(("a b".to_owned(), Inode(4711))));
        assert_eq!(mapped(&format!("{line} (deleted)")), None);
        assert_eq!(
            mapped("7f3a6c000000-7f3a6c021000 rw-p 00000000 00:00 0 "),
            None
        );
    }
}
