//! What a run leaves behind: files in its temporary folder, named shared memory and semaphores.
//!
//! Only what the run's own processes are known to have made counts, and only that is removed.
//! Processes that outlive main are part of the outcome and are counted by `execute`; sockets go with
//! their processes, or are files in the temporary folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use poolproof_sys::tree::{self, Inode, Process};

/// The named memory of a run that shares it with the rest of the machine.
#[derive(Debug)]
pub(crate) struct NamedMemory {
    before: BTreeMap<String, Inode>,
    used: BTreeMap<String, Inode>,
}

/// What a run left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leaks {
    /// Files in the run's own temporary folder.
    pub(crate) files: Vec<String>,
    /// Names of shared memory and semaphores.
    pub(crate) names: BTreeSet<String>,
}

impl NamedMemory {
    /// Looks at what is there before a run.
    pub(crate) fn before() -> NamedMemory {
        NamedMemory {
            // A system without that folder has nothing in it.
            before: tree::named_memory().unwrap_or_default(),
            used: BTreeMap::new(),
        }
    }

    /// Notes what processes of the run use that was not there before: this run has made it.
    pub(crate) fn look(&mut self, processes: &[Process]) {
        let used = tree::memory_of(processes.iter().map(|process| process.pid));
        let is_new = |(name, inode): &(String, Inode)| self.before.get(name) != Some(inode);
        self.used.extend(used.into_iter().filter(is_new));
    }

    /// Removes what the run has made and left, and gives its names.
    fn take(&self) -> BTreeSet<String> {
        let there = tree::named_memory().unwrap_or_default();
        let is_there = |(name, inode): &(&String, &Inode)| there.get(*name) == Some(inode);
        let left = self.used.iter().filter(is_there);
        left.map(|(name, inode)| {
            // What is gone by now is as good.
            let _ = tree::remove_memory(name, *inode);
            name.clone()
        })
        .collect()
    }
}

impl Leaks {
    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.names.is_empty()
    }

    /// One sentence a thing.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let files = self
            .files
            .iter()
            .map(|file| format!("the file {file} in the temporary folder"));
        let names = self
            .names
            .iter()
            .map(|name| format!("the shared memory or semaphore {name}"));
        files.chain(names).collect()
    }
}

/// What is left after a run: in its temporary folder, and of named memory in a place of its own
/// (`own`), or in the one that all share.
pub(crate) fn after(
    memory: &NamedMemory,
    temporary: &Path,
    own: Option<&BTreeSet<String>>,
) -> Leaks {
    let mut leaks = Leaks::default();
    list(temporary, temporary, &mut leaks.files);
    leaks.files.sort();
    leaks.names = own.map_or_else(|| memory.take(), BTreeSet::clone);
    leaks
}

fn list(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            list(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path);
            // With the same marks on every system, so that reports can be set side by side.
            let parts = name
                .components()
                .map(|part| part.as_os_str().to_string_lossy());
            files.push(parts.collect::<Vec<_>>().join("/"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_in_the_temporary_folder_are_found_at_any_depth() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        std::fs::write(folder.path().join("inner/socket"), "").unwrap();
        let leaks = after(&NamedMemory::before(), folder.path(), None);
        assert_eq!(leaks.files, ["inner/socket"]);
    }

    #[test]
    fn memory_that_no_process_of_the_run_has_used_is_neither_counted_nor_removed() {
        let shared = Path::new("/dev/shm");
        let name = format!("poolproof-leak-test-{}", std::process::id());
        let memory = NamedMemory::before();
        // Wine shows this folder, too.
        if !shared.is_absolute() || std::fs::write(shared.join(&name), "another's").is_err() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let leaks = after(&memory, folder.path(), None);
        assert!(shared.join(&name).exists());
        std::fs::remove_file(shared.join(&name)).unwrap();
        assert!(leaks.is_empty(), "{leaks:?}");
    }

    #[test]
    fn memory_that_a_process_of_the_run_has_used_is_counted_and_removed() {
        let shared = Path::new("/dev/shm");
        let name = format!("poolproof-leak-own-{}", std::process::id());
        let mut memory = NamedMemory::before();
        let Some(Ok(file)) = shared
            .is_absolute()
            .then(|| std::fs::File::create(shared.join(&name)))
        else {
            return;
        };
        let process = Process {
            pid: std::process::id(),
            parent: 1,
            command: String::new(),
            runnable: false,
            busy: std::time::Duration::ZERO,
        };
        memory.look(&[process]);
        drop(file);
        let folder = tempfile::tempdir().unwrap();
        let leaks = after(&memory, folder.path(), None);
        assert!(leaks.names.contains(&name), "{leaks:?}");
        assert!(!shared.join(&name).exists());
    }
}
