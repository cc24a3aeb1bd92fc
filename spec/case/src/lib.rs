//! The case language: values, programs and claims, and the catalogue of objects that programs use.
//!
//! A case is data.
//! This crate reads it, checks it and prints its values as Python does; what a program *may do* is
//! the specification's business, and what it *does* is a driver's.

#![forbid(unsafe_code)]

pub mod catalogue;
mod check;
pub mod claim;
pub mod diagnostic;
pub mod error_kind;
pub mod infer;
pub mod limits;
pub mod method;
pub mod monitor;
pub mod nearest;
pub mod operate;
pub mod outcome;
pub mod print;
pub mod program;
pub mod read;
pub mod relation;
pub mod uses;
pub mod value;
pub mod walk;
mod warnings;
pub mod work;

pub use claim::{Claim, Predicate};
pub use diagnostic::{Diagnostic, line_column, render};
pub use error_kind::ErrorKind;
pub use limits::Limits;
pub use method::StartMethod;
pub use monitor::Monitor;
pub use outcome::{Ending, Outcome};
pub use program::{Case, Function, Program, Statement};
pub use read::read;
pub use relation::{Relation, Subject, Unit};
pub use value::Value;
pub use warnings::warnings;
