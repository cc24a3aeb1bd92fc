//! Records and the reports made from them.
//!
//! A run file ([`record`], [`run_file`]) is the only source of every report; nothing here knows how
//! a run was made or judged.

#![forbid(unsafe_code)]

pub mod record;
pub mod run_file;
pub mod verdict;

pub use record::{Foot, Head, Line, Observation, Record, Rejection, Sometimes, VERSION};
pub use run_file::{Error, RunFile, merge, read, write, write_line};
pub use verdict::{Verdict, worst_exit};
