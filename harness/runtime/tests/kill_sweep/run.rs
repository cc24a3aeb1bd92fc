//! One run of a scenario, in a tree of its own, whose processes are this program again, and what is
//! left of it.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use poolproof_runtime as mp;
use poolproof_sys::failpoint::{self, FAIL, KILL, RECORD, TOKEN};
use poolproof_sys::tree::{self, Event, Isolation, MainEnd, Tree};

/// The arguments that make this program the keeper of a tree, and the tree's main process.
const KEEP: &str = "--keep";
pub(crate) const SCENARIO: &str = "--scenario";

/// What marks a child of the runtime, which is not main, before `freeze_support`.
const CHILD: &str = "POOLPROOF_RUNTIME_START";

/// How long a scenario may take, on the slowest machine, and how long its end.
const LATE: Duration = Duration::from_secs(60);

/// The variable that tells main how many handles it may have in the end.
pub(crate) const HANDLES_MAX: &str = "POOLPROOF_TEST_HANDLES_MAX";

/// Who is to die, and when.
#[derive(Debug, Clone)]
pub(crate) enum Death {
    /// Nobody; the places that were come to are listed in this file.
    Nobody(PathBuf),
    /// The process of a role at a place, as [`KILL`] has it; or its call, as [`FAIL`] has it.
    At(&'static str, String),
    /// One of the processes there are after a while; the number says which.
    After(Duration, usize),
}

/// What was seen of a run that went well.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Whether somebody died, or a call failed.
    pub(crate) died: bool,
    pub(crate) time: Duration,
    /// What all processes have said.
    pub(crate) said: String,
}

/// Is what this program was started as in a tree: a child of the runtime, the keeper, or a
/// scenario's main process. Gives the exit code of the latter two, and none where it was started as
/// none of these.
pub(crate) fn be(scenario: fn(&str, &str) -> Result<(), String>) -> Option<ExitCode> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let first = arguments.first().and_then(|first| first.to_str());
    if first != Some(KEEP) {
        // A keeper closes all files, and so the record of places and calls, which this would open.
        if first == Some(SCENARIO) && std::env::var_os(CHILD).is_none() {
            failpoint::set_role("Main");
        }
        mp::freeze_support();
    }
    match (first, arguments.get(1..).unwrap_or_default()) {
        (Some(KEEP), [isolation, scratch, program, rest @ ..]) => {
            failpoint::set_role("Keeper");
            let isolation = Isolation::named(&isolation.to_string_lossy());
            let isolation = isolation.unwrap_or(Isolation::Nothing);
            let code = tree::keep(isolation, Path::new(scratch), program, rest);
            Some(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
        }
        (Some(SCENARIO), [name, method]) => Some(
            match scenario(&name.to_string_lossy(), &method.to_string_lossy()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(broken) => {
                    eprintln!("broken: {broken}");
                    ExitCode::FAILURE
                }
            },
        ),
        _ => None,
    }
}

/// Whether a tree has named memory of its own here, so that what is left there is certainly its.
pub(crate) fn has_own_memory() -> Result<bool, String> {
    Ok(isolation()? != Isolation::Nothing)
}

/// How far trees can be kept apart here.
fn isolation() -> Result<Isolation, String> {
    static BEST: Mutex<Option<Isolation>> = Mutex::new(None);
    let mut best = BEST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(best) = *best {
        return Ok(best);
    }
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    for isolation in Isolation::ALL {
        let mut keeper = Command::new(&program);
        keeper
            .args([KEEP, isolation.name()])
            .args([scratch.path(), &program])
            .arg("--list");
        let (mut tree, ..) = Tree::start(keeper).map_err(|error| error.to_string())?;
        match wait_for_event(&mut tree, Instant::now() + LATE)? {
            Some(Event::NotApart(_)) => {}
            _ => return Ok(*best.insert(isolation)),
        }
    }
    Err("no tree can be started".to_owned())
}

/// Runs a scenario under a start method; an error says what is broken.
pub(crate) fn run(scenario: &str, method: &str, death: &Death) -> Result<Seen, String> {
    run_within(scenario, method, death, LATE)
}

/// As [`run`], of a main that may have so many handles in the end; what failed has to be said.
pub(crate) fn run_with(
    scenario: &str,
    method: &str,
    death: &Death,
    handles: usize,
) -> Result<Seen, String> {
    let seen = run_once(scenario, method, death, LATE, Some(handles))?;
    match death {
        Death::At(FAIL, line) if seen.said.contains("failed: ") => is_named(line, &seen.said)?,
        _ => {}
    }
    Ok(seen)
}

/// Checks that the error is named with which a call failed.
fn is_named(line: &str, said: &str) -> Result<(), String> {
    const TEXTS: &[(&str, &str)] = &[
        ("EAGAIN", "Resource temporarily unavailable"),
        ("EMFILE", "Too many open files"),
        ("ENFILE", "Too many open files in system"),
        ("ENOBUFS", "No buffer space available"),
        ("ENOMEM", "Cannot allocate memory"),
        ("ENOSPC", "No space left on device"),
        ("ETOOMANYREFS", "Too many references"),
    ];
    let error = line.split('\t').nth(1);
    let text = TEXTS.iter().find(|(name, _)| Some(*name) == error);
    match text {
        Some((_, text)) if !said.contains(text) => Err(format!("nobody says `{text}`:\n{said}")),
        _ => Ok(()),
    }
}

/// What Windows has as the exit code of a process that has not come to its first instruction, since
/// a library of the system did not load: under Wine one in a few thousand.
const NOT_BEGUN: &str = "(-1073741502)";

/// As [`run`], with so much time for the end of all processes once main has ended; a run in which
/// the system has not begun a process is done again.
pub(crate) fn run_within(
    scenario: &str,
    method: &str,
    death: &Death,
    late: Duration,
) -> Result<Seen, String> {
    match run_once(scenario, method, death, late, None) {
        Err(broken) if cfg!(windows) && broken.contains(NOT_BEGUN) => {
            println!("again: {broken}");
            run_once(scenario, method, death, late, None)
        }
        outcome => outcome,
    }
}

fn run_once(
    scenario: &str,
    method: &str,
    death: &Death,
    late: Duration,
    handles: Option<usize>,
) -> Result<Seen, String> {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let temporary = scratch.path().join("tmp");
    std::fs::create_dir(&temporary).map_err(|error| error.to_string())?;
    let token = scratch.path().join("token");
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut keeper = Command::new(&program);
    keeper
        .args([KEEP, isolation()?.name()])
        .args([scratch.path(), &program])
        .args([SCENARIO, scenario, method])
        .envs([("TMPDIR", &temporary), ("TMP", &temporary)])
        .env("RUST_BACKTRACE", "0");
    match death {
        Death::Nobody(places) => keeper.env(RECORD, places),
        Death::At(what, place) => keeper.env(what, place).env(TOKEN, &token),
        Death::After(..) => &mut keeper,
    };
    if let Some(most) = handles {
        keeper.env(HANDLES_MAX, most.to_string());
    }
    let begun = Instant::now();
    let (mut tree, mut stdout, mut stderr) =
        Tree::start(keeper).map_err(|error| error.to_string())?;
    let outcome = watch(&mut tree, death, begun, late);
    let time = begun.elapsed();
    let ended = tree
        .end()
        .map_err(|error| format!("the tree does not end: {error}"));
    let mut said = String::new();
    // Whatever was said helps, and nothing is as good.
    let _ = stdout.read_to_string(&mut said);
    let _ = stderr.read_to_string(&mut said);
    let with = |broken: String| format!("{broken}\n{said}");
    let killed = outcome.map_err(with)?;
    ended.map_err(with)?;
    nothing_is_left(&tree, &temporary).map_err(with)?;
    let died = match death {
        Death::Nobody(_) => false,
        Death::At(..) => token.exists(),
        Death::After(..) => killed,
    };
    Ok(Seen { died, time, said })
}

/// Waits for the end of main and of all others; true when somebody was killed here.
fn watch(tree: &mut Tree, death: &Death, begun: Instant, late: Duration) -> Result<bool, String> {
    let mut killed = false;
    if let Death::After(while_, which) = death {
        let early = wait_for_event(tree, begun + *while_)?;
        if early.is_none() {
            killed = kill_one(tree, *which);
        }
        if let Some(event) = early {
            judge(event, false, death)?;
            return wait_until_empty(tree, late).map(|()| killed);
        }
    }
    let Some(event) = wait_for_event(tree, begun + LATE)? else {
        return Err(format!("main hangs; there are\n{}", list(tree)));
    };
    judge(event, killed, death)?;
    wait_until_empty(tree, late)?;
    Ok(killed)
}

fn judge(event: Event, killed: bool, death: &Death) -> Result<(), String> {
    let may_die = killed || matches!(death, Death::At(KILL, place) if place.starts_with("Main\t"));
    match event {
        Event::MainEnded(MainEnd::Exit(0)) => Ok(()),
        Event::MainEnded(MainEnd::Signal(name)) if name == "KILL" && may_die => Ok(()),
        // What a stranger ends on Windows.
        Event::MainEnded(MainEnd::Exit(1)) if cfg!(windows) && killed => Ok(()),
        // Wine fails the start of a process that is killed before it has begun.
        Event::NotStarted(_) if cfg!(windows) && killed => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn wait_until_empty(tree: &mut Tree, late: Duration) -> Result<(), String> {
    match wait_for_event(tree, Instant::now() + late)? {
        Some(Event::Empty) => Ok(()),
        Some(other) => Err(format!("{other:?}")),
        None => Err(format!("main has ended, and there are\n{}", list(tree))),
    }
}

fn wait_for_event(tree: &mut Tree, until: Instant) -> Result<Option<Event>, String> {
    let left = until.saturating_duration_since(Instant::now());
    tree.next_event(left).map_err(|error| error.to_string())
}

/// Kills one process of the tree; false when there is none.
fn kill_one(tree: &Tree, which: usize) -> bool {
    let mut processes = tree.processes().unwrap_or_default();
    processes.sort_by_key(|process| process.pid);
    match processes.len() {
        0 => false,
        count => {
            processes[which % count].kill();
            true
        }
    }
}

fn list(tree: &Tree) -> String {
    let processes = tree.processes().unwrap_or_default();
    let lines = processes.iter().map(|process| {
        let name = std::fs::read_to_string(format!("/proc/{}/comm", process.pid));
        let wait = std::fs::read_to_string(format!("/proc/{}/wchan", process.pid));
        let (name, wait) = (name.unwrap_or_default(), wait.unwrap_or_default());
        format!(
            "{} of {}: {} in {wait}",
            process.pid,
            process.parent,
            name.trim()
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn nothing_is_left(tree: &Tree, temporary: &Path) -> Result<(), String> {
    let entries = std::fs::read_dir(temporary).map_err(|error| error.to_string())?;
    let mut left: Vec<String> = entries
        .flatten()
        .map(|entry| entry.path().display().to_string())
        .collect();
    left.extend(tree.memory().into_iter().flatten().cloned());
    match left.is_empty() {
        true => Ok(()),
        false => Err(format!("left behind: {}", left.join(", "))),
    }
}
