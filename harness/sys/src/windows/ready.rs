//! Waiting for the first of many: pipes that can be read, processes that have ended.

use std::io;
use std::time::Instant;

use windows_sys::Win32::Foundation::{
    ERROR_IO_PENDING, HANDLE, WAIT_FAILED, WAIT_OBJECT_0, WAIT_TIMEOUT,
};
use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_PIPE, GetFileType, ReadFile};
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::{
    INFINITE, RegisterWaitForSingleObject, SetEvent, UnregisterWaitEx, WT_EXECUTEINWAITTHREAD,
    WT_EXECUTEONLYONCE, WaitForMultipleObjects, WaitForSingleObject,
};

use super::handle::Handle;
use super::overlapped::{event, milliseconds};
use super::peek::peek;

/// The system waits for at most 64 objects in one call.
const AT_ONCE_MAX: usize = 64;

/// Waits until at least one handle is ready, and says which are; all false at the deadline.
pub(super) fn wait_any(handles: &[&Handle], deadline: Option<Instant>) -> io::Result<Vec<bool>> {
    loop {
        let ready = handles
            .iter()
            .map(|handle| is_ready(handle))
            .collect::<io::Result<Vec<_>>>()?;
        let is_late = deadline.is_some_and(|deadline| deadline <= Instant::now());
        if is_late || ready.contains(&true) {
            return Ok(ready);
        }
        let watches = handles
            .iter()
            .map(|handle| Watch::new(handle))
            .collect::<io::Result<Vec<_>>>()?;
        let objects: Vec<HANDLE> = watches.iter().map(Watch::object).collect();
        if objects.len() <= AT_ONCE_MAX {
            wait_few(&objects, deadline)?;
        } else {
            wait_many(&objects, deadline)?;
        }
    }
}

/// Whether a handle is ready now.
pub(super) fn is_ready(handle: &Handle) -> io::Result<bool> {
    if is_pipe(handle) {
        // A read of nothing would wait; a pipe whose other end is gone would not.
        return Ok(Watch::new(handle)?.is_signalled() || peek(handle, &mut [])?.1 > 0);
    }
    // SAFETY: the handle is open for the time of this call.
    Ok(call!(unsafe { WaitForSingleObject(handle.raw(), 0) }) == WAIT_OBJECT_0)
}

fn is_pipe(handle: &Handle) -> bool {
    // SAFETY: the handle is open for the time of this call.
    unsafe { GetFileType(handle.raw()) == FILE_TYPE_PIPE }
}

/// Something whose object is signalled when a handle is ready: for a pipe, a read of no bytes,
/// which ends when there are some.
struct Watch<'h> {
    handle: &'h Handle,
    read: Option<PendingRead>,
}

struct PendingRead {
    event: Handle,
    /// The system writes to it until the read has ended, so it must not move.
    state: Box<OVERLAPPED>,
    pending: bool,
}

impl<'h> Watch<'h> {
    fn new(handle: &'h Handle) -> io::Result<Watch<'h>> {
        if !is_pipe(handle) {
            return Ok(Watch { handle, read: None });
        }
        let event = event()?;
        let mut state = Box::new(OVERLAPPED {
            hEvent: event.raw(),
            ..OVERLAPPED::default()
        });
        let nothing = std::ptr::null_mut();
        let place: *mut OVERLAPPED = &mut *state;
        // SAFETY: no bytes are read, and `drop` keeps the structure until the system is done.
        let begun =
            call!(unsafe { ReadFile(handle.raw(), nothing, 0, std::ptr::null_mut(), place) });
        let error = io::Error::last_os_error()
            .raw_os_error()
            .map(i32::cast_unsigned);
        let pending = begun == 0 && error == Some(ERROR_IO_PENDING);
        if !pending {
            // It ended at once, with bytes, a longer message or the end of the stream: ready.
            // SAFETY: the event is open for the time of this call.
            call!(unsafe { SetEvent(event.raw()) });
        }
        Ok(Watch {
            handle,
            read: Some(PendingRead {
                event,
                state,
                pending,
            }),
        })
    }

    fn object(&self) -> HANDLE {
        self.read
            .as_ref()
            .map_or(self.handle.raw(), |read| read.event.raw())
    }

    fn is_signalled(&self) -> bool {
        // SAFETY: the object is open as long as this value.
        call!(unsafe { WaitForSingleObject(self.object(), 0) == WAIT_OBJECT_0 })
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let Some(read) = self.read.as_ref().filter(|read| read.pending) else {
            return;
        };
        // SAFETY: the read was begun on this handle with this structure.
        call!(unsafe { CancelIoEx(self.handle.raw(), &*read.state) });
        let mut bytes = 0;
        // How it ended does not matter, only that it has.
        // SAFETY: as above; the call returns once the system has let go of the structure.
        call!(unsafe { GetOverlappedResult(self.handle.raw(), &*read.state, &mut bytes, 1) });
    }
}

fn wait_few(objects: &[HANDLE], deadline: Option<Instant>) -> io::Result<()> {
    let (count, time) = (objects.len() as u32, milliseconds(deadline));
    if count == 0 {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        std::thread::sleep(left.unwrap_or(std::time::Duration::MAX));
        return Ok(());
    }
    // SAFETY: the objects are open for the time of this call.
    match call!(unsafe { WaitForMultipleObjects(count, objects.as_ptr(), 0, time) }) {
        WAIT_FAILED => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Lets the system's own threads wait, each for a part, and wake this one.
fn wait_many(objects: &[HANDLE], deadline: Option<Instant>) -> io::Result<()> {
    let woken = event()?;
    let mut waits = Vec::with_capacity(objects.len());
    let mut outcome = Ok(());
    for object in objects {
        let mut wait = std::ptr::null_mut();
        let how = WT_EXECUTEONLYONCE | WT_EXECUTEINWAITTHREAD;
        let context = woken.raw().cast_const();
        // SAFETY: the object and the event are open until every wait is taken back below.
        let registered = call!(unsafe {
            RegisterWaitForSingleObject(&mut wait, *object, Some(wake), context, INFINITE, how)
        });
        if registered == 0 {
            outcome = Err(io::Error::last_os_error());
            break;
        }
        waits.push(wait);
    }
    if outcome.is_ok() {
        // SAFETY: the event is open for the time of this call.
        let result = call!(unsafe { WaitForSingleObject(woken.raw(), milliseconds(deadline)) });
        debug_assert!(matches!(result, WAIT_OBJECT_0 | WAIT_TIMEOUT));
    }
    for wait in waits {
        // SAFETY: each was registered above; the call returns once no callback of it runs.
        call!(unsafe {
            UnregisterWaitEx(wait, windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE)
        });
    }
    outcome
}

unsafe extern "system" fn wake(event: *mut core::ffi::c_void, _timed_out: bool) {
    // SAFETY: `wait_many` keeps the event open until this callback can no longer run.
    call!(unsafe { SetEvent(event) });
}
