//! A thread that waits for the end of a process, where the system has no handle for that.

use std::io;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions};

use super::handle::Handle;
use super::identity::Identity;
use super::sentinel::Whose;
use super::{pipe, threads};

/// How long to sleep between two looks at a process that is another's child.
const LOOK: Duration = Duration::from_millis(10);

/// A pipe that is readable for ever once the process has ended.
pub(super) fn watch_by_thread(pid: u32, whose: Whose) -> io::Result<Handle> {
    let (ended, tell) = pipe::one_way()?;
    let process = match (Identity::of(pid), whose) {
        (Some(process), _) => process,
        // It has ended, and waits to be reaped: a pipe without a writer is readable for ever.
        (None, Whose::Ours) => return Ok(ended),
        (None, Whose::Another) => return Err(Errno::SRCH.into()),
    };
    threads::start_harmless("sentinel", move || {
        if whose == Whose::Ours {
            wait_for_child(pid);
        }
        while process.is_alive() {
            std::thread::sleep(LOOK);
        }
        // Not only closed: a copy of this process may have the other end, too.
        let _ = pipe::write(&tell, &[0]);
    })?;
    Ok(ended)
}

/// Waits for the end of a child and leaves it to be reaped; at once where the system does so itself.
fn wait_for_child(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let Some(pid) = pid else {
        return;
    };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(Errno::INTR) = call!(EINTR, rustix::process::waitid(WaitId::Pid(pid), options)) {}
}
