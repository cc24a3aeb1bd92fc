//! What a worker that waits for work costs: the memory that is its own.

use std::process::Stdio;
use std::sync::{Arc, Barrier};

use poolproof_runtime as mp;
use poolproof_sys::bare::{Alone, wait};

use crate::linux::Outcome;
use crate::linux::bare::{Bare, Zygote, command, packets, told_pid, wait_for_end};
use crate::linux::bench::{Bench, LIMIT, OURS};

/// A watcher and a handler.
const POOL_THREADS: usize = 2;

pub(super) fn all() -> Vec<Bench> {
    vec![
        Bench::new(
            "idle-worker/fork",
            "KiB",
            "memory of its own of an idle worker, by fork",
        )
        .by(OURS, |_| ours(mp::StartMethod::Fork))
        .by(LIMIT, |_| limit_fork())
        .by_python("memory.fork")
        .at_most(2.0, LIMIT),
        Bench::new("idle-worker/forkserver", "KiB", "the same, by forkserver")
            .by(OURS, |_| ours(mp::StartMethod::Forkserver))
            .by(LIMIT, |_| limit_zygote())
            .by_python("memory.forkserver")
            .at_most(2.0, LIMIT),
        Bench::new("idle-worker/spawn", "KiB", "the same, by spawn")
            .by(OURS, |_| ours(mp::StartMethod::Spawn))
            .by(LIMIT, |_| limit_spawn())
            .by_python("memory.spawn")
            .at_most(1.4, LIMIT),
    ]
}

/// A worker of a pool, which has served one task and waits for the next.
fn ours(method: mp::StartMethod) -> Outcome<Vec<f64>> {
    let pool = mp::Context::new(method)?.pool(1)?;
    let pid = pool.apply(|()| std::process::id(), ())?;
    Ok(vec![own_kib(pid)?])
}

/// A copy of this process that waits for a byte.
fn limit_fork() -> Outcome<Vec<f64>> {
    have_had_threads()?;
    let (ours, theirs) = packets()?;
    let pid = Alone::new()?.fork(|| i32::from(wait_for_end(&theirs).is_err()))?;
    let own = own_kib(told_pid(&ours)?);
    rustix::io::write(&ours, &[1])?;
    wait(pid)?;
    Ok(vec![own?])
}

/// Starts as many threads as a pool has and sees to their end, as the pools before have: in a process
/// that has had threads the C library's `fork` writes to each of its arenas and to its own locks.
fn have_had_threads() -> Outcome {
    let meeting = Arc::new(Barrier::new(POOL_THREADS));
    let threads = (0..POOL_THREADS).map(|_| {
        let meeting = Arc::clone(&meeting);
        std::thread::spawn(move || {
            // Both at once, so that each has an arena.
            meeting.wait();
            drop(std::hint::black_box(vec![0_u8; 64]));
            meeting.wait();
        })
    });
    let threads: Vec<_> = threads.collect();
    for thread in threads {
        thread.join().map_err(|_| "a thread panicked")?;
    }
    Ok(())
}

fn limit_zygote() -> Outcome<Vec<f64>> {
    let zygote = Zygote::start()?;
    let copy = zygote.copy(Bare::Wait)?;
    let own = own_kib(copy.pid()?);
    copy.join()?;
    Ok(vec![own?])
}

/// The same program, which waits for the end of its stdin.
fn limit_spawn() -> Outcome<Vec<f64>> {
    let (ours, theirs) = packets()?;
    let mut child = command(Bare::Wait).stdin(Stdio::from(theirs)).spawn()?;
    let own = own_kib(told_pid(&ours)?);
    drop(ours);
    child.wait()?;
    Ok(vec![own?])
}

/// The pages, in KiB, that no other process has.
fn own_kib(pid: u32) -> Outcome<f64> {
    sum_kib(pid, "Private_")
}

/// Those of them that are in no file. Which pages of a program's file another process has, too,
/// changes with the others' lives.
pub(super) fn own_written_kib(pid: u32) -> Outcome<f64> {
    sum_kib(pid, "Private_Dirty:")
}

fn sum_kib(pid: u32, kind: &str) -> Outcome<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let lines = text.lines().filter(|line| line.starts_with(kind));
    let numbers = lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    Ok(numbers.sum())
}
