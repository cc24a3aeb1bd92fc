//! The case language: values, programs and claims, and the catalogue of objects that programs use.
//!
//! A case is data.
//! This crate reads it, checks it and prints its values as Python does; what a program *may do* is
//! the specification's business, and what it *does* is a driver's.

#![forbid(unsafe_code)]

pub mod catalogue;
pub mod claim;
pub mod error_kind;
pub mod method;
pub mod outcome;
pub mod program;
pub mod value;

pub use claim::{Claim, Predicate};
pub use error_kind::ErrorKind;
pub use method::StartMethod;
pub use outcome::{Ending, Outcome};
pub use program::{Case, Function, Program, Statement};
pub use value::Value;
