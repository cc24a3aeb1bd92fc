//! Sleeping on macOS: `os_sync_wait_on_address` (14.4 and later), found at run time, with the
//! older `__ulock` calls behind it.
//! Deadlines are for the caller.

use std::ffi::{CStr, c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use super::WaitResult;

/// `OS_SYNC_WAIT_ON_ADDRESS_SHARED` and `OS_SYNC_WAKE_BY_ADDRESS_SHARED`.
const SHARED: u32 = 1;
/// `OS_CLOCK_MACH_ABSOLUTE_TIME`.
const MACH_ABSOLUTE_TIME: u32 = 32;
/// `UL_COMPARE_AND_WAIT_SHARED`, of 10.15 and later.
const COMPARE_AND_WAIT_SHARED: u32 = 3;
/// `ULF_WAKE_ALL`.
const WAKE_ALL: u32 = 0x100;

type WaitUntil = unsafe extern "C" fn(*mut c_void, u64, usize, u32, u32, u64) -> c_int;
type Wake = unsafe extern "C" fn(*mut c_void, usize, u32) -> c_int;
type UlockWait = unsafe extern "C" fn(u32, *mut c_void, u64, u32) -> c_int;
type UlockWake = unsafe extern "C" fn(u32, *mut c_void, u64) -> c_int;

enum Calls {
    Sync {
        wait: WaitUntil,
        wake_any: Wake,
        wake_all: Wake,
    },
    Ulock {
        wait: UlockWait,
        wake: UlockWake,
    },
    Missing,
}

/// The longest sleep asked of the kernel at once; callers look again anyway.
const SLEEP_MAX: Duration = Duration::from_secs(1);

pub(super) fn wait(word: &AtomicU32, expected: u32, left: Option<Duration>) -> WaitResult {
    let sleep = left.unwrap_or(SLEEP_MAX).min(SLEEP_MAX);
    let address = word.as_ptr().cast::<c_void>();
    let result = match calls() {
        Calls::Sync { wait, .. } => {
            let nanoseconds = sleep.as_nanos().clamp(1, u128::from(u64::MAX)) as u64;
            // SAFETY: the address is a live, aligned word of four bytes.
            unsafe {
                wait(
                    address,
                    expected.into(),
                    4,
                    SHARED,
                    MACH_ABSOLUTE_TIME,
                    nanoseconds,
                )
            }
        }
        Calls::Ulock { wait, .. } => {
            let microseconds = sleep.as_micros().clamp(1, u128::from(u32::MAX)) as u32;
            // SAFETY: the address is a live, aligned word of four bytes.
            unsafe {
                wait(
                    COMPARE_AND_WAIT_SHARED,
                    address,
                    expected.into(),
                    microseconds,
                )
            }
        }
        Calls::Missing => {
            std::thread::sleep(sleep.min(Duration::from_millis(1)));
            0
        }
    };
    let timed_out =
        result < 0 && std::io::Error::last_os_error().raw_os_error() == Some(libc::ETIMEDOUT);
    if timed_out && left.is_some_and(|left| left <= SLEEP_MAX) {
        WaitResult::TimedOut
    } else {
        WaitResult::Woken
    }
}

pub(super) fn wake(word: &AtomicU32, count: u32) {
    let address = word.as_ptr().cast::<c_void>();
    match calls() {
        Calls::Sync {
            wake_any, wake_all, ..
        } => {
            let wake = if count == 1 { wake_any } else { wake_all };
            // SAFETY: the address is a live, aligned word of four bytes.
            unsafe { wake(address, 4, SHARED) };
        }
        Calls::Ulock { wake, .. } => {
            let all = if count == 1 { 0 } else { WAKE_ALL };
            // SAFETY: the address is a live, aligned word of four bytes.
            unsafe { wake(COMPARE_AND_WAIT_SHARED | all, address, 0) };
        }
        Calls::Missing => {}
    }
}

fn calls() -> &'static Calls {
    static CALLS: OnceLock<Calls> = OnceLock::new();
    CALLS.get_or_init(|| {
        let sync = (
            symbol(c"os_sync_wait_on_address_with_timeout"),
            symbol(c"os_sync_wake_by_address_any"),
            symbol(c"os_sync_wake_by_address_all"),
        );
        if let (Some(wait), Some(wake_any), Some(wake_all)) = sync {
            return Calls::Sync {
                // SAFETY: the system's header declares this symbol with exactly this type.
                wait: unsafe { std::mem::transmute::<*mut c_void, WaitUntil>(wait) },
                // SAFETY: as above.
                wake_any: unsafe { std::mem::transmute::<*mut c_void, Wake>(wake_any) },
                // SAFETY: as above.
                wake_all: unsafe { std::mem::transmute::<*mut c_void, Wake>(wake_all) },
            };
        }
        match (symbol(c"__ulock_wait"), symbol(c"__ulock_wake")) {
            (Some(wait), Some(wake)) => Calls::Ulock {
                // SAFETY: Darwin's `sys/ulock.h` declares this symbol with exactly this type.
                wait: unsafe { std::mem::transmute::<*mut c_void, UlockWait>(wait) },
                // SAFETY: as above.
                wake: unsafe { std::mem::transmute::<*mut c_void, UlockWake>(wake) },
            },
            _ => Calls::Missing,
        }
    })
}

fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the name ends with a zero byte, and the default handle is always valid.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}
