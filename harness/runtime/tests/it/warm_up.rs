//! What a fork server does before it copies itself; each trial is a program of its own, since a
//! program has one server.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use crate::{Outcome, ended, expect, hold};

/// Names the fact that a process of ours is to show.
const HELPER: &str = "POOLPROOF_TEST_WARM_UP";

/// What is shown, and how.
type Fact = (&'static str, fn() -> Outcome);

const FACTS: &[Fact] = &[
    ("a_warm_up_is_done_once_for_all_processes", done_once),
    ("a_warm_up_that_panics_is_an_error_of_the_start", panics),
    (
        "a_warm_up_that_leaves_threads_is_an_error_of_the_start",
        leaves_threads,
    ),
    ("a_warm_up_may_not_start_processes", starts),
    ("a_server_that_runs_cannot_be_warmed_up", too_late),
];

/// Those whose warm-up prints a word.
const WARM: &[&str] = &[
    "a_warm_up_is_done_once_for_all_processes",
    "a_warm_up_that_panics_is_an_error_of_the_start",
];

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(name, _): &Fact| {
        let name = *name;
        Trial::test(format!("forkserver/{name}"), move || {
            let output = Command::new(std::env::current_exe()?)
                .env(HELPER, name)
                .stdin(Stdio::null())
                .output()?;
            let text = String::from_utf8_lossy(&output.stderr);
            hold(output.status.success(), &text)?;
            // What is buffered in the server is written once, by nobody else.
            let written = String::from_utf8_lossy(&output.stdout);
            let is_warm = WARM.contains(&name);
            hold(
                written.matches("warm").count() == usize::from(is_warm),
                &written,
            )
        })
    };
    FACTS.iter().map(trial).collect()
}

/// In a helper: shows one fact.
pub(crate) fn be_helper() {
    let Ok(told) = std::env::var(HELPER) else {
        return;
    };
    let fact = FACTS.iter().find(|(name, _)| *name == told);
    let outcome = fact.map_or(Err("no such fact".into()), |(_, show)| show());
    if let Err(failed) = &outcome {
        eprintln!("{}", failed.message().unwrap_or_default());
    }
    std::process::exit(i32::from(outcome.is_err()));
}

static COUNT: AtomicI32 = AtomicI32::new(0);

fn adds(number: i32) {
    COUNT.fetch_add(number, Ordering::SeqCst);
    // Without an end of line it stays in the buffer.
    print!("warm");
}

fn tells_count((): ()) -> i32 {
    COUNT.load(Ordering::SeqCst)
}

fn context() -> mp::Result<mp::Context> {
    mp::Context::new(mp::StartMethod::Forkserver)
}

fn done_once() -> Outcome {
    mp::set_forkserver_warm_up(adds, 5)?;
    for _ in 0..2 {
        let process = context()?.process(tells_count, ()).start()?;
        expect(ended(&process)?, Some(5))?;
    }
    expect(COUNT.load(Ordering::SeqCst), 0)
}

fn refused(error: mp::Error, word: &str) -> Outcome {
    hold(
        error.is_usage() && error.to_string().contains(word),
        &error.to_string(),
    )
}

fn panics() -> Outcome {
    mp::set_forkserver_warm_up(|text: String| panic!("{text}"), "on purpose".to_owned())?;
    let start = || Ok::<_, mp::Error>(context()?.process(tells_count, ()).start().map(drop));
    refused(start()?.unwrap_err(), "panicked")?;
    // The next start tries again.
    mp::set_forkserver_warm_up(adds, 1)?;
    let process = context()?.process(tells_count, ()).start()?;
    expect(ended(&process)?, Some(1))
}

fn parks(_: u8) {
    std::thread::spawn(|| {
        loop {
            std::thread::park();
        }
    });
}

fn leaves_threads() -> Outcome {
    mp::set_forkserver_warm_up(parks, 0)?;
    let outcome = context()?.process(tells_count, ()).start();
    refused(outcome.map(drop).unwrap_err(), "threads")
}

fn tries_to_start(_: u8) {
    let outcome = mp::Context::new(mp::StartMethod::Spawn)
        .and_then(|context| context.process(tells_count, ()).start());
    COUNT.store(
        i32::from(outcome.is_err_and(|error| error.is_bootstrapping())),
        Ordering::SeqCst,
    );
}

fn starts() -> Outcome {
    mp::set_forkserver_warm_up(tries_to_start, 0)?;
    let process = context()?.process(tells_count, ()).start()?;
    expect(ended(&process)?, Some(1))
}

fn too_late() -> Outcome {
    let process = context()?.process(tells_count, ()).start()?;
    expect(ended(&process)?, Some(0))?;
    refused(
        mp::set_forkserver_warm_up(adds, 1).unwrap_err(),
        "before the first",
    )
}
