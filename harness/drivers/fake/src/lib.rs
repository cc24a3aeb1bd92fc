//! Drivers that are wrong on purpose, for testing the judge, and one that is right.
//!
//! Each does one thing, whatever the case says; only `honest` reads it.

#![forbid(unsafe_code)]

mod honest;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use poolproof_case::Case;

/// The wrong ones and what each does; then the right one.
pub const FAKES: [(&str, &str); 10] = [
    ("babbler", "prints a line that nobody allows"),
    (
        "painter",
        "prints what moves a cursor, and a very long line",
    ),
    ("sleeper", "never ends"),
    ("spinner", "never ends and is busy all the time"),
    ("flooder", "never ends and prints all the time"),
    ("leaker", "leaves a process behind"),
    ("litterer", "leaves a file and shared memory behind"),
    ("crasher", "is ended by a signal"),
    (
        "stumbler",
        "never ends the first time, and is right ever after",
    ),
    ("honest", "does what a main of prints says"),
];

/// The driver's manifest, as text.
#[must_use]
pub fn manifest(name: &str) -> String {
    format!(
        "Manifest(name: \"fake/{name}\", kind: \"own\", \
         start_methods: [spawn, fork, forkserver, threads], runs: 4)"
    )
}

/// Does what the fake of this name does; gives the exit code, or nothing for an unknown name.
#[must_use]
pub fn drive(name: &str, case: &Case, again: &Path) -> Option<i32> {
    match name {
        "babbler" => println!("nobody allows this line"),
        "painter" => println!("\u{1b}[2J\u{9b}31m{}", "x".repeat(LONG)),
        "sleeper" => sleep(),
        "spinner" => loop {
            std::hint::spin_loop();
        },
        "flooder" => loop {
            println!("more");
        },
        "leaker" => leave_a_process(again),
        "litterer" => leave_files(),
        "crasher" => std::process::abort(),
        "stumbler" if is_first(again) => sleep(),
        "stumbler" | "honest" => return Some(honest::run(case)),
        _ => return None,
    }
    Some(0)
}

/// How long a line is that nobody wants to read.
const LONG: usize = 500_000;

fn sleep() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

/// Starts this executable again as a sleeper with the same case.
#[expect(
    clippy::zombie_processes,
    reason = "a process that nobody waits for is the point"
)]
fn leave_a_process(case: &Path) {
    let executable = std::env::current_exe().expect("a running program has an executable");
    let child = Command::new(executable)
        .args(["drive", "fake/sleeper", "--start-method", "spawn", "--case"])
        .arg(case)
        .stdin(Stdio::null())
        .spawn();
    child.expect("this executable can be started again");
}

/// Whether this case file was not run before: it leaves a mark beside it.
fn is_first(case: &Path) -> bool {
    let mark = case.with_extension("stumbled");
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(mark)
        .is_ok()
}

/// Where Linux has named shared memory.
const SHARED_MEMORY: &str = "/dev/shm";

fn leave_files() {
    let name = format!("poolproof-fake-{}", std::process::id());
    let temporary = std::env::temp_dir().join(&name);
    std::fs::write(temporary, "litter").expect("the temporary folder takes a file");
    let shared = Path::new(SHARED_MEMORY);
    // On Windows it is no full path, even where Wine shows a folder there.
    if shared.is_absolute() && shared.is_dir() {
        std::fs::write(shared.join(name), "litter").expect("shared memory takes a file");
    }
}
