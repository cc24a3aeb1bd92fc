//! Driver manifests: what a driver is, what it lacks and what is known of it, as data.
//!
//! These are its fields; `read` makes them of a text, `answers` says what they mean for a run, and
//! finding the implementation is `implementation`'s work.

mod adaptor;
mod answers;
mod read;

pub use adaptor::Adaptor;
pub use read::wrong_name;

use std::path::PathBuf;

use poolproof_case::{Predicate, StartMethod};
use serde::Deserialize;

/// What a driver says of itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name in reports and on the command line.
    pub name: String,
    /// How it is started.
    #[serde(default)]
    pub kind: Kind,
    /// The interpreter, where the manifest names one: a name on PATH, or a path, which begins in the
    /// folder of the manifest's file.
    #[serde(default)]
    pub program: Option<PathBuf>,
    /// The module that programs import as `multiprocessing`.
    #[serde(default = "standard")]
    pub module: String,
    /// What programs import in its place, where it has not multiprocessing's names: a file beside
    /// the manifest.
    #[serde(default)]
    pub adaptor: Option<Adaptor>,
    /// Whether it keeps stdout for itself; programs then print to a file that the environment names.
    #[serde(default)]
    pub keeps_stdout: bool,
    /// How many seconds its start may take, beside what a case may take.
    #[serde(default)]
    pub start_seconds: f64,
    /// The start methods that it claims to have.
    #[serde(default = "all_methods")]
    pub start_methods: Vec<StartMethod>,
    /// Those of them that its module turned out not to have.
    #[serde(skip)]
    pub absent: Vec<StartMethod>,
    /// How often a case is run when nobody says; none: twice, once under each plan.
    #[serde(default = "default_runs")]
    pub runs: u32,
    /// How many seconds it may do nothing and then go on by itself: what does nothing for longer
    /// hangs. 0: as long as CPython does, about a second.
    #[serde(default)]
    pub still_seconds: f64,
    /// What of the object catalogue it lacks.
    #[serde(default)]
    pub lacks: Vec<Lack>,
    /// Where it is known to do what the specification forbids.
    #[serde(default)]
    pub known: Vec<Known>,
    /// Defects that are known by what they write to stderr, whatever the case.
    #[serde(default)]
    pub symptoms: Vec<Symptom>,
    /// What its own files are that it is known to leave behind, whatever the case.
    #[serde(default)]
    pub leaves: Vec<Leaves>,
    /// Which allowed outcomes it never shows.
    #[serde(default)]
    pub never: Vec<Never>,
    /// Which relations that cases claim do not hold on it.
    #[serde(default)]
    pub refutes: Vec<Refutes>,
}

/// How a driver is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Kind {
    /// This executable again, with `drive NAME`.
    Own,
    /// A Python interpreter with the case as a program.
    #[default]
    Python,
}

/// Something that a driver does not have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lack {
    /// `Object`, `Object.member` or `Object.member(argument)`.
    pub uses: String,
    /// The start methods it lacks it under; empty: all.
    #[serde(default)]
    pub methods: Vec<StartMethod>,
    /// The versions that lack it, as prefixes (`3.8`; `python 3.8` is that of the Python which it runs on); empty: all.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Whether it is there, and does not do all that it should: then a case that uses it may conform.
    #[serde(default)]
    pub partly: bool,
    /// Why, in a few words.
    pub reason: String,
}

/// A known deviation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The clause that it offends.
    pub clause: String,
    /// The case that shows it.
    pub case: String,
    /// The start methods that show it; empty: all.
    #[serde(default)]
    pub methods: Vec<StartMethod>,
    /// The versions that show it, as prefixes; empty: all.
    #[serde(default)]
    pub versions: Vec<String>,
    /// The outcomes that it excuses; any other one of the same case is not excused.
    pub outcome: Predicate,
    /// In which share of runs they were seen, between 0 and 1: where so few runs are made that they
    /// need not show one, nobody takes it for mended.
    #[serde(default)]
    pub rate: Option<f64>,
    /// Why it happens.
    pub reason: String,
    /// Where upstream speaks of it.
    #[serde(default)]
    pub upstream: String,
}

/// Outcomes that are allowed, and that an implementation never shows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Never {
    /// The case that allows them.
    pub case: String,
    /// The start methods under which it shows none; empty: all.
    #[serde(default)]
    pub methods: Vec<StartMethod>,
    /// The versions that show none, as prefixes; empty: all.
    #[serde(default)]
    pub versions: Vec<String>,
    /// The outcomes.
    pub outcome: Predicate,
    /// Why.
    pub reason: String,
}

/// A known defect that any program may meet, known by its traceback.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symptom {
    /// The clause that it offends.
    pub clause: String,
    /// The texts that stand on stderr, all of them in this order.
    pub stderr: Vec<String>,
    /// The start methods that show it; empty: all.
    #[serde(default)]
    pub methods: Vec<StartMethod>,
    /// The versions that show it, as prefixes; empty: all.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Why it happens.
    pub reason: String,
    /// Where upstream speaks of it.
    #[serde(default)]
    pub upstream: String,
}

/// Files, or shared memory and semaphores, that an implementation is known to leave behind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaves {
    /// The files' paths below the temporary folder, with `*` for anything; empty: none.
    #[serde(default)]
    pub files: String,
    /// The names of shared memory and semaphores, likewise.
    #[serde(default)]
    pub names: String,
    /// What a program uses that leaves them: `Object` or `Object.member`.
    pub uses: String,
    /// The start methods that leave them; empty: all.
    #[serde(default)]
    pub methods: Vec<StartMethod>,
    /// The versions that leave them, as prefixes; empty: all.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Why it happens.
    pub reason: String,
}

/// A relation that a case claims, and that does not hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refutes {
    /// The case that claims it.
    pub case: String,
    /// The claim, as reports word it.
    pub claim: String,
    /// The start methods under which it does not hold; empty: all.
    #[serde(default)]
    pub methods: Vec<StartMethod>,
    /// The versions on which it does not hold, as prefixes; empty: all.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Why.
    pub reason: String,
}

fn default_runs() -> u32 {
    2
}

fn standard() -> String {
    poolproof_python::STANDARD.to_owned()
}

fn all_methods() -> Vec<StartMethod> {
    StartMethod::ALL.to_vec()
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(name: String) -> Result<Kind, String> {
        match name.as_str() {
            "own" => Ok(Kind::Own),
            "python" => Ok(Kind::Python),
            _ => Err(format!("unknown driver kind `{name}` (known: own, python)")),
        }
    }
}
