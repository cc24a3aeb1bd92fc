//! The temporary folder of one harness, and what harnesses that were killed left of theirs.

use std::io::ErrorKind::NotFound;
use std::path::Path;

use tempfile::TempDir;

use crate::error::{Error, Result};

/// How the name of each begins; the id of its harness follows.
const PREFIX: &str = "poolproof-";

/// Makes a folder that goes with this process, and removes those whose process is gone.
///
/// # Errors
/// When the folder cannot be made.
pub(crate) fn folder() -> Result<TempDir> {
    remove_orphans(&std::env::temp_dir());
    let prefix = format!("{PREFIX}{}-", std::process::id());
    tempfile::Builder::new()
        .prefix(&prefix)
        .tempdir()
        .map_err(|error| Error::internal(format!("failed to make a temporary folder: {error}")))
}

fn remove_orphans(among: &Path) {
    let Ok(entries) = std::fs::read_dir(among) else {
        return;
    };
    for entry in entries.flatten() {
        if let Some(id) = harness_of(&entry.file_name().to_string_lossy())
            && poolproof_sys::process::watch(id).is_err_and(|error| error.kind() == NotFound)
        {
            // Another user's cannot be removed, and is that user's business.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The id in a folder's name, if the folder is a harness's.
fn harness_of(name: &str) -> Option<u32> {
    let (id, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    id.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_harness_that_is_gone_is_removed_and_others_stay() {
        let among = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .arg("--list")
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let gone = child.id();
        child.wait().unwrap();
        let names = [
            format!("poolproof-{gone}-abc"),
            format!("poolproof-{}-abc", std::process::id()),
            "poolproof-notes".to_owned(),
            "other".to_owned(),
        ];
        for name in &names {
            std::fs::create_dir(among.path().join(name)).unwrap();
        }
        remove_orphans(among.path());
        let is_there: Vec<bool> = names
            .iter()
            .map(|n| among.path().join(n).exists())
            .collect();
        assert_eq!(is_there, [false, true, true, true]);
    }
}
