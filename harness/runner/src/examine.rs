//! Examining a case on a driver under one start method: its runs, what must be seen again before it
//! counts, and the record of it all.

use std::collections::{BTreeMap, BTreeSet};

use poolproof_case::claim::ClaimKind;
use poolproof_case::{Case, Ending, Outcome, StartMethod};
use poolproof_report::{Memory, Observation, Record, Sometimes, Verdict};

use crate::driver::{Driver, Prepared};
use crate::execute::{Looks, Sighting};
use crate::job::{AGAIN, Cut, Job};
use crate::judge::{Judged, RunKind, Tally, judge, kind_of};
use crate::load::Loaded;
use crate::observe::{blank, explain, first};
use crate::plan::{Plan, seed_of};
use crate::sampler::Cost;
use crate::specified::{Specified, claims};
use crate::statistics::unseen_percent;
use crate::timing::Timing;
use crate::turns::{Turn, Turns};
use crate::watch::InVain;
use crate::workshop::Workshop;

/// After so many runs that hung, or that said nothing, the others would say the same.
const SLOW_MAX: u64 = 3;

/// How often something doubtful is looked for again.
const AGAIN_MAX: u64 = 3;

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
                program: &self.driver.program,
                arguments: &arguments,
                plan: self.wanted.plan.unwrap_or(Plan::of(index)),
                seed: self.seed(index),
                limits: self.case().limits,
                waits_late: timing.late,
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
                seen.tally.asked = seen.tally.usable + seen.infrastructure;
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
        self.workshop
            .execute(job, &mut turn, Looks { in_vain, cost })
    }

    fn judge(&self, outcome: &Outcome) -> Judged {
        let behaviour = &self.specified.exploration.behaviour;
        judge(
            behaviour,
            outcome,
            self.driver,
            &self.case().id,
            self.method,
        )
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
        for _ in 0..AGAIN_MAX {
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
        void(seen, &reason);
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
        matches!(self.judge(&sighting.outcome), Judged::Forbidden(_)) || !sighting.leaks.is_empty()
    }

    /// Whether no allowed outcome begins with the lines of one that was cut short.
    fn begins_wrong(&self, outcome: &Outcome) -> bool {
        let behaviour = &self.specified.exploration.behaviour;
        behaviour.explain(outcome).accepted < outcome.lines.len()
    }

    fn count(&self, job: &Job<'_>, sighting: &Sighting, seen: &mut Seen) {
        let judged = self.judge(&sighting.outcome);
        let leaked = sighting.leaks.sentences();
        let behaviour = &self.specified.exploration.behaviour;
        let kind = kind_of(behaviour, &sighting.outcome, &judged, !leaked.is_empty());
        let is_allowed = matches!(judged, Judged::Allowed);
        seen.tally.usable += 1;
        seen.tally.is_broken |= matches!(kind, RunKind::Crashed | RunKind::Leaked);
        seen.tally.is_forbidden |= matches!(judged, Judged::Forbidden(_));
        seen.tally.is_known |= matches!(judged, Judged::Known(_));
        if is_allowed {
            seen.allowed.insert(sighting.outcome.clone());
        }
        let is_bad = seen.tally.is_broken || seen.tally.is_forbidden;
        if is_bad && seen.worst.as_ref().is_none_or(|(worst, ..)| kind > *worst) {
            let reason = self.reason(kind, sighting, &judged);
            seen.worst = Some((kind, job.plan, job.seed, reason));
        }
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
    /// Why a bad run is bad, in one sentence.
    fn reason(&self, kind: RunKind, sighting: &Sighting, judged: &Judged) -> String {
        let outcome = &sighting.outcome;
        match (kind, judged) {
            (RunKind::Crashed, _) => format!("main was ended by {}", outcome.ending),
            (RunKind::Leaked, _) if !sighting.leaks.sentences().is_empty() => {
                format!("it left {}", sighting.leaks.sentences().join(", "))
            }
            (RunKind::Leaked, _) => {
                let left = outcome.left;
                let processes = if left == 1 { "process" } else { "processes" };
                format!("{left} {processes} outlived main, which the specification forbids")
            }
            (_, Judged::Forbidden(Some(rejection))) => {
                explain(outcome, rejection.accepted, &rejection.expected)
            }
            _ => format!("it ended with {}", outcome.ending),
        }
    }

    fn finish(&self, seen: Seen) -> Record {
        let exploration = &self.specified.exploration;
        let verdict = seen.tally.verdict();
        let sometimes = self.sometimes(&seen);
        let replay = seen
            .worst
            .as_ref()
            .filter(|_| verdict.is_bad())
            .map(|(_, plan, seed, _)| {
                replay_command(
                    &self.loaded.argument(),
                    &self.driver.name,
                    self.method,
                    *plan,
                    *seed,
                )
            });
        let reason = self.reason_of(verdict, &seen, &sometimes);
        let mut observations: Vec<Observation> = seen.observations.into_values().collect();
        let explanations = &self.specified.explanations;
        explanations.explain(&self.case().program, self.method, &mut observations);
        Record {
            verdict,
            runs: seen.tally.usable,
            infrastructure: seen.infrastructure,
            seen: seen.allowed.len() as u64,
            allowed: (!exploration.bounded).then(|| exploration.behaviour.count().to_string()),
            bounded: exploration.bounded,
            observations,
            reason,
            replay,
            sometimes,
            memory: seen.memory,
            ..blank(self.loaded, self.driver, self.method, self.wanted.seed)
        }
    }

    fn reason_of(&self, verdict: Verdict, seen: &Seen, sometimes: &[Sometimes]) -> Option<String> {
        match verdict {
            Verdict::Inconclusive if seen.tally.is_forbidden => Some(format!(
                "an outcome is not among those found before exploration hit its limit of {} states",
                self.specified.exploration.states
            )),
            Verdict::Inconclusive => Some(format!(
                "only {} of {} runs were usable: {}",
                seen.tally.usable,
                seen.tally.usable + seen.infrastructure,
                seen.trouble.as_deref().unwrap_or("none was asked for"),
            )),
            Verdict::Known => seen
                .observations
                .values()
                .find_map(|observation| observation.known.clone()),
            Verdict::Conforms => {
                let unseen: Vec<&str> = sometimes
                    .iter()
                    .filter(|claim| !claim.seen)
                    .map(|claim| claim.claim.as_str())
                    .collect();
                let runs = seen.tally.usable;
                (!unseen.is_empty()).then(|| {
                    let bound = unseen_percent(runs);
                    let claims = unseen.join(", ");
                    format!("not seen in {runs} runs (at 95 %: below {bound:.0} %): {claims}")
                })
            }
            _ => seen.worst.as_ref().map(|(.., reason)| reason.clone()),
        }
    }

    fn sometimes(&self, seen: &Seen) -> Vec<Sometimes> {
        claims(self.loaded, self.method)
            .filter_map(|claim| {
                let ClaimKind::Sometimes(predicate) = &claim.kind else {
                    return None;
                };
                let place = claim.place.start as usize..claim.place.end as usize;
                let text = self.loaded.text.get(place).unwrap_or("Sometimes(…)");
                Some(Sometimes {
                    claim: text.split_whitespace().collect::<Vec<_>>().join(" "),
                    seen: seen.allowed.iter().any(|outcome| predicate.holds(outcome)),
                })
            })
            .collect()
    }
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

/// The command that repeats a run.
#[must_use]
pub fn replay_command(
    case: &str,
    driver: &str,
    method: StartMethod,
    plan: Plan,
    seed: u64,
) -> String {
    format!(
        "poolproof replay {case} --driver {driver} --start-method {method} --plan {plan} --seed {seed}"
    )
}
