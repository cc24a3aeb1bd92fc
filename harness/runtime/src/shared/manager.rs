//! `SharedMemoryManager`: blocks with names that are taken back together.

use std::sync::{Mutex, PoisonError};

use super::{Item, ShareableList, SharedMemory};
use crate::error::Result;

/// Makes blocks with names, and takes all their names back at once: when it is told to, or when it
/// is dropped.
///
/// Python has a process for that, which outlives one that is killed; here a killed process leaves
/// no name anyway, so this is nothing but a list.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let manager = mp::SharedMemoryManager::new();
/// let block = manager.shared_memory(16)?;
/// let list = manager.shareable_list([1.into(), "two".into()])?;
/// manager.shutdown();
/// // Who has them still has them; nobody else finds them any more.
/// assert_eq!(list.len(), 2);
/// let name = block.name().unwrap_or_default();
/// assert!(mp::SharedMemory::attach(name).unwrap_err().is_missing());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct SharedMemoryManager {
    made: Mutex<Vec<SharedMemory>>,
}

impl SharedMemoryManager {
    /// One that has made nothing yet.
    #[must_use]
    pub fn new() -> SharedMemoryManager {
        SharedMemoryManager::default()
    }

    /// A new block of zero bytes under a free name.
    ///
    /// # Errors
    /// As [`SharedMemory::create`].
    pub fn shared_memory(&self, size: usize) -> Result<SharedMemory> {
        let block = SharedMemory::create(None, size)?;
        self.keep(block.clone());
        Ok(block)
    }

    /// A list of these items in a block under a free name.
    ///
    /// # Errors
    /// As [`ShareableList::create`].
    pub fn shareable_list(&self, items: impl IntoIterator<Item = Item>) -> Result<ShareableList> {
        let list = ShareableList::create(None, items)?;
        self.keep(list.memory().clone());
        Ok(list)
    }

    fn keep(&self, block: SharedMemory) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.push(block);
    }

    /// Takes back the names of all that it has made so far.
    pub fn shutdown(&self) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        for block in made.drain(..) {
            // It fails for one that somebody has unlinked, which is as good.
            let _ = block.unlink();
        }
    }
}

impl Drop for SharedMemoryManager {
    fn drop(&mut self) {
        self.shutdown();
    }
}
