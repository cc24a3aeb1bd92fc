//! Pipes and duplex pairs with a private name.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Security::Authentication::Identity::RtlGenRandom;
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, FILE_READ_ATTRIBUTES,
    FILE_WRITE_ATTRIBUTES, OPEN_EXISTING, PIPE_ACCESS_DUPLEX, PIPE_ACCESS_INBOUND,
};
use windows_sys::Win32::System::Pipes::{
    CreateNamedPipeW, PIPE_READMODE_BYTE, PIPE_READMODE_MESSAGE, PIPE_REJECT_REMOTE_CLIENTS,
    PIPE_TYPE_MESSAGE, PIPE_WAIT, SetNamedPipeHandleState,
};

use super::super::handle::Handle;
use super::BUFFER;

/// A pipe: what is written to the second end is read from the first.
///
/// # Errors
/// Fails when the process has no handle left.
pub fn one_way() -> io::Result<(Handle, Handle)> {
    pair(PIPE_ACCESS_INBOUND, GENERIC_WRITE | FILE_READ_ATTRIBUTES)
}

/// Two ends, each of which reads what is written to the other.
///
/// # Errors
/// Fails when the process has no handle left.
pub fn duplex() -> io::Result<(Handle, Handle)> {
    let ends = pair(
        PIPE_ACCESS_DUPLEX,
        GENERIC_READ | GENERIC_WRITE | FILE_WRITE_ATTRIBUTES,
    )?;
    read_one_write_at_a_time(&ends.0)?;
    read_one_write_at_a_time(&ends.1)?;
    Ok(ends)
}

/// A read ends where a write did, so that none takes handles for bytes.
fn read_one_write_at_a_time(end: &Handle) -> io::Result<()> {
    let nothing = std::ptr::null();
    // SAFETY: the handle is open, and only the mode is set.
    match call!(unsafe {
        SetNamedPipeHandleState(end.raw(), &PIPE_READMODE_MESSAGE, nothing, nothing)
    }) {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn pair(server_access: u32, client_access: u32) -> io::Result<(Handle, Handle)> {
    let name = private_name()?;
    // SAFETY: the name ends with a zero, and no security attributes are passed.
    let server = Handle::from_call(call!(
        ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
        unsafe {
            CreateNamedPipeW(
                name.as_ptr(),
                server_access | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                PIPE_TYPE_MESSAGE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                1,
                BUFFER,
                BUFFER,
                0,
                std::ptr::null(),
            )
        }
    ))?;
    // SAFETY: as above, and no template is passed.
    let client = Handle::from_call(call!(
        ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
        unsafe {
            CreateFileW(
                name.as_ptr(),
                client_access,
                0,
                std::ptr::null(),
                OPEN_EXISTING,
                FILE_FLAG_OVERLAPPED,
                std::ptr::null_mut(),
            )
        }
    ))?;
    Ok((server, client))
}

/// A name that nobody can guess before the only client is connected.
fn private_name() -> io::Result<Vec<u16>> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut random = [0_u8; 16];
    // SAFETY: the buffer is writable and has the length that is passed.
    if !call!(unsafe { RtlGenRandom(random.as_mut_ptr().cast(), 16) }) {
        return Err(io::Error::last_os_error());
    }
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let random = u128::from_ne_bytes(random);
    let name = format!(r"\\.\pipe\poolproof.{process}.{count}.{random:032x}");
    Ok(name.encode_utf16().chain([0]).collect())
}
