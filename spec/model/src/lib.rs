//! The executable specification: what a program may do under each start method.

#![forbid(unsafe_code)]

pub mod behaviour;
pub mod clauses;
mod compile;
mod error;
mod explore;
pub mod graph;
mod machine;
mod objects;
mod reduce;
mod state;
pub mod witness;

pub use behaviour::{Behaviour, Refutation, Rejection};
pub use error::ModelError;
pub use explore::{Exploration, Limits, explore};
pub use graph::Graph;
pub use machine::undefined::Undefined;
pub use witness::{Goal, Witness, offended, witness};
