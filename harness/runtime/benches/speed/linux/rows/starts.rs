//! Starting a process that does nothing, and joining it.

use std::time::Instant;

use poolproof_runtime as mp;
use poolproof_sys::bare::{Alone, wait};

use crate::linux::Outcome;
use crate::linux::bare::{Bare, Zygote, command};
use crate::linux::bench::{Bench, LIMIT, OURS};

const TIMES: u32 = 50;
/// The same from a process of a few MiB.
const OURS_SMALL: &str = "ours-small";

pub(super) fn all() -> Vec<Bench> {
    vec![
        Bench::new(
            "start-join/spawn",
            "µs",
            "start a process by spawn and join it",
        )
        .by(OURS, |_| ours(mp::StartMethod::Spawn))
        .by(LIMIT, |_| each(limit_spawn))
        .by("procspawn", |_| each(procspawn_one))
        .by_python("starts.spawn")
        .at_most(1.2, LIMIT),
        Bench::new(
            "start-join/forkserver",
            "µs",
            "start a process by forkserver and join it",
        )
        .by(OURS, |_| ours(mp::StartMethod::Forkserver))
        .by(LIMIT, |_| limit_zygote())
        .by_python("starts.forkserver")
        .at_most(1.5, LIMIT),
        Bench::new(
            "start-join/fork",
            "µs",
            "start a process by fork and join it",
        )
        .by(OURS, |_| ours(mp::StartMethod::Fork))
        .by(LIMIT, |_| limit_fork())
        .by_python("starts.fork")
        .at_most(1.3, LIMIT),
        Bench::new(
            "start-join/beside-1GiB",
            "µs",
            "by spawn, from a process of 1 GiB",
        )
        .by(OURS, |_| beside_a_gibibyte(|| ours(mp::StartMethod::Spawn)))
        .by(OURS_SMALL, |_| ours(mp::StartMethod::Spawn))
        .by(LIMIT, |_| beside_a_gibibyte(|| each(limit_spawn)))
        .at_most(1.2, OURS_SMALL),
    ]
}

/// Microseconds a call.
fn each(mut work: impl FnMut() -> Outcome) -> Outcome<Vec<f64>> {
    work()?;
    let start = Instant::now();
    (0..TIMES).try_for_each(|_| work())?;
    Ok(vec![start.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)])
}

fn nothing((): ()) {}

fn ours(method: mp::StartMethod) -> Outcome<Vec<f64>> {
    let context = mp::Context::new(method)?;
    each(|| {
        let process = context.process(nothing, ()).start()?;
        process.join(None)?;
        match process.exit_code()? {
            Some(0) => Ok(()),
            code => Err(format!("the process ended with {code:?}").into()),
        }
    })
}

/// The same program, which leaves at once.
fn limit_spawn() -> Outcome {
    match command(Bare::Leave).status()?.success() {
        true => Ok(()),
        false => Err("a bare process failed".into()),
    }
}

fn limit_zygote() -> Outcome<Vec<f64>> {
    let zygote = Zygote::start()?;
    each(|| zygote.copy(Bare::Leave)?.join())
}

fn limit_fork() -> Outcome<Vec<f64>> {
    let alone = Alone::new()?;
    each(|| {
        wait(alone.fork(|| 0)?)?;
        Ok(())
    })
}

/// A measurement in a process that has touched a gibibyte.
fn beside_a_gibibyte(measure: impl FnOnce() -> Outcome<Vec<f64>>) -> Outcome<Vec<f64>> {
    const GIBIBYTE: usize = 1 << 30;
    let free = available_bytes()?;
    if free < 3 * GIBIBYTE {
        return Err(format!("it wants 3 GiB of memory, and {} MiB are free", free >> 20).into());
    }
    let touched = vec![1_u8; GIBIBYTE];
    let outcome = measure();
    std::hint::black_box(touched);
    outcome
}

fn available_bytes() -> Outcome<usize> {
    let text = std::fs::read_to_string("/proc/meminfo")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib
        .ok_or("the system does not say how much memory is free")?
        .parse::<usize>()?
        << 10)
}

fn procspawn_one() -> Outcome {
    Ok(procspawn::spawn((), |()| {}).join()?)
}
