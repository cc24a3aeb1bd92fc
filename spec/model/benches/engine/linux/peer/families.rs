//! The families that are measured with stateright, too, each with a size N: the same programs as
//! those of the same names in `programs`.

use std::sync::atomic::AtomicU64;

use super::{Access, Model};
use crate::linux::programs::forks;

/// N processes that print twice each.
pub(crate) fn free(count: u8) -> Model {
    model(count, |i| two_lines(i).to_vec())
}

fn two_lines(process: u8) -> [Access; 2] {
    [Access::Print(2 * process), Access::Print(2 * process + 1)]
}

/// The same, both lines under one lock.
pub(crate) fn lock(count: u8) -> Model {
    model(count, |i| {
        let [first, second] = two_lines(i);
        vec![Access::Acquire(0), first, second, Access::Release(0)]
    })
}

/// N processes that put three values each into one queue; main prints what it gets.
pub(crate) fn queue(count: u8) -> Model {
    let puts = |i| (0..3).map(|k| Access::Put(3 * i + k)).collect();
    Model {
        gets: 3 * count,
        ..model(count, puts)
    }
}

/// N processes that print and meet, three times.
pub(crate) fn barrier(count: u8) -> Model {
    let rounds = |i| (0..3).flat_map(move |k| [Access::Print(3 * i + k), Access::Meet]);
    model(count, |i| rounds(i).collect())
}

/// N philosophers who eat once, and take the fork of the lower number first.
pub(crate) fn dining(count: u8) -> Model {
    model(count, |i| {
        let (first, second) = forks(i.into(), count.into());
        vec![
            Access::Acquire(first),
            Access::Acquire(second),
            Access::Print(i),
            Access::Release(second),
            Access::Release(first),
        ]
    })
}

fn model(count: u8, accesses: impl Fn(u8) -> Vec<Access>) -> Model {
    Model {
        processes: (0..count).map(accesses).collect(),
        gets: 0,
        has_output: false,
        states_max: 0,
        visited: AtomicU64::new(0),
        ended: AtomicU64::new(0),
        stuck: AtomicU64::new(0),
    }
}
