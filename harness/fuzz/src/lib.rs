//! Programs that nobody wrote: made from a seed over the whole catalogue, written as case files, and
//! made smaller while they still show what one of them showed.
//!
//! A program is [`generate`]d, explored and run by others, and judged; where that finds a
//! disagreement, [`shrink`] looks for the smallest program that still has it, and [`write()`] makes a
//! file of that.
//! This crate knows the case language and nothing of what a program may do.

#![forbid(unsafe_code)]

mod arguments;
mod chance;
mod edit;
mod generate;
mod scene;
mod shrink;
mod statements;
mod tree;
mod uses;
mod write;
mod write_expression;

pub use generate::{CLAUSE, generate};
pub use shrink::shrink;
pub use write::write;
