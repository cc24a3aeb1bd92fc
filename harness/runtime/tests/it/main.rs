//! The runtime from outside: each trial starts real processes.

#![expect(clippy::unwrap_used, reason = "a trial that panics has failed")]

#[cfg(unix)]
mod address;
mod between;
mod connection;
#[cfg(unix)]
mod copies;
mod documents;
mod failures;
#[cfg(unix)]
mod foreign;
mod helper;
mod hostile;
mod listener;
mod locks;
mod logging;
mod manager;
mod memory;
mod peer;
mod pool;
mod process;
mod queues;
#[cfg(unix)]
mod short;
mod start;
#[cfg(target_os = "linux")]
mod surroundings;
mod tree;
#[cfg(unix)]
mod warm_up;

use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use poolproof_runtime as mp;

/// How long anything in a trial may take before the trial has failed.
const SOON: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    failures::be_unguarded();
    #[cfg(target_os = "linux")]
    surroundings::be_late();
    mp::freeze_support();
    #[cfg(target_os = "linux")]
    surroundings::HELPER.be();
    tree::HELPER.be();
    memory::be_helper();
    failures::HELPER.be();
    logging::HELPER.be();
    queues::order::be_helper();
    be_unix_helper();
    let mut arguments = Arguments::from_args();
    // A fork wants to be the only thread.
    arguments.test_threads = Some(1);
    let trials = [
        start::trials(),
        process::trials(),
        connection::trials(),
        tree::trials(),
        locks::trials(),
        memory::trials(),
        failures::trials(),
        logging::trials(),
        queues::trials(),
        pool::trials(),
        manager::trials(),
        listener::trials(),
        peer::trials(),
        hostile::trials(),
        between::trials(),
        copies(),
        around(),
    ];
    let mut trials: Vec<_> = trials.into_iter().flatten().collect();
    trials.extend(documents::trials(&trials));
    libtest_mimic::run(&arguments, trials).exit_code()
}

#[cfg(unix)]
fn be_unix_helper() {
    process::detached::HELPER.be();
    short::HELPER.be();
    address::HELPER.be();
    foreign::HELPER.be();
    warm_up::be_helper();
}

#[cfg(not(unix))]
fn be_unix_helper() {}

#[cfg(unix)]
fn copies() -> Vec<Trial> {
    copies::trials()
        .into_iter()
        .chain(warm_up::trials())
        .chain(short::trials())
        .chain(address::trials())
        .chain(foreign::trials())
        .collect()
}

/// A system that cannot copy a process has nothing to show of it.
#[cfg(not(unix))]
fn copies() -> Vec<Trial> {
    Vec::new()
}

#[cfg(target_os = "linux")]
fn around() -> Vec<Trial> {
    surroundings::trials()
}

/// What is done to a program there is done with calls of Linux.
#[cfg(not(target_os = "linux"))]
fn around() -> Vec<Trial> {
    Vec::new()
}

type Outcome = Result<(), Failed>;

/// One trial for each start method.
fn each(name: &'static str, run: fn(mp::Context) -> Outcome) -> Vec<Trial> {
    with(mp::StartMethod::all(), name, run)
}

/// One trial for each start method that makes processes.
fn each_process(name: &'static str, run: fn(mp::Context) -> Outcome) -> Vec<Trial> {
    let methods = mp::StartMethod::all().iter().copied();
    let methods: Vec<_> = methods
        .filter(|method| *method != mp::StartMethod::Threads)
        .collect();
    with(&methods, name, run)
}

fn with(
    methods: &[mp::StartMethod],
    name: &'static str,
    run: fn(mp::Context) -> Outcome,
) -> Vec<Trial> {
    let trial = |method: &mp::StartMethod| {
        let method = *method;
        Trial::test(format!("{method}/{name}"), move || {
            run(mp::Context::new(method)?)
        })
    };
    methods.iter().map(trial).collect()
}

/// Fails with the two values unless they are equal.
fn expect<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Outcome {
    match found == wanted {
        true => Ok(()),
        false => Err(format!("found {found:?}, wanted {wanted:?}").into()),
    }
}

/// Fails unless it is so.
fn hold(is_so: bool, what: &str) -> Outcome {
    match is_so {
        true => Ok(()),
        false => Err(what.into()),
    }
}

/// Joins a process that must end, and gives its exit code.
fn ended(process: &mp::Process) -> Result<Option<i32>, Failed> {
    hold(process.join(Some(SOON))?, "the process does not end")?;
    Ok(process.exit_code()?)
}
