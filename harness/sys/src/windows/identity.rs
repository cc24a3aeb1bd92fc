//! Who a process is: its id and the moment it started, so that a reused id is not taken for the
//! process that had it before.

use std::sync::OnceLock;

use windows_sys::Win32::Foundation::{FILETIME, WAIT_TIMEOUT};
use windows_sys::Win32::System::Threading::{
    GetProcessTimes, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE,
    WaitForSingleObject,
};

use super::handle::Handle;

/// A process, past or present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    pid: u32,
    start: u32,
}

impl Identity {
    /// This process.
    pub fn current() -> Identity {
        static CURRENT: OnceLock<Identity> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let pid = std::process::id();
            Identity {
                pid,
                start: start(pid).unwrap_or(0),
            }
        })
    }

    /// The process id.
    pub fn pid(self) -> u32 {
        self.pid
    }

    /// One number for shared memory; never zero.
    pub fn to_bits(self) -> u64 {
        u64::from(self.pid) << 32 | u64::from(self.start)
    }

    /// The identity that [`Identity::to_bits`] gave.
    pub fn from_bits(bits: u64) -> Identity {
        Identity {
            pid: (bits >> 32) as u32,
            start: bits as u32,
        }
    }

    /// Whether the process still runs.
    pub fn is_alive(self) -> bool {
        self == Identity::current() || start(self.pid).is_some_and(|start| start == self.start)
    }
}

/// When the process started, folded to 32 bits; none when it has ended.
fn start(pid: u32) -> Option<u32> {
    let access = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE;
    // SAFETY: the call takes no pointers.
    let process = Handle::from_call(call!(unsafe { OpenProcess(access, 0, pid) })).ok()?;
    // SAFETY: the handle is open for the time of this call.
    if call!(unsafe { WaitForSingleObject(process.raw(), 0) }) != WAIT_TIMEOUT {
        return None;
    }
    let zero = FILETIME {
        dwLowDateTime: 0,
        dwHighDateTime: 0,
    };
    let (mut created, mut exited, mut kernel, mut user) = (zero, zero, zero, zero);
    // SAFETY: the handle is open, and the four places are writable for the time of this call.
    let read = unsafe {
        GetProcessTimes(
            process.raw(),
            &mut created,
            &mut exited,
            &mut kernel,
            &mut user,
        )
    };
    (read != 0).then_some(created.dwLowDateTime ^ created.dwHighDateTime)
}

#[cfg(test)]
mod tests {
    use super::Identity;

    #[test]
    fn this_process_is_alive_and_one_that_started_at_another_time_is_not() {
        let current = Identity::current();
        assert!(current.is_alive());
        assert_eq!(Identity::from_bits(current.to_bits()), current);
        let other = Identity {
            start: current.start ^ 1,
            ..current
        };
        assert!(!other.is_alive());
    }
}
