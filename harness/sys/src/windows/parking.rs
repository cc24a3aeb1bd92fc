//! Handles on their way: a process puts a duplicate into the table of the tree's root, and whoever
//! gets the message takes it from there. Only what a child is to have first goes to it directly.
//!
//! The sender does not know who will read a queue, and may have ended by then; the root outlives
//! both, and needs to do nothing.
//!
//! What nobody takes stays there until the root ends, and with it the tree. A message that cannot be
//! written is taken back by its sender; one that was written and is never read is not, so a program
//! that leaves handles unread over and over holds them all until its end.

use std::io;
use std::sync::OnceLock;

use windows_sys::Win32::Foundation::{
    DUPLICATE_CLOSE_SOURCE, DUPLICATE_SAME_ACCESS, DuplicateHandle, HANDLE,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcess, PROCESS_DUP_HANDLE};

use super::handle::Handle;

/// How a child learns the id of the root.
pub(super) const ROOT: &str = "POOLPROOF_RUNTIME_ROOT";

static ROOT_ID: OnceLock<u32> = OnceLock::new();

/// The id of the root, for the environment of a child.
pub(super) fn root() -> u32 {
    *ROOT_ID.get_or_init(std::process::id)
}

/// Says which process is the root; only a child's first call has an effect.
pub(super) fn set_root(id: u32) {
    // A second answer would be the same one.
    let _ = ROOT_ID.set(id);
}

/// Leaves a duplicate in the root's table; gives its number there.
pub(super) fn put(handle: &Handle) -> io::Result<u64> {
    let root = open_root()?;
    let parked = duplicate(this(), handle.raw(), root.raw(), DUPLICATE_SAME_ACCESS)?;
    Ok(parked as u64)
}

/// Marks a number as one of the receiver's own table.
const OWN: u64 = 1 << 63;

/// Puts a duplicate into a child's own table, where it goes with the child even if that never
/// takes it; gives its number there.
pub(super) fn put_into(child: &Handle, handle: &Handle) -> io::Result<u64> {
    let number = duplicate(this(), handle.raw(), child.raw(), DUPLICATE_SAME_ACCESS)?;
    Ok(number as u64 | OWN)
}

/// Takes what lies at a number in the root's table, or in this process's own.
pub(super) fn take(number: u64) -> io::Result<Handle> {
    if number & OWN != 0 {
        return Handle::from_call((number & !OWN) as HANDLE);
    }
    let root = open_root()?;
    let how = DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE;
    Handle::from_call(duplicate(root.raw(), number as HANDLE, this(), how)?)
}

fn open_root() -> io::Result<Handle> {
    // SAFETY: the call takes no pointers.
    Handle::from_call(call!(
        ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
        unsafe { OpenProcess(PROCESS_DUP_HANDLE, 0, root()) }
    ))
}

fn this() -> HANDLE {
    // SAFETY: the pseudo handle of this process needs no closing and is always valid.
    unsafe { GetCurrentProcess() }
}

fn duplicate(from: HANDLE, handle: HANDLE, to: HANDLE, how: u32) -> io::Result<HANDLE> {
    let mut copy = std::ptr::null_mut();
    // SAFETY: both processes are open, and the place for the copy is writable.
    if call!(
        ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
        unsafe { DuplicateHandle(from, handle, to, &mut copy, 0, 0, how) }
    ) == 0
    {
        return Err(io::Error::last_os_error());
    }
    Ok(copy)
}
