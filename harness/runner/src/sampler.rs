//! The memory of a run, looked at from outside while it goes on.
//!
//! A look at all figures costs a millisecond, so it is taken where a cheap look says that there is
//! more than before, and only while all looks together take less than a hundredth of the time that
//! has passed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use poolproof_report::Memory;
use poolproof_sys::memory_use::MemoryUse;
use poolproof_sys::threads;
use poolproof_sys::tree::{self, Tree};

/// What share of one processor looking may take.
const SHARE: f64 = 0.008;

/// What it may take at once, before that much time has passed.
const BURST: Duration = Duration::from_millis(30);

/// How much more than at the last look there has to be for another.
const MORE: f64 = 1.03;

/// When the first cheap looks are taken; later ones come at this distance.
const FIRST: Duration = Duration::from_millis(2);
const LATER: Duration = Duration::from_millis(25);

/// So many points are enough to draw memory over time.
const POINTS_MAX: usize = 100;

/// The processor time of all looks of a suite.
#[derive(Debug)]
pub(crate) struct Cost {
    began: Instant,
    nanoseconds: AtomicU64,
}

/// The looks at one run.
#[derive(Debug)]
pub(crate) struct Sampler<'a> {
    cost: &'a Cost,
    began: Instant,
    next: Duration,
    last: u64,
    count: usize,
    memory: Memory,
}

/// The figures of a tree at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// Of all processes together.
    pub(crate) sum: MemoryUse,
    /// What is the largest process's alone.
    pub(crate) largest: Option<u64>,
    /// How many processes there are.
    pub(crate) processes: u32,
}

impl Cost {
    /// Nothing was spent yet.
    pub(crate) fn new() -> Cost {
        Cost {
            began: Instant::now(),
            nanoseconds: AtomicU64::new(0),
        }
    }

    /// The share of one processor that looking has taken so far.
    pub(crate) fn share(&self) -> f64 {
        let spent = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed));
        spent.as_secs_f64() / self.began.elapsed().as_secs_f64().max(f64::MIN_POSITIVE)
    }

    fn may_be_spent(&self) -> bool {
        let spent = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed));
        spent < BURST + self.began.elapsed().mul_f64(SHARE)
    }

    /// Does something and counts what it takes.
    fn of<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = threads::busy();
        let result = work();
        let spent = threads::busy().saturating_sub(before);
        let nanoseconds = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        result
    }
}

impl Sampler<'_> {
    /// Begins with a run.
    pub(crate) fn new(cost: &Cost) -> Sampler<'_> {
        Sampler {
            cost,
            began: Instant::now(),
            next: FIRST,
            last: 0,
            count: 0,
            memory: Memory::default(),
        }
    }

    /// How long nothing has to be done.
    pub(crate) fn pause(&self) -> Duration {
        self.next.saturating_sub(self.began.elapsed())
    }

    /// Takes a look, if it is time for one.
    pub(crate) fn look(&mut self, tree: &Tree) {
        let now = self.began.elapsed();
        if now < self.next || !self.cost.may_be_spent() {
            return;
        }
        self.next = (now * 2).min(now + LATER);
        let cost = self.cost;
        cost.of(|| {
            let pids = tree.pids();
            let resident = pids.iter().filter_map(|pid| tree::resident(*pid)).sum();
            if pids.len() <= self.count && (resident as f64) < self.last as f64 * MORE {
                return;
            }
            (self.last, self.count) = (resident, pids.len());
            self.note(now, figures(&pids));
        });
    }

    fn note(&mut self, now: Duration, figures: Figures) {
        let memory = &mut self.memory;
        memory.looks += 1;
        let Some(private) = figures.sum.private else {
            return;
        };
        if memory.private.is_none_or(|greatest| private > greatest) {
            memory.private = Some(private);
            memory.processes = figures.processes;
        }
        memory.proportional = memory.proportional.max(figures.sum.proportional);
        memory.anonymous = memory.anonymous.max(figures.sum.anonymous);
        memory.largest = memory.largest.max(figures.largest);
        if memory.series.len() < POINTS_MAX {
            memory.series.push((now.as_secs_f64(), private));
        }
    }

    /// What was seen.
    pub(crate) fn end(self) -> Memory {
        let mut memory = self.memory;
        if memory.private.is_none() {
            let reason = "the run was over before its memory was looked at";
            memory.absent = Some(reason.to_owned());
        } else if memory.proportional.is_none() {
            let reason = "this system tells no process's share of what is used by several";
            memory.absent = Some(reason.to_owned());
        }
        memory
    }
}

/// The figures of processes; of one that ends meanwhile, none.
pub(crate) fn figures(pids: &[u32]) -> Figures {
    let uses: Vec<MemoryUse> = pids
        .iter()
        .filter_map(|pid| tree::memory_use(*pid))
        .collect();
    let sum = uses.iter().fold(MemoryUse::NONE, |sum, one| sum.plus(*one));
    Figures {
        sum: if uses.is_empty() {
            MemoryUse::default()
        } else {
            sum
        },
        largest: uses.iter().filter_map(|one| one.private).max(),
        processes: u32::try_from(uses.len()).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(private: u64) -> Figures {
        let sum = MemoryUse {
            private: Some(private),
            ..MemoryUse::default()
        };
        Figures {
            sum,
            largest: Some(private / 2),
            processes: 3,
        }
    }

    #[test]
    fn the_greatest_sum_is_kept_and_what_is_not_told_is_absent() {
        let cost = Cost::new();
        let mut sampler = Sampler::new(&cost);
        for private in [100, 300, 200] {
            sampler.note(Duration::from_secs(1), used(private));
        }
        let memory = sampler.end();
        assert_eq!((memory.private, memory.largest), (Some(300), Some(150)));
        assert_eq!(memory.processes, 3);
        assert_eq!(memory.proportional, None);
        assert!(memory.absent.unwrap().contains("share"));
        let nothing = Sampler::new(&cost).end();
        assert_eq!(nothing.private, None);
        assert!(nothing.absent.unwrap().contains("was over"));
    }

    #[test]
    fn looking_stops_where_it_has_taken_its_share() {
        let cost = Cost::new();
        assert!(cost.may_be_spent());
        cost.nanoseconds.store(1_000_000_000, Ordering::Relaxed);
        assert!(!cost.may_be_spent());
    }

    #[test]
    fn this_process_has_figures() {
        let figures = figures(&[std::process::id()]);
        assert_eq!(figures.processes, 1);
        assert!(figures.sum.private.is_some_and(|bytes| bytes > 0));
        assert_eq!(super::figures(&[]).sum.private, None);
    }
}
