//! What a statement of a case costs beside the same call written in Rust on the runtime:
//! `cargo bench -p poolproof-reference`.
//!
//! Rounds of the case and of the loop by hand take turns in one run; what is told is the median of
//! their differences, for each statement. The case is driven as the harness drives it, and takes its
//! own times. A statement may cost 50 ns or one part in twenty more, whichever is more.

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use poolproof_case::{StartMethod, read};
use poolproof_reference::Transport;
use poolproof_runtime as mp;

/// One round by hand.
type Round = Box<dyn FnMut() -> mp::Result<()>>;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Who finds this is the one that drives a case: the text of it.
const CASE: &str = "POOLPROOF_OVERHEAD_CASE";

/// Statements in a measured round, and rounds in a turn.
const STATEMENTS: u32 = 5000;
const ROUNDS: u32 = 20;

/// So many turns each has.
const TURNS: u32 = 7;

/// What is measured.
struct Row {
    name: &'static str,
    /// Statements of the case before the clock starts.
    before: &'static str,
    /// What is measured, and how many statements it is.
    measured: &'static str,
    statements: u32,
    /// The same by hand: makes what it needs, and does one round.
    by_hand: fn() -> Outcome<Round>,
}

const ROWS: &[Row] = &[
    Row {
        name: "Event.is_set",
        before: "Let(\"e\", New(\"Event\"))",
        measured: "Call(\"e.is_set\")",
        statements: 1,
        by_hand: || {
            let event = mp::Context::default().event()?;
            Ok(Box::new(move || {
                black_box(event.is_set());
                Ok(())
            }))
        },
    },
    Row {
        name: "Lock.acquire, Lock.release",
        before: "Let(\"l\", New(\"Lock\"))",
        measured: "Call(\"l.acquire\"), Call(\"l.release\")",
        statements: 2,
        by_hand: || {
            let lock = mp::Context::default().lock()?;
            Ok(Box::new(move || {
                black_box(lock.acquire_raw(None)?);
                lock.release()
            }))
        },
    },
    Row {
        name: "Value.value += 1",
        before: "Let(\"v\", New(\"Value\", [\"q\", 0]))",
        measured: "SetAttr(\"v.value\", Add(\"$v.value\", 1))",
        statements: 1,
        by_hand: || {
            let value = mp::Context::default().value(0_i64)?;
            Ok(Box::new(move || value.set(value.get()? + 1)))
        },
    },
    Row {
        name: "SimpleQueue.put, SimpleQueue.get",
        before: "Let(\"q\", New(\"SimpleQueue\"))",
        measured: "Call(\"q.put\", [7]), Call(\"q.get\")",
        statements: 2,
        by_hand: || {
            let context = mp::Context::new(mp::StartMethod::Spawn)?;
            let queue: mp::SimpleQueue<i64> = context.simple_queue_over(mp::Transport::Pipe)?;
            Ok(Box::new(move || {
                queue.put(black_box(7))?;
                black_box(queue.get()?);
                Ok(())
            }))
        },
    },
    Row {
        name: "Connection.send, Connection.recv",
        before: "Let(\"a, b\", New(\"Pipe\"))",
        measured: "Call(\"a.send\", [7]), Let(\"x\", Call(\"b.recv\"))",
        statements: 2,
        by_hand: || {
            let (ours, theirs) = mp::Context::default().pipe::<i64, i64>()?;
            Ok(Box::new(move || {
                ours.send(&black_box(7))?;
                black_box(theirs.recv()?);
                Ok(())
            }))
        },
    },
    Row {
        name: "x + 1, in no object",
        before: "Let(\"x\", 0)",
        measured: "Let(\"x\", Add(\"$x\", 1))",
        statements: 1,
        by_hand: || {
            let mut number = 0_i64;
            Ok(Box::new(move || {
                number = black_box(number + 1);
                Ok(())
            }))
        },
    },
];

fn main() -> ExitCode {
    mp::freeze_support();
    if let Ok(text) = std::env::var(CASE) {
        return drive(&text);
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        eprintln!(
            "nothing is measured without `--bench`: use `cargo bench -p poolproof-reference`"
        );
        return ExitCode::SUCCESS;
    }
    println!(
        "{:34} {:>10} {:>10} {:>10} {:>8}",
        "a statement, ns", "case", "by hand", "more", "allowed"
    );
    match ROWS.iter().try_for_each(tell) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn drive(text: &str) -> ExitCode {
    match read("bench/overhead", text, &[]) {
        Ok(case) => poolproof_reference::drive(StartMethod::Spawn, Transport::Pipe, case),
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem:?}"));
            ExitCode::FAILURE
        }
    }
}

fn tell(row: &Row) -> Outcome {
    let (mut cases, mut hands, mut more) = (Vec::new(), Vec::new(), Vec::new());
    let mut by_hand = (row.by_hand)()?;
    for _ in 0..TURNS {
        let of_case = per_statement(row, driven(row)?);
        let of_hand = per_statement(row, timed(&mut by_hand)?);
        more.push(of_case - of_hand);
        cases.push(of_case);
        hands.push(of_hand);
    }
    let (case, hand, more) = (median(cases), median(hands), median(more));
    let allowed = (hand / 20.0).max(50.0);
    println!(
        "{:34} {case:10.1} {hand:10.1} {more:10.1} {allowed:8.1}",
        row.name
    );
    Ok(())
}

/// The times of a case's rounds, as it takes them.
fn driven(row: &Row) -> Outcome<Vec<u64>> {
    let text = format!(
        "Case(title: \"Overhead\", clauses: [], main: [{}, Measure(\"it\", {ROUNDS}, \
         [Repeat({STATEMENTS}, [{}])])], claims: [])",
        row.before, row.measured
    );
    let output = Command::new(std::env::current_exe()?)
        .env(CASE, text)
        .env_remove("POOLPROOF_CONTROL")
        .stdin(Stdio::null())
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    let times = told.split_once('[').and_then(|(_, rest)| {
        let (times, _) = rest.split_once(']')?;
        times
            .split(',')
            .map(|time| time.trim().parse().ok())
            .collect()
    });
    times.ok_or_else(|| format!("{}: {}", row.name, told.trim()).into())
}

fn timed(round: &mut dyn FnMut() -> mp::Result<()>) -> Outcome<Vec<u64>> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for _ in 0..STATEMENTS {
            round()?;
        }
        times.push(u64::try_from(begun.elapsed().as_nanos())?);
    }
    Ok(times)
}

#[expect(clippy::cast_precision_loss, reason = "no round takes 2^53 ns")]
fn per_statement(row: &Row, times: Vec<u64>) -> f64 {
    let times = times.into_iter().map(|time| time as f64).collect();
    median(times) / f64::from(STATEMENTS * row.statements)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
