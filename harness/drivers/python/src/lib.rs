//! Writes a case as a Python program that a person can read and attach to a bug report.
//!
//! The program stands alone and runs on any CPython from 3.8; what its runs mean is the runner's
//! business.
//! [`CPYTHON_MANIFEST`] is what is known of CPython: what its threads lack, where it deviates.

#![forbid(unsafe_code)]

mod apart;
mod binding;
mod call;
mod chunks;
mod classes;
mod error;
mod expression;
mod handler;
mod head;
mod helpers;
mod level;
mod literal;
mod marks;
mod meaning;
mod misfit;
mod names;
mod need;
mod options;
mod program;
mod question;
mod raised;
mod share;
mod shares;
mod statement;
mod types;
mod writer;

pub use error::WriteError;
pub use options::{Options, STANDARD};
pub use program::{file_name, write};
pub use question::{GREETING, question};

/// The manifest of the driver `cpython`, in RON.
pub const CPYTHON_MANIFEST: &str = include_str!("../cpython.ron");

/// The modules of which something is known, with their manifests, in RON.
pub const MANIFESTS: &[(&str, &str)] = &[
    (STANDARD, CPYTHON_MANIFEST),
    (
        "multiprocessing.dummy",
        include_str!("../manifests/multiprocessing_dummy.ron"),
    ),
    ("billiard", include_str!("../manifests/billiard.ron")),
    (
        "multiprocess",
        include_str!("../manifests/multiprocess.ron"),
    ),
];
