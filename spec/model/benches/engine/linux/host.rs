//! One measurement in a process of its own, so that none begins in the heap that another has left
//! and one that dies takes nothing with it.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use poolproof_spec::{Limits, explore};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use super::Outcome;
use super::programs;
use super::rows::{ROWS, Row, Way};

/// How long an exploration may take before it is told to stop, and then to have stopped.
const PATIENCE: Duration = Duration::from_secs(120);

/// What became true when its time was over.
static IS_LATE: AtomicBool = AtomicBool::new(false);

/// What one measurement showed.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) states: u64,
    pub(crate) edges: u64,
    /// Whether it came to a bound, so that there are more.
    pub(crate) is_bounded: bool,
    /// How many there are, in decimal digits, where it lists them all.
    pub(crate) outcomes: Option<String>,
    /// Seconds of processor time.
    pub(crate) seconds: f64,
    /// How much resident memory grew up to its peak.
    pub(crate) bytes: u64,
}

/// In a host: measures once, and tells it as a line of JSON.
pub(crate) fn serve(row: &str, way: &str) -> Outcome {
    let row = ROWS.iter().find(|known| known.name() == row);
    let row = row.ok_or("there is no such row")?;
    let way = row.ways().iter().find(|known| known.name() == way);
    let way = way.ok_or("there is no such way")?;
    std::thread::spawn(|| {
        std::thread::sleep(PATIENCE);
        IS_LATE.store(true, Ordering::Relaxed);
        std::thread::sleep(PATIENCE);
        eprintln!("error: not done within {} s", 2 * PATIENCE.as_secs());
        std::process::exit(1);
    });
    let shown = match way {
        Way::Reduced => specification(row, true)?,
        Way::Unreduced => specification(row, false)?,
        Way::Stateright => stateright(row, false)?,
        Way::History => stateright(row, true)?,
    };
    println!("{}", to_json(&shown));
    Ok(())
}

/// Measures one way of one row, in a new process.
pub(crate) fn measure(row: &Row, way: Way) -> Outcome<Shown> {
    let output = Command::new("/proc/self/exe")
        .args(["--bench", "--host", &row.name(), way.name()])
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {}", output.status, told.trim()).into());
    }
    let value: Value = serde_json::from_slice(&output.stdout)?;
    from_json(&value).ok_or_else(|| format!("it said: {value}").into())
}

fn specification(row: &Row, reduce: bool) -> Outcome<Shown> {
    let case = programs::case(&(row.text)(row.size))?;
    let states_max = match reduce {
        true => Limits::default().states_max,
        false => row.states_max,
    };
    let limits = Limits {
        states_max,
        reduce,
        stop: Some(&IS_LATE),
    };
    let (found, seconds, bytes) = measured(|| explore(&case.program, row.method, &limits))?;
    let found = found?;
    let is_complete = !found.bounded;
    Ok(Shown {
        states: found.states,
        edges: found.edges,
        is_bounded: found.bounded,
        outcomes: is_complete.then(|| found.behaviour.count().to_string()),
        seconds,
        bytes,
    })
}

fn stateright(row: &Row, has_output: bool) -> Outcome<Shown> {
    let model = row.model.ok_or("there is no model of it")?;
    let model = model(u8::try_from(row.size)?);
    let (found, seconds, bytes) = measured(|| model.explore(has_output, row.states_max))?;
    let found = found?;
    let outcomes = found.outcomes.filter(|_| !found.is_bounded);
    Ok(Shown {
        states: found.states,
        edges: found.edges,
        is_bounded: found.is_bounded,
        outcomes: outcomes.map(|count| count.to_string()),
        seconds,
        bytes,
    })
}

/// What something gives, with the processor time of all threads and the growth of memory.
fn measured<T>(work: impl FnOnce() -> T) -> Outcome<(T, f64, u64)> {
    let memory = status("VmRSS:")?;
    let begun = processor_time();
    let given = work();
    let seconds = processor_time() - begun;
    let bytes = status("VmHWM:")?.saturating_sub(memory);
    Ok((given, seconds, bytes))
}

fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32).as_secs_f64()
}

/// A size that the system tells of this process, in bytes.
fn status(field: &str) -> Outcome<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    let kibibytes = kibibytes.ok_or_else(|| format!("/proc/self/status has no {field}"))?;
    Ok(kibibytes.parse::<u64>()? * 1024)
}

fn to_json(shown: &Shown) -> Value {
    json!({
        "states": shown.states, "edges": shown.edges, "bounded": shown.is_bounded,
        "outcomes": shown.outcomes, "seconds": shown.seconds, "bytes": shown.bytes,
    })
}

fn from_json(value: &Value) -> Option<Shown> {
    Some(Shown {
        states: value["states"].as_u64()?,
        edges: value["edges"].as_u64()?,
        is_bounded: value["bounded"].as_bool()?,
        outcomes: value["outcomes"].as_str().map(str::to_owned),
        seconds: value["seconds"].as_f64()?,
        bytes: value["bytes"].as_u64()?,
    })
}
