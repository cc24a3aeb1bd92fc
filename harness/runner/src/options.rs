//! How a suite is run, as far as its caller chooses.

use std::collections::BTreeSet;
use std::time::Duration;

use poolproof_case::StartMethod;

use crate::plan::Plan;

/// How a suite is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The start methods.
    pub methods: Vec<StartMethod>,
    /// How often each case is run; none: as each driver's manifest says.
    pub runs: Option<u64>,
    /// What the plans are drawn from.
    pub seed: u64,
    /// One plan for all runs; none: a mixture.
    pub plan: Option<Plan>,
    /// How many runs at a time.
    pub jobs: usize,
    /// Whether `seed` is a run's own seed, to repeat exactly that run.
    pub exact: bool,
    /// How long measuring may take in all, and on which drivers: a look in passing. None: on all, as
    /// long as it takes.
    pub glance: Option<Glance>,
    /// How much times vary on this machine, from [`crate::spread::measure`]; it is there where times are measured.
    pub spread: Option<f64>,
    /// Whether nothing more is begun once something has failed.
    pub fail_fast: bool,
    /// The records to make; none: all.
    pub only: Option<Only>,
}

/// Records to make: of a case, on a driver, under a start method.
pub type Only = BTreeSet<(String, String, StartMethod)>;

impl Default for Options {
    /// All start methods, as often as manifests say, one run a processor at a time.
    fn default() -> Options {
        Options {
            methods: StartMethod::ALL.to_vec(),
            runs: None,
            seed: 0,
            plan: None,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            exact: false,
            glance: None,
            spread: None,
            fail_fast: false,
            only: None,
        }
    }
}

/// A look in passing at what is measured.
#[derive(Clone, Debug)]
pub struct Glance {
    /// How long all of it may take.
    pub budget: Duration,
    /// The names of the drivers on which it is measured.
    pub drivers: Vec<String>,
}
