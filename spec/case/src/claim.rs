//! Claims: what a case says of the outcomes of its program.

use serde::{Deserialize, Serialize};

use crate::method::StartMethod;
use crate::outcome::Ending;
use crate::program::Place;
use crate::relation::Relation;

/// One claim, for the start methods it is made for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// What is claimed.
    pub kind: ClaimKind,
    /// The start methods it is made for; empty: all that the case has.
    pub methods: Vec<StartMethod>,
    /// Where it stands in the file.
    pub place: Place,
}

/// What is claimed of a behaviour, or of what is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ClaimKind {
    /// Each allowed outcome satisfies this.
    Always(Predicate),
    /// Some allowed outcome satisfies this; runs should show one.
    Sometimes(Predicate),
    /// No allowed outcome satisfies this.
    Never(Predicate),
    /// There are this many allowed outcomes (decimal digits).
    AllowedCount(String),
    /// Figures that are measured stand so to each other.
    Relation(Relation),
}

/// A statement about one outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Predicate {
    /// Main did not end.
    Hang,
    /// Main ended like this.
    Ends(Ending),
    /// So many processes of the program still live after main.
    Left(u32),
    /// The line stands in the output.
    Line(String),
    /// These are all the lines, in this order.
    Lines(Vec<String>),
    /// The line stands so many times in the output.
    Count(String, u32),
    /// Both lines stand in the output, and the first one's first is before the second one's first.
    Before(String, String),
    /// Each of the first line is followed at once by the second.
    Adjacent(String, String),
    /// The predicate does not hold.
    Not(Box<Predicate>),
    /// All hold.
    And(Vec<Predicate>),
    /// At least one holds.
    Or(Vec<Predicate>),
}

impl Predicate {
    /// Whether this is another, or is made of it.
    #[must_use]
    pub fn names(&self, other: &Predicate) -> bool {
        self == other
            || match self {
                Predicate::Not(part) => part.names(other),
                Predicate::And(parts) | Predicate::Or(parts) => {
                    parts.iter().any(|part| part.names(other))
                }
                _ => false,
            }
    }
}
