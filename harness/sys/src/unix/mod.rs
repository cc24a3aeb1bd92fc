//! The promises of this crate, kept with Unix system calls.

pub mod handle;
pub mod process;
pub mod identity;
pub mod memory;
pub mod wait_word;
pub mod tree;
