//! Locks: alone, between two processes, and how long the unlucky one of three waits.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::time::{Duration, Instant};

use poolproof_runtime as mp;
use poolproof_sys::memory::SharedMemory;
use rustix::thread::futex;

use crate::linux::Outcome;
use crate::linux::bench::{Bench, CPYTHON, LIMIT, OURS};
use crate::linux::peer;
use crate::linux::place::Place;

/// So many turns alone, by each of several, and by three together.
const ALONE: u32 = 2_000_000;
const TOGETHER: u32 = 1_000_000;
const TURNS: u32 = 1_000_000;

pub(super) fn all() -> Vec<Bench> {
    vec![
        Bench::new(
            "lock-uncontended",
            "ns",
            "acquire and release, nobody else there",
        )
        .by(OURS, |_| ours(|lock| alone(|| ours_turn(lock))))
        .by(LIMIT, |_| limit(|word| alone(|| limit_turn(word))))
        .by_python("locks.alone")
        .at_most(1.5, LIMIT)
        .at_most(1.0 / 8.0, CPYTHON),
        Bench::new(
            "lock-two-processes",
            "ns",
            "acquire and release by two processes at once",
        )
        .on(Place::TwoCpus)
        .by(OURS, |place| {
            ours(|lock| together(place, 2, || ours_turn(lock)))
        })
        .by(LIMIT, |place| {
            limit(|word| together(place, 2, || limit_turn(word)))
        })
        .by_python("locks.together")
        .at_most(1.5, LIMIT)
        .at_most(1.0 / 8.0, CPYTHON),
        Bench::new(
            "lock-longest-wait",
            "ms",
            "the longest wait of three in a million turns",
        )
        .by(OURS, |_| ours(|lock| longest_wait(|| ours_turn(lock))))
        .by(LIMIT, |_| limit(|word| longest_wait(|| limit_turn(word))))
        .by_python("locks.longest_wait"),
    ]
}

fn ours<T>(work: impl FnOnce(&mp::Lock) -> Outcome<T>) -> Outcome<T> {
    work(&mp::Context::default().lock()?)
}

fn ours_turn(lock: &mp::Lock) -> Outcome {
    drop(lock.acquire()?);
    Ok(())
}

fn limit<T>(work: impl FnOnce(&AtomicU32) -> Outcome<T>) -> Outcome<T> {
    let memory = SharedMemory::anonymous(4096)?;
    work(memory.atomic_u32(0))
}

/// A turn with nothing to do.
fn limit_turn(word: &AtomicU32) -> Outcome {
    limit_hold(word, || ())
}

/// A bare futex word: 0 is free, 1 held, 2 held and waited for.
pub(super) fn limit_hold(word: &AtomicU32, work: impl FnOnce()) -> Outcome {
    if word.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
        while word.swap(2, Acquire) != 0 {
            // Any result means: look again.
            let _ = futex::wait(word, futex::Flags::empty(), 2, None);
        }
    }
    work();
    if word.swap(0, Release) == 2 {
        futex::wake(word, futex::Flags::empty(), 1)?;
    }
    Ok(())
}

/// Nanoseconds a turn of one process.
pub(super) fn alone(mut turn: impl FnMut() -> Outcome) -> Outcome<Vec<f64>> {
    let start = Instant::now();
    (0..ALONE).try_for_each(|_| turn())?;
    Ok(vec![start.elapsed().as_secs_f64() * 1e9 / f64::from(ALONE)])
}

/// Nanoseconds a turn where so many processes take as many turns as they can.
pub(super) fn together(
    place: Place,
    processes: u32,
    mut turn: impl FnMut() -> Outcome,
) -> Outcome<Vec<f64>> {
    let memory = SharedMemory::anonymous(4096)?;
    let ready = memory.atomic_u32(0);
    let mut work = || {
        ready.fetch_add(1, SeqCst);
        while ready.load(SeqCst) < processes {
            std::thread::yield_now();
        }
        (0..TOGETHER).try_for_each(|_| turn())
    };
    let peers: Vec<_> = (1..processes)
        .map(|_| peer::start(place, &mut work))
        .collect::<Outcome<_>>()?;
    while ready.load(SeqCst) < processes - 1 {
        std::thread::yield_now();
    }
    let start = Instant::now();
    work()?;
    peers.iter().try_for_each(peer::end)?;
    let turns = f64::from(TOGETHER) * f64::from(processes);
    Ok(vec![start.elapsed().as_secs_f64() * 1e9 / turns])
}

/// Milliseconds of the longest turn among three processes that take a million together.
fn longest_wait(mut turn: impl FnMut() -> Outcome) -> Outcome<Vec<f64>> {
    let memory = SharedMemory::anonymous(4096)?;
    let (ready, longest) = (memory.atomic_u32(0), memory.atomic_u64(64));
    let mut work = || {
        ready.fetch_add(1, SeqCst);
        while ready.load(SeqCst) < 3 {
            std::thread::yield_now();
        }
        let mut own = Duration::ZERO;
        for _ in 0..TURNS / 3 {
            let start = Instant::now();
            turn()?;
            own = own.max(start.elapsed());
        }
        longest.fetch_max(u64::try_from(own.as_nanos())?, SeqCst);
        Ok(())
    };
    let peers: Vec<_> = (1..3)
        .map(|_| peer::start(Place::Free, &mut work))
        .collect::<Outcome<_>>()?;
    work()?;
    peers.iter().try_for_each(peer::end)?;
    Ok(vec![longest.load(SeqCst) as f64 / 1e6])
}
