//! Handles that travel together, beside the bytes of one write.

use crate::handle::Handle;

/// The handles that came with one write, of which none may be missing for them to be of use.
#[derive(Debug)]
pub struct Group {
    /// Those that are here, in the order in which they were sent.
    pub handles: Vec<Handle>,
    /// Whether they all are: this process may have had no room for some, which are gone then.
    pub is_whole: bool,
}

impl Group {
    /// So many handles, if they are that; else none.
    #[must_use]
    pub fn whole(self, count: usize) -> Option<Vec<Handle>> {
        let is_it = self.is_whole && self.handles.len() == count;
        is_it.then_some(self.handles)
    }
}
