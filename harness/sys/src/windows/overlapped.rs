//! One read or write that may be waited for, and taken back.

use std::io;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    ERROR_BROKEN_PIPE, ERROR_IO_PENDING, ERROR_MORE_DATA, ERROR_NO_DATA, ERROR_OPERATION_ABORTED,
    ERROR_PIPE_NOT_CONNECTED, WAIT_OBJECT_0,
};
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::{CreateEventW, INFINITE, WaitForSingleObject};

use super::handle::Handle;
use super::patience::steadily;

/// An event that a thread waits on for its own operations.
pub(super) fn event() -> io::Result<Handle> {
    steadily(|| {
        // SAFETY: no security attributes and no name are passed.
        Handle::from_call(call!(
            ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
            unsafe { CreateEventW(std::ptr::null(), 1, 0, std::ptr::null()) }
        ))
    })
}

/// How an operation went on.
pub(super) enum Progress {
    /// So many bytes.
    Done(usize),
    /// The other end is gone.
    Ended,
    /// The deadline passed and nothing was transferred.
    TimedOut,
}

/// Runs one operation to its end, or takes it back at the deadline.
///
/// `start` begins it with the structure that it is given and returns what the call returned.
pub(super) fn run(
    stream: &Handle,
    deadline: Option<Instant>,
    start: impl FnOnce(*mut OVERLAPPED) -> i32,
) -> io::Result<Progress> {
    let event = event()?;
    let mut state = OVERLAPPED {
        hEvent: event.raw(),
        ..OVERLAPPED::default()
    };
    if start(&mut state) == 0 {
        let error = io::Error::last_os_error();
        match error.raw_os_error().map(i32::cast_unsigned) {
            Some(ERROR_IO_PENDING) => {
                // SAFETY: the event is open for the time of this call.
                let woken =
                    call!(unsafe { WaitForSingleObject(event.raw(), milliseconds(deadline)) });
                if woken != WAIT_OBJECT_0 {
                    // The operation may just have ended by itself: the result below says so.
                    // SAFETY: the operation was begun on this handle with this structure.
                    call!(unsafe { CancelIoEx(stream.raw(), &state) });
                }
            }
            // A part of a message: the result below says how much.
            Some(ERROR_MORE_DATA) => {}
            _ => return ended(error),
        }
    }
    let mut bytes = 0;
    // SAFETY: waiting here until the system is done with `state` and the buffer keeps both alive
    // for as long as it uses them.
    if call!(unsafe { GetOverlappedResult(stream.raw(), &state, &mut bytes, 1) }) == 0 {
        let error = io::Error::last_os_error();
        // A message longer than what was asked for: the rest stays.
        if error.raw_os_error() != Some(ERROR_MORE_DATA.cast_signed()) {
            return ended(error);
        }
    }
    Ok(Progress::Done(bytes as usize))
}

fn ended(error: io::Error) -> io::Result<Progress> {
    match error.raw_os_error().map(i32::cast_unsigned) {
        Some(ERROR_BROKEN_PIPE | ERROR_NO_DATA | ERROR_PIPE_NOT_CONNECTED) => Ok(Progress::Ended),
        Some(ERROR_OPERATION_ABORTED) => Ok(Progress::TimedOut),
        _ => Err(error),
    }
}

/// A deadline as the system takes it, rounded up.
pub(super) fn milliseconds(deadline: Option<Instant>) -> u32 {
    let Some(deadline) = deadline else {
        return INFINITE;
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let up = left.saturating_add(Duration::from_nanos(999_999));
    u32::try_from(up.as_millis())
        .unwrap_or(INFINITE - 1)
        .min(INFINITE - 1)
}
