//! A shared number, increased under its lock by one process and by two.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use poolproof_runtime as mp;
use poolproof_sys::memory::SharedMemory;

use super::locks::{alone, limit_hold, together};
use crate::linux::Outcome;
use crate::linux::bench::{Bench, CPYTHON, LIMIT, OURS};
use crate::linux::place::Place;

pub(super) fn all() -> Vec<Bench> {
    vec![
        Bench::new(
            "value-increment/one-process",
            "ns",
            "value += 1 under its lock",
        )
        .by(OURS, |_| ours(|turn| alone(turn)))
        .by(LIMIT, |_| limit(|turn| alone(turn)))
        .by_python("values.alone")
        .at_most(1.0 / 20.0, CPYTHON),
        Bench::new(
            "value-increment/two-processes",
            "ns",
            "the same, by two processes at once",
        )
        .on(Place::TwoCpus)
        .by(OURS, |place| ours(|turn| together(place, 2, turn)))
        .by(LIMIT, |place| limit(|turn| together(place, 2, turn)))
        .by_python("values.together")
        .at_most(1.0 / 20.0, CPYTHON),
    ]
}

/// Runs a measurement of a turn.
type Measured<'m> = &'m mut dyn FnMut() -> Outcome;

fn ours(measure: impl FnOnce(Measured<'_>) -> Outcome<Vec<f64>>) -> Outcome<Vec<f64>> {
    let value = mp::Context::default().value(0_u64)?;
    measure(&mut || {
        value.update(|old| old + 1)?;
        Ok(())
    })
}

/// A number beside a bare futex word.
fn limit(measure: impl FnOnce(Measured<'_>) -> Outcome<Vec<f64>>) -> Outcome<Vec<f64>> {
    let memory = SharedMemory::anonymous(4096)?;
    let (word, value): (_, &AtomicU64) = (memory.atomic_u32(0), memory.atomic_u64(8));
    measure(&mut || limit_hold(word, || value.store(value.load(Relaxed) + 1, Relaxed)))
}
