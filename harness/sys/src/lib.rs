//! Processes, handles, shared memory and waiting, with the same functions on each system.
//!
//! All `unsafe` code, foreign calls and choices by operating system of Poolproof are here.
//! A module below `unix/` has a sibling of the same name and functions below `windows/`.
//!
//! | module | promises |
//! | --- | --- |
//! | [`handle`] | an open pipe, socket or memory, closed when dropped, never inherited by accident |
//! | [`identity`] | a process, told apart from another that had its id; a count of forks |
//! | [`memory`] | memory without a name that processes share, touched through atomics and copies |
//! | [`shared`] | the plain values that may lie in it |
//! | [`wait_word`] | a word in it on which processes sleep until woken |

#[cfg(not(any(unix, windows)))]
compile_error!("poolproof-sys knows Unix and Windows; this target is neither");

#[cfg(unix)]
#[path = "unix/mod.rs"]
mod system;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod system;

pub use system::handle;
pub use system::process;
pub use system::{identity, memory, wait_word};

pub mod shared;
pub use system::tree;
