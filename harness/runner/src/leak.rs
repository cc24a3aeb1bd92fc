//! What a run leaves behind: files in its temporary folder, named shared memory and semaphores.
//!
//! Processes that outlive main are part of the outcome and are counted by `execute`; sockets go with
//! their processes, or are files in the temporary folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use poolproof_sys::tree;

/// How long another program may take to unlink or map what it has just made.
const SETTLE_MAX: Duration = Duration::from_millis(300);

/// What was there before a run.
#[derive(Debug)]
pub(crate) struct Before {
    names: BTreeMap<String, SystemTime>,
}

/// What a run left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leaks {
    /// Files in the run's own temporary folder.
    pub(crate) files: Vec<String>,
    /// Names in the run's own shared memory.
    pub(crate) own: BTreeSet<String>,
    /// New names of the system's shared memory that nobody uses. Any process of the machine may have made them,
    /// so they count only when they show again in a run that is alone.
    pub(crate) names: BTreeSet<String>,
}

impl Leaks {
    /// One sentence a thing.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let files = self
            .files
            .iter()
            .map(|file| format!("the file {file} in the temporary folder"));
        let names = self
            .own
            .iter()
            .chain(&self.names)
            .map(|name| format!("the shared memory or semaphore {name}"));
        files.chain(names).collect()
    }
}

/// Looks at what is there before a run.
pub(crate) fn before() -> Before {
    // A system without that folder has nothing in it.
    let names = tree::named_memory().unwrap_or_default();
    Before { names }
}

/// What is there after a run and was not before; `own`: what it left in shared memory of its own,
/// where it had that.
pub(crate) fn after(before: &Before, temporary: &Path, own: Option<&BTreeSet<String>>) -> Leaks {
    let mut leaks = Leaks::default();
    list(temporary, temporary, &mut leaks.files);
    leaks.files.sort();
    match own {
        Some(names) => leaks.own = names.clone(),
        None => leaks.names = unused_after(before),
    }
    leaks
}

/// New names of the system's shared memory that nobody uses, also not a moment later.
fn unused_after(before: &Before) -> BTreeSet<String> {
    let deadline = Instant::now() + SETTLE_MAX;
    loop {
        let mut names = new_names(before);
        if !names.is_empty() {
            // What cannot be looked at cannot be called unused.
            names = tree::unused_memory(&names).unwrap_or_default();
        }
        if names.is_empty() || Instant::now() >= deadline {
            return names;
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// Removes shared memory that was found to be left behind.
pub(crate) fn remove(names: &BTreeSet<String>) {
    for name in names {
        // Gone already is as good.
        let _ = tree::remove_memory(name);
    }
}

fn new_names(before: &Before) -> BTreeSet<String> {
    let names = tree::named_memory().unwrap_or_default();
    names
        .into_iter()
        .filter(|(name, changed)| before.names.get(name) != Some(changed))
        .map(|(name, _)| name)
        .collect()
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
        let before = before();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        std::fs::write(folder.path().join("inner/socket"), "").unwrap();
        let leaks = after(&before, folder.path(), None);
        assert_eq!(leaks.files, ["inner/socket"]);
    }
}
