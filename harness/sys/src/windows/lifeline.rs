//! A pipe whose write end only the root of a process tree holds: when the root dies, however it
//! dies, whoever holds the read end ends itself.

use std::io;

use super::handle::Handle;
use super::{exit, pipe};

/// What a process that loses its root ends with: as if a kill signal had ended it.
const LOST: i32 = 137;

/// Makes the lifeline: the end to give to each process of the tree, and the end for the root.
///
/// # Errors
/// Fails when the process has no handle left.
pub fn new() -> io::Result<(Handle, Handle)> {
    pipe::one_way()
}

/// One more end, for one more process of the tree.
///
/// # Errors
/// Fails when the process has no handle left.
pub fn another(end: &Handle) -> io::Result<Handle> {
    end.duplicate()
}

/// Ties this process to the root by an end that [`another`] has made for it; gives what must be
/// kept open for it to stay tied.
///
/// # Errors
/// Fails where the system refuses a thread or a handle, with nothing tied.
pub fn tie(end: Handle) -> io::Result<Handle> {
    let watched = end.duplicate()?;
    std::thread::Builder::new()
        .name("lifeline".into())
        .spawn(move || {
            // Nobody writes to a lifeline: readable means that the root is gone, and a failure to wait
            // means that nobody would notice.
            let _ = pipe::wait_readable(&watched, None);
            exit::leave_at_once(LOST);
        })?;
    Ok(end)
}
