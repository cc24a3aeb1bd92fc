//! Starting this program again, copying this process, and waiting for the end of either.
//!
//! What a child does is left to the caller; children of a copying server are in `zygote`.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::io::Errno;
use rustix::process::{Pid, kill_process};

use super::copies::epoch;
use super::handle::Handle;
use super::sentinel::{self, Whose};
use super::zygote::word::Word;
use super::{copies, pipe, program, reaping, refused, signals, threads};
use crate::channel::Channel;
pub use crate::ending::{Ending, Lost, Signal};
use crate::failpoint;

/// Whether this system can copy a process.
pub const CAN_FORK: bool = true;

/// Whether copying a process is safe enough here to be the default, through a server.
/// (macOS's own libraries break in a copied process.)
pub const FORK_IS_DEFAULT: bool = cfg!(target_os = "linux");

/// Whether a process that was started can go on without the root of its tree.
pub const CAN_OUTLIVE: bool = true;

/// A process that this one started, alone or through a server.
#[derive(Debug)]
pub struct Child {
    pid: u32,
    sentinel: Handle,
    reaper: Reaper,
    ending: Mutex<Option<Ending>>,
    /// In which copy of this process: in another the lock may be held for ever.
    made_in: u32,
}

const SERVER_DIED: Ending = Ending::Unknown(Lost::ServerDied);

/// Who learns from the system how the process ended.
#[derive(Debug)]
enum Reaper {
    Own,
    Server(Handle),
}

impl Child {
    fn own(pid: u32) -> io::Result<Child> {
        let sentinel = match sentinel::watch(pid, Whose::Ours) {
            // It has ended, and the system, or somebody here, has reaped it already.
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {
                return Child::ended(pid, reaping::lost());
            }
            Err(error) => {
                // Nobody could wait for its end, so it is not to run.
                let id = i32::try_from(pid).ok().and_then(Pid::from_raw);
                if id.is_some_and(|id| kill_process(id, number(Signal::Kill)).is_ok()) {
                    reaping::reap_by_number(pid)?;
                }
                return Err(error);
            }
            Ok(sentinel) => sentinel,
        };
        Ok(Child {
            pid,
            sentinel,
            reaper: Reaper::Own,
            ending: Mutex::new(None),
            made_in: epoch(),
        })
    }

    pub(super) fn served(pid: u32, sentinel: Handle, status: Handle) -> Child {
        Child {
            pid,
            sentinel,
            reaper: Reaper::Server(status),
            ending: Mutex::new(None),
            made_in: epoch(),
        }
    }

    /// The process's id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// A handle that is readable once the process has ended, for [`pipe::wait_any`].
    #[must_use]
    pub fn sentinel(&self) -> &Handle {
        &self.sentinel
    }

    /// One that a server has reaped before it could say who it is.
    pub(super) fn ended(pid: u32, ending: Ending) -> io::Result<Child> {
        Ok(Child {
            pid,
            // A pipe without a writer is readable for ever.
            sentinel: pipe::one_way()?.0,
            reaper: Reaper::Own,
            ending: Mutex::new(Some(ending)),
            made_in: epoch(),
        })
    }

    /// Waits for the process's end and gives it, any number of times; none at the deadline.
    ///
    /// # Errors
    /// Fails as the system's wait does.
    pub fn wait(&self, deadline: Option<Instant>) -> io::Result<Option<Ending>> {
        let known = *self.known();
        if known.is_some() {
            return Ok(known);
        }
        // The server's word comes after the end itself, and wakes us once instead of twice.
        // It may never come, and at the deadline the end itself counts.
        if let Reaper::Server(status) = &self.reaper
            && pipe::wait_readable(status, deadline)?
        {
            let mut ending = self.known();
            if ending.is_none() {
                *ending = read_status(status)?;
            }
            if ending.is_some() {
                return Ok(*ending);
            }
        }
        if !pipe::wait_readable(&self.sentinel, deadline)? {
            return Ok(None);
        }
        let mut ending = self.known();
        if ending.is_none() {
            *ending = Some(match &self.reaper {
                Reaper::Own => reaping::reap(self.pid, &self.sentinel)?,
                Reaper::Server(status) => read_status(status)?.unwrap_or(SERVER_DIED),
            });
        }
        Ok(*ending)
    }

    fn known(&self) -> MutexGuard<'_, Option<Ending>> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a signal; nothing happens when the process has ended.
    ///
    /// # Errors
    /// Fails as the system's kill does.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        // Held, so that its id is not another's meanwhile.
        let ending = (self.made_in == epoch()).then(|| self.known());
        if ending.as_ref().is_some_and(|ending| ending.is_some()) {
            return Ok(());
        }
        match sentinel::signal(&self.sentinel, self.pid, number(signal)) {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
            outcome => outcome,
        }
    }
}

/// Sends a signal to a process that this one did not start: to itself, or to its parent.
///
/// # Errors
/// Fails as the system's kill does; there is no such process, say.
pub fn signal(pid: u32, signal: Signal) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
    Ok(call!(kill_process(pid, number(signal)))?)
}

fn number(signal: Signal) -> rustix::process::Signal {
    match signal {
        Signal::Terminate => rustix::process::Signal::TERM,
        Signal::Kill => rustix::process::Signal::KILL,
        Signal::Interrupt => rustix::process::Signal::INT,
        Signal::Stop => rustix::process::Signal::STOP,
        Signal::Continue => rustix::process::Signal::CONT,
    }
}

/// The server's word on how a child of its own ended; none when the server died before.
fn read_status(status: &Handle) -> io::Result<Option<Ending>> {
    Ok(match Word::read(status, &mut VecDeque::new())? {
        Some(Word::Ended(_, ending)) => Some(ending),
        _ => None,
    })
}

/// Starts this program again, with the same arguments and environment and `marker` set; the other
/// end of the channel is its stdin.
///
/// Nothing else is inherited but stdout and stderr. No code runs between the copy and the program,
/// so the time does not grow with this process's memory, unless SIGTERM or SIGCHLD is ignored.
///
/// # Errors
/// Fails when the program cannot be started.
pub fn spawn(marker: (&str, &str)) -> io::Result<(Child, Channel)> {
    let (ours, theirs) = Channel::pair()?;
    let program = program::this()?;
    let mut command = Command::new(&program.file);
    command
        .arg0(&program.name)
        .args(&program.arguments)
        .env(marker.0, marker.1)
        .stdin(Stdio::from(OwnedFd::from(Handle::from(theirs))));
    if signals::are_to_give_back() {
        // An ignored signal that is sent before the program has begun would be lost: this process
        // has to be copied for its program's sake.
        // SAFETY: it makes calls that are allowed in a signal handler, and no others.
        unsafe { command.pre_exec(signals::give_back_all) };
    }
    let child = call!(EAGAIN | EMFILE | ENFILE | ENOMEM, command.spawn());
    let file = program.file.to_string_lossy();
    let child = child.map_err(|error| naming(&file, refused::of_starting(error)))?;
    Ok((Child::own(child.id())?, ours))
}

/// The same error, with the name of the file that it is about.
pub(super) fn naming(file: &str, error: io::Error) -> io::Error {
    match error.kind() {
        kind @ io::ErrorKind::NotFound => io::Error::new(kind, format!("there is no {file} here")),
        kind @ io::ErrorKind::PermissionDenied => {
            io::Error::new(kind, format!("{file} may not be used: {error}"))
        }
        _ => error,
    }
}

/// Takes this process's stdin as the channel to the one that started it, and gives it an empty
/// stdin instead; it begins with the signals of a child (`signals`).
///
/// # Errors
/// Fails when there is no descriptor left.
pub fn take_channel() -> io::Result<Channel> {
    signals::begin();
    let channel = call!(
        EMFILE | ENOMEM,
        rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)
    )?;
    empty_stdin()?;
    Ok(Channel::from(Handle::from(channel)))
}

/// Gives this process an empty stdin.
///
/// # Errors
/// Fails when there is no descriptor left.
pub fn empty_stdin() -> io::Result<()> {
    let flags = rustix::fs::OFlags::RDONLY;
    let mode = rustix::fs::Mode::empty();
    let null = match call!(
        EMFILE | ENFILE | ENOMEM,
        rustix::fs::open(c"/dev/null", flags, mode)
    ) {
        Ok(null) => Handle::from(null),
        // Of a pipe that nobody writes into there is as little to read.
        Err(Errno::NOENT | Errno::ACCESS | Errno::PERM | Errno::NXIO) => pipe::one_way()?.0,
        Err(error) => return Err(error.into()),
    };
    Ok(call!(rustix::stdio::dup2_stdin(&null))?)
}

/// Copies this process: none in the copy, the child in this one.
///
/// The copy has one thread, so whatever another thread holds at this moment is held there for
/// ever. `harmless` threads are promised to hold nothing; any other makes this fail.
///
/// # Errors
/// `ResourceBusy` beside a thread that is not harmless; as the system's fork otherwise.
pub fn fork(harmless: usize) -> io::Result<Option<Child>> {
    if !threads::are_at_most(1 + harmless)? {
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    let made = signals::around(copy, |made| *made == 0);
    match made.map_err(refused::of_starting)? {
        0 => Ok(None),
        pid => Ok(Some(Child::own(pid)?)),
    }
}

/// The system's fork: 0 in the copy.
pub(super) fn copy() -> io::Result<u32> {
    // SAFETY: no other thread of this process holds a lock that the copy could want: the callers
    // have counted the threads and vouch for the rest.
    match call!(EAGAIN | ENOMEM, copies::ours(|| unsafe { libc::fork() })) {
        -1 => Err(io::Error::last_os_error()),
        pid => {
            if pid == 0 {
                failpoint::set_role(failpoint::STARTING);
            }
            Ok(pid.cast_unsigned())
        }
    }
}

/// A handle that is readable once a process that is not ours has ended.
///
/// # Errors
/// `NotFound` when there is no such process; others when it cannot be watched.
pub fn watch(pid: u32) -> io::Result<Handle> {
    let id = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let id = id.ok_or(io::ErrorKind::InvalidInput)?;
    match call!(rustix::process::test_kill_process(id)) {
        Err(Errno::SRCH) => Err(io::ErrorKind::NotFound.into()),
        // Another user's may not be signalled, and is there.
        _ => sentinel::watch(pid, Whose::Another),
    }
}

/// Has the ends of children be told to this process even where whoever started it has them
/// forgotten.
pub fn hear_of_children() {
    // SAFETY: the default action runs no code of ours.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// Has this process, and what it starts, not end at a `^C`.
pub fn ignore_interrupts() {
    // SAFETY: ignoring a signal runs no code of ours.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
}

/// Names this process in process lists, as far as the system has room (15 bytes on Linux).
pub fn set_name(name: &str) {
    failpoint::set_role(name);
    #[cfg(target_os = "linux")]
    {
        let mut bytes = [0; 16];
        let mut length = 0;
        for byte in name.bytes().filter(|byte| *byte != 0).take(15) {
            bytes[length] = byte;
            length += 1;
        }
        // SAFETY: there is one zero, the last: the library's search for it would be one more page
        // of code for a copy to find.
        let name = unsafe { std::ffi::CStr::from_bytes_with_nul_unchecked(&bytes[..=length]) };
        // A process with its program's name works as well.
        let _ = call!(rustix::thread::set_name(name));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = name;
}
