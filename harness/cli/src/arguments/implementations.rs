//! Which implementations a command is about: those that are found, by name, and those that are named by
//! their interpreter.

use std::path::PathBuf;

use clap::Args;

/// Which implementations.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Implementations {
    /// A driver: `reference`, `reference-ring` (its queues in shared memory), `cpython-3.13`,
    /// `cpython` for all of them, `billiard`, one of your manifests [default: all found; a run of every
    /// case leaves out the CPythons between the oldest and the newest]
    #[arg(long = "driver", value_name = "D", value_delimiter = ',')]
    pub(crate) drivers: Vec<String>,
    /// An interpreter of your own: a path, a name on PATH or the folder of a virtual environment; it
    /// is started as it is, in your environment [default with `--module`: the `python3` on PATH]
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Vec<PathBuf>,
    /// The module to test in place of `multiprocessing`, whose interface it has
    #[arg(long, value_name = "MODULE")]
    pub(crate) module: Option<String>,
    /// What the implementation is called in reports [default: from its module and its Python]
    #[arg(long, value_name = "N")]
    pub(crate) name: Option<String>,
    /// What is known of the implementation [default: what Poolproof knows of the module]
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
}

impl Implementations {
    /// Whether one is named by its interpreter, module or manifest.
    pub(crate) fn has_own(&self) -> bool {
        !self.python.is_empty()
            || self.module.is_some()
            || self.manifest.is_some()
            || self.name.is_some()
    }

    /// Whether nobody chose.
    pub(crate) fn is_all(&self) -> bool {
        self.drivers.is_empty() && !self.has_own()
    }
}
