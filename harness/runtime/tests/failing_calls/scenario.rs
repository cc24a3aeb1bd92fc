//! The scenarios: each makes one kind of object, and uses it.

mod connection;
mod listener;
mod manager;
mod pool;
mod process;
mod queue;
mod shared;

use std::time::{Duration, Instant};

use poolproof_runtime as mp;
use poolproof_sys::failpoint::FAIL;
use poolproof_sys::handle::open_count;

use crate::calls::HANDLES;
use crate::run::HANDLES_MAX;

/// How long a call may take.
const SOON: Duration = Duration::from_secs(20);

/// How long what works goes on to be tried while something is lacking.
const LONG: Duration = Duration::from_secs(10);

/// After what time whatever ends by itself has ended.
const CALM: Duration = Duration::from_millis(300);

/// How many failures are told, and how long the next try is waited for while something is lacking.
const TOLD: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// How often an object is used without a failure.
const USES: usize = 3;

/// Why a use of an object is none.
#[derive(Debug)]
enum Broken {
    /// A call failed: one may, where the system lets one fail.
    Failed(String),
    /// This may not be, whatever fails.
    Wrong(String),
}

impl From<mp::Error> for Broken {
    fn from(error: mp::Error) -> Broken {
        Broken::Failed(error.to_string())
    }
}

type Outcome<T = ()> = Result<T, Broken>;

/// Uses an object that was made.
type Use = Box<dyn FnMut() -> Outcome>;

type Scenario = fn(mp::Context) -> Outcome<Use>;

const SCENARIOS: &[(&str, Scenario)] = &[
    ("process", process::make),
    ("nested", process::make_nested),
    ("connection", connection::make),
    ("pipe_queue", queue::make_pipe),
    ("ring_queue", queue::make_ring),
    ("pool", pool::make),
    ("replaced_workers", pool::make_short),
    ("executor", pool::make_executor),
    ("manager", manager::make),
    ("listener", listener::make),
    ("shared", shared::make),
];

/// What starts no process is the same under all start methods.
const ALONE: &[&str] = &["connection", "listener"];

/// Each scenario under each start method that makes processes.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let methods = mp::StartMethod::all().iter().copied();
    let methods = methods.filter(|method| *method != mp::StartMethod::Threads);
    let all = methods.flat_map(|method| {
        SCENARIOS
            .iter()
            .map(move |(name, _)| (*name, method.name()))
    });
    let first = mp::StartMethod::all()[0].name();
    all.filter(move |(name, method)| !ALONE.contains(name) || *method == first)
}

/// Runs one as the main process of a tree.
pub(crate) fn run(name: &str, method: &str) -> Result<(), String> {
    let found = SCENARIOS.iter().find(|(known, _)| *known == name);
    let (_, scenario) = found.ok_or_else(|| format!("no scenario `{name}`"))?;
    let text = |error: mp::Error| error.to_string();
    let context = mp::Context::new(method.parse().map_err(text)?).map_err(text)?;
    let mut failures = Failures::begin();
    let mut object = loop {
        if let Some(object) = failures.take(scenario(context))? {
            break object;
        }
    };
    let mut clean = 0;
    while clean < USES {
        clean += usize::from(failures.take(object())?.is_some());
    }
    drop(object);
    nothing_is_left(failures.count > 0)
}

/// Counts what fails, of which there may be as much as the system lets fail.
struct Failures {
    count: usize,
    /// Whether something is lacking for a while, and since when this goes on.
    last: bool,
    begun: Instant,
}

impl Failures {
    fn begin() -> Failures {
        let told = std::env::var(FAIL).unwrap_or_default();
        Failures {
            count: 0,
            last: told.matches('\t').count() > 2,
            begun: Instant::now(),
        }
    }

    /// What was asked for; none where it failed.
    fn take<T>(&mut self, outcome: Outcome<T>) -> Result<Option<T>, String> {
        let failed = match outcome {
            Ok(done) => return Ok(Some(done)),
            Err(Broken::Wrong(what)) => return Err(what),
            Err(Broken::Failed(what)) => what,
        };
        self.count += 1;
        // Nobody reads this before the end.
        if self.count <= TOLD {
            eprintln!("failed: {failed}");
        }
        if self.last {
            std::thread::sleep(PAUSE);
        }
        let is_over = match self.last {
            true => self.begun.elapsed() > LONG,
            false => self.count > 1,
        };
        match is_over {
            true => Err(format!("it does not work again: {failed}")),
            false => Ok(None),
        }
    }
}

/// Waits until no child is left and no more handles than a run without a failure has; says how many.
fn nothing_is_left(has_failed: bool) -> Result<(), String> {
    let told = std::env::var(HANDLES_MAX).ok();
    let most: Option<usize> = told.and_then(|text| text.parse().ok());
    // What was on its way in a use that failed is with nobody on Windows, until the tree's root ends.
    let most = most.filter(|_| cfg!(unix) || !has_failed);
    // What a run without a failure has after a while is what others may have at once.
    let late = if most.is_some() { SOON / 4 } else { CALM };
    let deadline = Instant::now() + late;
    loop {
        let children = mp::active_children().len();
        let handles = open_count().map_err(|error| error.to_string())?;
        let is_over = Instant::now() > deadline;
        if children == 0 && most.map_or(is_over, |most| handles <= most) {
            println!("{HANDLES}{handles}");
            return Ok(());
        }
        if is_over {
            return Err(format!(
                "left: {children} children, {handles} handles open instead of {most:?}: {:?}",
                open()
            ));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What this process has open, where the system shows it.
fn open() -> Vec<String> {
    let entries = std::fs::read_dir("/proc/self/fd").into_iter().flatten();
    let paths = entries.flatten().filter_map(|entry| {
        let to = std::fs::read_link(entry.path()).ok()?;
        Some(to.display().to_string())
    });
    paths.collect()
}

/// Waits for a process, which ends soon: well, or with an error of its own, which it has told.
fn ended(process: &mp::Process) -> Outcome {
    let name = process.name();
    if !process.join(Some(SOON))? {
        return Err(Broken::Wrong(format!("{name} does not end")));
    }
    match process.exit_code()? {
        Some(0) => Ok(()),
        Some(1) => Err(Broken::Failed(format!("{name} failed"))),
        code => Err(Broken::Wrong(format!("{name} ended with {code:?}"))),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Outcome {
    match found == wanted {
        true => Ok(()),
        false => Err(Broken::Wrong(format!("{found:?} instead of {wanted:?}"))),
    }
}
