//! The first and the last line of a run file: where and how a run was made, and what it added up to.

use serde::{Deserialize, Serialize};

/// Where and how a run was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the run file.
    pub version: u32,
    /// When it began, in seconds since 1970-01-01 00:00 UTC.
    pub started: u64,
    /// The operating system and its version.
    pub system: String,
    /// How many processors could be used.
    pub cores: u32,
    /// The machine's memory in bytes; 0 where it is not known.
    #[serde(default)]
    pub memory_bytes: u64,
    /// The version of Poolproof.
    pub tool: String,
    /// The command line that repeats the run.
    pub command: String,
    /// What tells this run apart from every other; empty in files of older versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// How far runs were kept apart from the rest of the machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub isolation: String,
    /// What the machine granted too little of, so that failures were not held against anybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortages: Vec<String>,
    /// What was found and could not be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<Unused>,
    /// What the programs' environments were: what was set in them, and what was left of the user's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<EnvironmentRecord>,
    /// How much the time of one and the same calculation varies on this machine: the distance of its
    /// tenth and its ninetieth of a hundred times, as a share of the median. It is measured where
    /// times are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<f64>,
    /// Which part of the cases this run had: the second of four is `[2, 4]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<(u32, u32)>,
    /// The runs that the file joins, where it is of several: their records say which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<Joined>,
}

/// The first and the last line of a run that a file joins with others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    /// The first.
    pub head: Box<Head>,
    /// The last; none where the run was cut short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foot: Option<Foot>,
}

/// The environment of some drivers' programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentRecord {
    /// The drivers.
    pub drivers: Vec<String>,
    /// What was set, and what was left of the user's.
    pub environment: String,
}

/// A program that was found and could not be used as a driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unused {
    /// Where it is.
    pub program: String,
    /// Why it cannot be used.
    pub reason: String,
}

/// What a run added up to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Foot {
    /// How many distinct cases were asked for.
    pub cases: u64,
    /// How many runs were made.
    pub runs: u64,
    /// How long it took.
    pub seconds: f64,
    /// The exit code.
    pub exit: i32,
    /// The share of one processor that looking at the memory of runs has taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampler: Option<f64>,
    /// How many records were not made, since the run was to end at the first failure.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_made: u64,
}

/// Whether there is none: it is left out of the file then.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(crate) fn is_zero(count: &u64) -> bool {
    *count == 0
}
