//! What the system tells of itself, in one list a class.
//! What the words of a list mean is for the askers to know.

use std::io;

use windows_sys::Win32::Foundation::{NTSTATUS, STATUS_INFO_LENGTH_MISMATCH};

/// A list, as words with zeros after it.
pub(super) fn system(class: i32) -> io::Result<Vec<usize>> {
    let mut room = vec![0_usize; 1 << 16];
    loop {
        let size = u32::try_from(room.len() * size_of::<usize>()).map_err(io::Error::other)?;
        let place = room.as_mut_ptr().cast();
        // SAFETY: the place is writable, aligned for any list and has the size that is passed.
        match unsafe { NtQuerySystemInformation(class, place, size, &mut 0) } {
            0.. => return Ok(room),
            // What is longer is asked for again, with more room.
            STATUS_INFO_LENGTH_MISMATCH => room.resize(room.len() * 2, 0),
            status => return Err(io::Error::other(format!("the system answered {status:#x}"))),
        }
    }
}

#[link(name = "ntdll")]
unsafe extern "system" {
    fn NtQuerySystemInformation(
        class: i32,
        place: *mut core::ffi::c_void,
        size: u32,
        wanted: &mut u32,
    ) -> NTSTATUS;
}
