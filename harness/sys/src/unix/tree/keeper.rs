//! The keeper: the process that owns a run's tree.
//!
//! It speaks lines over the control socket, which is its stdin; it knows neither cases nor drivers.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};

use super::table;
use crate::keeping;

/// How long one attempt to end the tree may take before it is made again.
const PATIENCE: Duration = Duration::from_millis(20);

/// How often that is done before the keeper gives up.
const ATTEMPTS_MAX: usize = 400;

/// Begins a line that names what is left in the tree's own shared memory; alone, it says that the
/// tree has its own.
pub(super) const MEMORY: &str = "memory ";

static EMPTY: AtomicBool = AtomicBool::new(false);

/// Runs `program` as the main process of a tree and stays until the tree is empty; gives the exit
/// code. When the harness dies, the tree is ended and `scratch` removed.
///
/// Stdin must be the control socket that [`super::Tree::start`] gave; main inherits stdout, stderr,
/// environment and working directory, and gets an empty stdin and a process group of its own.
#[must_use]
pub fn keep(scratch: &Path, program: &OsString, arguments: &[OsString]) -> i32 {
    let control = match io::stdin().as_fd().try_clone_to_owned() {
        Ok(handle) => UnixStream::from(handle),
        Err(_) => return 70,
    };
    // It fails only where this process leads a group already, which changes nothing for its tree.
    let _ = rustix::process::setsid();
    reset_signals();
    table::adopt_orphans();
    let has_memory = table::own_memory();
    if has_memory {
        say(&control, MEMORY);
    }
    let main = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn();
    let main = match main {
        Ok(child) => child.id(),
        Err(error) => {
            say(&control, &format!("failed {error}"));
            return 70;
        }
    };
    let Ok(writer) = control.try_clone() else {
        return 70;
    };
    // The harness waits for the end of these two, which only main's tree may hold open.
    release_output();
    let reaper = std::thread::spawn(move || reap(&writer, main, has_memory));
    if wait_for_order(&control) == Order::Forget {
        end_below();
        keeping::forget(scratch);
    } else {
        end_below();
    }
    // The reaper cannot panic, and an unreaped tree was given up on.
    if EMPTY.load(Ordering::Acquire) {
        let _ = reaper.join();
    }
    0
}

/// Every signal that can be caught gets its default action: a background job starts with ^C
/// ignored, and what is ignored is inherited.
fn reset_signals() {
    for number in 1..32 {
        // SAFETY: SIG_DFL is no handler, so no code of ours can run in signal context; numbers that
        // do not exist or cannot be changed are refused without effect.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
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
            Ok(Some((pid, status))) if pid.as_raw_nonzero().get() as u32 == main => {
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
        for name in table::named_memory().unwrap_or_default().keys() {
            say(control, &format!("{MEMORY}{name}"));
        }
    }
    EMPTY.store(true, Ordering::Release);
    say(control, "empty");
    // Wakes the thread that waits for an order.
    let _ = control.shutdown(std::net::Shutdown::Read);
}

/// Freezes whatever lives below this process, so that nothing is started behind our back, and kills
/// it, again until nothing is left.
fn end_below() {
    let own = std::process::id();
    for _ in 0..ATTEMPTS_MAX {
        if EMPTY.load(Ordering::Acquire) {
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
        while !EMPTY.load(Ordering::Acquire) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Kills one process.
pub(super) fn kill(pid: u32) {
    signal(pid, Signal::KILL);
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
