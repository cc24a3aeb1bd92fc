//! Relations: what a case claims of the times and amounts of memory that its programs are measured
//! with.
//!
//! They compare what was measured with what was measured beside it, never a time with a number.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::method::StartMethod;

/// What is claimed of measured figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Relation {
    /// The first takes less time than the second, at least so many times less.
    Faster(Subject, Subject, f64),
    /// The first takes less memory than the second, at least so many times less.
    Smaller(Subject, Subject, f64),
    /// It takes at most so many bytes of memory.
    AtMost(Subject, u64),
    /// From each of its samples in a run to the next, at most so many bytes come to it.
    Grows(Subject, u64),
}

/// Something that is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Subject {
    /// A label of a contender; without a label, the one that it has.
    Label {
        /// The contender; none where the case has one program.
        contender: Option<String>,
        /// The label of a `Measure` or `Sample`.
        label: String,
    },
    /// The same under this start method, whichever the claim is looked at for.
    At(StartMethod, Box<Subject>),
    /// What memory has come to the first since the second.
    Since(Box<Subject>, Box<Subject>),
}

/// What is measured with a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// How long something takes, in nanoseconds: what `Measure` gives.
    Nanoseconds,
    /// How much memory there is, in bytes: what `Sample` gives.
    Bytes,
}

impl Relation {
    /// What is compared.
    #[must_use]
    pub fn subjects(&self) -> Vec<&Subject> {
        match self {
            Relation::Faster(one, other, _) | Relation::Smaller(one, other, _) => vec![one, other],
            Relation::AtMost(subject, _) | Relation::Grows(subject, _) => vec![subject],
        }
    }

    /// What its subjects have to be measured in.
    #[must_use]
    pub fn unit(&self) -> Unit {
        match self {
            Relation::Faster(..) => Unit::Nanoseconds,
            Relation::Smaller(..) | Relation::AtMost(..) | Relation::Grows(..) => Unit::Bytes,
        }
    }

    /// The start method that it is looked at for, where it names that itself.
    #[must_use]
    pub fn method(&self) -> Option<StartMethod> {
        self.subjects().into_iter().find_map(Subject::method)
    }
}

impl Subject {
    /// The labels in it.
    #[must_use]
    pub fn labels(&self) -> Vec<(Option<&str>, &str)> {
        match self {
            Subject::Label { contender, label } => vec![(contender.as_deref(), label)],
            Subject::At(_, inner) => inner.labels(),
            Subject::Since(now, then) => {
                let mut labels = now.labels();
                labels.extend(then.labels());
                labels
            }
        }
    }

    /// The start method that it names first.
    #[must_use]
    pub fn method(&self) -> Option<StartMethod> {
        match self {
            Subject::Label { .. } => None,
            Subject::At(method, _) => Some(*method),
            Subject::Since(now, then) => now.method().or_else(|| then.method()),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Label {
                contender: None,
                label,
            } => formatter.write_str(label),
            Subject::Label {
                contender: Some(contender),
                label,
            } if contender == label => formatter.write_str(label),
            Subject::Label {
                contender: Some(contender),
                label,
            } => write!(formatter, "{contender}/{label}"),
            Subject::At(method, inner) => write!(formatter, "{inner} under {method}"),
            Subject::Since(now, then) => write!(formatter, "{now} since {then}"),
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = |factor: f64| match factor {
            1.0 => String::new(),
            factor => format!(", {factor} times at least"),
        };
        match self {
            Relation::Faster(one, other, factor) => {
                write!(formatter, "{one} is faster than {other}{}", by(*factor))
            }
            Relation::Smaller(one, other, factor) => {
                write!(formatter, "{one} is smaller than {other}{}", by(*factor))
            }
            Relation::AtMost(subject, most) => {
                write!(formatter, "{subject} takes at most {}", bytes(*most))
            }
            Relation::Grows(subject, most) => {
                write!(
                    formatter,
                    "{subject} grows by at most {} a sample",
                    bytes(*most)
                )
            }
        }
    }
}

/// The units of amounts of memory, the greatest first.
const UNITS: [(u64, &str); 4] = [
    (1 << 30, "GiB"),
    (1 << 20, "MiB"),
    (1 << 10, "KiB"),
    (1, "bytes"),
];

/// How many bytes a person means by `2 MiB`; none where it is no amount of memory.
#[must_use]
pub fn amount(text: &str) -> Option<u64> {
    let (number, unit) = text.split_once(' ')?;
    let (size, _) = UNITS.iter().find(|(_, known)| *known == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*size)
}

/// An amount of memory as a person writes it.
fn bytes(count: u64) -> String {
    let fits = |(unit, _): &&(u64, &str)| count >= *unit && count.is_multiple_of(*unit);
    let (unit, name) = UNITS.iter().find(fits).unwrap_or(&(1, "bytes"));
    format!("{} {name}", count / unit)
}
