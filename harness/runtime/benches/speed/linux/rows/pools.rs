//! `Pool::map` of many small tasks, one by one and in chunks.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::time::Instant;

use poolproof_runtime as mp;
use rustix::io::{read, write};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::linux::Outcome;
use crate::linux::bench::{Bench, CPYTHON, LIMIT, OURS};
use crate::linux::peer;
use crate::linux::place::Place;

const PROCSPAWN: &str = "procspawn";

const ITEMS: i64 = 100_000;
/// Python's formula for 100,000 items and two workers.
const CHUNK: usize = 12_500;
/// A pool that makes a channel for each task takes its time.
const PROCSPAWN_ITEMS: i64 = 4_000;

pub(super) fn all() -> Vec<Bench> {
    vec![
        Bench::new(
            "pool-map-single",
            "items/s",
            "map x*x over 100,000 items, two workers, chunk 1",
        )
        .by(OURS, |_| {
            ours(|pool, items| pool.map_chunked(square, items, 1))
        })
        .by(LIMIT, limit_single)
        .by(PROCSPAWN, |_| procspawn_map(PROCSPAWN_ITEMS, 1))
        .by_python("pools.map_single")
        .at_least(8.6, LIMIT)
        .at_least(100.0, CPYTHON),
        Bench::new(
            "pool-map-chunks",
            "items/s",
            "map x*x over 100,000 items, two workers",
        )
        .by(OURS, |_| ours(|pool, items| pool.map(square, items)))
        .by(LIMIT, limit_chunks)
        .by(PROCSPAWN, |_| procspawn_map(ITEMS, CHUNK))
        .by_python("pools.map_chunks")
        .at_least(0.7, LIMIT)
        .at_least(10.0, CPYTHON),
    ]
}

fn square(x: i64) -> i64 {
    x * x
}

fn rate(items: i64, start: Instant) -> Vec<f64> {
    vec![items as f64 / start.elapsed().as_secs_f64()]
}

fn check(squares: &[i64]) -> Outcome {
    let right = squares.iter().zip(0..).all(|(square, x)| *square == x * x);
    match right {
        true => Ok(()),
        false => Err("the squares are wrong".into()),
    }
}

fn ours(map: impl Fn(&mp::Pool, Vec<i64>) -> mp::Result<Vec<i64>>) -> Outcome<Vec<f64>> {
    let pool = mp::Context::default().pool(2)?;
    map(&pool, (0..1_000).collect())?;
    let items = (0..ITEMS).collect();
    let start = Instant::now();
    let squares = map(&pool, items)?;
    let rate = rate(ITEMS, start);
    check(&squares)?;
    Ok(rate)
}

/// One pipe of tasks and one of results, sixteen bytes and one call for each.
fn limit_single(place: Place) -> Outcome<Vec<f64>> {
    let (tasks, feeder) = pipe_with(PipeFlags::CLOEXEC)?;
    let (results, answers) = pipe_with(PipeFlags::CLOEXEC)?;
    let work = || {
        loop {
            let mut record = [0; 16];
            read(&tasks, &mut record)?;
            let (index, x) = unpack(record);
            if index == END {
                return Ok(());
            }
            write(&answers, &pack(index, square(x)))?;
        }
    };
    let workers = [peer::start(place, work)?, peer::start(place, work)?];
    let mut squares = vec![0; usize::try_from(ITEMS)?];
    let start = Instant::now();
    let rate = std::thread::scope(|scope| -> Outcome<Vec<f64>> {
        let feed = scope.spawn(|| -> rustix::io::Result<()> {
            for x in 0..ITEMS {
                write(&feeder, &pack(x, x))?;
            }
            for _ in 0..2 {
                write(&feeder, &pack(END, 0))?;
            }
            Ok(())
        });
        for _ in 0..ITEMS {
            let mut record = [0; 16];
            read(&results, &mut record)?;
            let (index, square) = unpack(record);
            squares[usize::try_from(index)?] = square;
        }
        let rate = rate(ITEMS, start);
        feed.join().map_err(|_| "the feeder panicked")??;
        Ok(rate)
    })?;
    check(&squares)?;
    workers.iter().try_for_each(peer::end)?;
    Ok(rate)
}

/// The index of what is no task.
const END: i64 = -1;

fn pack(index: i64, value: i64) -> [u8; 16] {
    let mut record = [0; 16];
    record[..8].copy_from_slice(&index.to_ne_bytes());
    record[8..].copy_from_slice(&value.to_ne_bytes());
    record
}

fn unpack(record: [u8; 16]) -> (i64, i64) {
    let number = |at: usize| {
        let bytes = record[at..at + 8].try_into();
        i64::from_ne_bytes(bytes.expect("eight bytes are eight"))
    };
    (number(0), number(8))
}

/// A socketpair for each worker, which gets a chunk as plain bytes and gives it back so.
fn limit_chunks(place: Place) -> Outcome<Vec<f64>> {
    let chunks = usize::try_from(ITEMS)? / CHUNK;
    let mut lines = Vec::new();
    let mut workers = Vec::new();
    for _ in 0..2 {
        let (ours, theirs) = UnixStream::pair()?;
        workers.push(peer::start(place, || serve_chunks(&theirs, chunks))?);
        lines.push(ours);
    }
    let items: Vec<i64> = (0..ITEMS).collect();
    let mut squares = vec![0; items.len()];
    let start = Instant::now();
    let jobs = items.chunks(CHUNK).zip(squares.chunks_mut(CHUNK));
    let jobs = Mutex::new(jobs);
    std::thread::scope(|scope| -> Outcome {
        let hands: Vec<_> = lines
            .iter()
            .map(|mut line| {
                let jobs = &jobs;
                scope.spawn(move || -> std::io::Result<()> {
                    let mut bytes = vec![0; CHUNK * 8];
                    loop {
                        let job = jobs.lock().map(|mut jobs| jobs.next());
                        let Ok(Some((items, squares))) = job else {
                            return Ok(());
                        };
                        numbers_to_bytes(items, &mut bytes);
                        line.write_all(&bytes)?;
                        line.read_exact(&mut bytes)?;
                        bytes_to_numbers(&bytes, squares);
                    }
                })
            })
            .collect();
        for hand in hands {
            hand.join().map_err(|_| "a hand panicked")??;
        }
        Ok(())
    })?;
    let rate = rate(ITEMS, start);
    check(&squares)?;
    for line in &lines {
        line.shutdown(std::net::Shutdown::Both)?;
    }
    workers.iter().try_for_each(peer::end)?;
    Ok(rate)
}

fn serve_chunks(mut line: &UnixStream, chunks_max: usize) -> Outcome {
    let mut bytes = vec![0; CHUNK * 8];
    let mut numbers = vec![0; CHUNK];
    for _ in 0..chunks_max {
        if line.read_exact(&mut bytes).is_err() {
            return Ok(());
        }
        bytes_to_numbers(&bytes, &mut numbers);
        numbers.iter_mut().for_each(|x| *x = square(*x));
        numbers_to_bytes(&numbers, &mut bytes);
        line.write_all(&bytes)?;
    }
    Ok(())
}

fn numbers_to_bytes(numbers: &[i64], bytes: &mut [u8]) {
    for (number, bytes) in numbers.iter().zip(bytes.chunks_exact_mut(8)) {
        bytes.copy_from_slice(&number.to_ne_bytes());
    }
}

fn bytes_to_numbers(bytes: &[u8], numbers: &mut [i64]) {
    for (number, bytes) in numbers.iter_mut().zip(bytes.chunks_exact(8)) {
        *number = i64::from_ne_bytes(bytes.try_into().expect("eight bytes are eight"));
    }
}

fn procspawn_map(items: i64, chunk: usize) -> Outcome<Vec<f64>> {
    let pool = procspawn::Pool::new(2)?;
    let map = |items: i64| -> Outcome<Vec<i64>> {
        let items: Vec<i64> = (0..items).collect();
        let tasks: Vec<_> = items
            .chunks(chunk)
            .map(|chunk| {
                procspawn::spawn!(in pool, (chunk.to_vec() => chunk) || {
                    chunk.into_iter().map(square).collect::<Vec<i64>>()
                })
            })
            .collect();
        let mut squares = Vec::new();
        for task in tasks {
            squares.extend(task.join()?);
        }
        Ok(squares)
    };
    map(100)?;
    let start = Instant::now();
    let squares = map(items)?;
    let rate = rate(items, start);
    check(&squares)?;
    pool.shutdown();
    Ok(rate)
}
