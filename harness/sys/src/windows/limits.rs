//! What this system grants a run, and what is too little.
//!
//! A program that fails for want of something shows nothing of its library; what follows from that
//! is the caller's business.

use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;

/// How much room a run may need among temporary files.
const ROOM_BYTES: u64 = 16 << 20;

/// Makes a write beyond the limit of a file's size an error, which it is here.
pub fn survive_full_files() {}

/// What is too little here for any program to be judged by it: a sentence for each, with its limit.
#[must_use]
pub fn shortages() -> Vec<String> {
    let folder = std::env::temp_dir();
    let told = match free_bytes(&folder) {
        Ok(free) if free >= ROOM_BYTES => return Vec::new(),
        Ok(free) => format!("{} KiB are left", free >> 10),
        Err(error) => error.to_string(),
    };
    let (folder, needed) = (folder.display(), ROOM_BYTES >> 20);
    vec![format!(
        "there is no room for temporary files in {folder} ({told}), and {needed} MiB may be needed"
    )]
}

/// How many processes the system has killed because there was no memory left: none, it refuses
/// memory instead.
#[must_use]
pub fn killed_for_memory() -> Option<u64> {
    None
}

/// How many bytes this user can still write where a folder is.
fn free_bytes(folder: &Path) -> io::Result<u64> {
    let name: Vec<u16> = folder.as_os_str().encode_wide().chain([0]).collect();
    let mut free = 0;
    let (room, none) = (&raw mut free, std::ptr::null_mut());
    // SAFETY: the name ends with a zero, and the room is a live number.
    match unsafe { GetDiskFreeSpaceExW(name.as_ptr(), room, none, none) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(free),
    }
}
