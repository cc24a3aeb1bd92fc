//! The check that nothing is left is a check: each kind of litter is found.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::SLEEP;
use crate::run::{self, Death};

/// What a scenario of this kind leaves, and what the check says of it.
const KINDS: &[(&str, &str)] = &[
    ("process", "main has ended, and there are"),
    ("zombie", "a zombie"),
    ("socket", "socket"),
    ("segment", "psm_litter"),
    ("semaphore", "sem.litter"),
    ("file", "file.txt"),
    ("folder", "folder"),
];

/// Where named memory and semaphores are, on the systems that show them.
const SHARED: &str = "/dev/shm";

/// How long the check waits for a process that never ends.
const BRIEF: Duration = Duration::from_secs(1);

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(kind, said): &'static (&str, &str)| {
        Trial::test(format!("a_{kind}_that_is_left_is_found"), move || {
            is_found(kind, said)
        })
    };
    KINDS.iter().map(trial).collect()
}

fn is_found(kind: &str, said: &str) -> Result<(), Failed> {
    if !can_be_seen(kind)? {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let nobody = Death::Nobody(folder.path().join("places"));
    match run::run_within(&format!("litter/{kind}"), "spawn", &nobody, BRIEF) {
        Ok(_) => Err(format!("a {kind} was left, and nothing was said").into()),
        Err(broken) if broken.contains(said) => Ok(()),
        Err(broken) => Err(format!("of a {kind} is said: {broken}").into()),
    }
}

/// Whether this system shows such a thing to this user.
fn can_be_seen(kind: &str) -> Result<bool, Failed> {
    Ok(match kind {
        "segment" | "semaphore" => run::has_own_memory()?,
        "zombie" => cfg!(unix) && Path::new("/proc/self/stat").exists(),
        "socket" => cfg!(unix),
        _ => true,
    })
}

/// What the scenario does: it leaves one thing of a kind.
pub(crate) fn leave(kind: &str) -> std::io::Result<()> {
    let temporary = std::env::temp_dir();
    let program = |argument: &str| {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg(argument)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.stderr(Stdio::null()).spawn()
    };
    match kind {
        "process" => drop(program(SLEEP)?),
        "zombie" => {
            let child = program("--list")?;
            while !crate::scenario::zombies().contains(&child.id()) {
                std::thread::yield_now();
            }
        }
        "file" => std::fs::write(temporary.join("file.txt"), "litter")?,
        "folder" => std::fs::create_dir(temporary.join("folder"))?,
        "segment" => std::fs::write(Path::new(SHARED).join("psm_litter"), "litter")?,
        "semaphore" => std::fs::write(Path::new(SHARED).join("sem.litter"), "litter")?,
        "socket" => leave_a_socket(&temporary)?,
        _ => return Err(std::io::ErrorKind::NotFound.into()),
    }
    Ok(())
}

#[cfg(unix)]
fn leave_a_socket(folder: &Path) -> std::io::Result<()> {
    std::os::unix::net::UnixListener::bind(folder.join("socket")).map(drop)
}

#[cfg(not(unix))]
fn leave_a_socket(_folder: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
