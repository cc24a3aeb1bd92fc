//! Adaptors: modules that lie beside a program and have multiprocessing's names for what an
//! implementation calls otherwise.
//!
//! An adaptor has `get_all_start_methods`, `get_context`, `current_process` and `TimeoutError`; its
//! contexts have what it claims and nothing else, and its `pool` and `managers`, where it has them,
//! the classes that those of the standard library have.

/// Each file with its text; what adaptors have in common is written once.
const ADAPTORS: &[(&str, &str)] = &[
    (
        "poolproof_loky.py",
        include_str!("../adaptors/poolproof_loky.py"),
    ),
    (
        "poolproof_loky_executor.py",
        concat!(
            include_str!("../adaptors/executor_loky.py"),
            include_str!("../adaptors/executor.py"),
            include_str!("../adaptors/results.py")
        ),
    ),
    (
        "poolproof_futures.py",
        concat!(
            include_str!("../adaptors/executor_futures.py"),
            include_str!("../adaptors/executor.py"),
            include_str!("../adaptors/results.py")
        ),
    ),
    (
        "poolproof_pebble.py",
        concat!(
            include_str!("../adaptors/poolproof_pebble.py"),
            include_str!("../adaptors/results.py")
        ),
    ),
    (
        "poolproof_mpi4py.py",
        include_str!("../adaptors/poolproof_mpi4py.py"),
    ),
    (
        "poolproof_ray.py",
        include_str!("../adaptors/poolproof_ray.py"),
    ),
];

/// The text of an adaptor that is part of Poolproof.
#[must_use]
pub fn adaptor(file: &str) -> Option<&'static str> {
    let mut adaptors = ADAPTORS.iter();
    adaptors
        .find(|(name, _)| *name == file)
        .map(|(_, text)| *text)
}
