//! The table, which says of each target whether it is met, and the JSON.

use serde_json::{Value, json};

use super::Outcome;
use super::bench::{Bench, Bound, CPYTHON, Figure, LIMIT, OURS, Target};
use super::figures::Figures;
use super::python::Python;

/// What the rounds of one bench have shown.
pub(crate) struct Results {
    /// By subject, then by figure.
    pub(crate) figures: Vec<Vec<Figures>>,
    /// Who failed, and why.
    pub(crate) failures: Vec<(String, String)>,
}

impl Results {
    /// Nothing yet.
    pub(crate) fn of(bench: &Bench) -> Results {
        let empty = vec![Figures::default(); bench.figures.len()];
        Results {
            figures: vec![empty; bench.subjects.len()],
            failures: Vec::new(),
        }
    }

    /// A subject failed.
    pub(crate) fn fail(&mut self, subject: &str, error: &dyn std::error::Error) {
        self.failures.push((subject.to_owned(), error.to_string()));
    }

    fn median(&self, bench: &Bench, subject: &str, figure: usize) -> Option<f64> {
        let index = bench
            .subjects
            .iter()
            .position(|known| known.name == subject)?;
        self.figures[index][figure].median()
    }

    /// How many times the median of `against` that of `subject` is.
    fn ratio(&self, bench: &Bench, figure: usize, subject: &str, against: &str) -> Option<f64> {
        let against = self.median(bench, against, figure)?;
        (against != 0.0).then_some(self.median(bench, subject, figure)? / against)
    }
}

/// One line for each bench: its name, what it does, its subjects.
pub(crate) fn list(bench: &Bench) {
    let subjects: Vec<_> = bench.subjects.iter().map(|subject| subject.name).collect();
    println!("{}: {} ({})", bench.name, bench.what, subjects.join(", "));
}

/// Prints what comes, as it comes.
pub(crate) struct Reporter {
    /// Where JSON is asked for, what is to be printed in the end.
    json: Option<Vec<Value>>,
    missed: Vec<String>,
    met: usize,
}

impl Reporter {
    /// Begins the table.
    pub(crate) fn new(json: bool, python: Option<&Python>) -> Reporter {
        if !json {
            let python = python.map_or("no CPython found", |python| python.version.as_str());
            println!("machine: {}", machine());
            println!("cpython: {python}\n");
            row([
                "bench",
                "subject",
                "median",
                "min..max",
                "/ limit",
                "/ cpython",
                "target",
            ]);
            println!("|{}", "---|".repeat(WIDTHS.len()));
        }
        Reporter {
            json: json.then(Vec::new),
            missed: Vec::new(),
            met: 0,
        }
    }

    /// One bench more.
    pub(crate) fn add(&mut self, bench: &Bench, results: &Results) {
        for (index, figure) in bench.figures.iter().enumerate() {
            for subject in &bench.subjects {
                self.add_row(bench, results, (index, figure), subject.name);
            }
        }
        for (subject, reason) in &results.failures {
            let text = format!("{}: {subject} failed: {reason}", bench.name);
            eprintln!("{text}");
            if subject == OURS {
                self.missed.push(text);
            }
        }
    }

    fn add_row(
        &mut self,
        bench: &Bench,
        results: &Results,
        (index, figure): (usize, &Figure),
        subject: &str,
    ) {
        let position = bench
            .subjects
            .iter()
            .position(|known| known.name == subject);
        let shown = position.map(|position| &results.figures[position][index]);
        let Some((shown, median)) = shown.and_then(|shown| Some((shown, shown.median()?))) else {
            return;
        };
        let (smallest, largest) = shown.spread().unwrap_or((median, median));
        let ratio = |against: &str| results.ratio(bench, index, subject, against);
        let name = match figure.name {
            "" => bench.name.to_owned(),
            name => format!("{}: {name}", bench.name),
        };
        let targets = figure.targets.iter().filter(|_| subject == OURS);
        let targets: Vec<_> = targets
            .filter_map(|target| Some((target, check(target, median, ratio)?)))
            .collect();
        if let Some(rows) = &mut self.json {
            let met = targets
                .iter()
                .map(|(_, met)| *met)
                .reduce(|all, met| all && met);
            rows.push(json!({
                "bench": name, "subject": subject, "unit": figure.unit,
                "median": median, "min": smallest, "max": largest,
                "ratio_to_limit": ratio(LIMIT), "ratio_to_cpython": ratio(CPYTHON), "met": met,
            }));
            return;
        }
        let said: Vec<_> = targets
            .iter()
            .map(|(target, met)| say(target, *met))
            .collect();
        for ((_, met), said) in targets.iter().zip(&said) {
            match met {
                true => self.met += 1,
                false => self.missed.push(format!("{name}: {said}")),
            }
        }
        let times = |ratio: Option<f64>| ratio.map_or(String::new(), short);
        row([
            &name,
            subject,
            &format!("{} {}", short(median), figure.unit),
            &format!("{}..{}", short(smallest), short(largest)),
            &times(ratio(LIMIT)),
            &times(ratio(CPYTHON)),
            &said.join("; "),
        ]);
    }

    /// Ends the table with what was missed, or prints the JSON.
    pub(crate) fn finish(self) -> Outcome {
        if let Some(rows) = self.json {
            println!("{}", serde_json::to_string_pretty(&rows)?);
            return Ok(());
        }
        println!("\ntargets: {} met, {} missed", self.met, self.missed.len());
        for missed in self.missed {
            println!("  {missed}");
        }
        Ok(())
    }
}

/// What a reader of figures wants to know of this machine.
fn machine() -> String {
    let machine = poolproof_sys::machine::describe();
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |model| {
        model.trim_start_matches([' ', '\t', ':'])
    });
    let (cores, mebibytes) = (machine.cores, machine.memory_bytes >> 20);
    format!("{}, {cores} × {model}, {mebibytes} MiB", machine.system)
}

/// Whether a target is met; none where what it is held against was not measured.
fn check(target: &Target, median: f64, ratio: impl Fn(&str) -> Option<f64>) -> Option<bool> {
    let value = match target.against {
        Some(against) => ratio(against)?,
        None => median,
    };
    Some(match target.bound {
        Bound::AtMost(bound) => value <= bound,
        Bound::AtLeast(bound) => value >= bound,
        Bound::Ends => true,
    })
}

fn say(target: &Target, met: bool) -> String {
    let verdict = if met { "met" } else { "missed" };
    let (sign, bound) = match target.bound {
        Bound::AtMost(bound) => ("≤", bound),
        Bound::AtLeast(bound) => ("≥", bound),
        Bound::Ends => return format!("ends: {verdict}"),
    };
    match target.against {
        Some(against) => format!("{sign} {bound} × {against}: {verdict}"),
        None => format!("{sign} {bound}: {verdict}"),
    }
}

/// How wide the columns are; the last is as wide as it must be.
const WIDTHS: [usize; 7] = [34, 12, 18, 18, 8, 9, 0];

fn row(cells: [&str; 7]) {
    let cells = cells.iter().zip(WIDTHS);
    let cells: Vec<_> = cells
        .map(|(cell, width)| format!(" {cell:<width$} "))
        .collect();
    println!("|{}|", cells.join("|"));
}

/// Three digits that say something, and a letter for thousands.
fn short(number: f64) -> String {
    if number != 0.0 && number.abs() < 0.095 {
        return format!("{number:.4}");
    }
    let (scaled, letter) = match number.abs() {
        size if size >= 1e9 => (number / 1e9, "G"),
        size if size >= 1e6 => (number / 1e6, "M"),
        size if size >= 1e4 => (number / 1e3, "k"),
        _ => (number, ""),
    };
    let decimals = match scaled.abs() {
        size if size >= 100.0 || scaled.fract() == 0.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    format!("{scaled:.decimals$}{letter}")
}
