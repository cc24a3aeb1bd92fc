//! The process table, read from `/proc`.
//!
//! It says what is there; whose it is and whether it may be there is the caller's business.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::walk;
use crate::listed::Process;

/// Orphans of this process's descendants become its children.
pub(super) fn adopt_orphans() {
    // Kernels since 3.4 know it; without it an orphan is found by its environment only.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// The live processes below `root`, `root` left out.
pub(super) fn below(root: u32) -> io::Result<Vec<Process>> {
    let all = pids()?.into_iter().filter_map(|pid| {
        // A process may end between the listing and this; then it is not there.
        let (parent, state) = parent_and_state(&format!("/proc/{pid}/stat"))?;
        (!matches!(state, 'Z' | 'X')).then_some((pid, parent))
    });
    let found = walk::below(root, all);
    Ok(found.into_iter().filter_map(describe).collect())
}

/// The processes whose environment has `name=value`.
pub(super) fn marked(name: &OsStr, value: &OsStr) -> io::Result<Vec<u32>> {
    let mark = [name.as_bytes(), b"=", value.as_bytes()].concat();
    let own = std::process::id();
    let mut found = Vec::new();
    for pid in pids()? {
        // The environments of other users' processes cannot be read, and are not ours.
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        if pid != own
            && environment
                .split(|byte| *byte == 0)
                .any(|entry| entry == mark)
        {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Whether a process is stopped, or has ended.
pub(super) fn is_stopped(pid: u32) -> bool {
    parent_and_state(&format!("/proc/{pid}/stat"))
        .is_none_or(|(_, state)| matches!(state, 'T' | 't' | 'Z' | 'X'))
}

fn pids() -> io::Result<Vec<u32>> {
    let mut pids = Vec::new();
    for entry in fs::read_dir("/proc")? {
        if let Some(pid) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        {
            pids.push(pid);
        }
    }
    Ok(pids)
}

fn describe((pid, parent): (u32, u32)) -> Option<Process> {
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let mut process = Process {
        pid,
        parent,
        command: String::from_utf8_lossy(&command)
            .replace('\0', " ")
            .trim_end()
            .to_owned(),
        runnable: false,
        busy: Duration::ZERO,
    };
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        let folder = thread.path();
        let folder = folder.to_string_lossy();
        if let Some((_, state)) = parent_and_state(&format!("{folder}/stat")) {
            process.runnable |= matches!(state, 'R' | 'D');
        }
        process.busy += busy(&folder);
    }
    Some(process)
}

/// The parent and the state letter in a `stat` file; the name before them may hold anything.
fn parent_and_state(path: &str) -> Option<(u32, char)> {
    let text = fs::read_to_string(path).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((fields.next()?.parse().ok()?, state))
}

/// A thread's processor time, to the nanosecond.
fn busy(folder: &str) -> Duration {
    let text = fs::read_to_string(format!("{folder}/schedstat")).unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}
