//! Processes, handles, shared memory and waiting, with the same functions on each system.
//!
//! All `unsafe` code, foreign calls and choices by operating system of Poolproof are here.
//! A module below `unix/` has a sibling of the same name and functions below `windows/`.
//!
//! | module | promises |
//! | --- | --- |
//! | [`handle`] | an open pipe, socket or memory, closed when dropped, never inherited by accident |
//! | [`channel`] | the control socket of a process: whole messages with handles |
//! | [`group`] | handles that go together |
//! | [`pipe`] | byte streams, one-way and duplex, with deadlines and handles beside the bytes |
//! | [`socket`] | TCP, socket files and socket names, which others find by an address |
//! | [`process`] | starting this program again, copying this process, waiting, reaping once, signals |
//! | [`privileges`] | whether this process may still do what it could |
//! | [`zygote`] | a server with one thread that copies itself on request |
//! | [`bare`] | the system's fork alone, for who measures it |
//! | [`atomic`], [`failpoint`] | words in shared memory, and for tests places to die at and calls to fail |
//! | [`tree`] | a process tree that is watched, kept apart and ended as a whole |
//! | [`socket_folder`] | a private folder for a socket's file, where a socket needs one |
//! | [`folder`], [`scratch`] | private folders, and those that go with the process that made them |
//! | [`limits`] | what the system grants a run, and what is too little |
//! | [`memory_use`] | how much memory a process uses |
//! | [`machine`] | what a report says of the machine |
//! | [`function`] | functions that travel to another process of the same build |
//! | [`lifeline`] | a process tree that dies with its root |
//! | [`early`] | work before `main` |
//! | [`exit`] | work at the end of a process, and leaving without any |
//! | [`environment`] | changes to the environment, refused beside other threads |
//! | [`refused`] | which limit a refused call has met |
//! | [`threads`] | how many threads this process has |
//! | [`copies`], [`alone`] | a count of copies, those that the program made by itself, and handles that these are not to have |
//! | [`identity`] | a process, told apart from another that had its id |
//! | [`memory`] | memory without a name that processes share, touched through atomics and copies |
//! | [`named`] | such memory under a name that goes with its last holder |
//! | [`shared`] | the plain values that may lie in it |
//! | [`wait_word`] | a word in it on which processes sleep until woken |

#[cfg(not(any(unix, windows)))]
compile_error!("poolproof-sys knows Unix and Windows; this target is neither");

// First, since all others use its macro.
#[macro_use]
pub mod failpoint;

#[cfg(unix)]
#[path = "unix/mod.rs"]
mod system;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod system;

pub mod alone;
pub mod atomic;
pub mod channel;
pub mod early;
mod ending;
pub mod function;
pub mod group;
mod keeping;
mod listed;
pub mod machine;
pub mod memory_use;
pub mod named;
pub mod scratch;
pub mod shared;
#[cfg(not(target_os = "linux"))]
mod unlisted_memory;
pub use system::{
    bare, copies, environment, exit, folder, handle, identity, lifeline, limits, memory, pipe,
    privileges, process, refused, socket, socket_folder, threads, tree, wait_word, zygote,
};
