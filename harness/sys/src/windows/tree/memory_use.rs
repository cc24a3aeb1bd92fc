//! The memory of processes, as the system counts it for each.

use windows_sys::Win32::System::ProcessStatus::{
    K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS, PROCESS_MEMORY_COUNTERS_EX,
};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_QUERY_INFORMATION, PROCESS_VM_READ,
};

use super::super::handle::Handle;
use crate::memory_use::MemoryUse;

/// The memory of a process; none when it has ended, or may not be looked at. The system tells no
/// share of what is used by several.
#[must_use]
pub fn memory_use(pid: u32) -> Option<MemoryUse> {
    let rights = PROCESS_QUERY_INFORMATION | PROCESS_VM_READ;
    // SAFETY: the call takes no pointers.
    let process = Handle::from_call(unsafe { OpenProcess(rights, 0, pid) }).ok()?;
    let mut told = PROCESS_MEMORY_COUNTERS_EX::default();
    let size = size_of::<PROCESS_MEMORY_COUNTERS_EX>() as u32;
    let room = (&raw mut told).cast::<PROCESS_MEMORY_COUNTERS>();
    // SAFETY: the handle is open, and the room is writable and has the size that is passed, by which
    // the system knows the longer of the two structures.
    let outcome = unsafe { K32GetProcessMemoryInfo(process.raw(), room, size) };
    // Both are documented as the same; Windows 7 tells the first only, Wine the second.
    let private = told.PrivateUsage.max(told.PagefileUsage);
    (outcome != 0).then_some(MemoryUse {
        private: (private > 0).then_some(private as u64),
        proportional: None,
        anonymous: None,
        resident: Some(told.WorkingSetSize as u64),
    })
}

/// How much a process has in memory.
#[must_use]
pub fn resident(pid: u32) -> Option<u64> {
    memory_use(pid)?.resident
}
