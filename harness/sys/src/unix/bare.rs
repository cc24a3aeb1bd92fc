//! The system's fork and nothing else, for who measures what a process costs at the least.
//!
//! A copy made here belongs to nobody: no lifeline, no sentinel, no work at its end.

use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::exit::leave;
use super::{process, reaping, threads};
use crate::ending::Ending;

/// A process with one thread. It stays so for as long as this lives: who has it starts no other.
#[derive(Debug)]
pub struct Alone {
    /// Not for other threads, which there are none of.
    one_thread: PhantomData<*const ()>,
}

impl Alone {
    /// Counts the threads of this process.
    ///
    /// # Errors
    /// `ResourceBusy` when there are others.
    pub fn new() -> io::Result<Alone> {
        if !threads::are_at_most(1)? {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        let one_thread = PhantomData;
        Ok(Alone { one_thread })
    }

    /// Copies this process and gives the copy's id, for [`wait`]; the copy does `work` and leaves
    /// with its result.
    ///
    /// # Errors
    /// Fails as the system's fork does.
    pub fn fork(&self, work: impl FnOnce() -> i32) -> io::Result<u32> {
        match process::copy()? {
            0 => leave(catch_unwind(AssertUnwindSafe(work)).unwrap_or(1)),
            pid => Ok(pid),
        }
    }
}

/// Waits for the end of a copy and reaps it.
///
/// # Errors
/// Fails as the system's wait does.
pub fn wait(pid: u32) -> io::Result<Ending> {
    reaping::reap_by_number(pid)
}
