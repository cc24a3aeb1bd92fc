//! The clauses: the specification in numbered sentences, each with its source.
//!
//! They are data (`spec/clauses/*.ron`), one file an area, and say what is promised; what follows
//! from them for a program is the machine's business.

use std::sync::LazyLock;

use serde::Deserialize;

/// One numbered sentence of the specification.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// `PM-AREA-TOPIC-NNN`; never used twice, also not after it was retired.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// The sentence.
    pub text: String,
    /// The document and the place in it that it is taken from.
    pub source: String,
    /// The versions of Python whose documentation has it.
    pub versions: String,
    /// Whether it still holds.
    pub status: Status,
}

/// How binding a clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Level {
    /// The documentation promises it.
    Must,
    /// The documentation recommends it.
    Should,
    /// It is allowed, and nobody may rely on it.
    May,
    /// Nothing is promised: no case rests on it.
    Undefined,
}

impl Level {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
            Level::May => "MAY",
            Level::Undefined => "UNDEFINED",
        }
    }
}

/// Whether a clause still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Status {
    /// It holds.
    Active,
    /// It holds no more; its id stays taken.
    Retired,
}

/// The files, by area.
const FILES: [(&str, &str); 9] = [
    ("process", include_str!("../../clauses/process.ron")),
    (
        "start_method",
        include_str!("../../clauses/start_method.ron"),
    ),
    ("output", include_str!("../../clauses/output.ron")),
    ("pipe", include_str!("../../clauses/pipe.ron")),
    ("queue", include_str!("../../clauses/queue.ron")),
    ("lock", include_str!("../../clauses/lock.ron")),
    ("shared", include_str!("../../clauses/shared.ron")),
    ("manager", include_str!("../../clauses/manager.ron")),
    ("pool", include_str!("../../clauses/pool.ron")),
];

static CLAUSES: LazyLock<Vec<Clause>> = LazyLock::new(|| {
    let read = |(area, text): &(&str, &str)| -> Vec<Clause> {
        ron::from_str(text).unwrap_or_else(|error| {
            panic!("spec/clauses/{area}.ron is no list of clauses: {error}")
        })
    };
    FILES.iter().flat_map(read).collect()
});

/// Every clause, by area, in the order of its file.
///
/// # Panics
/// When an embedded file is malformed, which the tests of this crate rule out.
#[must_use]
pub fn all() -> &'static [Clause] {
    &CLAUSES
}

/// The ids of the clauses that a case may name.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    let active = all()
        .iter()
        .filter(|clause| clause.status == Status::Active);
    active.map(|clause| clause.id.as_str()).collect()
}

#[cfg(test)]
mod tests;
