//! The table and the JSON; and whether those who list all outcomes agree.

use serde_json::{Value, json};

use super::Outcome;
use super::host::Shown;
use super::rows::{Row, Way};
use super::run::Results;

/// Fewer states than these are too few to share memory out among, which is counted in pages.
const STATES_MIN: u64 = 1000;

/// Prints what comes, as it comes.
pub(crate) struct Reporter {
    /// Where JSON is asked for, what is to be printed in the end.
    json: Option<Vec<Value>>,
    problems: Vec<String>,
}

impl Reporter {
    /// Begins the table.
    pub(crate) fn new(json: bool) -> Reporter {
        if !json {
            println!("machine: {}\n", machine());
            row(HEADS);
            println!("|{}", "---|".repeat(HEADS.len()));
        }
        Reporter {
            json: json.then(Vec::new),
            problems: Vec::new(),
        }
    }

    /// One row more, with a line for each of its ways.
    pub(crate) fn add(&mut self, program: &Row, all: &[Results]) {
        let name = program.name();
        let mut counts: Vec<(&str, &str)> = Vec::new();
        let reduced = all.iter().find(|results| results.way == Way::Reduced);
        let reduced = reduced.and_then(|results| Some(Summary::of(&results.shown)?.rate()));
        for results in all {
            let way = results.way.name();
            if let Some(failure) = &results.failure {
                self.problems.push(format!("{name}: {way}: {failure}"));
            }
            let Some(summary) = Summary::of(&results.shown) else {
                continue;
            };
            if let Some(outcomes) = &summary.last.outcomes {
                counts.push((way, outcomes));
            }
            match &mut self.json {
                Some(rows) => rows.push(summary.to_json(&name, way)),
                None => summary.print(&name, way, reduced),
            }
        }
        if let Some(odd) = counts.iter().find(|count| count.1 != counts[0].1) {
            let ((way, outcomes), (other, others)) = (counts[0], *odd);
            self.problems.push(format!(
                "{name}: {way} lists {outcomes} outcomes, and {other} {others}"
            ));
        }
    }

    /// Prints the JSON, and fails where something was wrong.
    pub(crate) fn finish(self) -> Outcome {
        if let Some(rows) = self.json {
            println!("{}", serde_json::to_string_pretty(&rows)?);
        }
        match self.problems.is_empty() {
            true => Ok(()),
            false => Err(self.problems.join("\n").into()),
        }
    }
}

/// What the rounds of one way have shown; but for the time they show the same.
struct Summary<'a> {
    last: &'a Shown,
    /// The smallest, the median and the largest.
    seconds: [f64; 3],
    bytes: u64,
}

impl Summary<'_> {
    /// None before the first round.
    fn of(shown: &[Shown]) -> Option<Summary<'_>> {
        let mut seconds: Vec<f64> = shown.iter().map(|one| one.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let mut bytes: Vec<u64> = shown.iter().map(|one| one.bytes).collect();
        bytes.sort_unstable();
        let middle = shown.len() / 2;
        Some(Summary {
            last: shown.last()?,
            seconds: [seconds[0], seconds[middle], seconds[shown.len() - 1]],
            bytes: bytes[middle],
        })
    }

    /// States in a second of processor time.
    fn rate(&self) -> f64 {
        self.last.states as f64 / self.seconds[1]
    }

    /// None where there are too few states to tell.
    fn bytes_per_state(&self) -> Option<f64> {
        let states = self.last.states;
        (states >= STATES_MIN).then(|| self.bytes as f64 / states as f64)
    }

    fn to_json(&self, name: &str, way: &str) -> Value {
        let [smallest, median, largest] = self.seconds;
        json!({
            "program": name, "way": way, "states": self.last.states, "edges": self.last.edges,
            "bounded": self.last.is_bounded, "outcomes": self.last.outcomes,
            "cpu_seconds": median, "min": smallest, "max": largest,
            "states_per_cpu_second": self.rate(), "peak_bytes": self.bytes,
            "bytes_per_state": self.bytes_per_state(),
        })
    }

    fn print(&self, name: &str, way: &str, reduced: Option<f64>) {
        let states = match self.last.is_bounded {
            true => format!("over {}", self.last.states),
            false => self.last.states.to_string(),
        };
        let [smallest, median, largest] = self.seconds;
        let ratio = reduced.map(|reduced| short(self.rate() / reduced));
        let bytes = self.bytes_per_state().map(short);
        let outcomes = self.last.outcomes.as_deref().map(digits);
        row([
            name,
            way,
            &states,
            &self.last.edges.to_string(),
            &seconds(median),
            &format!("{}..{}", seconds(smallest), seconds(largest)),
            &short(self.rate()),
            &ratio.unwrap_or_default(),
            &short(self.bytes as f64 / f64::from(1 << 20)),
            &bytes.unwrap_or_default(),
            &outcomes.unwrap_or_default(),
        ]);
    }
}

/// What a reader of figures wants to know of this machine.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut lines = text.lines();
    let model = lines.find_map(|line| line.strip_prefix("model name"));
    let model = model.unwrap_or("unknown");
    let model = model.trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} × {model}")
}

const HEADS: [&str; 11] = [
    "program",
    "way",
    "states",
    "edges",
    "CPU s",
    "min..max",
    "states/CPU s",
    "× reduced",
    "MiB",
    "B/state",
    "outcomes",
];

/// How wide the columns are.
const WIDTHS: [usize; 11] = [24, 10, 11, 8, 7, 14, 12, 9, 6, 7, 9];

fn row(cells: [&str; 11]) {
    let cells = cells.iter().zip(WIDTHS);
    let cells: Vec<_> = cells
        .map(|(cell, width)| format!(" {cell:<width$} "))
        .collect();
    println!("|{}|", cells.join("|"));
}

/// A whole number as it is, or a long one by its first digits and its size.
fn digits(number: &str) -> String {
    match number.len() {
        ..=9 => number.to_owned(),
        length => format!("{}.{}e{}", &number[..1], &number[1..2], length - 1),
    }
}

/// To a tenth of a millisecond where that says something.
fn seconds(number: f64) -> String {
    let decimals = if number < 0.1 { 4 } else { 2 };
    format!("{number:.decimals$}")
}

/// Three digits that say something, and a letter for thousands.
fn short(number: f64) -> String {
    let (scaled, letter) = match number {
        1e6.. => (number / 1e6, "M"),
        1e4.. => (number / 1e3, "k"),
        _ => (number, ""),
    };
    let decimals = match scaled {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{scaled:.decimals$}{letter}")
}
