//! Examining a case on a driver under one start method: its runs, and what must be seen again before it
//! counts.

mod told;

use std::collections::{BTreeMap, BTreeSet};

use poolproof_case::{Case, Ending, Outcome, StartMethod, uses};
use poolproof_report::{Memory, Observation, Record};

use crate::driver::{Driver, Prepared};
use crate::execute::{Looks, Sighting};
use crate::job::{AGAIN, Cut, Job};
use crate::judge::{Judged, RunKind, Tally, judge, kind_of};
use crate::load::Loaded;
use crate::observe::first;
use crate::plan::{Plan, seed_of};
use crate::sampler::Cost;
use crate::specified::Specified;
use crate::timing::Timing;
use crate::turns::{Turn, Turns};
use crate::watch::InVain;
use crate::workshop::Workshop;

pub use told::replay_command;

/// After so many runs that hung, or that said nothing, the others would say the same.
const SLOW_MAX: u64 = 3;

/// How often something doubtful is looked for again, and a standstill, which rests on no time.
const AGAIN_MAX: u64 = 3;
const STILL_AGAIN_MAX: u64 = 8;

/// Why a run does not count that was looked for again in vain.
const NOT_AGAIN: &str = "a forbidden outcome that rests on time did not show again, with four times \
                         the time";

/// How a case is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) runs: u64,
    pub(crate) seed: u64,
    pub(crate) plan: Option<Plan>,
    /// The one run that is repeated: its own seed, instead of one drawn from `seed`.
    pub(crate) exact: bool,
}

/// A case on a driver under a start method.
pub(crate) struct Examination<'a> {
    pub(crate) workshop: &'a Workshop,
    pub(crate) turns: &'a Turns<'a>,
    pub(crate) in_vain: &'a InVain,
    pub(crate) cost: &'a Cost,
    pub(crate) loaded: &'a Loaded,
    pub(crate) driver: &'a Driver,
    pub(crate) method: StartMethod,
    pub(crate) specified: &'a Specified,
    pub(crate) wanted: Wanted,
}

/// What the runs so far have shown.
#[derive(Default)]
struct Seen {
    tally: Tally,
    infrastructure: u64,
    slow: u64,
    observations: BTreeMap<(Outcome, Plan, bool), Observation>,
    /// Forbidden outcomes that count from now on without being looked for again.
    confirmed: BTreeSet<Outcome>,
    allowed: BTreeSet<Outcome>,
    worst: Option<(RunKind, Plan, u64, String)>,
    /// The first that spoke against the implementation and did not show again.
    once: Option<(Plan, u64, String)>,
    trouble: Option<String>,
    memory: Option<Memory>,
}

/// Why a run says nothing.
#[derive(Debug)]
struct Excuse {
    reason: String,
    /// Whether another run would say as little.
    is_lasting: bool,
    /// Whether others kept it from its work.
    is_starved: bool,
}

impl Examination<'_> {
    /// Makes the runs and judges them; none where they were cut short and nothing bad was seen.
    pub(crate) fn record(&self, prepared: &Prepared) -> Option<Record> {
        let started = std::time::Instant::now();
        let arguments = prepared.arguments(self.method);
        let timing = Timing::of(&self.case().program);
        let mut seen = Seen::default();
        seen.tally.asked = self.wanted.runs;
        seen.tally.is_bounded = self.specified.exploration.bounded;
        for index in 0..self.wanted.runs {
            let job = Job {
                environment: self.driver.environment,
                program: &self.driver.program,
                arguments: &arguments,
                plan: self.wanted.plan.unwrap_or(Plan::of(index)),
                seed: self.seed(index),
                limits: self.case().limits,
                waits_late: timing.late,
                goes_on_after: self.driver.manifest.goes_on_after(),
                start_time: self.driver.manifest.start_time(),
                keeps_stdout: self.driver.manifest.keeps_stdout,
                is_measured: false,
                scale: 1,
            };
            let is_looked_at = job.plan == Plan::Plain && seen.memory.is_none();
            let cost = is_looked_at.then_some(self.cost);
            let mut sighting = self.execute(&job, self.turns.beside_others(), cost);
            seen.memory = seen.memory.take().or(sighting.memory.take());
            if !self.workshop.is_stopped() {
                self.take(&job, sighting, timing, &mut seen);
            }
            if self.workshop.is_stopped() {
                // Too few runs have nothing to say for the implementation, nor against it.
                seen.worst.as_ref()?;
                break;
            }
            if seen.slow >= SLOW_MAX {
                // What stands for the runs that are left out is what these showed.
                let tally = &mut seen.tally;
                tally.asked = tally.usable + tally.undefined + seen.infrastructure;
                break;
            }
        }
        let mut record = self.finish(seen);
        record.seconds = Some(started.elapsed().as_secs_f64());
        Some(record)
    }

    fn case(&self) -> &Case {
        &self.loaded.case
    }

    fn seed(&self, index: u64) -> u64 {
        if self.wanted.exact {
            return self.wanted.seed;
        }
        let (case, driver) = (&self.case().id, &self.driver.name);
        seed_of(self.wanted.seed, case, driver, self.method, index)
    }

    fn execute(&self, job: &Job<'_>, mut turn: Turn<'_>, cost: Option<&Cost>) -> Sighting {
        let in_vain = self.in_vain;
        let looks = Looks { in_vain, cost };
        let mut sighting = self.workshop.execute(job, &mut turn, looks);
        if !sighting.leaks.is_empty() {
            let (manifest, version) = (&self.driver.manifest, &self.driver.version);
            let uses = uses::uses(&self.case().program);
            sighting.known_leak = manifest.leaves(&uses, self.method, version, &sighting.leaks);
        }
        sighting
    }

    fn judge(&self, sighting: &Sighting) -> Judged {
        let behaviour = &self.specified.exploration.behaviour;
        let judged = judge(
            behaviour,
            &sighting.outcome,
            self.driver,
            &self.case().id,
            self.method,
        );
        let (manifest, version) = (&self.driver.manifest, &self.driver.version);
        let symptom = || manifest.symptom(self.method, version, &sighting.stderr);
        match (&judged, &sighting.known_leak) {
            (Judged::Allowed, Some(reason)) => Judged::Left(reason.clone()),
            (Judged::Forbidden(_), _) => symptom().map_or(judged, Judged::Known),
            _ => judged,
        }
    }

    /// Takes a run into account, after another look where it is doubtful.
    fn take(&self, job: &Job<'_>, sighting: Sighting, timing: Timing, seen: &mut Seen) {
        seen.slow += u64::from(is_still(&sighting) || sighting.cut.is_some());
        let excuse = self.excuse(&sighting);
        let (alone, mut reason) = match &excuse {
            Some(excuse) if excuse.is_lasting => return void(seen, &excuse.reason),
            Some(excuse) => (excuse.is_starved, excuse.reason.clone()),
            None if !self.is_doubtful(&sighting, timing, seen) => {
                return self.count(job, &sighting, seen);
            }
            // A tree that does nothing is not kept from anything by others.
            None => (timing.is_used(), NOT_AGAIN.to_owned()),
        };
        let again = Job {
            scale: AGAIN,
            ..job.clone()
        };
        let is_standstill = excuse.is_none() && !timing.is_used();
        let most = if is_standstill {
            STILL_AGAIN_MAX
        } else {
            AGAIN_MAX
        };
        for _ in 0..most {
            let turn = if alone {
                self.turns.alone()
            } else {
                self.turns.beside_others()
            };
            let second = self.execute(&again, turn, None);
            if self.workshop.is_stopped() {
                return;
            }
            match self.excuse(&second) {
                Some(excuse) if excuse.is_lasting => return void(seen, &excuse.reason),
                Some(excuse) => reason = excuse.reason,
                // One that could not say anything is settled by any that can.
                None if self.is_bad(&second) || excuse.is_some() => {
                    if self.is_bad(&second) {
                        seen.confirmed.insert(second.outcome.clone());
                    }
                    return self.count(&again, &second, seen);
                }
                None => {}
            }
        }
        if is_standstill {
            // Nothing explains it: a wakeup that is lost once in a thousand runs looks like this.
            self.count_once(job, &sighting, seen);
        } else {
            void(seen, &reason);
        }
    }

    /// Counts what speaks against the implementation and did not show again: it is no verdict, and is
    /// not lost.
    fn count_once(&self, job: &Job<'_>, sighting: &Sighting, seen: &mut Seen) {
        let judged = self.judge(sighting);
        let leaked = sighting.leaks.sentences();
        let behaviour = &self.specified.exploration.behaviour;
        let kind = kind_of(behaviour, &sighting.outcome, &judged, sighting.has_leaked());
        let reason = self.reason(kind, sighting, &judged);
        seen.tally.usable += 1;
        seen.tally.once += 1;
        seen.once.get_or_insert((job.plan, job.seed, reason));
        observe(job, sighting, judged, leaked, seen);
    }

    /// Why a run says nothing, if it does not.
    fn excuse(&self, sighting: &Sighting) -> Option<Excuse> {
        let excuse = |reason: &str, is_lasting, is_starved| {
            let reason = reason.to_owned();
            Some(Excuse {
                reason,
                is_lasting,
                is_starved,
            })
        };
        let shortage = self.workshop.shortages().first();
        match &sighting.cut {
            Some(Cut::Failed(reason)) => return excuse(reason, shortage.is_some(), false),
            Some(_) if matches!(self.judge(sighting), Judged::Undefined) => return None,
            // Whatever would have come next: what has come is wrong.
            Some(_) if self.begins_wrong(&sighting.outcome) => {}
            Some(Cut::Starved(reason)) => return excuse(reason, false, true),
            Some(Cut::Limit(reason)) => return excuse(reason, true, false),
            None => {}
        }
        if !self.is_bad(sighting) {
            return None;
        }
        if let Some(shortage) = shortage {
            return excuse(
                &format!("{shortage}, so what failed shows nothing"),
                true,
                false,
            );
        }
        excuse(sighting.disturbance.as_deref()?, false, false)
    }

    /// Whether what speaks against the implementation has to be seen again.
    fn is_doubtful(&self, sighting: &Sighting, timing: Timing, seen: &Seen) -> bool {
        self.is_bad(sighting)
            && (is_still(sighting) || timing.is_used())
            && !seen.confirmed.contains(&sighting.outcome)
    }

    /// Whether it speaks against the implementation, if it counts.
    fn is_bad(&self, sighting: &Sighting) -> bool {
        match self.judge(sighting) {
            Judged::Forbidden(_) => true,
            Judged::Allowed | Judged::Left(_) | Judged::Known(_) => sighting.has_leaked(),
            Judged::Undefined => false,
        }
    }

    /// Whether no allowed outcome begins with the lines of one that was cut short.
    fn begins_wrong(&self, outcome: &Outcome) -> bool {
        let behaviour = &self.specified.exploration.behaviour;
        behaviour.explain(outcome).accepted < outcome.lines.len()
    }

    fn count(&self, job: &Job<'_>, sighting: &Sighting, seen: &mut Seen) {
        let judged = self.judge(sighting);
        let is_undefined = matches!(judged, Judged::Undefined);
        let leaked = match is_undefined {
            true => Vec::new(),
            false => sighting.leaks.sentences(),
        };
        let behaviour = &self.specified.exploration.behaviour;
        let kind = kind_of(behaviour, &sighting.outcome, &judged, sighting.has_leaked());
        let is_allowed = matches!(judged, Judged::Allowed | Judged::Left(_));
        seen.tally.usable += u64::from(!is_undefined);
        seen.tally.undefined += u64::from(is_undefined);
        seen.tally.is_broken |= matches!(kind, RunKind::Crashed | RunKind::Leaked);
        seen.tally.is_forbidden |= matches!(judged, Judged::Forbidden(_));
        seen.tally.is_known |= matches!(judged, Judged::Left(_) | Judged::Known(_));
        if is_allowed {
            seen.allowed.insert(sighting.outcome.clone());
        }
        let is_bad = seen.tally.is_broken || seen.tally.is_forbidden;
        if is_bad && seen.worst.as_ref().is_none_or(|(worst, ..)| kind > *worst) {
            let reason = self.reason(kind, sighting, &judged);
            seen.worst = Some((kind, job.plan, job.seed, reason));
        }
        observe(job, sighting, judged, leaked, seen);
    }
}

/// Adds a run to the observations of its outcome.
fn observe(
    job: &Job<'_>,
    sighting: &Sighting,
    judged: Judged,
    leaked: Vec<String>,
    seen: &mut Seen,
) {
    let key = (sighting.outcome.clone(), job.plan, !leaked.is_empty());
    let observation = seen
        .observations
        .entry(key)
        .or_insert_with(|| first(job, sighting, judged, leaked));
    observation.count += 1;
    let (shortest, longest) = observation.seconds.unwrap_or((sighting.seconds, 0.0));
    observation.seconds = Some((
        shortest.min(sighting.seconds),
        longest.max(sighting.seconds),
    ));
}

/// Notes a run that says nothing.
fn void(seen: &mut Seen, reason: &str) {
    seen.trouble.get_or_insert_with(|| reason.to_owned());
    seen.infrastructure += 1;
}

/// Whether it came to a standstill.
fn is_still(sighting: &Sighting) -> bool {
    let outcome = &sighting.outcome;
    sighting.cut.is_none() && (outcome.ending == Ending::Hang || outcome.left > 0)
}
