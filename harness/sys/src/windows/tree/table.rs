//! The process table; named shared memory does not outlive its holders here.
//!
//! It says what is there; whose it is and whether it may be there is the caller's business.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::time::{Duration, SystemTime};

use windows_sys::Win32::Foundation::{FILETIME, HANDLE};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
    TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::Threading::{
    GetProcessTimes, GetThreadTimes, OpenProcess, OpenThread, PROCESS_QUERY_LIMITED_INFORMATION,
    THREAD_QUERY_LIMITED_INFORMATION,
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
        for process in children.remove(&parent).unwrap_or_default() {
            open.push(process.pid);
            found.push(process);
        }
    }
    let threads = threads()?;
    for process in &mut found {
        // Wine counts for threads only, and a thread's time goes with it.
        let of_threads = threads.iter().filter(|(owner, _)| *owner == process.pid);
        let of_threads = of_threads.map(|(_, thread)| thread_busy(*thread)).sum();
        process.busy = process_busy(process.pid).max(of_threads);
    }
    Ok(found)
}

/// All threads of the system, as numbers of a process and of a thread in it.
fn threads() -> io::Result<Vec<(u32, u32)>> {
    // SAFETY: the call takes no pointers.
    let snapshot = Handle::from_call(unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0) })?;
    let mut entry = THREADENTRY32 {
        dwSize: size_of::<THREADENTRY32>() as u32,
        ..THREADENTRY32::default()
    };
    let mut threads = Vec::new();
    // SAFETY: the snapshot is open, and the entry is writable and knows its size.
    let mut there = unsafe { Thread32First(snapshot.raw(), &mut entry) };
    while there != 0 {
        threads.push((entry.th32OwnerProcessID, entry.th32ThreadID));
        // SAFETY: as above.
        there = unsafe { Thread32Next(snapshot.raw(), &mut entry) };
    }
    Ok(threads)
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
fn process_busy(pid: u32) -> Duration {
    // SAFETY: the call takes no pointers.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
    busy(process, GetProcessTimes)
}

/// A thread's time in its own code and in the system; nothing when it has ended.
fn thread_busy(id: u32) -> Duration {
    // SAFETY: the call takes no pointers.
    let thread = unsafe { OpenThread(THREAD_QUERY_LIMITED_INFORMATION, 0, id) };
    busy(thread, GetThreadTimes)
}

/// What tells when something was made and ended, and its time in the system and in its own code.
type Times = unsafe extern "system" fn(
    HANDLE,
    *mut FILETIME,
    *mut FILETIME,
    *mut FILETIME,
    *mut FILETIME,
) -> i32;

/// The time of what has just been opened, for which `times` must be the call.
fn busy(opened: HANDLE, times: Times) -> Duration {
    let Ok(handle) = Handle::from_call(opened) else {
        return Duration::ZERO;
    };
    let zero = FILETIME {
        dwLowDateTime: 0,
        dwHighDateTime: 0,
    };
    let (mut created, mut exited, mut kernel, mut user) = (zero, zero, zero, zero);
    // SAFETY: the handle is open, and the four places are writable for the time of this call.
    let read = unsafe {
        times(
            handle.raw(),
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
