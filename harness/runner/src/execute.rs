//! One run: a process tree is started, watched until it has ended or can do no more, and ended.
//!
//! This says what was seen; whether it may be seen is the judge's business.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use poolproof_case::{Ending, Outcome};
use poolproof_sys::tree::{Event, MainEnd, Process, Tree};

use crate::capture::Capture;
use crate::error::{Error, Result};
use crate::leak::{self, Leaks};
use crate::plan::Plan;
use crate::scratch;
use crate::stillness::Stillness;

/// How often a tree is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// More processes than any case needs: an implementation that starts ever new ones is stopped.
const PROCESSES_MAX: usize = 96;

/// What the timeouts of a case mean in a normal run.
const SOON: Duration = Duration::from_millis(20);
const LATE: Duration = Duration::from_secs(1);
const SETTLE: Duration = Duration::from_millis(300);

/// Longer than any timeout of a case, so that a still tree waits for none.
const STILL: Duration = Duration::from_secs(2);

/// How much longer everything may take where a run is examined again.
pub(crate) const AGAIN: u32 = 4;

/// How the processes of a run are kept: by this executable, in this folder.
#[derive(Debug)]
pub struct Workshop {
    executable: PathBuf,
    folder: tempfile::TempDir,
    runs: AtomicU64,
    stop: &'static AtomicBool,
}

/// What is run, and how.
#[derive(Clone, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [std::ffi::OsString],
    pub(crate) plan: Plan,
    pub(crate) seed: u64,
    pub(crate) deadline: Duration,
    /// One, or [`AGAIN`].
    pub(crate) scale: u32,
}

/// What one run showed.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub(crate) outcome: Outcome,
    pub(crate) seconds: f64,
    pub(crate) stderr: String,
    pub(crate) leaks: Leaks,
    /// More processes than any case needs.
    pub(crate) is_crowded: bool,
    /// Why it says nothing about the implementation: a busy tree at its deadline, a lost keeper.
    pub(crate) trouble: Option<String>,
}

/// Where a watched tree has come to.
struct Watched {
    main: Option<MainEnd>,
    left: u32,
    is_crowded: bool,
    trouble: Option<String>,
}

impl Workshop {
    /// A private folder for the runs of `executable`, which must call `keep` when it is started
    /// with `drive keep`; `stop` ends all runs early.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(executable: PathBuf, stop: &'static AtomicBool) -> Result<Workshop> {
        Ok(Workshop {
            executable,
            folder: scratch::folder()?,
            runs: AtomicU64::new(0),
            stop,
        })
    }

    /// The folder, for files that runs share.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether runs are to end early.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Runs a program once.
    pub(crate) fn execute(&self, job: &Job<'_>) -> Result<Sighting> {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let home = self.folder.path().join(format!("run-{number}"));
        let temporary = home.join("tmp");
        std::fs::create_dir_all(&temporary).map_err(|error| {
            Error::internal(format!("failed to make {}: {error}", temporary.display()))
        })?;
        let before = leak::before();
        let started = Instant::now();
        let token = format!("{}-{number}", self.folder.path().display());
        let (mut tree, stdout, stderr) = Tree::start(self.keeper(job, &home, &token))
            .map_err(|error| Error::internal(format!("failed to start a run's keeper: {error}")))?;
        let stdout = Capture::whole(stdout);
        let stderr = Capture::tail(stderr);
        let mut watched = self.watch(&mut tree, &stdout, job)?;
        let ended = tree.end();
        let seconds = started.elapsed().as_secs_f64();
        if watched.trouble.is_some() || ended.is_err() {
            let _ = poolproof_sys::tree::end_marked("POOLPROOF_RUN".as_ref(), token.as_ref());
        }
        if let Err(error) = ended {
            let trouble = format!("its processes could not be ended: {error}");
            watched.trouble.get_or_insert(trouble);
        }
        stdout.wait(Duration::from_secs(2));
        stderr.wait(Duration::from_secs(2));
        let leaks = match watched.main {
            // Whoever was killed could not tidy up.
            Some(MainEnd::Exit(_)) if watched.left == 0 => {
                leak::after(&before, &temporary, tree.memory())
            }
            _ => Leaks::default(),
        };
        // It is removed with the workshop at the latest.
        let _ = std::fs::remove_dir_all(&home);
        let ending = match watched.main {
            Some(MainEnd::Exit(code)) => Ending::Exit(code),
            Some(MainEnd::Signal(name)) => Ending::Signal(name),
            None => Ending::Hang,
        };
        Ok(Sighting {
            outcome: Outcome {
                lines: stdout.lines(),
                ending,
                left: watched.left,
            },
            seconds,
            stderr: stderr.text(),
            leaks,
            is_crowded: watched.is_crowded,
            trouble: watched.trouble,
        })
    }

    /// The keeper's command, with an environment that says everything and inherits next to nothing.
    fn keeper(&self, job: &Job<'_>, home: &Path, token: &str) -> Command {
        let seconds = |time: Duration| format!("{}", time.as_secs_f64());
        let mut command = Command::new(&self.executable);
        command
            .args(["drive", "keep"])
            .arg(self.folder.path())
            .arg(job.program)
            .args(job.arguments)
            .current_dir(home)
            .env_clear();
        for name in [
            "PATH",
            "HOME",
            "LD_LIBRARY_PATH",
            "DYLD_LIBRARY_PATH",
            "SYSTEMROOT",
        ] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        // Each system has its own name for the temporary folder.
        for name in ["TMPDIR", "TMP", "TEMP"] {
            command.env(name, home.join("tmp"));
        }
        command
            .env("LANG", "C.UTF-8")
            .env("LC_ALL", "C.UTF-8")
            .env("PYTHONUNBUFFERED", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONHASHSEED", "0")
            .env("POOLPROOF_RUN", token)
            .env("POOLPROOF_PLAN", job.plan.name())
            .env("POOLPROOF_SEED", job.seed.to_string())
            .env("POOLPROOF_SOON", seconds(SOON))
            .env("POOLPROOF_LATE", seconds(LATE * job.scale))
            .env("POOLPROOF_SETTLE", seconds(SETTLE * job.scale));
        command
    }

    /// Looks on until the tree is empty, still, too large, too loud or too late.
    fn watch(&self, tree: &mut Tree, stdout: &Capture, job: &Job<'_>) -> Result<Watched> {
        let start = Instant::now();
        let deadline = start + job.deadline * job.scale;
        let mut stillness = Stillness::new(start);
        let mut watched = Watched {
            main: None,
            left: 0,
            is_crowded: false,
            trouble: None,
        };
        let mut looked = start;
        loop {
            match self.event(tree)? {
                Some(Event::MainEnded(end)) => {
                    watched.main = Some(end);
                    continue;
                }
                Some(Event::Empty) => return Ok(watched),
                Some(Event::NotStarted(reason)) => {
                    let program = job.program.display();
                    watched.trouble = Some(format!("{program} could not be started: {reason}"));
                    return Ok(watched);
                }
                Some(Event::Lost) => {
                    watched.trouble = Some("its keeper was killed".to_owned());
                    return Ok(watched);
                }
                None => {}
            }
            if self.is_stopped() {
                watched.trouble = Some("it was interrupted".to_owned());
                return Ok(watched);
            }
            let now = Instant::now();
            if now - looked < LOOK {
                continue;
            }
            looked = now;
            let processes = self.look(tree)?;
            let still = stillness.look(now, &processes, stdout.len());
            watched.is_crowded = processes.len() > PROCESSES_MAX;
            let is_over = watched.is_crowded || stdout.is_flooded();
            if is_over || still >= STILL * job.scale {
                watched.left = left(&watched, &processes);
                return Ok(watched);
            }
            if now > deadline {
                let busy = "it was still busy at its deadline".to_owned();
                watched.trouble = Some(busy);
                return Ok(watched);
            }
        }
    }

    fn event(&self, tree: &mut Tree) -> Result<Option<Event>> {
        tree.next_event(LOOK).map_err(|error| {
            Error::internal(format!("failed to hear from a run's keeper: {error}"))
        })
    }

    fn look(&self, tree: &Tree) -> Result<Vec<Process>> {
        tree.processes()
            .map_err(|error| Error::internal(format!("failed to read the process table: {error}")))
    }
}

/// How many processes of the program outlive main.
fn left(watched: &Watched, processes: &[Process]) -> u32 {
    if watched.main.is_none() {
        return 0;
    }
    let left = processes
        .iter()
        .filter(|process| !is_helper(process, processes))
        .count();
    u32::try_from(left).unwrap_or(u32::MAX)
}

/// CPython's resource tracker and fork server are the library's own, not the program's; children of
/// a fork server have its command line.
fn is_helper(process: &Process, processes: &[Process]) -> bool {
    const TRACKERS: [&str; 2] = [
        "multiprocessing.resource_tracker import main",
        "multiprocessing.semaphore_tracker import main",
    ];
    const SERVER: &str = "multiprocessing.forkserver import main";
    let is_server = process.command.contains(SERVER)
        && !processes
            .iter()
            .any(|parent| parent.pid == process.parent && parent.command.contains(SERVER));
    is_server || TRACKERS.iter().any(|text| process.command.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_server_is_no_process_of_the_program_but_its_children_are() {
        let command = "python -c from multiprocessing.forkserver import main; main(3, 7)";
        let process = |pid, parent| Process {
            pid,
            parent,
            command: command.to_owned(),
            runnable: false,
            busy: Duration::ZERO,
        };
        let watched = Watched {
            main: Some(MainEnd::Exit(0)),
            left: 0,
            is_crowded: false,
            trouble: None,
        };
        assert_eq!(left(&watched, &[process(2, 1), process(3, 2)]), 1);
    }
}
