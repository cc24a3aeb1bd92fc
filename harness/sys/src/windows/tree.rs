//! One process tree a run: a keeper process that owns it, tells how main ended and when nothing is
//! left, and ends all of it when asked, or when the harness dies.
//!
//! The keeper is the harness's own executable again, and holds the job that its tree ends with. A
//! second job around the keeper is the harness's: it lists orphans, too, whose parents tell nothing
//! any more, and what a killed keeper has just started.
//! What a still tree is, and how long one is waited for, is the caller's business.

mod keeper;
mod memory_use;
mod table;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::os::windows::io::{AsHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, OpenProcess, PROCESS_TERMINATE, TerminateProcess,
};

use crate::keeping;
pub use crate::keeping::{Event, Isolation, MainEnd, RUN_MARK};
pub use crate::listed::Process;
pub use crate::unlisted_memory::{Inode, memory_of, named_memory, remove_memory};
pub use keeper::keep;
pub use memory_use::{memory_use, resident};

use super::handle::Handle;
use super::job::Job;
use super::{pipe, process};

/// A tree of processes, as the harness sees it; dropping it ends the tree.
#[derive(Debug)]
pub struct Tree {
    keeper: Child,
    control: Handle,
    unread: Vec<u8>,
    gone: bool,
    job: Job,
}

/// How long the keeper may take to end its tree.
const END_MAX: Duration = Duration::from_secs(10);

impl Tree {
    /// Starts `keeper`, a command that calls [`keep`] and takes its environment and folder from
    /// here; gives the tree and what main writes to stdout and stderr.
    ///
    /// # Errors
    /// When the keeper cannot be started.
    pub fn start(mut keeper: Command) -> io::Result<(Tree, ChildStdout, ChildStderr)> {
        let job = Job::new()?;
        let (control, theirs) = pipe::duplex()?;
        keeper
            .stdin(Stdio::from(OwnedHandle::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        keeper.creation_flags(CREATE_SUSPENDED);
        let mut started = process::start(&mut keeper)?;
        // The command holds the keeper's ends; they would keep the control pipe open.
        drop(keeper);
        let stdout = started.stdout.take().expect("stdout was asked for");
        let stderr = started.stderr.take().expect("stderr was asked for");
        let process = Handle::from(started.as_handle().try_clone_to_owned()?);
        let tree = Tree {
            keeper: started,
            control,
            unread: Vec::new(),
            gone: false,
            job,
        };
        tree.job.add(&process)?;
        process::resume(&process)?;
        Ok((tree, stdout, stderr))
    }

    /// The next thing that the keeper tells, or nothing within the time given.
    ///
    /// # Errors
    /// When the control pipe fails.
    pub fn next_event(&mut self, timeout: Duration) -> io::Result<Option<Event>> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let event = keeping::parse(&String::from_utf8_lossy(&line[..end]));
                self.gone |= matches!(
                    event,
                    Event::Empty | Event::NotStarted(_) | Event::NotApart(_)
                );
                return Ok(Some(event));
            }
            if !pipe::wait_readable(&self.control, Some(deadline))? {
                return Ok(None);
            }
            let mut bytes = [0; 512];
            match pipe::read(&self.control, &mut bytes)? {
                0 => {
                    self.gone = true;
                    return Ok(Some(Event::Lost));
                }
                count => self.unread.extend_from_slice(&bytes[..count]),
            }
        }
    }

    /// The named shared memory that an empty tree has left, where it had a place of its own for it:
    /// here names go with their last handle, so nothing can be left.
    #[must_use]
    pub fn memory(&self) -> Option<&BTreeSet<String>> {
        None
    }

    /// The live processes of the tree, the keeper left out.
    ///
    /// # Errors
    /// When the system's process table cannot be read.
    pub fn processes(&self) -> io::Result<Vec<Process>> {
        let mut tree = self.job.processes()?;
        tree.retain(|pid| *pid != self.keeper.id());
        table::of(&tree)
    }

    /// The numbers of the tree's processes, the keeper left out.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        let mut pids = self.job.processes().unwrap_or_default();
        pids.retain(|pid| *pid != self.keeper.id());
        pids
    }

    /// Keeps the tree as it is until the result is dropped: nothing here stops a whole process, so
    /// that its other threads go on.
    #[must_use]
    pub fn hold(&self) -> Held {
        Held(())
    }

    /// Kills all of the tree at once and waits until it is gone.
    ///
    /// # Errors
    /// When something is left after ten seconds.
    pub fn end(&mut self) -> io::Result<()> {
        // A keeper that is gone already has no tree to end.
        let _ = pipe::write(&self.control, b"end\n");
        let deadline = Instant::now() + END_MAX;
        while !self.gone {
            if self.next_event(Duration::from_millis(100))?.is_none() && Instant::now() > deadline {
                self.keeper.kill()?;
                break;
            }
        }
        self.keeper.wait()?;
        // Whatever a lost keeper has left.
        self.job.end()
    }
}

/// A tree that is kept as it is.
#[derive(Debug)]
pub struct Held(());

impl Drop for Tree {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure; a keeper's job ends with it.
        let _ = self.end();
    }
}

impl Process {
    /// Kills it; nothing happens when it has ended.
    pub fn kill(&self) {
        // SAFETY: the call takes no pointers.
        let raw = unsafe { OpenProcess(PROCESS_TERMINATE, 0, self.pid) };
        if let Ok(process) = Handle::from_call(raw) {
            // SAFETY: the handle is open.
            unsafe { TerminateProcess(process.raw(), 1) };
        }
    }
}

/// Ends every process that has `name=value` in its environment: none is ever left here, since a
/// lost keeper takes its job with it.
///
/// # Errors
/// None on this system.
pub fn end_marked(_name: &OsStr, _value: &OsStr) -> io::Result<usize> {
    Ok(0)
}
