//! Tasks that are not small and equal: some slow ones among many, tasks that wait for each other,
//! and tasks of a mebibyte.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use poolproof_runtime as mp;
use serde_bytes::ByteBuf;

use crate::linux::Outcome;
use crate::linux::bench::{Bench, LIMIT, OURS};
use crate::linux::peer;
use crate::linux::place::Place;

/// Of so many tasks each fiftieth is slow.
const TASKS: u32 = 1_000;
const SLOW_EACH: u32 = 50;
const SLOW: Duration = Duration::from_millis(20);

/// How many tasks of the other kinds.
const MEETINGS: u32 = 64;
const LARGE: usize = 1 << 20;
const LARGE_TASKS: u32 = 30;

pub(super) fn all() -> Vec<Bench> {
    vec![
        Bench::new(
            "pool-uneven",
            "ms",
            "map 1,000 tasks, chunk 1, each 50th of which takes 20 ms",
        )
        .by(OURS, |_| ours_uneven())
        .by(LIMIT, |_| best_schedule())
        .by_python("tasks.uneven")
        .at_most(1.05, LIMIT),
        Bench::new(
            "pool-meeting",
            "ms",
            "map 64 tasks, chunk 1, that meet at a barrier of two",
        )
        .by(OURS, |_| ours_meeting())
        .by_python("tasks.meeting")
        .ends(),
        Bench::new(
            "pool-1MiB",
            "MiB/s",
            "apply to 1 MiB of bytes, which come back",
        )
        .by(OURS, |_| ours_large())
        .by(LIMIT, limit_large)
        .by_python("tasks.large"),
    ]
}

fn uneven(index: u32) {
    if index.is_multiple_of(SLOW_EACH) {
        std::thread::sleep(SLOW);
    }
}

fn millis(start: Instant) -> Vec<f64> {
    vec![start.elapsed().as_secs_f64() * 1e3]
}

fn ours_uneven() -> Outcome<Vec<f64>> {
    let pool = mp::Context::default().pool(2)?;
    pool.map_chunked(uneven, 1..SLOW_EACH, 1)?;
    let start = Instant::now();
    pool.map_chunked(uneven, 0..TASKS, 1)?;
    Ok(millis(start))
}

/// Two threads that share the slow ones evenly.
fn best_schedule() -> Outcome<Vec<f64>> {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                let slow = (0..TASKS).step_by(SLOW_EACH as usize);
                slow.skip(half).step_by(2).for_each(uneven);
            });
        }
    });
    Ok(millis(start))
}

fn ours_meeting() -> Outcome<Vec<f64>> {
    fn meet(barrier: mp::Barrier) -> mp::Result<()> {
        barrier.wait(None).map(|_| ())
    }
    let context = mp::Context::default();
    let (pool, barrier) = (context.pool(2)?, context.barrier(2)?);
    let start = Instant::now();
    let meetings = (0..MEETINGS).map(|_| barrier.clone());
    let met: Vec<bool> = pool.map_chunked(|barrier| meet(barrier).is_ok(), meetings, 1)?;
    match met.iter().all(|met| *met) {
        true => Ok(millis(start)),
        false => Err("two tasks did not meet".into()),
    }
}

fn rate(start: Instant) -> Vec<f64> {
    // There and back.
    let mebibytes = f64::from(2 * LARGE_TASKS);
    vec![mebibytes / start.elapsed().as_secs_f64()]
}

fn ours_large() -> Outcome<Vec<f64>> {
    let pool = mp::Context::default().pool(2)?;
    let echo = |bytes: ByteBuf| bytes;
    let mut bytes = pool.apply(echo, ByteBuf::from(vec![7; LARGE]))?;
    let start = Instant::now();
    for _ in 0..LARGE_TASKS {
        bytes = pool.apply(echo, bytes)?;
    }
    Ok(rate(start))
}

/// A socketpair, through which the bytes go and come.
fn limit_large(place: Place) -> Outcome<Vec<f64>> {
    let (mut ours, mut theirs) = UnixStream::pair()?;
    let worker = peer::start(place, || {
        let mut bytes = vec![0; LARGE];
        for _ in 0..=LARGE_TASKS {
            theirs.read_exact(&mut bytes)?;
            theirs.write_all(&bytes)?;
        }
        Ok(())
    })?;
    let mut bytes = vec![7; LARGE];
    let mut trip = || {
        ours.write_all(&bytes)?;
        ours.read_exact(&mut bytes)
    };
    trip()?;
    let start = Instant::now();
    (0..LARGE_TASKS).try_for_each(|_| trip())?;
    let rate = rate(start);
    peer::end(&worker)?;
    Ok(rate)
}
