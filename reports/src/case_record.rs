//! What a case is and may do, as a run file keeps it: reports need nothing else to show it.

use poolproof_case::{Ending, Outcome, StartMethod};
use serde::{Deserialize, Serialize};

/// An automaton with more nodes than this is not kept: nobody could read it.
pub const NODES_MAX: usize = 64;

/// Of more outcomes than this only the number is kept.
pub const OUTCOMES_MAX: usize = 64;

/// A case that was run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// The case's id.
    pub id: String,
    /// The hash of its text, as in its records.
    pub hash: String,
    /// What it is about: its folder.
    pub area: String,
    /// The fact that it states.
    pub title: String,
    /// The clauses that it tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<ClauseRecord>,
    /// Its text, in RON.
    pub ron: String,
    /// Its programs in Python: one, or one for each contender.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<ProgramRecord>,
    /// What the specification allows it; start methods with the same behaviour share one. Of one
    /// under which nothing was run, and of a case that is measured, there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behaviours: Vec<BehaviourRecord>,
}

/// A clause of the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseRecord {
    /// Its id.
    pub id: String,
    /// How binding it is: `MUST`, `SHOULD`, `MAY`, `UNDEFINED`.
    pub level: String,
    /// Its sentence.
    pub text: String,
}

/// A program of a case as a Python program that stands alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramRecord {
    /// The contender; none where the case has one program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contender: Option<String>,
    /// The program; none where Python cannot say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<String>,
}

/// All that a case may do under some start methods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BehaviourRecord {
    /// The start methods.
    pub start_methods: Vec<StartMethod>,
    /// How many outcomes are allowed, in decimal digits; none where exploration hit its limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<String>,
    /// Whether exploration hit its limit.
    pub bounded: bool,
    /// How many nodes the minimal automaton has.
    pub nodes: u64,
    /// The automaton, where it has at most [`NODES_MAX`] nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automaton: Option<Automaton>,
    /// The allowed outcomes, where there are at most [`OUTCOMES_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<Outcome>,
}

/// The minimal automaton of a behaviour: who follows its edges by the lines that a run prints, and
/// stands at a node with the run's ending, has followed an allowed outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Automaton {
    /// The lines that its edges bear.
    pub lines: Vec<String>,
    /// The endings that its nodes bear.
    pub endings: Vec<EndingRecord>,
    /// Its nodes; the first is the start, and each edge leads to a later one.
    pub nodes: Vec<NodeRecord>,
}

/// How a run may end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndingRecord {
    /// Main's ending.
    pub ending: Ending,
    /// How many of the program's processes still live.
    pub left: u32,
}

/// A node of an automaton.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// A line and the node after it, both by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<(u32, u32)>,
    /// The endings that are allowed here, by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endings: Vec<u32>,
}

impl CaseRecord {
    /// What it may do under a start method.
    #[must_use]
    pub fn behaviour(&self, method: StartMethod) -> Option<&BehaviourRecord> {
        let mut all = self.behaviours.iter();
        all.find(|behaviour| behaviour.start_methods.contains(&method))
    }

    /// Adds what another record of the same case knows of other start methods.
    pub(crate) fn add(&mut self, other: CaseRecord) {
        for mut behaviour in other.behaviours {
            let is_new = |method: &StartMethod| self.behaviour(*method).is_none();
            behaviour.start_methods.retain(is_new);
            if !behaviour.start_methods.is_empty() {
                self.behaviours.push(behaviour);
            }
        }
    }
}
