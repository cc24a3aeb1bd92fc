//! The process table of macOS, as `libproc` and `sysctl` tell it.
//!
//! It says what is there; whose it is and whether it may be there is the caller's business.
//! Nobody else adopts orphans here than the system's first process: one that main leaves behind is
//! found by its environment.

use std::ffi::{OsStr, c_int, c_void};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::walk;
use crate::listed::Process;

/// Orphans go to the system's first process here.
pub(super) fn adopt_orphans() {}

/// The live processes below `root`, `root` left out, orphans left out too.
pub(super) fn below(root: u32) -> io::Result<Vec<Process>> {
    let all = pids()?
        .into_iter()
        .filter_map(|pid| Some((pid, parent(pid)?)));
    let found = walk::below(root, all);
    Ok(found.into_iter().filter_map(describe).collect())
}

/// The processes whose environment has `name=value`.
pub(super) fn marked(name: &OsStr, value: &OsStr) -> io::Result<Vec<u32>> {
    let mark = [name.as_bytes(), b"=", value.as_bytes()].concat();
    let own = std::process::id();
    let is_marked = |pid: &u32| {
        let (_, environment) = words(*pid);
        *pid != own && environment.contains(&mark)
    };
    Ok(pids()?.into_iter().filter(is_marked).collect())
}

/// Whether a process is stopped, or has ended.
pub(super) fn is_stopped(pid: u32) -> bool {
    // SAFETY: the structure goes with the flavor and holds numbers.
    let told = unsafe { information::<libc::proc_bsdinfo>(pid, libc::PROC_PIDTBSDINFO) };
    told.is_none_or(|told| matches!(told.pbi_status, libc::SSTOP | libc::SZOMB))
}

fn pids() -> io::Result<Vec<u32>> {
    let mut pids: Vec<c_int> = vec![0; 1 << 16];
    let size = c_int::try_from(size_of_val(pids.as_slice())).unwrap_or(c_int::MAX);
    // SAFETY: the list is writable and has the size that is passed.
    let count = unsafe { libc::proc_listallpids(pids.as_mut_ptr().cast(), size) };
    let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
    pids.truncate(count);
    Ok(pids
        .into_iter()
        .filter_map(|pid| pid.try_into().ok())
        .collect())
}

/// What the system tells of a process in one of its structures.
///
/// # Safety
/// `T` must be the structure that goes with `flavor`, for which zeros are a value.
unsafe fn information<T>(pid: u32, flavor: c_int) -> Option<T> {
    let pid = c_int::try_from(pid).ok()?;
    let size = c_int::try_from(size_of::<T>()).ok()?;
    // SAFETY: the caller promises that zeros are a value.
    let mut told = unsafe { std::mem::zeroed::<T>() };
    let place = std::ptr::from_mut(&mut told).cast::<c_void>();
    // SAFETY: the place is writable and has the size that is passed.
    let written = unsafe { libc::proc_pidinfo(pid, flavor, 0, place, size) };
    (written == size).then_some(told)
}

/// The parent of a process that has not ended.
fn parent(pid: u32) -> Option<u32> {
    // SAFETY: the structure goes with the flavor and holds numbers.
    let told = unsafe { information::<libc::proc_bsdinfo>(pid, libc::PROC_PIDTBSDINFO) }?;
    (told.pbi_status != libc::SZOMB).then_some(told.pbi_ppid)
}

fn describe((pid, parent): (u32, u32)) -> Option<Process> {
    // SAFETY: the structure goes with the flavor and holds numbers.
    let told = unsafe { information::<libc::proc_taskinfo>(pid, libc::PROC_PIDTASKINFO) }?;
    let (arguments, _) = words(pid);
    let command = arguments.join(b" ".as_slice());
    Some(Process {
        pid,
        parent,
        command: String::from_utf8_lossy(&command).into_owned(),
        runnable: told.pti_numrunning > 0,
        busy: duration(told.pti_total_user.saturating_add(told.pti_total_system)),
    })
}

/// A count of the system's ticks as time.
#[expect(
    deprecated,
    reason = "the call is fine; another crate would have it, too"
)]
fn duration(ticks: u64) -> Duration {
    let mut base = libc::mach_timebase_info { numer: 0, denom: 0 };
    // SAFETY: the place is writable.
    unsafe { libc::mach_timebase_info(&mut base) };
    let nanoseconds = u128::from(ticks) * u128::from(base.numer) / u128::from(base.denom.max(1));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

/// The arguments and the environment of a process; empty where they are not ours to read.
fn words(pid: u32) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut name = [
        libc::CTL_KERN,
        libc::KERN_PROCARGS2,
        c_int::try_from(pid).unwrap_or(-1),
    ];
    let mut room = vec![0_u8; 1 << 20];
    let mut size = room.len();
    // SAFETY: the name has three numbers, and the room has the size that is passed.
    let read = unsafe {
        libc::sysctl(
            name.as_mut_ptr(),
            3,
            room.as_mut_ptr().cast(),
            &mut size,
            std::ptr::null_mut(),
            0,
        )
    };
    // A count of the arguments, the program's path with zeros behind, then both lists.
    let Some((count, rest)) = room[..size].split_first_chunk::<4>().filter(|_| read == 0) else {
        return Default::default();
    };
    let count = usize::try_from(i32::from_ne_bytes(*count)).unwrap_or(0);
    let path = rest
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(rest.len());
    let zeros = rest[path..].iter().take_while(|byte| **byte == 0).count();
    let mut words: Vec<Vec<u8>> = rest[path + zeros..]
        .split(|byte| *byte == 0)
        .map(<[u8]>::to_vec)
        .collect();
    let environment = words.split_off(count.min(words.len()));
    (words, environment)
}
