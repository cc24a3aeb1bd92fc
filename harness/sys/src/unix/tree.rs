//! One process tree a run: a keeper process that owns it, tells how main ended and when nothing is
//! left, and ends all of it when asked, or when the harness dies.
//!
//! The keeper is the harness's own executable again, in a session of its own and (Linux) a child
//! subreaper or the first process of its own namespace: whatever main starts stays below it, orphans
//! too, so that "no child left" means that the tree is empty. A guard above it ends the tree where
//! the keeper is killed together with the harness.
//! What a still tree is, and how long one is waited for, is the caller's business.

#[cfg_attr(not(target_os = "linux"), path = "tree/shared.rs")]
mod isolation;
mod keeper;
#[cfg_attr(target_os = "macos", path = "tree/memory_use_apple.rs")]
mod memory_use;
#[cfg(target_os = "linux")]
mod named_memory;
#[cfg_attr(target_os = "macos", path = "tree/apple.rs")]
mod table;
mod walk;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::keeping;
pub use crate::keeping::{Event, Isolation, MainEnd, RUN_MARK};
pub use crate::listed::Process;
#[cfg(not(target_os = "linux"))]
use crate::unlisted_memory as named_memory;
pub use keeper::keep;
pub use memory_use::{memory_use, resident};
pub use named_memory::{Inode, memory_of, named_memory, remove_memory};

/// A tree of processes, as the harness sees it; dropping it ends the tree.
#[derive(Debug)]
pub struct Tree {
    guard: Child,
    /// The keeper's id, once it is known.
    keeper: Option<u32>,
    control: UnixStream,
    unread: Vec<u8>,
    gone: bool,
    memory: Option<BTreeSet<String>>,
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
        let (control, theirs) = UnixStream::pair()?;
        keeper
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut guard = keeper.spawn()?;
        let stdout = guard.stdout.take().expect("stdout was asked for");
        let stderr = guard.stderr.take().expect("stderr was asked for");
        let tree = Tree {
            guard,
            keeper: None,
            control,
            unread: Vec::new(),
            gone: false,
            memory: None,
        };
        Ok((tree, stdout, stderr))
    }

    /// The next thing that the keeper tells, or nothing within the time given.
    ///
    /// # Errors
    /// When the control socket fails.
    pub fn next_event(&mut self, timeout: Duration) -> io::Result<Option<Event>> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line[..end]);
                if let Some(name) = line.strip_prefix(keeper::MEMORY) {
                    let names = self.memory.get_or_insert_default();
                    names.extend((!name.is_empty()).then(|| name.to_owned()));
                    continue;
                }
                if let Some(pid) = line.strip_prefix(keeper::KEEPER) {
                    self.keeper = pid.parse().ok();
                    continue;
                }
                let event = keeping::parse(&line);
                self.gone |= matches!(
                    event,
                    Event::Empty | Event::NotStarted(_) | Event::NotApart(_)
                );
                return Ok(Some(event));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            // Zero would mean "for ever".
            self.control
                .set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            let mut bytes = [0; 512];
            match self.control.read(&mut bytes) {
                Ok(0) => {
                    self.gone = true;
                    return Ok(Some(Event::Lost));
                }
                Ok(count) => self.unread.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if Instant::now() >= deadline {
                        return Ok(None);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    self.gone = true;
                    return Ok(Some(Event::Lost));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The live processes of the tree, the keeper left out.
    ///
    /// # Errors
    /// When the system's process table cannot be read.
    pub fn processes(&self) -> io::Result<Vec<Process>> {
        self.keeper.map_or_else(|| Ok(Vec::new()), table::below)
    }

    /// The numbers of the tree's processes, the keeper left out: found out faster than all that
    /// [`Tree::processes`] tells, and now and then without one that has just begun.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        self.keeper.map_or_else(Vec::new, memory_use::descendants)
    }

    /// Stops the tree until the result is dropped, so that nothing in it changes meanwhile.
    #[must_use]
    pub fn hold(&self) -> Held {
        let mut held = Held { pids: Vec::new() };
        loop {
            let new: Vec<u32> = self
                .pids()
                .into_iter()
                .filter(|pid| !held.pids.contains(pid) && !table::is_stopped(*pid))
                .collect();
            if new.is_empty() {
                return held;
            }
            for pid in new {
                keeper::stop(pid);
                held.pids.push(pid);
            }
        }
    }

    /// The named shared memory and semaphores that an empty tree has left, where it had a place of
    /// its own for them; nothing where it shared the system's.
    #[must_use]
    pub fn memory(&self) -> Option<&BTreeSet<String>> {
        self.memory.as_ref()
    }

    /// Freezes the tree, kills all of it and waits until it is gone.
    ///
    /// # Errors
    /// When something is left after ten seconds.
    pub fn end(&mut self) -> io::Result<()> {
        // A keeper that is gone already has no tree to end.
        let _ = self.control.write_all(b"end\n");
        let deadline = Instant::now() + END_MAX;
        while !self.gone {
            if self.next_event(Duration::from_millis(100))?.is_none() && Instant::now() > deadline {
                // The guard ends what it has kept.
                match self.keeper {
                    Some(keeper) => keeper::kill(keeper),
                    None => self.guard.kill()?,
                }
                break;
            }
        }
        self.guard.wait()?;
        Ok(())
    }
}

/// A tree that is stopped.
#[derive(Debug)]
pub struct Held {
    /// Those that were not stopped before.
    pids: Vec<u32>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.pids.iter().copied().for_each(keeper::go_on);
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure; a second look by token follows each run.
        let _ = self.end();
    }
}

impl Process {
    /// Kills it; nothing happens when it has ended.
    pub fn kill(&self) {
        keeper::kill(self.pid);
    }
}

/// Ends every process that has `name=value` in its environment: what a lost keeper left.
///
/// # Errors
/// When the process table cannot be read.
pub fn end_marked(name: &OsStr, value: &OsStr) -> io::Result<usize> {
    let marked = table::marked(name, value)?;
    for pid in &marked {
        keeper::kill(*pid);
    }
    Ok(marked.len())
}
