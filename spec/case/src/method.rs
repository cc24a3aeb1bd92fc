//! Start methods: how an implementation makes a child.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::nearest::named;

/// How a child process comes to life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartMethod {
    /// A new process that loads the program anew.
    Spawn,
    /// A copy of the parent.
    Fork,
    /// A copy of a small server process that was started early.
    Forkserver,
    /// A thread of the same process, for comparison.
    Threads,
}

impl StartMethod {
    /// Every start method, in the order of reports.
    pub const ALL: [StartMethod; 4] = [
        StartMethod::Spawn,
        StartMethod::Fork,
        StartMethod::Forkserver,
        StartMethod::Threads,
    ];

    /// The name in cases, reports and Python.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            StartMethod::Spawn => "spawn",
            StartMethod::Fork => "fork",
            StartMethod::Forkserver => "forkserver",
            StartMethod::Threads => "threads",
        }
    }
}

impl fmt::Display for StartMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for StartMethod {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        named("start method", name, StartMethod::ALL, StartMethod::name)
    }
}
