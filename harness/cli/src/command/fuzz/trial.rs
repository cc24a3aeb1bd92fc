//! What a program is put to: it is explored with and without reduction, run on drivers, and judged.

use std::cell::Cell;
use std::ops::{Range, RangeInclusive};
use std::time::{Duration, Instant};

use poolproof_case::{Case, StartMethod, uses};
use poolproof_report::{Record, Verdict};
use poolproof_runner::{Driver, Error, Loaded, Workshop};
use poolproof_spec::{Behaviour, Limits, explore};

use super::Told;
use crate::arguments::Fuzz;
use crate::command::probe::{loaded, probe, records, statements};

/// How long one disagreement is made smaller.
const SHRINK: Duration = Duration::from_secs(30);

/// How often a smaller program is run to see whether it is still wrong.
const SHRINK_RUNS: u64 = 8;

/// A program on which two answers are not the same.
pub(super) struct Disagreement {
    pub(super) seed: u64,
    pub(super) case: Case,
    /// The start methods that show it; what is kept shows it under the first of them.
    pub(super) methods: Vec<StartMethod>,
    /// The driver; none where exploring in two ways gives two behaviours.
    pub(super) driver: Option<String>,
    /// How a command line names it.
    pub(super) selector: Option<String>,
    pub(super) reason: String,
    /// How often it is to be run to show it.
    pub(super) runs: u64,
}

impl Disagreement {
    /// How many statements its program has.
    pub(super) fn statements(&self) -> usize {
        statements(&self.case)
    }
}

/// Where programs are tried.
pub(super) struct Trials<'a> {
    arguments: &'a Fuzz,
    workshop: &'a Workshop,
    drivers: &'a [Driver],
}

/// What exploring a program under a start method came to.
enum Explored {
    Whole,
    /// More states than were allowed.
    TooLarge,
    /// The specification does not know it.
    Outside,
    /// The two ways of exploring do not agree.
    Differs(String),
}

impl<'a> Trials<'a> {
    pub(super) fn new(
        arguments: &'a Fuzz,
        workshop: &'a Workshop,
        drivers: &'a [Driver],
    ) -> Trials<'a> {
        Trials {
            arguments,
            workshop,
            drivers,
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.workshop.is_stopped()
    }

    /// Tries the programs of these seeds.
    pub(super) fn run(
        &self,
        seeds: Range<u64>,
        told: &mut Told,
    ) -> Result<Vec<Disagreement>, Error> {
        let mut found = Vec::new();
        let mut to_run = Vec::new();
        for seed in seeds {
            let made = poolproof_fuzz::generate(seed, self.size());
            let mut case = made.map_err(|mistakes| {
                let first = mistakes.first().map_or("", |mistake| &mistake.message);
                Error::internal(format!("the program of seed {seed} is no case: {first}"))
            })?;
            let mut methods = Vec::new();
            for method in self.methods(&case) {
                if self.is_stopped() {
                    return Ok(Vec::new());
                }
                match self.explored(&case, method) {
                    Explored::Whole => {
                        told.explored += 1;
                        methods.push(method);
                    }
                    Explored::TooLarge => told.too_large += 1,
                    Explored::Outside => told.outside += 1,
                    Explored::Differs(reason) => found.push(Disagreement {
                        seed,
                        case: case.clone(),
                        methods: vec![method],
                        driver: None,
                        selector: None,
                        reason,
                        runs: 0,
                    }),
                }
            }
            case.methods = methods;
            if !case.methods.is_empty() {
                to_run.push(loaded(case));
            }
        }
        for record in records(self.workshop, &to_run, self.drivers, self.arguments.runs)? {
            match record.verdict {
                verdict if verdict.is_bad() => found.extend(disagreement(&to_run, record)),
                Verdict::Inconclusive => told.inconclusive += 1,
                verdict if verdict.is_judged() => told.judged += 1,
                _ => told.outside += 1,
            }
        }
        Ok(together(found))
    }

    /// The smallest program that still disagrees, as far as that is found in its time.
    pub(super) fn shrink(&self, found: Disagreement) -> Disagreement {
        let started = Instant::now();
        let Some(&method) = found.methods.first() else {
            return found;
        };
        let driver: Option<&Driver> = self
            .drivers
            .iter()
            .find(|driver| Some(&driver.name) == found.driver.as_ref());
        let reason = Cell::new(None);
        let still_wrong = |case: &Case| {
            if started.elapsed() >= SHRINK || self.is_stopped() {
                return false;
            }
            let wrong = match (self.explored(case, method), driver) {
                (Explored::Differs(reason), None) => Some(reason),
                (Explored::Whole, Some(driver)) => self.wrong(case, driver, method),
                _ => None,
            };
            let is_wrong = wrong.is_some();
            if is_wrong {
                reason.set(wrong);
            }
            is_wrong
        };
        let mut start = found.case.clone();
        start.methods = vec![method];
        let case = poolproof_fuzz::shrink(&start, still_wrong);
        Disagreement {
            case,
            reason: reason.take().unwrap_or(found.reason),
            ..found
        }
    }

    /// Why a driver is wrong on a program, if it is.
    fn wrong(&self, case: &Case, driver: &Driver, method: StartMethod) -> Option<String> {
        let runs = self.arguments.runs.max(SHRINK_RUNS);
        let record = probe(self.workshop, case, driver, method, runs).ok()??;
        let is_bad = record.verdict.is_bad();
        is_bad.then(|| record.reason.unwrap_or_default())
    }

    /// Explores in both ways.
    fn explored(&self, case: &Case, method: StartMethod) -> Explored {
        let most = self.arguments.max_states;
        let limits = |reduce| Limits {
            states_max: most,
            reduce,
            stop: Some(self.workshop.stop()),
        };
        let reduced = match explore(&case.program, method, &limits(true)) {
            Err(_) => return Explored::Outside,
            Ok(found) if found.bounded => return Explored::TooLarge,
            Ok(found) => found.behaviour,
        };
        match explore(&case.program, method, &limits(false)) {
            Ok(full) if full.bounded || full.behaviour == reduced => Explored::Whole,
            Ok(full) => Explored::Differs(difference(&full.behaviour, &reduced)),
            Err(error) => Explored::Differs(format!("without reduction: {error}")),
        }
    }

    fn size(&self) -> RangeInclusive<u32> {
        3..=self.arguments.statements
    }

    fn methods(&self, case: &Case) -> Vec<StartMethod> {
        let asked = &self.arguments.methods;
        let is_asked = |method: &StartMethod| asked.is_empty() || asked.contains(method);
        let methods = case.methods.iter().copied().filter(is_asked);
        methods
            .filter(|method| uses::unsupported(&case.program, *method).is_none())
            .collect()
    }
}

fn difference(full: &Behaviour, reduced: &Behaviour) -> String {
    let shown = poolproof_report::outcome_text;
    if let Some(lost) = full.beyond(reduced) {
        return format!("reduction loses an outcome: {}", shown(&lost));
    }
    match reduced.beyond(full) {
        Some(made_up) => format!("reduction makes up an outcome: {}", shown(&made_up)),
        None => "reduction loses where it becomes undefined".to_owned(),
    }
}

/// What one driver shows on one program under several start methods is one disagreement.
fn together(found: Vec<Disagreement>) -> Vec<Disagreement> {
    let mut all: Vec<Disagreement> = Vec::new();
    for one in found {
        let same = all
            .iter_mut()
            .find(|other| other.seed == one.seed && other.driver == one.driver);
        match same {
            Some(other) => other.methods.extend(one.methods),
            None => all.push(one),
        }
    }
    all
}

fn disagreement(cases: &[Loaded], record: Record) -> Option<Disagreement> {
    let loaded = cases.iter().find(|loaded| loaded.case.id == record.case)?;
    let seed = record.case.rsplit('/').next()?.parse().ok()?;
    Some(Disagreement {
        seed,
        case: loaded.case.clone(),
        methods: vec![record.start_method],
        selector: Some(record.driver_selector()),
        driver: Some(record.driver),
        reason: record.reason.unwrap_or_default(),
        runs: record.runs.max(SHRINK_RUNS),
    })
}
