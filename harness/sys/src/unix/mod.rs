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
mod patience;
pub mod pipe;
pub mod privileges;
pub mod process;
pub(crate) mod program;
mod reaping;
pub(crate) mod refusals;
pub mod refused;
mod sentinel;
mod signals;
pub mod socket;
pub mod socket_folder;
pub mod threads;
pub mod tree;
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
mod unnamed;
pub mod wait_word;
#[cfg(target_os = "linux")]
mod waiting;
mod wake;
mod withheld;
pub mod zygote;
