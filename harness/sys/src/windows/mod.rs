//! The promises of this crate, kept with Win32 calls.

pub mod bare;
pub mod copies;
pub mod environment;
pub mod exit;
pub mod folder;
pub mod handle;
pub mod identity;
pub(crate) mod image;
mod job;
pub mod lifeline;
pub mod limits;
pub mod memory;
pub(crate) mod named;
mod overlapped;
mod parking;
mod peek;
pub mod pipe;
pub mod process;
mod query;
mod ready;
mod relay;
pub mod socket;
pub mod threads;
pub mod tree;
pub mod wait_word;
pub mod zygote;
