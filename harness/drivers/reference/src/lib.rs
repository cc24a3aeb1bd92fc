//! Runs a case on the reference runtime.
//!
//! The program is made closures, which run statement by statement in real processes: each child of the program
//! is a child of the runtime, and each object is the runtime's own.
//! What a program may do is the specification's business; this crate does not know it.

#![forbid(unsafe_code)]

mod arguments;
mod bound;
mod code;
mod control;
mod crossing;
mod data;
mod drive;
mod frame;
mod functions;
mod inherited;
mod interpreter;
mod job;
mod kept;
mod names;
mod object;
mod operators;
mod output;
mod passing;
mod plan;
mod sameness;
mod sequence;
mod start_method;
mod stop;
mod together;
mod world;

pub use drive::drive;
pub use functions::Transport;
pub use poolproof_runtime::freeze_support;
