//! The keeper: the process that owns a run's tree.
//!
//! It speaks lines over the control pipe, which is its stdin; it knows neither cases nor drivers.

use std::ffi::OsString;
use std::io;
use std::os::windows::io::OwnedHandle;
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    NTSTATUS, STATUS_ACCESS_VIOLATION, STATUS_CONTROL_C_EXIT, STATUS_FATAL_APP_EXIT,
    STATUS_ILLEGAL_INSTRUCTION, STATUS_INTEGER_DIVIDE_BY_ZERO, STATUS_STACK_BUFFER_OVERRUN,
    STATUS_STACK_OVERFLOW,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::Threading::CREATE_SUSPENDED;

use super::super::handle::Handle;
use super::super::job::Job;
use super::super::pipe;
use super::super::process::{self, Ending, ending_of, resume};
use crate::keeping::Isolation;
use crate::scratch;

/// How often the keeper looks whether its job is empty.
const LOOK: Duration = Duration::from_millis(10);

/// How long the end of a tree is waited for.
const END_MAX: Duration = Duration::from_secs(5);

/// Runs `program` as the main process of a tree and stays until the tree is empty; gives the exit
/// code. When the harness dies, the tree is ended and `scratch` removed. Nothing but a job keeps a
/// tree apart here.
///
/// Stdin must be the control pipe that [`super::Tree::start`] gave; main inherits stdout, stderr,
/// environment and working directory, and gets an empty stdin.
#[must_use]
pub fn keep(
    isolation: Isolation,
    scratch: &Path,
    program: &OsString,
    arguments: &[OsString],
) -> i32 {
    // With a handle of main's on it, the pipe would stay open when this process dies.
    let Ok(control) = process::take_stdin() else {
        return 70;
    };
    if isolation != Isolation::Nothing {
        say(&control, "shared this system has no namespaces");
        return 70;
    }
    crash_in_silence();
    let (job, main) = match start(program, arguments) {
        Ok(started) => started,
        Err(error) => {
            say(&control, &format!("failed {error}"));
            return 70;
        }
    };
    let ordered = watch(&control, &job, &main);
    end(&job);
    if ordered == Order::Forget {
        forget(scratch);
    } else {
        say(&control, "empty");
    }
    0
}

/// Has neither main nor what main starts wait for a person to read of its crash: what a process
/// starts takes this over.
fn crash_in_silence() {
    // SAFETY: the call takes no pointers.
    unsafe {
        SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    }
}

/// Starts main inside a job: nothing that it starts can be outside.
fn start(program: &OsString, arguments: &[OsString]) -> io::Result<(Job, Handle)> {
    let job = Job::owned()?;
    let mut main = Command::new(program);
    main.args(arguments)
        .stdin(Stdio::null())
        .creation_flags(CREATE_SUSPENDED);
    let main = Handle::from(OwnedHandle::from(process::start(&mut main)?));
    job.add(&main)?;
    resume(&main)?;
    Ok((job, main))
}

/// Ends the tree, and waits for a while until its folders are free.
fn end(job: &Job) {
    // A tree that cannot be ended goes with this process, which holds the job.
    let _ = job.end();
    let deadline = Instant::now() + END_MAX;
    while job.processes().is_ok_and(|left| !left.is_empty()) && Instant::now() < deadline {
        std::thread::sleep(LOOK);
    }
}

/// Removes what a dead harness has left, once the system has let go of its lock.
fn forget(scratch: &Path) {
    let deadline = Instant::now() + END_MAX;
    while !scratch::remove_if_abandoned(scratch) && scratch.exists() && Instant::now() < deadline {
        std::thread::sleep(LOOK);
    }
}

#[derive(PartialEq, Eq)]
enum Order {
    /// The harness wants the tree gone, or nothing is left of it.
    End,
    /// The harness is dead.
    Forget,
}

/// Tells of main's end, until an order comes or the job is empty.
fn watch(control: &Handle, job: &Job, main: &Handle) -> Order {
    let mut main_lives = true;
    loop {
        let handles: &[&Handle] = if main_lives {
            &[control, main]
        } else {
            &[control]
        };
        // With main gone, the job is looked at again and again: no event says that it is empty.
        let deadline = (!main_lives).then(|| Instant::now() + LOOK);
        let Ok(ready) = pipe::wait_any(handles, deadline) else {
            return Order::Forget;
        };
        if ready[0] {
            return match pipe::read(control, &mut [0; 16]) {
                Ok(count) if count > 0 => Order::End,
                _ => Order::Forget,
            };
        }
        if ready.get(1) == Some(&true) {
            main_lives = false;
            match ending_of(main) {
                Ok(ending) => say(control, &words(ending)),
                Err(_) => say(control, "exit -1"),
            }
        }
        if !main_lives && job.processes().is_ok_and(|processes| processes.is_empty()) {
            return Order::End;
        }
    }
}

/// The codes with which the system ends a process that crashed, and what a Unix would say.
const CRASHES: [(NTSTATUS, &str); 7] = [
    (STATUS_ACCESS_VIOLATION, "SEGV"),
    (STATUS_STACK_OVERFLOW, "SEGV"),
    (STATUS_STACK_BUFFER_OVERRUN, "ABRT"), // that of `abort`, whatever its name
    (STATUS_FATAL_APP_EXIT, "ABRT"),
    (STATUS_ILLEGAL_INSTRUCTION, "ILL"),
    (STATUS_INTEGER_DIVIDE_BY_ZERO, "FPE"),
    (STATUS_CONTROL_C_EXIT, "INT"),
];

/// Main's end, as a line.
fn words(ending: Ending) -> String {
    match ending {
        Ending::Exit(code) => match CRASHES.iter().find(|(crash, _)| *crash == code) {
            Some((_, signal)) => format!("signal {signal}"),
            None => format!("exit {code}"),
        },
        Ending::Signal(9) => "signal KILL".to_owned(),
        Ending::Signal(15) => "signal TERM".to_owned(),
        Ending::Signal(other) => format!("signal {other}"),
        Ending::Unknown(_) => "exit -1".to_owned(),
    }
}

fn say(control: &Handle, line: &str) {
    // Where nobody listens any more, there is nobody to tell.
    let _ = pipe::write(control, format!("{line}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::System::Diagnostics::Debug::GetErrorMode;

    use super::*;

    #[test]
    fn a_crash_waits_for_nobody() {
        crash_in_silence();
        // SAFETY: the call takes no pointers.
        let mode = unsafe { GetErrorMode() };
        assert_ne!(mode & SEM_NOGPFAULTERRORBOX, 0);
    }
}
