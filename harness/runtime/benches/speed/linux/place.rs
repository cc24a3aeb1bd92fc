//! On which processors a pair of processes runs.
//! It matters more than any code: waking an idle processor costs more than a whole round trip.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::Outcome;

/// Where the measured process and its peer run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where the system puts them.
    Free,
    /// Both on the first processor.
    OneCpu,
    /// The measured process on the first, its peers on the second.
    TwoCpus,
}

impl Place {
    /// Its name, and what Python is told.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Place::Free => "free",
            Place::OneCpu => "one-cpu",
            Place::TwoCpus => "two-cpus",
        }
    }

    /// Goes to the processor of the measured process.
    pub(crate) fn enter_main(self) -> Outcome {
        match self {
            Place::Free => Ok(()),
            Place::OneCpu | Place::TwoCpus => enter(0),
        }
    }

    /// Goes to the processor of a peer; what is started from here is there, too.
    pub(crate) fn enter_peer(self) -> Outcome {
        match self {
            Place::Free => Ok(()),
            Place::OneCpu => enter(0),
            Place::TwoCpus => enter(1),
        }
    }

    /// Why this place does not exist on this machine.
    pub(crate) fn missing(self) -> Option<String> {
        let found = processors().map_or(0, |processors| processors.len());
        (self == Place::TwoCpus && found < 2)
            .then(|| format!("it wants two processors, and {found} may be used"))
    }
}

/// The processors that may be used; all that there are, after a process has pinned itself.
pub(crate) fn processors() -> Outcome<Vec<usize>> {
    static FIRST_SEEN: std::sync::OnceLock<Vec<usize>> = std::sync::OnceLock::new();
    if let Some(seen) = FIRST_SEEN.get() {
        return Ok(seen.clone());
    }
    let set = sched_getaffinity(None)?;
    let seen = (0..CpuSet::MAX_CPU)
        .filter(|cpu| set.is_set(*cpu))
        .collect();
    Ok(FIRST_SEEN.get_or_init(|| seen).clone())
}

fn enter(index: usize) -> Outcome {
    let processors = processors()?;
    let mut set = CpuSet::new();
    set.set(*processors.get(index).ok_or("too few processors")?);
    Ok(sched_setaffinity(None, &set)?)
}
