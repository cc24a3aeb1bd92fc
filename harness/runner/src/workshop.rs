//! Where runs are made: a private folder that goes with this process, how far runs can be kept apart
//! from the rest of the machine, and what the machine grants them.

use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use poolproof_sys::scratch::{self, MARK, Scratch};
use poolproof_sys::tree::{Event, Isolation, MainEnd, RUN_MARK, Tree};

use crate::capture::Capture;
use crate::environment::Environment;
use crate::error::{Error, Result};

/// How long the look at the surroundings may take.
const LOOK_MAX: Duration = Duration::from_secs(20);

/// How much of an answer is read.
const ANSWER_MAX: usize = 64 << 10;

/// How long what an answering program leaves may take to end by itself.
const REST_MAX: Duration = Duration::from_millis(100);

/// How long its answer may take to be read once all of it has ended: where many are asked at once, the
/// reader has to wait for its turn.
const READ_MAX: Duration = Duration::from_secs(2);

/// Modules that an interpreter imports by itself where somebody has put them; in a run they are
/// empty.
const CUSTOMIZE: [&str; 2] = ["sitecustomize.py", "usercustomize.py"];

/// How the processes of runs are kept: by this executable, in this folder.
#[derive(Debug)]
pub struct Workshop {
    executable: PathBuf,
    scratch: Scratch,
    runs: AtomicU64,
    stop: &'static AtomicBool,
    isolation: Isolation,
    shortages: Vec<String>,
}

/// A place for one run.
#[derive(Debug)]
pub(crate) struct Place {
    /// The folder that it works in, which is removed with this.
    home: PathBuf,
    /// What its processes are known by.
    pub(crate) token: OsString,
}

/// What a program has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) end: MainEnd,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// Nothing can be kept apart in this way here.
    NotApart,
    /// This went wrong.
    Failed(String),
}

impl Workshop {
    /// A private folder for the runs of `executable`, which must call `keep` when it is started
    /// with `drive keep`, and print what is too little when it is started with
    /// `drive surroundings`; others are told `about` of who works here. `stop` ends all runs early.
    ///
    /// What killed runners have left is removed first.
    ///
    /// # Errors
    /// When there is no place for a folder, or no process can be started.
    pub fn new(executable: PathBuf, about: &str, stop: &'static AtomicBool) -> Result<Workshop> {
        scratch::remove_abandoned();
        let scratch = Scratch::make(about).map_err(|error| Error::internal(error.to_string()))?;
        let mut workshop = Workshop {
            executable,
            scratch,
            runs: AtomicU64::new(0),
            stop,
            isolation: Isolation::Nothing,
            shortages: Vec::new(),
        };
        workshop.lay_out()?;
        workshop.look_around()?;
        Ok(workshop)
    }

    /// A new number that nobody else has, nor has had.
    #[must_use]
    pub fn fresh_id(&self) -> String {
        // The standard library's hashes begin with what the system's random source gives.
        let random = RandomState::new().hash_one(self.folder());
        format!("{random:016x}")
    }

    /// How far runs are kept apart, in words.
    #[must_use]
    pub fn isolation(&self) -> &'static str {
        match self.isolation {
            Isolation::Full => {
                "each run has processes, network, mounts and shared memory of its own"
            }
            Isolation::Memory => "each run has shared memory of its own",
            Isolation::Nothing => "runs share everything with the rest of the machine",
        }
    }

    /// What the machine grants too little of, a sentence each: what fails here is not held against
    /// an implementation.
    #[must_use]
    pub fn shortages(&self) -> &[String] {
        &self.shortages
    }

    /// The folder, for files that runs share.
    pub(crate) fn folder(&self) -> &Path {
        self.scratch.path()
    }

    pub(crate) fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// What becomes true when its runs are to end.
    #[must_use]
    pub fn stop(&self) -> &'static AtomicBool {
        self.stop
    }

    /// Whether runs are to end early.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// A place for one more run.
    pub(crate) fn place(&self) -> std::result::Result<Place, String> {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let home = self.folder().join(number.to_string());
        let mut token = home.clone().into_os_string();
        token.push("#");
        let place = Place { home, token };
        let temporary = place.temporary();
        std::fs::create_dir_all(&temporary)
            .map_err(|error| format!("{} could not be made: {error}", temporary.display()))?;
        Ok(place)
    }

    /// The keeper's command for a program.
    pub(crate) fn keeper(
        &self,
        place: &Place,
        environment: Environment,
        program: &Path,
        arguments: &[OsString],
    ) -> Command {
        self.keeper_apart(self.isolation, place, environment, program, arguments)
    }

    /// Whether runs share named memory with the rest of the machine.
    pub(crate) fn shares_memory(&self) -> bool {
        self.isolation == Isolation::Nothing
    }

    fn keeper_apart(
        &self,
        isolation: Isolation,
        place: &Place,
        environment: Environment,
        program: &Path,
        arguments: &[OsString],
    ) -> Command {
        let mut command = Command::new(&self.executable);
        command
            .args(["drive", "keep", isolation.name()])
            .arg(self.folder())
            .arg(program)
            .args(arguments)
            .current_dir(&place.home);
        environment.give(&mut command, &place.temporary(), &self.customize());
        command.env(MARK, self.folder()).env(RUN_MARK, &place.token);
        command
    }

    /// Asks a program that answers on its stdout, in the surroundings of a run; ends whatever it has
    /// started.
    pub(crate) fn ask(
        &self,
        environment: Environment,
        program: &Path,
        arguments: &[OsString],
        deadline: Instant,
    ) -> std::result::Result<Answer, Silence> {
        self.ask_apart(self.isolation, environment, program, arguments, deadline)
    }

    fn ask_apart(
        &self,
        isolation: Isolation,
        environment: Environment,
        program: &Path,
        arguments: &[OsString],
        deadline: Instant,
    ) -> std::result::Result<Answer, Silence> {
        let failed = |error: std::io::Error| Silence::Failed(error.to_string());
        let place = self.place().map_err(Silence::Failed)?;
        let keeper = self.keeper_apart(isolation, &place, environment, program, arguments);
        let (mut tree, stdout, stderr) = Tree::start(keeper).map_err(failed)?;
        let stdout = Capture::whole(stdout, ANSWER_MAX).map_err(failed)?;
        let stderr = Capture::tail(stderr).map_err(failed)?;
        let end = await_end(&mut tree, deadline, &|| self.is_stopped());
        tree.end().map_err(failed)?;
        let end = end?;
        stdout.wait(READ_MAX);
        stderr.wait(READ_MAX);
        Ok(Answer {
            stdout: stdout.text(),
            stderr: stderr.text(),
            end,
        })
    }

    fn customize(&self) -> PathBuf {
        self.folder().join("python")
    }

    fn lay_out(&self) -> Result<()> {
        let folder = self.customize();
        let write = || {
            std::fs::create_dir(&folder)?;
            CUSTOMIZE
                .iter()
                .try_for_each(|name| std::fs::write(folder.join(name), ""))
        };
        write().map_err(|error| {
            Error::internal(format!("failed to write to {}: {error}", folder.display()))
        })
    }

    /// Finds out how far runs can be kept apart here, and what they lack.
    fn look_around(&mut self) -> Result<()> {
        let arguments = ["drive", "surroundings"].map(OsString::from);
        let deadline = Instant::now() + LOOK_MAX;
        for isolation in Isolation::ALL {
            let answer = self.ask_apart(
                isolation,
                Environment::Bare,
                &self.executable,
                &arguments,
                deadline,
            );
            match answer {
                Err(Silence::NotApart) => {}
                Err(Silence::Failed(reason)) => {
                    let message = format!("failed to start a process as runs are: {reason}");
                    return Err(Error::internal(message));
                }
                Ok(answer) => {
                    self.isolation = isolation;
                    self.shortages = answer.stdout.lines().map(str::to_owned).collect();
                    self.shortages.extend(self.deep());
                    return Ok(());
                }
            }
        }
        Err(Error::internal(
            "failed to start a process as runs are: its keeper refused",
        ))
    }

    fn deep(&self) -> Option<String> {
        self.scratch.is_deep().then(|| {
            let folder = self.folder().display();
            format!(
                "the paths below {folder} are too long for sockets; TMPDIR can name a shorter one"
            )
        })
    }
}

impl Place {
    /// The folder that the run works in.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// The folder for temporary files.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.home.join("tmp")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // It is removed with the workshop at the latest.
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// Waits for main's end, and a moment for that of the rest.
fn await_end(
    tree: &mut Tree,
    deadline: Instant,
    is_stopped: &dyn Fn() -> bool,
) -> std::result::Result<MainEnd, Silence> {
    let failed = |reason: &str| Err(Silence::Failed(reason.to_owned()));
    let mut end = None;
    let mut deadline = deadline;
    loop {
        match tree.next_event(Duration::from_millis(20)) {
            Ok(Some(Event::MainEnded(ended))) => {
                end = Some(ended);
                deadline = deadline.min(Instant::now() + REST_MAX);
            }
            Ok(Some(Event::Empty)) => break,
            Ok(Some(Event::NotApart(_))) => return Err(Silence::NotApart),
            Ok(Some(Event::NotStarted(reason))) => return failed(&reason),
            Ok(Some(Event::Lost)) => return failed("its keeper was killed"),
            Err(error) => return failed(&error.to_string()),
            Ok(None) if is_stopped() => return failed("it was interrupted"),
            Ok(None) if Instant::now() >= deadline => break,
            Ok(None) => {}
        }
    }
    end.ok_or_else(|| Silence::Failed("it does not answer".to_owned()))
}
