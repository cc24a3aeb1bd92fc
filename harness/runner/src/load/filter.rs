//! Filters: files and folders, ids, parts of ids, patterns with `*`; and what may have been meant by one
//! that selects nothing.

use std::path::PathBuf;

use poolproof_case::nearest::nearest;
use poolproof_case::{Case, catalogue};

use super::expression::{Atom, Expression, Kind, area};
use super::files::is_path;
use crate::error::{Error, Result};

/// What a command line asks for.
#[derive(Debug, Default)]
pub(super) struct Filters {
    /// Files and folders.
    pub(super) paths: Vec<PathBuf>,
    /// What is asked of the others.
    pub(super) expressions: Vec<Expression>,
}

impl Filters {
    /// Reads the filters of a command line, which ask for what any of them does.
    pub(super) fn read(filters: &[String]) -> Result<Filters> {
        let mut read = Filters::default();
        for filter in filters {
            let is_whole = std::path::Path::new(filter).exists() || filter.contains('(');
            let parts: Vec<&str> = match is_whole {
                true => vec![filter],
                false => filter.split(',').map(str::trim).collect(),
            };
            for part in parts {
                if part.is_empty() {
                    return Err(Error::usage(
                        "an empty filter selects nothing; none at all selects every case",
                    ));
                }
                match is_path(part) {
                    true => read.paths.push(part.into()),
                    false => read
                        .expressions
                        .push(Expression::read(part).map_err(Error::usage)?),
                }
            }
        }
        Ok(read)
    }
}

/// That a word of a filter fits no case, and what may have been meant.
pub(super) fn unfit(atom: &Atom, ids: &[&str], cases: &[Case], known_clauses: &[&str]) -> Error {
    let word = atom.word.as_str();
    let told = |what: String, near: Option<&str>, list: &str| {
        let help = near.map_or_else(
            || format!("`poolproof {list}` shows them all"),
            |near| format!("did you mean `{near}`?"),
        );
        Error::nothing(format!("{what}; {help}"))
    };
    match atom.kind {
        Kind::Case => nothing(word, ids),
        Kind::Area => {
            let near = nearest(word, ids.iter().map(|id| area(id)));
            told(format!("no case is in an area `{word}`"), near, "list")
        }
        Kind::Clause => {
            let is_known = known_clauses.iter().any(|clause| matches(word, clause));
            let tested = cases.iter().flat_map(|case| &case.clauses);
            let near = nearest(word, tested.map(String::as_str));
            match is_known {
                true => told(
                    format!("no case tests the clause `{word}`"),
                    None,
                    "clauses",
                ),
                false => told(format!("there is no clause `{word}`"), near, "clauses"),
            }
        }
        Kind::Uses => {
            let near = nearest(word, catalogue::objects().map(|object| object.name));
            let near = near.filter(|near| *near != word);
            told(format!("no case uses `{word}`"), near, "objects")
        }
        Kind::Method => told(format!("no case is made for `{word}`"), None, "list"),
    }
}

/// Whether a filter selects an id; an id that is written in full selects itself only.
pub(super) fn fits(filter: &str, id: &str, all: &[&str]) -> bool {
    if filter.contains('*') {
        return matches(filter, id);
    }
    if all.contains(&filter) {
        return filter == id;
    }
    id.contains(filter)
}

/// Whether a text fits a pattern in which `*` stands for anything.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len())
                .filter(|index| text.is_char_boundary(*index))
                .any(|index| matches(rest, &text[index..]))
        }),
    }
}

/// That a filter selects nothing, and what may have been meant.
fn nothing(filter: &str, all: &[&str]) -> Error {
    let last = |id: &str| id.rsplit('/').next().unwrap_or(id).to_owned();
    let names: Vec<String> = all.iter().map(|id| last(id)).collect();
    let near = nearest(filter, all.iter().copied())
        .map(str::to_owned)
        .or_else(|| {
            let name = nearest(&last(filter), names.iter().map(String::as_str))?;
            let found = all.iter().find(|id| last(id) == name);
            found.map(|id| (*id).to_owned())
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
        let all = ["seed/pool_map", "seed/pool_map_chunks", "seed/pipe"];
        let select = |filter: &str| -> Vec<&str> {
            let fitting = all.iter().filter(|id| fits(filter, id, &all));
            fitting.copied().collect()
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
}
