//! Discovery: which case files there are, which are asked for, and reading them.
//!
//! A file that cannot be read as a case is a problem of its own; the others still load.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use poolproof_case::Case;
use poolproof_case::diagnostic::{self, Diagnostic};
use poolproof_case::nearest::nearest;
use poolproof_case::program::Place;
use poolproof_case::read::FILE_BYTES_MAX;

use crate::error::{Error, Result};

/// The ending of a case file.
const ENDING: &str = "ron";

/// A case and the file that it comes from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Where the file is.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// What it says.
    pub case: Case,
    /// Whether its id is enough to find it: it lies in the folder of cases.
    pub is_of_suite: bool,
}

impl Loaded {
    /// How a command line names it: by its id, or by its file.
    #[must_use]
    pub fn argument(&self) -> String {
        if self.is_of_suite {
            return self.case.id.clone();
        }
        let path = self.path.display().to_string();
        if path.contains([' ', '\'', '"', '$', '\\', '*']) {
            format!("'{}'", path.replace('\'', r"'\''"))
        } else {
            path
        }
    }
}

/// A file with mistakes, or with what it warns of.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where the file is.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its mistakes.
    pub diagnostics: Vec<Diagnostic>,
}

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The cases that can be used, by id.
    pub cases: Vec<Loaded>,
    /// The files that cannot.
    pub problems: Vec<Problem>,
}

impl Problem {
    /// Whether the case can be used all the same.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.diagnostics.iter().all(Diagnostic::is_warning)
    }

    /// As a person reads it.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let name = self.path.display().to_string();
        let shown: Vec<String> = self
            .diagnostics
            .iter()
            .map(|mistake| {
                diagnostic::render(mistake, &name, &self.text, color)
                    .trim_end()
                    .to_owned()
            })
            .collect();
        shown.join("\n\n")
    }
}

/// The folder of cases: `cases` in this folder or one above it, else the one that Poolproof was
/// built with.
///
/// # Errors
/// When there is none.
pub fn cases_folder() -> Result<PathBuf> {
    let current = std::env::current_dir()
        .map_err(|error| Error::internal(format!("failed to find the current folder: {error}")))?;
    let built = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases"));
    current
        .ancestors()
        .map(|folder| folder.join("cases"))
        .find(|folder| folder.is_dir())
        .or_else(|| built.canonicalize().ok())
        .map(|folder| {
            folder
                .strip_prefix(&current)
                .map_or(folder.clone(), Path::to_owned)
        })
        .ok_or_else(|| {
            Error::usage("no folder `cases` here or above; name a case file or a folder of cases")
        })
}

/// Loads the cases that the filters ask for; none: all of the folder of cases.
///
/// A filter is a file, a folder, an id, a part of an id, or a pattern with `*`.
///
/// # Errors
/// When a filter selects nothing, or a file or folder cannot be read.
pub fn select(filters: &[String], known_clauses: &[&str]) -> Result<Selection> {
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut problems = Vec::new();
    if filters.iter().any(String::is_empty) {
        return Err(Error::usage(
            "an empty filter selects nothing; none at all selects every case",
        ));
    }
    let (paths, names): (Vec<&String>, Vec<&String>) =
        filters.iter().partition(|filter| is_path(filter));
    for path in &paths {
        let path = Path::new(path.as_str());
        let found = match path.is_dir() {
            true => below(path)?,
            false => vec![one(path)?],
        };
        if found.is_empty() {
            let text = format!("the folder {} holds no case", path.display());
            return Err(Error::nothing(text));
        }
        for (id, file) in found {
            add(&mut files, &mut problems, id, file);
        }
    }
    if paths.is_empty() || !names.is_empty() {
        let all = below(&cases_folder()?)?;
        for name in &names {
            if !all.iter().any(|(id, _)| fits(name, id, &all)) {
                return Err(nothing(name, &all));
            }
        }
        for (id, file) in &all {
            if names.is_empty() || names.iter().any(|name| fits(name, id, &all)) {
                files.insert(id.clone(), file.clone());
            }
        }
    }
    let mut selection = Selection {
        cases: Vec::new(),
        problems,
    };
    for (id, path) in files {
        load(&id, path, known_clauses, &mut selection)?;
    }
    Ok(selection)
}

/// Loads exactly one case: an id, or a file.
///
/// # Errors
/// When there is none of that name, or more than one.
pub fn select_one(
    name: &str,
    known_clauses: &[&str],
) -> Result<std::result::Result<Loaded, Problem>> {
    let mut selection = select(&[name.to_owned()], known_clauses)?;
    if selection.cases.len() + selection.problems.len() > 1 {
        let ids: Vec<&str> = selection
            .cases
            .iter()
            .map(|loaded| loaded.case.id.as_str())
            .collect();
        let message = format!("`{name}` is more than one case: {}", ids.join(", "));
        return Err(Error::usage(message));
    }
    match (selection.cases.pop(), selection.problems.pop()) {
        (Some(loaded), _) => Ok(Ok(loaded)),
        (None, Some(problem)) => Ok(Err(problem)),
        (None, None) => Err(Error::nothing(format!("`{name}` holds no case"))),
    }
}

fn is_path(filter: &str) -> bool {
    let path = Path::new(filter);
    path.extension().is_some_and(|ending| ending == ENDING) || path.is_dir()
}

fn add(
    files: &mut BTreeMap<String, PathBuf>,
    problems: &mut Vec<Problem>,
    id: String,
    path: PathBuf,
) {
    match files.get(&id) {
        Some(first) if first.canonicalize().ok() != path.canonicalize().ok() => {
            let message = format!("duplicate id `{id}`");
            let help = format!("{} has it already", first.display());
            let diagnostic = Diagnostic::new(Place::default(), message).help(help);
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            problems.push(Problem {
                path,
                text,
                diagnostics: vec![diagnostic],
            });
        }
        Some(_) => {}
        None => {
            files.insert(id, path);
        }
    }
}

fn load(id: &str, path: PathBuf, known_clauses: &[&str], selection: &mut Selection) -> Result<()> {
    let bytes = read(&path)
        .map_err(|error| Error::usage(format!("failed to read {}: {error}", path.display())))?;
    let text = match String::from_utf8(bytes) {
        // Some editors begin a file with a mark that is no part of its text.
        Ok(text) => match text.strip_prefix('\u{feff}') {
            Some(text) => text.to_owned(),
            None => text,
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let place = Place { start: at, end: at };
            let diagnostics = vec![Diagnostic::new(place, "the file is not UTF-8 from here on")];
            selection.problems.push(Problem {
                path,
                text,
                diagnostics,
            });
            return Ok(());
        }
    };
    match poolproof_case::read(id, &text, known_clauses) {
        Ok(case) => {
            let suite = cases_folder().and_then(|folder| {
                let failed = |error| Error::usage(format!("{}: {error}", folder.display()));
                folder.canonicalize().map_err(failed)
            });
            let full = path.canonicalize();
            let is_of_suite =
                suite.is_ok_and(|suite| full.is_ok_and(|full| full.starts_with(suite)));
            selection.cases.push(Loaded {
                path,
                text,
                case,
                is_of_suite,
            });
        }
        Err(diagnostics) => selection.problems.push(Problem {
            path,
            text,
            diagnostics,
        }),
    }
    Ok(())
}

/// What is in a file, as far as it is needed to see that it is too long for a case.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
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
fn below(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
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

fn one(path: &Path) -> Result<(String, PathBuf)> {
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
fn root_of(path: &Path) -> PathBuf {
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

/// Whether a filter selects an id; an id that is written in full selects itself only.
fn fits(filter: &str, id: &str, all: &[(String, PathBuf)]) -> bool {
    if filter.contains('*') {
        return matches(filter, id);
    }
    if all.iter().any(|(known, _)| known == filter) {
        return filter == id;
    }
    id.contains(filter)
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len())
                .filter(|index| text.is_char_boundary(*index))
                .any(|index| matches(rest, &text[index..]))
        }),
    }
}

fn nothing(filter: &str, all: &[(String, PathBuf)]) -> Error {
    let ids = all.iter().map(|(id, _)| id.as_str());
    let last = |id: &str| id.rsplit('/').next().unwrap_or(id).to_owned();
    let names: Vec<String> = all.iter().map(|(id, _)| last(id)).collect();
    let near = nearest(filter, ids).map(str::to_owned).or_else(|| {
        let name = nearest(&last(filter), names.iter().map(String::as_str))?;
        all.iter()
            .find(|(id, _)| last(id) == name)
            .map(|(id, _)| id.clone())
    });
    let help = near.map_or_else(
        || "`poolproof list` shows them all".to_owned(),
        |id| format!("did you mean `{id}`?"),
    );
    Error::nothing(format!("no case fits `{filter}`; {help}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_full_selects_itself_only_and_a_part_selects_all_that_have_it() {
        let all: Vec<(String, PathBuf)> = ["seed/pool_map", "seed/pool_map_chunks", "seed/pipe"]
            .map(|id| (id.to_owned(), PathBuf::new()))
            .to_vec();
        let select = |filter: &str| -> Vec<&str> {
            let fitting = all.iter().filter(|(id, _)| fits(filter, id, &all));
            fitting.map(|(id, _)| id.as_str()).collect()
        };
        assert_eq!(select("seed/pool_map"), ["seed/pool_map"]);
        assert_eq!(select("pool"), ["seed/pool_map", "seed/pool_map_chunks"]);
        assert_eq!(
            select("*/p*p*"),
            ["seed/pool_map", "seed/pool_map_chunks", "seed/pipe"]
        );
        assert_eq!(select("*chunks"), ["seed/pool_map_chunks"]);
        assert!(
            nothing("pool_mapp", &all)
                .to_string()
                .contains("seed/pool_map")
        );
    }

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
