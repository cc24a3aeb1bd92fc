//! The executable specification: what a program may do under each start method.

#![forbid(unsafe_code)]

pub mod behaviour;
pub mod clauses;
pub mod graph;

pub use behaviour::{Behaviour, Refutation, Rejection};
pub use graph::Graph;
