//! Where a case comes from: a file, or the suite that is inside this program.

use std::path::{Path, PathBuf};

use super::files;

/// The suite, as `build.rs` writes it.
const SUITE: &str = include_str!(concat!(env!("OUT_DIR"), "/suite.txt"));

/// What stands before the name of a file that is inside; no folder is called so.
const INSIDE: &str = "<suite>";

/// Where a case's text is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// In a file.
    File(PathBuf),
    /// In this program, under this id.
    Inside(&'static str),
}

impl Source {
    /// The file, as it is shown.
    pub(super) fn path(&self) -> PathBuf {
        match self {
            Source::File(path) => path.clone(),
            Source::Inside(id) => Source::inside_path(id),
        }
    }

    /// The file that an id of the suite would have.
    pub(super) fn inside_path(id: &str) -> PathBuf {
        Path::new(INSIDE).join(format!("{id}.ron"))
    }

    /// What is in it, as far as it is needed to see that it is too long for a case.
    pub(super) fn read(&self) -> std::io::Result<Vec<u8>> {
        match self {
            Source::File(path) => files::read(path),
            Source::Inside(id) => {
                let text = inside().find(|(known, _)| known == id);
                Ok(text.map_or_else(Vec::new, |(_, text)| text.as_bytes().to_vec()))
            }
        }
    }

    /// Whether two are the same text in the same place.
    pub(super) fn is_same(&self, other: &Source) -> bool {
        match (self, other) {
            (Source::File(one), Source::File(other)) => {
                one.canonicalize().ok() == other.canonicalize().ok()
            }
            _ => self == other,
        }
    }
}

/// The id and the text of each case that is inside.
fn inside() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut rest = SUITE;
    std::iter::from_fn(move || {
        let (id, after) = rest.split_once('\n')?;
        let (length, after) = after.split_once('\n')?;
        let (text, after) = after.split_at_checked(length.parse().ok()?)?;
        rest = after;
        Some((id, text))
    })
}

/// The suite's cases, by id.
pub(super) fn suite() -> impl Iterator<Item = (String, Source)> {
    inside().map(|(id, _)| (id.to_owned(), Source::Inside(id)))
}

/// The case of the suite that has this id.
pub(super) fn of_suite(id: &str) -> Option<Source> {
    let (id, _) = inside().find(|(known, _)| *known == id)?;
    Some(Source::Inside(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_inside_is_that_of_the_tree() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
        let files = files::below(&folder).unwrap();
        let inside: Vec<(String, Source)> = suite().collect();
        assert_eq!(files.len(), inside.len());
        for ((id, file), (known, source)) in files.iter().zip(&inside) {
            assert_eq!(id, known);
            assert_eq!(source.read().unwrap(), std::fs::read(file).unwrap());
        }
    }
}
