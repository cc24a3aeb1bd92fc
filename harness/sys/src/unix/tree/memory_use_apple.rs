//! The memory of processes, as macOS's accounting tells it.

use std::ffi::c_int;

use super::table;
use crate::memory_use::MemoryUse;

/// The memory of a process; none when it has ended, or may not be looked at. The system tells no
/// share of what is used by several.
#[must_use]
pub fn memory_use(pid: u32) -> Option<MemoryUse> {
    let pid = c_int::try_from(pid).ok()?;
    // SAFETY: it consists of numbers, for which zeros are values.
    let mut told: libc::rusage_info_v4 = unsafe { std::mem::zeroed() };
    let room = (&raw mut told).cast();
    // SAFETY: the room is writable and of the structure that goes with this flavor.
    let outcome = unsafe { libc::proc_pid_rusage(pid, libc::RUSAGE_INFO_V4, room) };
    (outcome == 0).then_some(MemoryUse {
        private: Some(told.ri_phys_footprint),
        proportional: None,
        anonymous: None,
        resident: Some(told.ri_resident_size),
    })
}

/// How much a process has in memory.
#[must_use]
pub fn resident(pid: u32) -> Option<u64> {
    memory_use(pid)?.resident
}

/// The processes below one.
#[must_use]
pub(super) fn descendants(root: u32) -> Vec<u32> {
    let below = table::below(root).unwrap_or_default();
    below.iter().map(|process| process.pid).collect()
}
