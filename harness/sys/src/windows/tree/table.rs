//! The process table; named shared memory does not outlive its holders here.
//!
//! It says what is there; whose it is and whether it may be there is the caller's business.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::time::{Duration, SystemTime};

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows_sys::Win32::System::Threading::{
    GetProcessTimes, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION,
};

use super::super::handle::Handle;

/// A live process at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The number of its parent.
    pub parent: u32,
    /// The name of its program.
    pub command: String,
    /// Whether one of its threads runs: Windows does not tell, `busy` grows.
    pub runnable: bool,
    /// Processor time of its threads.
    pub busy: Duration,
}

/// The live processes below `root`, `root` left out.
pub(super) fn below(root: u32) -> io::Result<Vec<Process>> {
    let mut children: HashMap<u32, Vec<Process>> = HashMap::new();
    for process in all()? {
        children.entry(process.parent).or_default().push(process);
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for mut process in children.remove(&parent).unwrap_or_default() {
            process.busy = busy(process.pid);
            open.push(process.pid);
            found.push(process);
        }
    }
    Ok(found)
}

fn all() -> io::Result<Vec<Process>> {
    // SAFETY: the call takes no pointers.
    let snapshot = Handle::from_call(unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0) })?;
    let mut entry = PROCESSENTRY32W {
        dwSize: size_of::<PROCESSENTRY32W>() as u32,
        ..PROCESSENTRY32W::default()
    };
    let mut processes = Vec::new();
    // SAFETY: the snapshot is open, and the entry is writable and knows its size.
    let mut there = unsafe { Process32FirstW(snapshot.raw(), &mut entry) };
    while there != 0 {
        let length = entry.szExeFile.iter().position(|unit| *unit == 0);
        let name = &entry.szExeFile[..length.unwrap_or(entry.szExeFile.len())];
        processes.push(Process {
            pid: entry.th32ProcessID,
            parent: entry.th32ParentProcessID,
            command: String::from_utf16_lossy(name),
            runnable: false,
            busy: Duration::ZERO,
        });
        // SAFETY: as above.
        there = unsafe { Process32NextW(snapshot.raw(), &mut entry) };
    }
    Ok(processes)
}

/// A process's time in its own code and in the system; nothing when it has ended.
fn busy(pid: u32) -> Duration {
    // SAFETY: the call takes no pointers.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
    let Ok(process) = Handle::from_call(process) else {
        return Duration::ZERO;
    };
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
    // The system counts steps of 100 ns.
    let steps =
        |time: FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    match read {
        0 => Duration::ZERO,
        _ => Duration::from_nanos(100 * (steps(kernel) + steps(user))),
    }
}

/// The named shared memory of the system: it goes with its last holder, so none is ever left.
///
/// # Errors
/// None on this system.
pub fn named_memory() -> io::Result<BTreeMap<String, SystemTime>> {
    Ok(BTreeMap::new())
}

/// Which of these names no live process has open: all, since a name goes with its last holder.
///
/// # Errors
/// None on this system.
pub fn unused_memory(names: &BTreeSet<String>) -> io::Result<BTreeSet<String>> {
    Ok(names.clone())
}

/// Removes named shared memory.
///
/// # Errors
/// Always `Unsupported`: there is none.
pub fn remove_memory(_name: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
