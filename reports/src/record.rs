//! Records: the lines of a run file, which is the only source of reports.
//!
//! A run file is one JSON object a line: a head, records, a foot.
//! These are the types of those lines; [`crate::run_file`] reads and writes them.
//! Unknown fields are ignored, so that an older reader takes a newer file.

use poolproof_case::{Ending, Outcome, StartMethod, Unit};
use serde::{Deserialize, Serialize};

use crate::case_record::{CaseRecord, ClauseRecord};
use crate::head::{Foot, Head, is_zero};
use crate::verdict::Verdict;

/// The version of the run file that this crate writes.
///
/// A reader ignores fields that it does not know, so a new one leaves the version as it is. It
/// refuses a kind of line, a verdict or another word that it does not know, so a new one of these
/// raises the version: an older reader then says which version it can read, at the head, and not
/// somewhere in the middle what it does not understand. Older versions stay readable.
///
/// - 1: a head, records, a foot.
/// - 2: cases; the verdicts `unsettled` and `refuted`.
/// - 3: the verdict `undefined`.
pub const VERSION: u32 = 3;

/// One line of a run file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    /// The first line.
    Head(Box<Head>),
    /// A case that was run.
    Case(Box<CaseRecord>),
    /// A case on a driver under a start method.
    Record(Box<Record>),
    /// The last line; a file without one is incomplete.
    Foot(Foot),
}

/// What one case showed on one driver under one start method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The case's id.
    pub case: String,
    /// The hash of the case's text.
    pub case_hash: String,
    /// The driver's name.
    pub driver: String,
    /// What the driver says of its version.
    pub driver_version: String,
    /// The program that was started; empty in files of older versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub program: String,
    /// The module that was tested, where the program is an interpreter: `multiprocessing`,
    /// `billiard`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub module: String,
    /// The interpreter's implementation and version: `CPython 3.13.0`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub python: String,
    /// How a command line names the driver, where its name is not enough: `--python …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver_argument: Option<String>,
    /// The system that it ran on, where a file joins runs of several.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub system: String,
    /// The id of the run that it is of, where a file joins several.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// The start method.
    pub start_method: StartMethod,
    /// What the judge says.
    pub verdict: Verdict,
    /// How many runs were usable.
    pub runs: u64,
    /// How many were not, by no fault of the driver.
    pub infrastructure: u64,
    /// How many came to what the documentation leaves undefined, and were not judged.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub undefined: u64,
    /// How many distinct allowed outcomes were seen.
    pub seen: u64,
    /// How many outcomes are allowed, in decimal digits; none where exploration hit its limit.
    pub allowed: Option<String>,
    /// Whether exploration hit its limit.
    pub bounded: bool,
    /// The seed that the runs' plans were drawn from.
    pub seed: u64,
    /// What was seen, each distinct outcome under each plan once.
    pub observations: Vec<Observation>,
    /// The case's title.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The clauses that the case tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<String>,
    /// Why the verdict is what it is, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How a command line names the case, where its id is not enough: its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// The command that repeats the worst run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// The case's `Sometimes` claims, as text, and whether a run showed them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sometimes: Vec<Sometimes>,
    /// What the driver's manifest says and its runs do not bear out: known deviations that none of them
    /// showed, and outcomes that it should never show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<String>,
    /// How long all its runs took, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The memory of one of its runs without pauses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// What was measured, where the case is there for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// What the case claims of the figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<RelationRecord>,
}

/// How much memory the processes of a run used, in bytes. A figure that the system cannot give is
/// absent, with the reason, and never 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The greatest sum over the run's processes of what is theirs alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<u64>,
    /// The greatest sum of their shares of what they use, memory that is shared included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proportional: Option<u64>,
    /// The greatest sum of their shares of what is in no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous: Option<u64>,
    /// How many processes lived when `private` was greatest.
    pub processes: u32,
    /// The most that was one process's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest: Option<u64>,
    /// How often the processes were looked at: what came and went between two looks is not here.
    pub looks: u32,
    /// Why a figure is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<String>,
    /// Seconds since the run began, and the sum of what was the processes' alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<(f64, u64)>,
}

/// What was measured with one label, a number for each run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The contender; none where the case has one program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contender: Option<String>,
    /// The label of the `Measure` or `Sample`.
    pub label: String,
    /// What the numbers count.
    pub unit: Unit,
    /// One for each run: the median of its rounds, or its last sample.
    pub values: Vec<f64>,
    /// How many rounds or samples a run had.
    pub times: u64,
    /// How many runs came before those that count, so that none of these is the first of its kind.
    #[serde(default)]
    pub warm_up: u64,
    /// Whether nothing else of Poolproof ran beside it.
    #[serde(default)]
    pub alone: bool,
    /// All rounds of all runs: the lowest number of each class, a sixteenth wide, and how many lie in
    /// it. Of amounts there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histogram: Vec<(u64, u64)>,
    /// The median of the values, with its interval.
    pub median: Interval,
}

/// A number and the interval in which it lies, at 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The number.
    pub value: f64,
    /// What it is at least; the number itself where too few were seen to say.
    pub low: f64,
    /// What it is at most.
    pub high: f64,
}

/// A relation that a case claims, and what was seen of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelationRecord {
    /// The claim, in words.
    pub claim: String,
    /// What was seen of it.
    pub holds: Holds,
    /// How many times as much the second takes as the first, in pairs of runs; for `AtMost` and
    /// `Grows` the amount itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Interval>,
    /// How many pairs of runs that rests on.
    pub pairs: u64,
    /// Why it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it is known not to hold, where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
}

/// Whether a relation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    /// The interval lies on the side that is claimed.
    Yes,
    /// It lies on the other side.
    No,
    /// It lies on both, or there is none.
    Open,
}

/// A `Sometimes` claim and whether the runs showed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sometimes {
    /// The claim, as text.
    pub claim: String,
    /// Whether a run showed it.
    pub seen: bool,
}

/// One outcome under one plan, and how often it was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The lines, in the order in which they reached the output.
    pub lines: Vec<String>,
    /// How main ended.
    pub ending: Ending,
    /// How many of the program's processes still lived after main.
    pub left: u32,
    /// The plan of these runs.
    pub plan: String,
    /// How many runs showed it.
    pub count: u64,
    /// Whether the specification allows it, or says nothing of it.
    pub allowed: bool,
    /// Whether the specification says nothing of it: the documentation leaves it undefined.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undefined: bool,
    /// The seed of the first run that showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Why a forbidden outcome is known: the manifest's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    /// Why a forbidden outcome is forbidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// What was left behind, one sentence a thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaked: Vec<String>,
    /// The end of what the first such run wrote to stderr.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
    /// The shortest and the longest of these runs, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<(f64, f64)>,
}

/// Why the specification does not allow an outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// How many of the lines were still allowed.
    pub accepted: u64,
    /// What would have been allowed next: lines, or an ending.
    pub expected: Vec<String>,
    /// The allowed outcome that is nearest.
    pub nearest: Outcome,
    /// The clauses that the outcome offends: without one of them, whichever, it would be allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offends: Vec<ClauseRecord>,
    /// How the nearest allowed outcome can come about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interleaving: Option<Interleaving>,
    /// How the lines that were still allowed can come about, where the nearest allowed outcome begins
    /// otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed: Option<Interleaving>,
}

/// What processes do one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interleaving {
    /// The steps.
    pub steps: Vec<Step>,
    /// Whether no shorter one does the same.
    pub shortest: bool,
}

/// One step of an interleaving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who makes it.
    pub process: String,
    /// What it does.
    pub does: String,
    /// The line that it writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
}

impl Record {
    /// The case's area: its folder; a file of one's own has none.
    #[must_use]
    pub fn area(&self) -> &str {
        const OWN: &str = "own";
        self.case.rsplit_once('/').map_or(OWN, |(area, _)| area)
    }

    /// How a command line names the driver.
    #[must_use]
    pub fn driver_selector(&self) -> String {
        let named = || format!("--driver {}", self.driver);
        self.driver_argument.clone().unwrap_or_else(named)
    }

    /// The clauses that what was seen offends, where that is known.
    pub fn offended(&self) -> impl Iterator<Item = &ClauseRecord> {
        let rejections = self.forbidden().filter_map(|seen| seen.rejection.as_ref());
        let mut all: Vec<&ClauseRecord> = Vec::new();
        for clause in rejections.flat_map(|rejection| &rejection.offends) {
            if !all.contains(&clause) {
                all.push(clause);
            }
        }
        all.into_iter()
    }

    /// What a finding is about, in short: the clauses that it offends, else all that the case tests.
    #[must_use]
    pub fn clauses_text(&self) -> String {
        let offended: Vec<&str> = self.offended().map(|clause| clause.id.as_str()).collect();
        match offended.as_slice() {
            [] if self.clauses.is_empty() => String::new(),
            [] => format!("tests {}", self.clauses.join(", ")),
            offended => format!("offends {}", offended.join(" or ")),
        }
    }

    /// Whether it says what was measured, in place of what was printed.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        !self.figures.is_empty() || !self.relations.is_empty()
    }

    /// The observations that the specification forbids and no manifest excuses.
    pub fn forbidden(&self) -> impl Iterator<Item = &Observation> {
        self.observations
            .iter()
            .filter(|observation| !observation.allowed && observation.known.is_none())
    }
}

impl Interleaving {
    /// Those that make its steps, in the order in which they begin.
    #[must_use]
    pub fn processes(&self) -> Vec<&str> {
        let mut processes: Vec<&str> = Vec::new();
        for step in &self.steps {
            if !processes.contains(&step.process.as_str()) {
                processes.push(&step.process);
            }
        }
        processes
    }
}

impl Observation {
    /// Whether it speaks against the implementation: it is forbidden, or something was left behind,
    /// and no manifest knows it.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        match (self.allowed, self.known.is_some()) {
            (true, true) => false,
            (false, false) => true,
            // What is known of a forbidden outcome says nothing of what was left behind.
            (true, false) | (false, true) => !self.leaked.is_empty(),
        }
    }

    /// The outcome alone.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome {
            lines: self.lines.clone(),
            ending: self.ending.clone(),
            left: self.left,
        }
    }
}
