//! A tree that is kept apart: not on this system, which has no namespaces.

use std::io;

use crate::keeping::Isolation;

/// Makes what keeps a tree apart: there is nothing but to share everything.
pub(super) fn make(isolation: Isolation) -> io::Result<()> {
    match isolation {
        Isolation::Nothing => Ok(()),
        Isolation::Full | Isolation::Memory => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Enters what was made.
pub(super) fn enter(_isolation: Isolation) -> io::Result<()> {
    Ok(())
}
