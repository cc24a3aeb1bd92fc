//! The scenarios: what their main does, which ends well whoever else dies.

mod barrier;
mod condition;
mod lock;
mod manager;
mod others;
mod parcels;
mod pool;
mod producers;
mod queue;

use std::time::Duration;

use poolproof_runtime as mp;
use poolproof_sys::failpoint::KILL;

/// What a scenario's main finds broken.
type Outcome = Result<(), String>;

/// How long a call may take.
const SOON: Duration = Duration::from_secs(20);

type Scenario = fn(mp::Context) -> Outcome;

const SCENARIOS: &[(&str, Scenario)] = &[
    ("pool", pool::run),
    ("queue", queue::run),
    ("parcels", parcels::run),
    ("lock", lock::run),
    ("condition", condition::run),
    ("barrier", barrier::run),
    ("manager", manager::run),
    ("others", others::run),
];

/// Each scenario under each start method that makes processes.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let methods = mp::StartMethod::all().iter().copied();
    let methods = methods.filter(|method| *method != mp::StartMethod::Threads);
    methods.flat_map(|method| {
        SCENARIOS
            .iter()
            .map(move |(name, _)| (*name, method.name()))
    })
}

/// Runs one as the main process of a tree; nothing may be left unreaped.
pub(crate) fn run(name: &str, method: &str) -> Outcome {
    play(name, method)?;
    // A fork server that was killed is noticed when it is needed, or at the end of this process.
    let servers = usize::from(method == "forkserver");
    let deadline = std::time::Instant::now() + Duration::from_secs(3);
    loop {
        // As in Python, this reaps those that have ended; one may be dying just now.
        drop(mp::active_children());
        let count = zombies().len();
        if count <= servers {
            return Ok(());
        }
        if std::time::Instant::now() >= deadline {
            return Err(format!("main is left with a zombie, or {count}"));
        }
        std::thread::yield_now();
    }
}

fn play(name: &str, method: &str) -> Outcome {
    if let Some(("litter", kind)) = name.split_once('/') {
        return crate::litter::leave(kind).map_err(|error| error.to_string());
    }
    if let Some(("many", what)) = name.split_once('/') {
        let context = mp::Context::new(method.parse().map_err(text)?).map_err(text)?;
        return crate::many::run(what, context);
    }
    let found = SCENARIOS.iter().find(|(known, _)| *known == name);
    let (_, scenario) = found.ok_or_else(|| format!("no scenario `{name}`"))?;
    let method = method.parse().map_err(text)?;
    scenario(mp::Context::new(method).map_err(text)?)
}

/// The children of this process that nobody has reaped, where the system shows them.
pub(crate) fn zombies() -> Vec<u32> {
    // Under Wine the other system's list is there, which knows nothing of our ids.
    if cfg!(windows) {
        return Vec::new();
    }
    let own = std::process::id().to_string();
    let is_ours = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let mut fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        fields.next() == Some("Z") && fields.next() == Some(&own)
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(is_ours).collect()
}

fn text(error: mp::Error) -> String {
    error.to_string()
}

/// How a process of a scenario ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    Killed,
    /// The server that alone knew it was killed.
    Unknown,
}

/// Waits for a process, which must end soon, well or killed.
fn end(process: &mp::Process) -> Result<End, String> {
    end_any(process)?.ok_or_else(|| format!("{} failed", process.name()))
}

/// Waits for a process, which must end soon; none where it ended by itself, with a failure.
fn end_any(process: &mp::Process) -> Result<Option<End>, String> {
    let name = process.name();
    if !process.join(Some(SOON)).map_err(text)? {
        return Err(format!("{name} does not end"));
    }
    match process.exit_code() {
        Ok(Some(0)) => Ok(Some(End::Well)),
        Ok(Some(-9)) => Ok(Some(End::Killed)),
        // What a stranger ends on Windows; who dies at a place has the code of a kill.
        Ok(Some(1)) if cfg!(windows) && std::env::var_os(KILL).is_none() => Ok(Some(End::Killed)),
        Ok(Some(1)) => Ok(None),
        Ok(code) => Err(format!("{name} ended with {code:?}")),
        Err(error) if error.is_system() => Ok(Some(End::Unknown)),
        Err(error) => Err(text(error)),
    }
}

/// Counts what one death may spoil.
#[derive(Debug, Default)]
struct Spoilt(Vec<String>);

impl Spoilt {
    /// Gives a result, or remembers that it failed.
    fn take<T>(&mut self, result: mp::Result<T>) -> Option<T> {
        result.map_err(|error| self.0.push(text(error))).ok()
    }

    /// Remembers that a process was killed.
    fn end(&mut self, process: &mp::Process) -> Result<End, String> {
        let end = end(process)?;
        if end == End::Killed {
            self.0.push(format!("{} was killed", process.name()));
        }
        Ok(end)
    }

    /// One death spoils at most so many things.
    fn at_most(self, most: usize) -> Outcome {
        match self.0.len() <= most {
            true => Ok(()),
            false => Err(format!("one death spoilt {}", self.0.join("; "))),
        }
    }
}
