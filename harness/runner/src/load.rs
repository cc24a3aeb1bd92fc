//! Loading the cases that are asked for.
//!
//! A file that cannot be read as a case is a problem of its own; the others still load. Which files
//! there are is the business of `files`, which a filter means that of `filter` and `expression`, what
//! is inside this program that of `source`.

mod expression;
mod files;
mod filter;
mod shard;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use poolproof_case::Case;
use poolproof_case::diagnostic::{self, Diagnostic};
use poolproof_case::program::Place;

use crate::error::{Error, Result};
pub(crate) use filter::matches;

use expression::Expression;
use files::{below, one, root_of};
use filter::{Filters, unfit};
pub use shard::Shard;
use source::{Source, of_suite, suite};

/// What a folder of cases has in it that takes the place of the suite inside: Poolproof's own.
const SUITE_MARK: &str = ".suite";

/// What marks the folder in which a project begins.
const ROOT_MARK: &str = ".git";

/// A case and the file that it comes from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Where the file is; below `<suite>` it is inside this program.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// What it says.
    pub case: Case,
    /// Whether its id is enough to find it: it is of the suite, or lies in the project's folder of
    /// cases.
    pub is_of_suite: bool,
}

impl Loaded {
    /// How a command line names it: by its id, or by its file.
    #[must_use]
    pub fn argument(&self) -> String {
        if self.is_of_suite {
            return self.case.id.clone();
        }
        quoted(&self.path.display().to_string())
    }
}

/// A text as a shell takes it for one word.
#[must_use]
pub fn quoted(text: &str) -> String {
    let is_plain =
        |c: char| c.is_alphanumeric() || "/.:_-+,=@".contains(c) || (cfg!(windows) && c == '\\');
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// The folders that may hold what belongs to the project: this one and those above it, up to where the
/// project begins.
pub fn project_folders() -> impl Iterator<Item = PathBuf> {
    let mut next = std::env::current_dir().ok();
    std::iter::from_fn(move || {
        let folder = next.take()?;
        if !folder.join(ROOT_MARK).exists() {
            next = folder.parent().map(Path::to_owned);
        }
        Some(folder)
    })
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

/// The project's folder of cases: `cases` in this folder or one above it, up to where the project
/// begins.
#[must_use]
pub fn own_folder() -> Option<PathBuf> {
    let cases = project_folders()
        .map(|folder| folder.join("cases"))
        .find(|cases| cases.is_dir())?;
    let current = std::env::current_dir().ok()?;
    let below = cases.strip_prefix(current).map(Path::to_owned);
    Some(below.unwrap_or(cases))
}

/// Whether the project is Poolproof itself, whose cases are the suite.
#[must_use]
pub fn is_own_tree() -> bool {
    own_folder().is_some_and(|folder| folder.join(SUITE_MARK).exists())
}

/// Whether the suite has a case of this id.
#[must_use]
pub fn is_taken(id: &str) -> bool {
    of_suite(id).is_some()
}

/// Every case that an id finds: those of the suite, and the project's own beside them.
fn all() -> Result<Vec<(String, Source)>> {
    let own = own_folder().map(|folder| below(&folder)).transpose()?;
    let own = own.into_iter().flatten();
    let own = own.map(|(id, path)| (id, Source::File(path)));
    let inside = suite().take(if is_own_tree() { 0 } else { usize::MAX });
    Ok(inside.chain(own).collect())
}

/// Loads the cases that the filters ask for; none: the suite, and those of the project's folder of
/// cases.
///
/// A filter is a file, a folder, an id, a part of an id, a pattern with `*`, a clause, several of these
/// with commas between them, or an expression: `area(seed) & !uses(Pool.map)`.
///
/// # Errors
/// When a filter is none, or selects nothing, or a file or folder cannot be read.
pub fn select(filters: &[String], known_clauses: &[&str]) -> Result<Selection> {
    select_part(filters, None, known_clauses)
}

/// Loads those of a shard, of the cases that the filters ask for; it may have none.
///
/// # Errors
/// As [`select`].
pub fn select_part(
    filters: &[String],
    shard: Option<Shard>,
    known_clauses: &[&str],
) -> Result<Selection> {
    let is_in = |id: &str| shard.is_none_or(|shard| shard.has(id));
    let mut sources: BTreeMap<String, Source> = BTreeMap::new();
    let mut selection = Selection::default();
    let Filters { paths, expressions } = Filters::read(filters)?;
    for path in &paths {
        let found = match path.is_dir() {
            true => below(path)?,
            false => vec![one(path)?],
        };
        if found.is_empty() {
            let text = format!("the folder {} holds no case", path.display());
            return Err(Error::nothing(text));
        }
        for (id, file) in found.into_iter().filter(|(id, _)| is_in(id)) {
            let source = Source::File(file);
            selection.problems.extend(add(&mut sources, id, source));
        }
    }
    if paths.is_empty() || !expressions.is_empty() {
        for (id, source) in named(&expressions, known_clauses)? {
            if is_in(&id) {
                selection.problems.extend(add(&mut sources, id, source));
            }
        }
    }
    let own = own_folder().and_then(|folder| folder.canonicalize().ok());
    for (id, source) in sources {
        match load(&id, &source, known_clauses, own.as_deref())? {
            Ok(loaded) => selection.cases.push(loaded),
            Err(problem) => selection.problems.push(problem),
        }
    }
    Ok(selection)
}

/// The cases of which any of these is true; without one, all.
fn named(expressions: &[Expression], known_clauses: &[&str]) -> Result<Vec<(String, Source)>> {
    let all = all()?;
    if expressions.is_empty() {
        return Ok(all);
    }
    let ids: Vec<&str> = all.iter().map(|(id, _)| id.as_str()).collect();
    let atoms: Vec<_> = expressions.iter().flat_map(Expression::atoms).collect();
    let is_about_content = atoms.iter().any(|atom| atom.is_about_content());
    let mut cases = Vec::new();
    let mut found = Vec::new();
    for (id, source) in &all {
        let case = match is_about_content {
            true => load(id, source, known_clauses, None)?.ok(),
            false => None,
        };
        let case = case.map(|loaded| loaded.case);
        let mut holds = false;
        for expression in expressions {
            // What cannot be read is told, unless it is not meant.
            holds |= expression.holds(id, &ids, case.as_ref()) != Some(false);
        }
        if holds {
            found.push((id.clone(), source.clone()));
        }
        cases.extend(case);
    }
    if let Some(atom) = atoms.iter().find(|atom| !atom.has_fit.get()) {
        return Err(unfit(atom, &ids, &cases, known_clauses));
    }
    if found.is_empty() {
        return Err(Error::nothing("no case fits all of the filter"));
    }
    Ok(found)
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

/// The case of an id for another: beside its file, or of the suite. Else where its file would be, and
/// none where nobody can tell.
pub(crate) fn beside(loaded: &Loaded, id: &str) -> Option<std::result::Result<Loaded, PathBuf>> {
    let inside = of_suite(id);
    let source = match of_suite(&loaded.case.id).filter(|own| own.path() == loaded.path) {
        Some(_) => inside.ok_or_else(|| Source::inside_path(id)),
        None => {
            let own = loaded.path.canonicalize().ok()?;
            let root = own.ancestors().nth(loaded.case.id.split('/').count())?;
            if own != root.join(format!("{}.ron", loaded.case.id)) {
                return None;
            }
            let file = root.join(format!("{id}.ron"));
            match file.is_file() {
                true => Ok(Source::File(file)),
                false => inside.ok_or(file),
            }
        }
    };
    let found = source.and_then(|source| {
        let path = source.path();
        let read = load(id, &source, &poolproof_spec::clauses::ids(), None);
        read.ok().and_then(std::result::Result::ok).ok_or(path)
    });
    Some(found)
}

/// Adds what has no id of another; else the problem that names both.
fn add(sources: &mut BTreeMap<String, Source>, id: String, source: Source) -> Option<Problem> {
    let is_suite = |source: &Source| match source {
        Source::File(path) => root_of(path).join(SUITE_MARK).exists(),
        Source::Inside(_) => true,
    };
    let inside = of_suite(&id).filter(|_| !is_suite(&source));
    let first = match sources.get(&id) {
        Some(first) => first.clone(),
        // A file that is named alone has no place in a folder of cases, and so no area.
        None => match inside.filter(|_| id.contains('/')) {
            Some(inside) => inside,
            None => {
                sources.insert(id, source);
                return None;
            }
        },
    };
    if first.is_same(&source) {
        sources.insert(id, source);
        return None;
    }
    let message = format!("duplicate id `{id}`");
    let help = match &first {
        Source::File(first) => format!("{} has it already", first.display()),
        Source::Inside(_) => format!(
            "{} of the suite inside poolproof has it already; another name or folder makes another id",
            first.path().display()
        ),
    };
    let path = source.path();
    Some(Problem {
        text: std::fs::read_to_string(&path).unwrap_or_default(),
        path,
        diagnostics: vec![Diagnostic::new(Place::default(), message).help(help)],
    })
}

fn load(
    id: &str,
    source: &Source,
    known_clauses: &[&str],
    own: Option<&Path>,
) -> Result<std::result::Result<Loaded, Problem>> {
    let path = source.path();
    let bytes = source
        .read()
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
            return Ok(Err(Problem {
                path,
                text,
                diagnostics,
            }));
        }
    };
    let is_of_suite = match source {
        Source::Inside(_) => true,
        Source::File(path) => {
            let full = path.canonicalize();
            own.is_some_and(|own| full.is_ok_and(|full| full.starts_with(own)))
        }
    };
    Ok(match poolproof_case::read(id, &text, known_clauses) {
        Ok(case) => Ok(Loaded {
            path,
            text,
            case,
            is_of_suite,
        }),
        Err(diagnostics) => Err(Problem {
            path,
            text,
            diagnostics,
        }),
    })
}
