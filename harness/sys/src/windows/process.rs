//! Starting this program again, and waiting for the end of it; Windows cannot copy a process.

use std::io;
use std::os::windows::io::OwnedHandle;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::time::Instant;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INTERNAL_ERROR, ERROR_INVALID_PARAMETER, GENERIC_READ, HANDLE,
    NTSTATUS,
};
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_SHARE_READ, FILE_SHARE_WRITE, OPEN_EXISTING,
};
use windows_sys::Win32::System::Console::{GetStdHandle, STD_INPUT_HANDLE, SetStdHandle};
use windows_sys::Win32::System::Threading::{
    GetExitCodeProcess, OpenProcess, PROCESS_SUSPEND_RESUME, PROCESS_SYNCHRONIZE,
    PROCESS_TERMINATE, TerminateProcess,
};

use super::handle::Handle;
use super::job::Job;
use super::{parking, pipe, ready};
use crate::channel::Channel;
pub use crate::ending::{Ending, Lost, Signal};

/// Whether this system can copy a process.
pub const CAN_FORK: bool = false;

/// Whether copying a process is safe enough here to be the default, through a server.
pub const FORK_IS_DEFAULT: bool = false;

/// Whether a process that was started can go on without the root of its tree: its job ends it.
pub const CAN_OUTLIVE: bool = false;

/// What a process that a signal of ours ended has as its exit code, plus the signal's number: above
/// every code that a program gives by itself, below the system's own for crashes.
const SIGNALLED: u32 = 0x0050_0000;

/// What a process that was killed has as its exit code.
#[cfg(feature = "failpoints")]
pub(super) const KILLED: u32 = SIGNALLED + 9;

/// A process that this one started.
#[derive(Debug)]
pub struct Child {
    pid: u32,
    process: Handle,
    is_paused: Mutex<bool>,
}

impl Child {
    /// The process's id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// A handle that is ready once the process has ended, for [`pipe::wait_any`].
    #[must_use]
    pub fn sentinel(&self) -> &Handle {
        &self.process
    }

    /// Waits for the process's end and gives it, any number of times; none at the deadline.
    ///
    /// # Errors
    /// Fails as the system's wait does.
    pub fn wait(&self, deadline: Option<Instant>) -> io::Result<Option<Ending>> {
        if !pipe::wait_readable(&self.process, deadline)? {
            return Ok(None);
        }
        ending_of(&self.process).map(Some)
    }

    /// Sends a signal; nothing happens when the process has ended.
    ///
    /// # Errors
    /// Fails as the system's calls do.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        if self.wait(Some(Instant::now()))?.is_some() {
            return Ok(());
        }
        match signal {
            Signal::Terminate => end(&self.process, 15),
            Signal::Kill => end(&self.process, 9),
            // An interrupt goes to all of a console, never to one process.
            Signal::Interrupt => Err(io::ErrorKind::Unsupported.into()),
            Signal::Stop => self.pause(true),
            Signal::Continue => self.pause(false),
        }
    }

    /// The system counts pauses; a signal does not.
    fn pause(&self, pause: bool) -> io::Result<()> {
        let mut is_paused = self
            .is_paused
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *is_paused == pause {
            return Ok(());
        }
        match pause {
            true => suspend(&self.process)?,
            false => resume(&self.process)?,
        }
        *is_paused = pause;
        Ok(())
    }
}

/// Sends a signal to a process that this one did not start: to itself, or to its parent.
///
/// # Errors
/// Fails as the system's calls do; there is no such process, say.
pub fn signal(pid: u32, signal: Signal) -> io::Result<()> {
    // SAFETY: the call takes no pointers.
    let process = Handle::from_call(call!(unsafe {
        OpenProcess(PROCESS_TERMINATE | PROCESS_SUSPEND_RESUME, 0, pid)
    }))?;
    match signal {
        Signal::Terminate => end(&process, 15),
        Signal::Kill => end(&process, 9),
        Signal::Interrupt => Err(io::ErrorKind::Unsupported.into()),
        Signal::Stop => suspend(&process),
        Signal::Continue => resume(&process),
    }
}

fn end(process: &Handle, signal: u32) -> io::Result<()> {
    // SAFETY: the handle is open for the time of this call.
    if call!(unsafe { TerminateProcess(process.raw(), SIGNALLED + signal) }) != 0 {
        return Ok(());
    }
    match io::Error::last_os_error() {
        // It is ending already.
        error if error.raw_os_error() == Some(ERROR_ACCESS_DENIED.cast_signed()) => Ok(()),
        error => Err(error),
    }
}

/// How a process that has ended did so.
pub(super) fn ending_of(process: &Handle) -> io::Result<Ending> {
    let mut code = 0;
    // SAFETY: the handle is open, and the place for the code is writable.
    if call!(unsafe { GetExitCodeProcess(process.raw(), &mut code) }) == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(match code.checked_sub(SIGNALLED) {
        Some(signal @ 1..=64) => Ending::Signal(signal.cast_signed()),
        _ => Ending::Exit(code.cast_signed()),
    })
}

fn suspend(process: &Handle) -> io::Result<()> {
    // SAFETY: the handle is open for the time of this call.
    answered(call!(unsafe { NtSuspendProcess(process.raw()) }))
}

/// Takes back one pause.
pub(super) fn resume(process: &Handle) -> io::Result<()> {
    // SAFETY: the handle is open for the time of this call.
    answered(call!(unsafe { NtResumeProcess(process.raw()) }))
}

fn answered(status: NTSTATUS) -> io::Result<()> {
    match status {
        0.. => Ok(()),
        _ => Err(io::Error::other(format!("the system answered {status:#x}"))),
    }
}

#[link(name = "ntdll")]
unsafe extern "system" {
    fn NtSuspendProcess(process: HANDLE) -> NTSTATUS;
    fn NtResumeProcess(process: HANDLE) -> NTSTATUS;
}

/// Starts this program again, with the same arguments and environment and `marker` set; the other
/// end of the channel is its stdin.
///
/// Nothing else is inherited but stdout and stderr. What the root starts dies with the root.
///
/// # Errors
/// Fails when the program cannot be started.
pub fn spawn(marker: (&str, &str)) -> io::Result<(Child, Channel)> {
    let (ours, theirs) = Channel::pair()?;
    let theirs = Handle::from(theirs);
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(std::env::args_os().skip(1))
        .env(marker.0, marker.1)
        .env(parking::ROOT, parking::root().to_string());
    command.stdin(Stdio::from(OwnedHandle::from(theirs)));
    let started = match own_job()? {
        Some(job) => job.start(&mut command)?,
        None => start(&mut command)?,
    };
    // The command holds the child's end; it would keep the channel open.
    drop(command);
    let pid = started.id();
    let process = Handle::from(OwnedHandle::from(started));
    let ours = ours.with_child(process.duplicate()?);
    Ok((
        Child {
            pid,
            process,
            is_paused: Mutex::new(false),
        },
        ours,
    ))
}

/// Starts a program, a second time where the system failed by itself: Wine does so once in some
/// thousand times.
pub(super) fn start(command: &mut Command) -> io::Result<std::process::Child> {
    match call!(
        ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
        command.spawn()
    ) {
        Err(error) if error.raw_os_error() == Some(ERROR_INTERNAL_ERROR.cast_signed()) => {
            call!(command.spawn())
        }
        outcome => outcome,
    }
}

/// The job that ends with this process, if it is the root; its children are in it by themselves.
fn own_job() -> io::Result<Option<&'static Job>> {
    static JOB: OnceLock<Job> = OnceLock::new();
    if parking::root() != std::process::id() {
        return Ok(None);
    }
    if JOB.get().is_none() {
        let job = Job::owned()?;
        // Another thread may have been faster; then this one ends empty.
        let _ = JOB.set(job);
    }
    Ok(JOB.get())
}

/// Takes this process's stdin as the channel to the one that started it, and gives it an empty
/// stdin instead.
///
/// # Errors
/// Fails when there is no handle left.
pub fn take_channel() -> io::Result<Channel> {
    let root = super::environment::take(parking::ROOT)?;
    if let Some(root) = root.and_then(|root| root.to_str().and_then(|root| root.parse().ok())) {
        parking::set_root(root);
    }
    take_stdin().map(Channel::from)
}

/// Takes this process's stdin, which what it starts cannot inherit from now on, and gives it an
/// empty one instead.
pub(super) fn take_stdin() -> io::Result<Handle> {
    // SAFETY: the call takes no pointers.
    let stdin = unsafe { GetStdHandle(STD_INPUT_HANDLE) };
    let stdin = Handle::from_call(stdin)?;
    // The duplicate cannot be inherited; the handle that came is closed here.
    let taken = stdin.duplicate()?;
    empty_stdin()?;
    Ok(taken)
}

/// Gives this process an empty stdin.
///
/// # Errors
/// Fails when there is no handle left.
pub fn empty_stdin() -> io::Result<()> {
    let name: Vec<u16> = "NUL".encode_utf16().chain([0]).collect();
    // SAFETY: the name ends with a zero, and neither security attributes nor a template are passed.
    let null = Handle::from_call(call!(unsafe {
        CreateFileW(
            name.as_ptr(),
            GENERIC_READ,
            FILE_SHARE_READ | FILE_SHARE_WRITE,
            std::ptr::null(),
            OPEN_EXISTING,
            0,
            std::ptr::null_mut(),
        )
    }))?;
    // SAFETY: the handle is open, and stays so: it is never closed.
    if call!(unsafe { SetStdHandle(STD_INPUT_HANDLE, null.raw()) }) == 0 {
        return Err(io::Error::last_os_error());
    }
    std::mem::forget(null);
    Ok(())
}

/// Copies this process.
///
/// # Errors
/// Always `Unsupported`.
pub fn fork(_harmless: usize) -> io::Result<Option<Child>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A handle that is ready once a process that is not ours has ended.
///
/// # Errors
/// `NotFound` when there is no such process; others when it cannot be watched.
pub fn watch(pid: u32) -> io::Result<Handle> {
    // SAFETY: the call takes no pointers.
    let opened = Handle::from_call(call!(
        ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
        unsafe { OpenProcess(PROCESS_SYNCHRONIZE, 0, pid) }
    ));
    let process = opened.map_err(|error| match error.raw_os_error() {
        // What the system says of a number that no process has.
        Some(code) if code.cast_unsigned() == ERROR_INVALID_PARAMETER => {
            io::ErrorKind::NotFound.into()
        }
        _ => error,
    })?;
    // A process that has ended can be opened for as long as anybody holds a handle of it.
    match ready::is_ready(&process)? {
        true => Err(io::ErrorKind::NotFound.into()),
        false => Ok(process),
    }
}

/// Has the ends of children be told to this process, as they always are here.
pub fn hear_of_children() {}

/// Has this process, and what it starts, not end at a `^C`.
pub fn ignore_interrupts() {
    // SAFETY: no handler of ours is given; it fails only without a console, and then there is no `^C`.
    unsafe { windows_sys::Win32::System::Console::SetConsoleCtrlHandler(None, 1) };
}

/// Names this process in process lists: Windows has no such name.
pub fn set_name(name: &str) {
    crate::failpoint::set_role(name);
}
