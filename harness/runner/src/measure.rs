//! Measuring a case on a driver: rounds in which each contender runs once under each start method, so
//! that what is compared was measured beside each other, until each relation is settled or enough
//! was tried.
//!
//! What the rounds come to is the business of `told`, what figures say that of `figures`; what a run is,
//! that of `execute`.

mod told;

pub(crate) use told::is_unmeasured;

use std::collections::BTreeMap;
use std::time::Duration;

use poolproof_case::{Case, Ending, StartMethod};
use poolproof_report::Record;

use crate::driver::{Driver, Prepared};
use crate::error::Result;
use crate::execute::{Looks, Sighting};
use crate::figures::{LEAST, LOOKS, Round};
use crate::job::Job;
use crate::load::Loaded;
use crate::plan::{Plan, seed_of};
use crate::turns::Turns;
use crate::watch::InVain;
use crate::workshop::Workshop;

/// So many rounds come before those that count: the first run of a program reads it from disk, and
/// CPython writes its compiled form.
const WARM_UP: u64 = 1;

/// After runs of so long together no more rounds are made than it takes for an interval.
const LONG: Duration = Duration::from_secs(60);

/// After so many failed runs of one program the others would fail, too.
const FAILURES_MAX: u64 = 3;

/// A case on a driver, with all start methods at once.
pub(crate) struct Measuring<'a> {
    pub(crate) workshop: &'a Workshop,
    pub(crate) turns: &'a Turns<'a>,
    pub(crate) in_vain: &'a InVain,
    pub(crate) loaded: &'a Loaded,
    pub(crate) driver: &'a Driver,
    pub(crate) methods: Vec<StartMethod>,
    pub(crate) runs: Option<u64>,
    pub(crate) seed: u64,
    /// How long all its runs may take together, where that is not as long as it needs.
    pub(crate) budget: Option<Duration>,
    /// How much times vary on this machine.
    pub(crate) spread: f64,
}

/// One program under one start method.
struct Runner {
    method: StartMethod,
    contender: Option<String>,
    case: Case,
    prepared: Prepared,
    is_timed: bool,
    failures: u64,
    lines: Option<Vec<String>>,
}

/// What the rounds have shown so far.
#[derive(Default)]
struct Seen {
    rounds: Vec<Round>,
    /// By start method: usable runs, those that were not, what they took, and what went wrong first.
    runs: BTreeMap<StartMethod, Runs>,
}

#[derive(Default)]
struct Runs {
    usable: u64,
    unusable: u64,
    seconds: f64,
    trouble: Option<String>,
    failed: Option<(Plan, Sighting)>,
}

impl Seen {
    /// What all runs have taken so far.
    fn spent(&self) -> Duration {
        let seconds = self.runs.values().map(|runs| runs.seconds).sum();
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

impl Measuring<'_> {
    /// Measures, and gives a record for each start method; those under which the case cannot be run
    /// are not the business of this.
    ///
    /// # Errors
    /// When a program cannot be written; the inner error says why a driver cannot run it.
    pub(crate) fn records(&self) -> Result<std::result::Result<Vec<Record>, String>> {
        let mut runners = match self.runners()? {
            Ok(runners) => runners,
            Err(reason) => return Ok(Err(reason)),
        };
        let mut seen = Seen::default();
        let most = LOOKS[LOOKS.len() - 1] as u64;
        let wanted = self.runs.unwrap_or(most) + WARM_UP;
        for index in 0..wanted {
            let round = self.round(index, &mut runners, &mut seen);
            let spent = seen.spent();
            if self.workshop.is_stopped() {
                break;
            }
            if index >= WARM_UP {
                seen.rounds.push(round);
            }
            let is_hopeless = runners.iter().all(|runner| runner.failures >= FAILURES_MAX);
            let is_enough = self.runs.is_none() && self.is_enough(&seen);
            if is_hopeless || is_enough || self.is_too_much(index, spent) {
                break;
            }
        }
        let methods = self.methods.iter();
        Ok(Ok(methods
            .map(|method| self.record(*method, &mut seen))
            .collect()))
    }

    /// Whether nothing more is to be learned, or not in a time that anybody would wait.
    fn is_enough(&self, seen: &Seen) -> bool {
        let rounds = seen.rounds.len();
        let is_long = rounds >= LEAST && seen.spent() > LONG;
        let is_told = match self.only_grows() {
            true => rounds > 0,
            false => LOOKS.contains(&rounds),
        };
        // In passing one look has to do.
        is_long || (is_told && (self.budget.is_some() || self.is_settled(&seen.rounds)))
    }

    /// Whether what is measured in passing takes more than its time: where the first round shows
    /// that there is none for as many as it takes, no more are made.
    fn is_too_much(&self, index: u64, spent: Duration) -> bool {
        let rounds = if self.only_grows() { 1 } else { LEAST as u64 };
        let rounds = u32::try_from(rounds + WARM_UP).unwrap_or(u32::MAX);
        self.budget.is_some_and(|budget| {
            spent > budget || (index == 0 && spent.saturating_mul(rounds) > budget)
        })
    }

    fn runners(&self) -> Result<std::result::Result<Vec<Runner>, String>> {
        let mut runners = Vec::new();
        for (contender, program) in self.loaded.case.programs() {
            let case = self.loaded.case.with(program);
            let prepared = self
                .driver
                .prepare(&case, contender, self.workshop.folder())?;
            let prepared = match prepared {
                Ok(prepared) => prepared,
                Err(reason) => return Ok(Err(reason)),
            };
            for method in &self.methods {
                runners.push(Runner {
                    method: *method,
                    contender: contender.map(str::to_owned),
                    case: case.clone(),
                    prepared: prepared.clone(),
                    is_timed: program.is_timed(),
                    failures: 0,
                    lines: None,
                });
            }
        }
        Ok(Ok(runners))
    }

    /// Runs each program once, each time another first: what comes after what may tell.
    fn round(&self, index: u64, runners: &mut [Runner], seen: &mut Seen) -> Round {
        let mut round = Round::new();
        let first = usize::try_from(index).unwrap_or_default() % runners.len().max(1);
        runners.rotate_left(first);
        for runner in runners
            .iter_mut()
            .filter(|runner| runner.failures < FAILURES_MAX)
        {
            let is_late = self.budget.is_some_and(|budget| seen.spent() >= budget);
            if self.workshop.is_stopped() || is_late {
                break;
            }
            let sighting = self.run(index, runner);
            let runs = seen.runs.entry(runner.method).or_default();
            runs.seconds += sighting.seconds;
            match runner.trouble(&sighting) {
                None => {
                    runs.usable += 1;
                    for (label, samples) in sighting.measured.labels {
                        let key = (runner.method, runner.contender.clone(), label);
                        round.insert(key, samples);
                    }
                }
                Some(trouble) => {
                    runner.failures += 1;
                    runs.unusable += 1;
                    let name = runner.contender.as_deref().unwrap_or("the program");
                    runs.trouble.get_or_insert(format!("{name}: {trouble}"));
                    runs.failed.get_or_insert((Plan::Plain, sighting));
                }
            }
        }
        round
    }

    fn run(&self, index: u64, runner: &Runner) -> Sighting {
        let (case, driver) = (&self.loaded.case.id, &self.driver.name);
        let arguments = runner.prepared.arguments(runner.method);
        let job = Job {
            environment: self.driver.environment,
            program: &self.driver.program,
            arguments: &arguments,
            plan: Plan::Plain,
            seed: seed_of(self.seed, case, driver, runner.method, index),
            limits: runner.case.limits,
            waits_late: false,
            goes_on_after: self.driver.manifest.goes_on_after(),
            start_time: self.driver.manifest.start_time(),
            keeps_stdout: self.driver.manifest.keeps_stdout,
            is_measured: true,
            scale: 1,
        };
        // What takes time is measured alone, what takes memory beside others.
        let mut turn = match runner.is_timed {
            true => self.turns.alone(),
            false => self.turns.beside_others(),
        };
        let looks = Looks {
            in_vain: self.in_vain,
            // Looking would take its part of the time that is measured.
            cost: None,
        };
        self.workshop.execute(&job, &mut turn, looks)
    }
}

impl Runner {
    /// Why a run of this program cannot be measured by.
    fn trouble(&mut self, sighting: &Sighting) -> Option<String> {
        if let Some(cut) = &sighting.cut {
            return Some(cut.reason().to_owned());
        }
        if let Some(disturbance) = &sighting.disturbance {
            return Some(disturbance.clone());
        }
        let outcome = &sighting.outcome;
        if outcome.ending != Ending::Exit(0) {
            let last = sighting
                .stderr
                .trim()
                .lines()
                .last()
                .unwrap_or("no message");
            return Some(format!("it ended with {}: {last}", outcome.ending));
        }
        if outcome.left > 0 || !sighting.leaks.is_empty() {
            return Some("it left something behind".to_owned());
        }
        if let Some(mistake) = &sighting.measured.mistake {
            return Some(mistake.clone());
        }
        let lines = self.lines.get_or_insert_with(|| outcome.lines.clone());
        (*lines != outcome.lines).then(|| "it prints something else in each run".to_owned())
    }
}
