//! A handle of one process alone, whatever copies of it there are.

use crate::copies::{Withheld, withhold};
use crate::handle::Handle;

/// A handle of this process alone: a copy that the program makes by itself has something dead in
/// its place, so that its life keeps no pipe open.
#[derive(Debug)]
pub struct Alone {
    // Before the handle: its number may be another's as soon as it is closed.
    _withheld: Withheld,
    handle: Handle,
}

impl From<Handle> for Alone {
    fn from(handle: Handle) -> Alone {
        Alone {
            _withheld: withhold(&handle),
            handle,
        }
    }
}

impl From<Alone> for Handle {
    fn from(alone: Alone) -> Handle {
        alone.handle
    }
}

impl std::ops::Deref for Alone {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}
