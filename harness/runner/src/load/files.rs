//! Case files: which there are below a folder, their ids, and what is in them.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use poolproof_case::nearest::nearest;
use poolproof_case::read::FILE_BYTES_MAX;

use crate::error::{Error, Result};

/// The ending of a case file.
const ENDING: &str = "ron";

/// Whether a filter names a file or a folder.
pub(super) fn is_path(filter: &str) -> bool {
    let path = Path::new(filter);
    path.extension().is_some_and(|ending| ending == ENDING) || path.is_dir()
}

/// What is in a file, as far as it is needed to see that it is too long for a case.
pub(super) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > FILE_BYTES_MAX {
        // Cut inside a character, it would be no text.
        while bytes.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
        bytes.resize(FILE_BYTES_MAX + 1, b' ');
    }
    Ok(bytes)
}

/// The case files of a folder with their ids, in order; folders and files that begin with a dot are
/// left out.
pub(super) fn below(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let root = root_of(folder);
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    // A link to a folder above it would be gone through for ever.
    let mut seen = BTreeSet::new();
    while let Some(folder) = open.pop() {
        if let Ok(full) = folder.canonicalize()
            && !seen.insert(full)
        {
            continue;
        }
        let failed = |error| {
            Error::usage(format!(
                "failed to read the folder {}: {error}",
                folder.display()
            ))
        };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'))
            {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == ENDING) && path.is_file() {
                found.push((id_of(&root, &path), path));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A file with its id.
pub(super) fn one(path: &Path) -> Result<(String, PathBuf)> {
    if path.is_file() {
        return Ok((id_of(&root_of(path), path), path.to_owned()));
    }
    match path.metadata() {
        Ok(_) => {
            let text = format!("{} is no file that holds a case", path.display());
            return Err(Error::usage(text));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => {
            let text = format!("failed to read {}: {error}", path.display());
            return Err(Error::usage(text));
        }
        Err(_) => {}
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let siblings = below(folder.unwrap_or(Path::new("."))).unwrap_or_default();
    let names: Vec<String> = siblings
        .iter()
        .map(|(_, path)| path.display().to_string())
        .collect();
    let mut message = format!("no file {}", path.display());
    if let Some(name) = nearest(
        &path.display().to_string(),
        names.iter().map(String::as_str),
    ) {
        message += &format!("; did you mean {name}?");
    }
    Err(Error::usage(message))
}

/// What ids are relative to: the last folder named `cases` on the way, else the folder itself.
pub(super) fn root_of(path: &Path) -> PathBuf {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let cases = full
        .ancestors()
        .find(|folder| folder.ends_with("cases") && folder.is_dir());
    let own = if full.is_dir() {
        Some(full.as_path())
    } else {
        full.parent()
    };
    cases.or(own).unwrap_or(&full).to_owned()
}

fn id_of(root: &Path, path: &Path) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let below = full.strip_prefix(root).unwrap_or(&full).with_extension("");
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_path_below_the_folder_of_cases() {
        let folder = tempfile::tempdir().unwrap();
        let area = folder.path().join("cases/area");
        std::fs::create_dir_all(&area).unwrap();
        std::fs::write(area.join("one.ron"), "").unwrap();
        std::fs::write(area.join(".hidden.ron"), "").unwrap();
        let ids = |folder: &Path| -> Vec<String> {
            below(folder)
                .unwrap()
                .into_iter()
                .map(|(id, _)| id)
                .collect()
        };
        assert_eq!(ids(&area), ["area/one"]);
        assert_eq!(ids(&folder.path().join("cases")), ["area/one"]);
        assert_eq!(one(&area.join("one.ron")).unwrap().0, "area/one");
        assert!(
            one(&area.join("two.ron"))
                .unwrap_err()
                .to_string()
                .contains("one.ron")
        );
    }
}
