//! Calls that are made again where the system has no room for them, for a moment. Who was in the midst
//! of something has then not left it half done.

use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_MEMORY};

/// How long the system may have no room for a call before that is an error.
const SHORTAGE_MAX: Duration = Duration::from_secs(1);

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(1);

/// Makes a call until it says something else than that there is no room for it now.
pub(super) fn steadily<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut since = None;
    loop {
        match call() {
            Err(error) if is_shortage(&error) => {
                if since.get_or_insert_with(Instant::now).elapsed() > SHORTAGE_MAX {
                    return Err(error);
                }
                sleep(PAUSE);
            }
            outcome => return outcome,
        }
    }
}

fn is_shortage(error: &io::Error) -> bool {
    let number = error.raw_os_error().map(i32::cast_unsigned);
    number.is_some_and(|number| {
        [ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_MEMORY].contains(&number)
    })
}
