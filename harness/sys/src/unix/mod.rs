//! The promises of this crate, kept with Unix system calls.

pub mod bare;
pub mod copies;
pub mod environment;
pub mod exit;
pub mod folder;
pub mod handle;
pub mod identity;
pub(crate) mod image;
pub mod lifeline;
pub mod limits;
pub mod memory;
pub(crate) mod named;
pub mod pipe;
pub mod process;
mod sentinel;
pub mod socket;
pub mod threads;
pub mod tree;
pub mod wait_word;
mod wake;
mod withheld;
pub mod zygote;
