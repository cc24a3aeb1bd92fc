//! Discovers, runs and judges cases.
//!
//! A run is a process tree: main's ending comes from waiting for it, what it leaves is counted, and
//! nothing of it survives.
//! Which implementations there are besides the interpreters found on the machine is told by the
//! caller; this library does not know the runtime.

#![forbid(unsafe_code)]

mod capture;
mod case_record;
mod control;
pub mod driver;
mod environment;
mod error;
mod examine;
mod execute;
mod figures;
mod follow;
pub mod implementation;
pub mod interleaving;
pub mod interpreter;
mod interval;
mod items;
mod job;
mod judge;
mod leak;
mod left;
pub mod load;
pub mod manifest;
mod measure;
mod measured;
mod observe;
mod options;
mod plan;
mod sampler;
mod slots;
pub mod specified;
pub mod spread;
pub mod statistics;
mod stillness;
pub mod suite;
mod surroundings;
mod timing;
mod turns;
mod twins;
mod version;
mod watch;
mod workshop;

pub use driver::Driver;
pub use environment::Environment;
pub use error::{Error, Result};
pub use examine::replay_command;
pub use judge::exit_code;
pub use load::{Loaded, Problem, Selection};
pub use manifest::Manifest;
pub use plan::{Plan, seed_of};
pub use version::Version;
pub use workshop::Workshop;
