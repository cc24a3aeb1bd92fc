//! Writes a case as a Python program that a person can read and attach to a bug report.
//!
//! The program stands alone and runs on any CPython from 3.8; what its runs mean is the runner's
//! business.
//! [`CPYTHON_MANIFEST`] is what is known of CPython: what its threads lack, where it deviates.

#![forbid(unsafe_code)]

mod adaptors;
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

pub use adaptors::adaptor;
pub use error::WriteError;
pub use options::{Options, STANDARD};
pub use program::{file_name, write};
pub use question::{GREETING, question};

/// The manifest of the driver `cpython`, in RON.
pub const CPYTHON_MANIFEST: &str = include_str!("../cpython.ron");

/// A module of which something is known.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// What it is called: its manifest's name.
    pub name: &'static str,
    /// The module itself.
    pub module: &'static str,
    /// What is known of it, in RON.
    pub manifest: &'static str,
}

/// The modules of which something is known.
pub const MANIFESTS: &[Known] = &[
    Known {
        name: "cpython",
        module: STANDARD,
        manifest: CPYTHON_MANIFEST,
    },
    Known {
        name: "multiprocessing.dummy",
        module: "multiprocessing.dummy",
        manifest: include_str!("../manifests/multiprocessing_dummy.ron"),
    },
    Known {
        name: "billiard",
        module: "billiard",
        manifest: include_str!("../manifests/billiard.ron"),
    },
    Known {
        name: "multiprocess",
        module: "multiprocess",
        manifest: include_str!("../manifests/multiprocess.ron"),
    },
    Known {
        name: "loky",
        module: "loky.backend",
        manifest: include_str!("../manifests/loky.ron"),
    },
    Known {
        name: "loky-executor",
        module: "loky",
        manifest: include_str!("../manifests/loky_executor.ron"),
    },
    Known {
        name: "concurrent.futures",
        module: "concurrent.futures",
        manifest: include_str!("../manifests/concurrent_futures.ron"),
    },
    Known {
        name: "pebble",
        module: "pebble",
        manifest: include_str!("../manifests/pebble.ron"),
    },
    Known {
        name: "mpi4py",
        module: "mpi4py.util.pool",
        manifest: include_str!("../manifests/mpi4py.ron"),
    },
    Known {
        name: "ray",
        module: "ray.util.multiprocessing",
        manifest: include_str!("../manifests/ray.ron"),
    },
];
