//! Rounds: each measures every way of a row once, in an order that turns, so that what the machine
//! does meanwhile falls on all of them.

use super::Outcome;
use super::arguments::Arguments;
use super::host::{self, Shown};
use super::report::Reporter;
use super::rows::{ROWS, Row, Way};

/// What the rounds of one way of a row have shown, or why it is out.
pub(crate) struct Results {
    pub(crate) way: Way,
    pub(crate) shown: Vec<Shown>,
    pub(crate) failure: Option<String>,
}

/// Measures what was asked for, and reports it.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let rows = ROWS.iter().filter(|row| is_asked_for(row, arguments));
    let rows: Vec<&Row> = rows.collect();
    if rows.is_empty() {
        return Err("no row has such a name: `--list` shows them".into());
    }
    if arguments.list {
        for row in rows {
            let ways: Vec<_> = row.ways().iter().map(|way| way.name()).collect();
            println!("{}: {}", row.name(), ways.join(", "));
        }
        return Ok(());
    }
    let mut reporter = Reporter::new(arguments.json);
    for row in rows {
        reporter.add(row, &measure(row, arguments));
    }
    reporter.finish()
}

fn is_asked_for(row: &Row, arguments: &Arguments) -> bool {
    let name = row.name();
    let filters = &arguments.filters;
    filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()))
}

fn is_way_asked_for(way: Way, arguments: &Arguments) -> bool {
    arguments.ways.is_empty() || arguments.ways.iter().any(|name| name == way.name())
}

fn measure(row: &Row, arguments: &Arguments) -> Vec<Results> {
    let ways = row.ways().iter().copied();
    let ways = ways.filter(|way| is_way_asked_for(*way, arguments));
    let empty = |way| Results {
        way,
        shown: Vec::new(),
        failure: None,
    };
    let mut all: Vec<Results> = ways.map(empty).collect();
    let count = all.len();
    for round in 0..arguments.rounds as usize {
        for turn in 0..count {
            let results = &mut all[(round + turn) % count];
            if results.failure.is_some() {
                continue;
            }
            match host::measure(row, results.way) {
                Ok(shown) => results.shown.push(shown),
                Err(error) => results.failure = Some(error.to_string()),
            }
        }
    }
    all
}
