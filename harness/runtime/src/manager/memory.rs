//! Shared memory that a manager makes: each block has its name until the manager ends, whoever else
//! has ended before.

use std::sync::Mutex;

use super::Manager;
use super::protocol::Request;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;
use crate::shared::{Item, ShareableList, SharedMemory};

/// The blocks of a server; none once it is over.
pub(super) struct Blocks {
    made: Mutex<Option<Vec<SharedMemory>>>,
}

impl Blocks {
    pub(super) fn new() -> Blocks {
        Blocks {
            made: Mutex::new(Some(Vec::new())),
        }
    }

    /// Makes a block; gives its name.
    pub(super) fn make(&self, size: usize) -> Result<String> {
        let block = SharedMemory::create(None, size)?;
        let name = block.name().unwrap_or_default().to_owned();
        match &mut *lock(&self.made) {
            Some(made) => made.push(block),
            None => {
                block.unlink()?;
                let text = "make shared memory in a manager that ends";
                return Err(Error::new(Kind::Closed, text));
            }
        }
        Ok(name)
    }

    /// Takes every block's name away; who has a block keeps it.
    pub(super) fn unlink(&self) {
        let made = lock(&self.made).take();
        for block in made.into_iter().flatten() {
            // It fails for one that somebody has unlinked before.
            let _ = block.unlink();
        }
    }
}

impl Manager {
    /// A new block of zero bytes, whose name lasts until the manager ends; for processes of the
    /// manager's own machine.
    ///
    /// ```
    /// use poolproof_runtime as mp;
    ///
    /// mp::freeze_support();
    /// let manager = mp::Context::default().manager()?;
    /// let block = manager.shared_memory(16)?;
    /// block.write(0, b"hello")?;
    /// let name = block.name().expect("it has one");
    /// assert_eq!(&mp::SharedMemory::attach(name)?.to_vec()[..5], b"hello");
    /// manager.shutdown();
    /// assert!(mp::SharedMemory::attach(name).unwrap_err().is_missing());
    /// # mp::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// As [`SharedMemory::create`]; `is_missing` when the manager is on another machine;
    /// `is_broken_pipe` when it has ended.
    pub fn shared_memory(&self, size: usize) -> Result<SharedMemory> {
        let name: String = self.server.ask(&Request::Memory(size))?;
        SharedMemory::attach(&name)
    }

    /// A new list of these items, in a block as [`shared_memory`](Manager::shared_memory) makes it.
    ///
    /// # Errors
    /// As [`shared_memory`](Manager::shared_memory).
    pub fn shareable_list(&self, items: impl IntoIterator<Item = Item>) -> Result<ShareableList> {
        ShareableList::fill(items, |size| self.shared_memory(size))
    }
}
