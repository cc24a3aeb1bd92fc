//! What a named pipe holds unread.

use std::io;

use windows_sys::Win32::Foundation::{
    ERROR_BAD_PIPE, ERROR_BROKEN_PIPE, ERROR_NO_DATA, ERROR_PIPE_NOT_CONNECTED,
};
use windows_sys::Win32::System::Pipes::PeekNamedPipe;

use super::handle::Handle;

/// The first unread bytes, and how many there are in all; nothing at the end of the stream.
pub(super) fn peek(stream: &Handle, buffer: &mut [u8]) -> io::Result<(usize, usize)> {
    let (mut read, mut there) = (0, 0);
    let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
    // SAFETY: the buffer has `length` writable bytes, and the counts are writable.
    let peeked = unsafe {
        PeekNamedPipe(
            stream.raw(),
            buffer.as_mut_ptr().cast(),
            length,
            &mut read,
            &mut there,
            std::ptr::null_mut(),
        )
    };
    if peeked != 0 {
        return Ok((read as usize, there as usize));
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error().map(i32::cast_unsigned) {
        // The last is said of an end that this side has disconnected.
        Some(ERROR_BROKEN_PIPE | ERROR_NO_DATA | ERROR_PIPE_NOT_CONNECTED | ERROR_BAD_PIPE) => {
            Ok((0, 0))
        }
        _ => Err(error),
    }
}
