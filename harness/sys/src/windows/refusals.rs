//! What calls of the system fail with for want of something, and how such a call says so.

use std::io;

pub(crate) use windows_sys::Win32::Foundation::{
    ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_MEMORY,
};
use windows_sys::Win32::Foundation::{HANDLE, SetLastError};
use windows_sys::Win32::System::Memory::MEMORY_MAPPED_VIEW_ADDRESS;
use windows_sys::core::BOOL;

use crate::failpoint::Refused;

impl<T> Refused for io::Result<T> {
    fn with(error: i32) -> Self {
        Err(io::Error::from_raw_os_error(error))
    }
}

impl Refused for BOOL {
    fn with(error: i32) -> Self {
        leave_behind(error);
        0
    }
}

/// Some calls say so by another number, which `Handle::from_call` takes for the same.
impl Refused for HANDLE {
    fn with(error: i32) -> Self {
        leave_behind(error);
        std::ptr::null_mut()
    }
}

impl Refused for MEMORY_MAPPED_VIEW_ADDRESS {
    fn with(error: i32) -> Self {
        leave_behind(error);
        MEMORY_MAPPED_VIEW_ADDRESS {
            Value: std::ptr::null_mut(),
        }
    }
}

/// Has an error be the last one of this thread.
fn leave_behind(error: i32) {
    // SAFETY: the call takes no pointers.
    unsafe { SetLastError(error.cast_unsigned()) };
}
