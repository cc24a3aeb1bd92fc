//! An open pipe, memory, semaphore or process, owned: a kernel handle.
//! What can be done with one is the business of the module that made it.

use std::io;
use std::os::windows::io::{
    AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle, RawHandle,
};

use windows_sys::Win32::Foundation::{ERROR_TOO_MANY_OPEN_FILES, HANDLE, INVALID_HANDLE_VALUE};

use super::query;

use crate::failpoint::OnDrop;

/// An open object of the system; dropping it closes it.
///
/// No handle is inherited by a program that this process starts, except where a call says so.
#[derive(Debug)]
pub struct Handle {
    // Fields are dropped in their order, so that these are before and after the close.
    _before: OnDrop,
    handle: OwnedHandle,
    _after: OnDrop,
}

impl Handle {
    /// A second handle on the same object.
    ///
    /// # Errors
    /// Fails when the process has no handle left.
    pub fn duplicate(&self) -> io::Result<Handle> {
        Ok(call!(self.handle.try_clone())?.into())
    }

    /// Takes what a call has just returned; an invalid handle is that call's error.
    pub(super) fn from_call(raw: HANDLE) -> io::Result<Handle> {
        if raw.is_null() || raw == INVALID_HANDLE_VALUE {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the caller has just got this handle from the system and nobody else owns it.
        Ok(unsafe { OwnedHandle::from_raw_handle(raw as RawHandle) }.into())
    }

    pub(super) fn raw(&self) -> HANDLE {
        self.handle.as_raw_handle() as HANDLE
    }
}

/// How many handles this process has open, for those who look for leaks.
///
/// # Errors
/// Fails where the system does not tell.
pub fn open_count() -> io::Result<usize> {
    let words = query::system(EXTENDED_HANDLE_INFORMATION)?;
    // A count and a reserved word, then the handles; the second word of each is its process.
    let (own, count) = (std::process::id() as usize, words[0]);
    let handles = words[2..].chunks_exact(WORDS_OF_ONE).take(count);
    Ok(handles.filter(|handle| handle[1] == own).count())
}

/// Whether this is the error of a process that has as many handles as it may.
#[must_use]
pub fn are_used_up(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ERROR_TOO_MANY_OPEN_FILES as i32)
}

/// The error of a process that has as many handles as it may.
#[must_use]
pub fn none_left() -> io::Error {
    io::Error::from_raw_os_error(ERROR_TOO_MANY_OPEN_FILES as i32)
}

/// The class of the list of all handles of all processes.
const EXTENDED_HANDLE_INFORMATION: i32 = 64;

/// The size of one entry of that list, in words.
const WORDS_OF_ONE: usize = 5;

impl From<OwnedHandle> for Handle {
    fn from(handle: OwnedHandle) -> Handle {
        Handle {
            _before: OnDrop::BEFORE,
            handle,
            _after: OnDrop::AFTER,
        }
    }
}

impl From<Handle> for OwnedHandle {
    fn from(handle: Handle) -> OwnedHandle {
        handle.handle
    }
}

impl AsHandle for Handle {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.handle.as_handle()
    }
}
