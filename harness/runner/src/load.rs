//! Loading the cases that are asked for.
//!
//! A file that cannot be read as a case is a problem of its own; the others still load. Which files
//! there are is the business of `files`, which a filter means that of `filter`.

mod files;
mod filter;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use poolproof_case::Case;
use poolproof_case::diagnostic::{self, Diagnostic};
use poolproof_case::program::Place;

use crate::error::{Error, Result};
pub(crate) use filter::matches;

use files::{below, is_path, one, read};
use filter::{fits, nothing};

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
    let suite = cases_folder().ok();
    let suite = suite.and_then(|folder| folder.canonicalize().ok());
    for (id, path) in files {
        load(&id, path, known_clauses, suite.as_deref(), &mut selection)?;
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

fn load(
    id: &str,
    path: PathBuf,
    known_clauses: &[&str],
    suite: Option<&Path>,
    selection: &mut Selection,
) -> Result<()> {
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
            let full = path.canonicalize();
            let is_of_suite =
                suite.is_some_and(|suite| full.is_ok_and(|full| full.starts_with(suite)));
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
