//! The keeper: the process that owns a run's tree, and the guard that owns the keeper.
//!
//! The keeper speaks lines over the control socket, which is its stdin; it knows neither cases nor
//! drivers. The guard only waits: where the keeper is killed, it ends what that has kept.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};

use super::super::{exit, limits, process, reaping};
use super::{isolation, named_memory, table};
use crate::failpoint;
use crate::keeping::{self, Isolation};
use crate::scratch;

/// How long one attempt to end the tree may take before it is made again.
const PATIENCE: Duration = Duration::from_millis(20);

/// How often that is done before the keeper gives up.
const ATTEMPTS_MAX: usize = 400;

/// How long a dead harness may still have its folder locked.
const LOCK_MAX: Duration = Duration::from_secs(1);

/// Begins a line that names what is left in the tree's own shared memory; alone, it says that the
/// tree has its own.
pub(super) const MEMORY: &str = "memory ";

/// Begins the line that tells the keeper's id.
pub(super) const KEEPER: &str = "keeper ";

/// What this process could not do, so that nothing was started.
const FAILED: i32 = 70;

static EMPTY: AtomicBool = AtomicBool::new(false);

/// Runs `program` as the main process of a tree that is kept apart as said, and stays until the tree
/// is empty; gives the exit code. When the harness dies, the tree is ended and `scratch` removed.
///
/// Stdin must be the control socket that [`super::Tree::start`] gave; main inherits stdout, stderr,
/// environment and working directory, and gets an empty stdin, a process group of its own, the
/// usual signals and mask for new files, and limits as far as they can be raised.
#[must_use]
pub fn keep(
    isolation: Isolation,
    scratch: &Path,
    program: &OsString,
    arguments: &[OsString],
) -> i32 {
    close_inherited();
    let control = match io::stdin().as_fd().try_clone_to_owned() {
        Ok(handle) => UnixStream::from(handle),
        Err(_) => return FAILED,
    };
    // It fails only where this process leads a group already, which changes nothing for its tree.
    let _ = rustix::process::setsid();
    reset_signals();
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
    limits::raise();
    table::adopt_orphans();
    if let Err(error) = isolation::make(isolation) {
        say(&control, &format!("shared {error}"));
        return FAILED;
    }
    match process::copy() {
        Ok(0) => {
            failpoint::set_role("Keeper");
            let code = keep_inside(&control, isolation, scratch, program, arguments);
            exit::leave(code)
        }
        Ok(keeper) => guard(&control, keeper, scratch),
        Err(error) => {
            say(&control, &format!("failed {error}"));
            FAILED
        }
    }
}

/// Waits for the keeper's end; what it has kept and not ended, since it was killed, is ended here.
fn guard(control: &UnixStream, keeper: u32, scratch: &Path) -> i32 {
    say(control, &format!("{KEEPER}{keeper}"));
    release_output();
    // One that is ended by a signal, or that somebody else has waited for, has not done its work.
    let is_done = matches!(
        reaping::reap_by_number(keeper),
        Ok(process::Ending::Exit(_))
    );
    if is_done {
        return 0;
    }
    end_below(&has_no_child);
    if let Some(token) = std::env::var_os(keeping::RUN_MARK) {
        // Where orphans go elsewhere, they are known by their environment.
        let _ = super::end_marked(keeping::RUN_MARK.as_ref(), &token);
    }
    if is_alone(control) {
        forget(scratch);
    }
    0
}

/// Whether the harness is gone.
fn is_alone(mut control: &UnixStream) -> bool {
    let is_set = control.set_nonblocking(true).is_ok();
    is_set && matches!(control.read(&mut [0; 16]), Ok(0))
}

/// Removes what a dead harness has left.
fn forget(scratch: &Path) {
    let deadline = Instant::now() + LOCK_MAX;
    while !scratch::remove_if_abandoned(scratch) && scratch.exists() && Instant::now() < deadline {
        std::thread::sleep(PATIENCE);
    }
}

/// The keeper, a process of its own; gives its exit code.
fn keep_inside(
    control: &UnixStream,
    isolation: Isolation,
    scratch: &Path,
    program: &OsString,
    arguments: &[OsString],
) -> i32 {
    if let Err(error) = isolation::enter(isolation) {
        say(control, &format!("shared {error}"));
        return FAILED;
    }
    table::adopt_orphans();
    let has_memory = isolation != Isolation::Nothing;
    if has_memory {
        say(control, MEMORY);
    }
    let main = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn();
    let main = match main {
        Ok(child) => child.id(),
        Err(error) => {
            say(control, &format!("failed {error}"));
            return FAILED;
        }
    };
    // The harness waits for the end of these two, which only main's tree may hold open.
    release_output();
    let Ok(writer) = control.try_clone() else {
        return FAILED;
    };
    let reaper = std::thread::Builder::new().spawn(move || reap(&writer, main, has_memory));
    let Ok(reaper) = reaper else {
        say(control, "failed no thread can be started");
        return FAILED;
    };
    let order = wait_for_order(control);
    end_below(&|| EMPTY.load(Ordering::Acquire));
    if order == Order::Forget {
        forget(scratch);
    }
    // The reaper cannot panic, and an unreaped tree was given up on.
    if EMPTY.load(Ordering::Acquire) {
        let _ = reaper.join();
    }
    0
}

/// Closes what whoever started the harness had open: it is no business of the tree's.
fn close_inherited() {
    let entries = std::fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    for number in numbers.filter(|number| *number > 2).collect::<Vec<i32>>() {
        // SAFETY: this process has only just begun, and nothing in it has opened a descriptor that
        // is not closed again by now.
        unsafe { libc::close(number) };
    }
}

/// Every signal that can be caught gets its default action, and none is blocked: a background job
/// starts with ^C ignored, and what is ignored or blocked is inherited.
fn reset_signals() {
    for number in 1..32 {
        // SAFETY: SIG_DFL is no handler, so no code of ours can run in signal context; numbers that
        // do not exist or cannot be changed are refused without effect.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    let mut none = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: it fills in the set that it is given.
    unsafe { libc::sigemptyset(none.as_mut_ptr()) };
    // SAFETY: the set is filled in, and nobody asks for the one before.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut()) };
}

/// Puts the null device where main's output was.
fn release_output() {
    if let Ok(null) = std::fs::OpenOptions::new().write(true).open("/dev/null") {
        // Neither can fail on open descriptors; if it did, only the end of reading would come late.
        let _ = rustix::stdio::dup2_stdout(&null);
        let _ = rustix::stdio::dup2_stderr(&null);
    }
}

#[derive(PartialEq, Eq)]
enum Order {
    /// The harness wants the tree gone, and looks at what it leaves.
    End,
    /// The harness is dead.
    Forget,
    /// The tree is empty.
    Done,
}

fn wait_for_order(mut control: &UnixStream) -> Order {
    let mut byte = [0; 16];
    loop {
        match control.read(&mut byte) {
            Ok(0) if EMPTY.load(Ordering::Acquire) => return Order::Done,
            Ok(0) => return Order::Forget,
            Ok(_) => return Order::End,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Order::Forget,
        }
    }
}

/// Reaps children and orphans until none is left, and tells of main and of that.
fn reap(control: &UnixStream, main: u32, has_memory: bool) {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid.as_raw_nonzero().get().cast_unsigned() == main => {
                if let Some(code) = status.exit_status() {
                    say(control, &format!("exit {code}"));
                } else if let Some(signal) = status.terminating_signal() {
                    say(control, &format!("signal {}", signal_name(signal)));
                }
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => break,
        }
    }
    if has_memory {
        for name in named_memory::named_memory().unwrap_or_default().keys() {
            say(control, &format!("{MEMORY}{name}"));
        }
    }
    EMPTY.store(true, Ordering::Release);
    say(control, "empty");
    // Wakes the thread that waits for an order.
    let _ = control.shutdown(std::net::Shutdown::Read);
}

/// Reaps what has ended; whether no child is left.
fn has_no_child() -> bool {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return false,
            Err(_) => return true,
        }
    }
}

/// Freezes whatever lives below this process, so that nothing is started behind our back, and kills
/// it, again until nothing is left.
fn end_below(is_empty: &dyn Fn() -> bool) {
    let own = std::process::id();
    for _ in 0..ATTEMPTS_MAX {
        if is_empty() {
            return;
        }
        let mut frozen: Vec<u32> = Vec::new();
        loop {
            let processes = table::below(own).unwrap_or_default();
            let new: Vec<u32> = processes
                .iter()
                .map(|process| process.pid)
                .filter(|pid| !frozen.contains(pid))
                .collect();
            if new.is_empty() {
                break;
            }
            for pid in new {
                signal(pid, Signal::STOP);
                frozen.push(pid);
            }
        }
        for pid in frozen {
            kill(pid);
        }
        let deadline = Instant::now() + PATIENCE;
        while !is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Kills one process.
pub(super) fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

/// Stops one process.
pub(super) fn stop(pid: u32) {
    signal(pid, Signal::STOP);
}

/// Lets one process go on that was stopped.
pub(super) fn go_on(pid: u32) {
    signal(pid, Signal::CONT);
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // A process that has just ended is what is wanted.
        let _ = kill_process(pid, signal);
    }
}

fn say(mut control: &UnixStream, line: &str) {
    // Where nobody listens any more, there is nobody to tell.
    let _ = control.write_all(format!("{line}\n").as_bytes());
}

fn signal_name(number: i32) -> String {
    let names = [
        (libc::SIGHUP, "HUP"),
        (libc::SIGINT, "INT"),
        (libc::SIGQUIT, "QUIT"),
        (libc::SIGILL, "ILL"),
        (libc::SIGTRAP, "TRAP"),
        (libc::SIGABRT, "ABRT"),
        (libc::SIGBUS, "BUS"),
        (libc::SIGFPE, "FPE"),
        (libc::SIGKILL, "KILL"),
        (libc::SIGUSR1, "USR1"),
        (libc::SIGSEGV, "SEGV"),
        (libc::SIGUSR2, "USR2"),
        (libc::SIGPIPE, "PIPE"),
        (libc::SIGALRM, "ALRM"),
        (libc::SIGTERM, "TERM"),
        (libc::SIGXCPU, "XCPU"),
        (libc::SIGXFSZ, "XFSZ"),
        (libc::SIGSYS, "SYS"),
    ];
    names
        .iter()
        .find(|(known, _)| *known == number)
        .map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}
