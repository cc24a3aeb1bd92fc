//! Records and the reports made from them.
//!
//! A run file ([`record`], [`run_file`]) is the only source of every report; nothing here knows how
//! a run was made or judged.

#![forbid(unsafe_code)]

pub mod case_record;
mod compare;
mod finding;
mod group;
pub mod head;
mod html;
mod issue;
mod json;
mod junit;
mod markdown;
mod matrix;
mod merge;
mod moment;
mod natural;
mod outcome_text;
mod quantity;
mod rate;
pub mod record;
pub mod run_file;
mod shown;
mod summary;
mod systems;
mod tap;
pub mod verdict;

pub use case_record::{
    Automaton, BehaviourRecord, CaseRecord, ClauseRecord, EndingRecord, NodeRecord, ProgramRecord,
};
pub use compare::{Change, Comparison, Side, THRESHOLD, What, compare, comparison_text};
pub use finding::sentence;
pub use head::{EnvironmentRecord, Foot, Head, Joined, Unused};
pub use html::html;
pub use issue::issue;
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use merge::{merge, missing_shards};
pub use outcome_text::outcome_text;
pub use quantity::bytes;
pub use record::{
    Figure, Holds, Interleaving, Interval, Line, Memory, Observation, Record, Rejection,
    RelationRecord, Sometimes, Step, VERSION,
};
pub use run_file::{Error, RunFile, read, write, write_line};
pub use shown::shown;
pub use summary::{next_step, summary};
pub use systems::systems;
pub use tap::tap;
pub use verdict::{Verdict, worst_exit};
