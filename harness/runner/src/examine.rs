//! Examining a case on a driver under one start method: its runs, what must be seen again before it
//! counts, and the record of it all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use poolproof_case::claim::ClaimKind;
use poolproof_case::{Case, Ending, Outcome, StartMethod};
use poolproof_report::{Observation, Record, Sometimes, Verdict};

use crate::driver::{Driver, Prepared};
use crate::error::Result;
use crate::execute::{AGAIN, Job, Sighting, Workshop};
use crate::judge::{Judged, RunKind, Tally, judge, kind_of};
use crate::leak;
use crate::load::Loaded;
use crate::observe::{explain, first};
use crate::plan::{Plan, seed_of};
use crate::specified::{Specified, claims};
use crate::statistics::unseen_percent;
use crate::{timing, turns};

/// After so many runs that hung, or that said nothing, the others would say the same.
const SLOW_MAX: u64 = 3;

/// How often a forbidden outcome that rests on time is looked for again.
const AGAIN_MAX: u64 = 3;

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
}

impl Examination<'_> {
    /// Makes the runs and judges them; none where they were cut short and nothing bad was seen.
    pub(crate) fn record(&self, prepared: &Prepared) -> Result<Option<Record>> {
        let started = std::time::Instant::now();
        let arguments = prepared.arguments(self.method);
        let mut seen = Seen::default();
        seen.tally.asked = self.wanted.runs;
        seen.tally.is_bounded = self.specified.exploration.bounded;
        for index in 0..self.wanted.runs {
            let plan = self.wanted.plan.unwrap_or(Plan::of(index));
            let job = Job {
                program: &self.driver.program,
                arguments: &arguments,
                plan,
                seed: self.seed(index),
                deadline: Duration::from_millis(self.case().deadline_ms),
                scale: 1,
            };
            let sighting = {
                let _turn = turns::beside_others();
                self.workshop.execute(&job)?
            };
            if !self.workshop.is_stopped() {
                self.take(&job, sighting, &mut seen)?;
            }
            if self.workshop.is_stopped() {
                if seen.worst.is_none() {
                    // Too few runs have nothing to say for the implementation, nor against it.
                    return Ok(None);
                }
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
        Ok(Some(record))
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

    /// Takes a run into account, after another look where it rests on time.
    fn take(&self, job: &Job<'_>, sighting: Sighting, seen: &mut Seen) -> Result<()> {
        let is_still = sighting.outcome.ending == Ending::Hang || sighting.outcome.left > 0;
        seen.slow += u64::from(is_still || sighting.trouble.is_some());
        if !self.is_doubtful(&sighting, seen) {
            self.count(job, &sighting, seen);
            return Ok(());
        }
        let again = Job {
            scale: AGAIN,
            ..job.clone()
        };
        let names = sighting.leaks.names.clone();
        for _ in 0..AGAIN_MAX {
            let second = {
                let _turn = turns::alone();
                self.workshop.execute(&again)?
            };
            if self.workshop.is_stopped() {
                return Ok(());
            }
            let shows_again = second.trouble.is_none()
                && (sighting.trouble.is_some()
                    || self.is_forbidden(&second)
                    || !second.leaks.names.is_empty());
            if shows_again {
                leak::remove(&names);
                leak::remove(&second.leaks.names);
                if self.is_forbidden(&second) {
                    seen.confirmed.insert(second.outcome.clone());
                }
                self.count(&again, &second, seen);
                return Ok(());
            }
            if sighting.trouble.is_some() {
                seen.trouble = second.trouble;
                break;
            }
        }
        if sighting.trouble.is_none() && !self.is_forbidden(&sighting) {
            // Only the shared memory was in doubt, and that was another program's.
            let mut cleared = sighting;
            cleared.leaks.names.clear();
            self.count(job, &cleared, seen);
            return Ok(());
        }
        // It was never the implementation's fault as far as can be shown.
        let shown = "a forbidden outcome that rests on time did not show again, alone and with \
                     four times the time";
        seen.trouble.get_or_insert_with(|| shown.to_owned());
        seen.infrastructure += 1;
        Ok(())
    }

    /// Whether a run must be seen again before it counts.
    fn is_doubtful(&self, sighting: &Sighting, seen: &Seen) -> bool {
        let rests_on_time = sighting.outcome.ending == Ending::Hang
            || timing::is_used(&self.case().program)
            || sighting.outcome.left > 0;
        sighting.trouble.is_some()
            || !sighting.leaks.names.is_empty()
            || (self.is_forbidden(sighting)
                && rests_on_time
                && !seen.confirmed.contains(&sighting.outcome))
    }

    fn is_forbidden(&self, sighting: &Sighting) -> bool {
        matches!(self.judge(&sighting.outcome), Judged::Forbidden(_))
    }

    fn count(&self, job: &Job<'_>, sighting: &Sighting, seen: &mut Seen) {
        let judged = self.judge(&sighting.outcome);
        let leaked = sighting.leaks.sentences();
        let behaviour = &self.specified.exploration.behaviour;
        let kind = kind_of(
            behaviour,
            &sighting.outcome,
            &judged,
            !leaked.is_empty(),
            sighting.is_crowded,
        );
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
            (RunKind::Crashed, _) if sighting.is_crowded => {
                "it started ever new processes".to_owned()
            }
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
                    &self.case().id,
                    &self.driver.name,
                    self.method,
                    *plan,
                    *seed,
                )
            });
        let reason = self.reason_of(verdict, &seen, &sometimes);
        Record {
            case: self.case().id.clone(),
            case_hash: self.case().hash.clone(),
            driver: self.driver.name.clone(),
            driver_version: self.driver.version.clone(),
            start_method: self.method,
            verdict,
            runs: seen.tally.usable,
            infrastructure: seen.infrastructure,
            seen: seen.allowed.len() as u64,
            allowed: (!exploration.bounded).then(|| exploration.behaviour.count().to_string()),
            bounded: exploration.bounded,
            seed: self.wanted.seed,
            observations: seen.observations.into_values().collect(),
            title: self.case().title.clone(),
            clauses: self.case().clauses.clone(),
            reason,
            replay,
            sometimes,
            seconds: None,
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
