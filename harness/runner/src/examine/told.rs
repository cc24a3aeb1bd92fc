//! What is said of all the runs of a case on a driver: the record, its verdict and the reasons for it.
//!
//! Which runs count is the business of `examine`.

use poolproof_case::claim::ClaimKind;
use poolproof_case::{Outcome, StartMethod};
use poolproof_report::{Observation, Record, Sometimes, Verdict};
use poolproof_spec::Undefined;
use poolproof_spec::clauses::Level;

use super::{Examination, STILL_AGAIN_MAX, Seen};
use crate::execute::Sighting;
use crate::judge::{Judged, RunKind};
use crate::manifest::Known;
use crate::observe::{blank, explain};
use crate::plan::Plan;
use crate::specified::claims;
use crate::statistics::unseen_percent;

impl Examination<'_> {
    /// Why a bad run is bad, in one sentence.
    pub(super) fn reason(&self, kind: RunKind, sighting: &Sighting, judged: &Judged) -> String {
        let outcome = &sighting.outcome;
        match (kind, judged) {
            (RunKind::Crashed, _) => format!("main was ended by {}", outcome.ending),
            (RunKind::Leaked, _) if sighting.has_leaked() => {
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

    pub(super) fn finish(&self, seen: Seen) -> Record {
        let exploration = &self.specified.exploration;
        let tally_verdict = seen.tally.verdict();
        let sometimes = self.sometimes(&seen);
        let worst = seen.worst.as_ref().filter(|_| tally_verdict.is_bad());
        let repeated = match (worst, &seen.once) {
            (Some((_, plan, seed, _)), _) | (None, Some((plan, seed, _))) => Some((*plan, *seed)),
            (None, None) => None,
        };
        let replay = repeated.map(|(plan, seed)| {
            let (case, driver) = (self.loaded.argument(), self.driver.selector());
            replay_command(&case, &driver, self.method, plan, seed)
        });
        let reason = self.reason_of(tally_verdict, &seen, &sometimes);
        let stale = self.stale(tally_verdict, &seen);
        let mut observations: Vec<Observation> = seen.observations.into_values().collect();
        let explanations = &self.specified.explanations;
        explanations.explain(&self.case().program, self.method, &mut observations);
        Record {
            verdict: softened(tally_verdict, &observations),
            runs: seen.tally.usable,
            infrastructure: seen.infrastructure,
            undefined: seen.tally.undefined,
            seen: seen.allowed.len() as u64,
            allowed: (!exploration.bounded).then(|| exploration.behaviour.count().to_string()),
            bounded: exploration.bounded,
            observations,
            reason,
            replay,
            sometimes,
            stale,
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
            Verdict::Inconclusive if seen.once.is_some() => {
                let times = match seen.tally.once {
                    1 => "once".to_owned(),
                    times => format!("{times} times"),
                };
                let runs = seen.tally.usable;
                let reason = seen
                    .once
                    .as_ref()
                    .map_or("", |(.., reason)| reason.as_str());
                Some(format!(
                    "seen {times} in {runs} runs, and not again in {STILL_AGAIN_MAX} more: {reason}"
                ))
            }
            Verdict::Inconclusive => Some(format!(
                "only {} of {} runs were usable: {}",
                seen.tally.usable,
                seen.tally.usable + seen.infrastructure,
                seen.trouble.as_deref().unwrap_or("none was asked for"),
            )),
            Verdict::Undefined => Some(format!(
                "all {} runs came to what the documentation leaves undefined: {}",
                seen.tally.undefined,
                Undefined::list(&self.specified.exploration.undefined)
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

    /// What the manifest says of a case and its runs do not bear out: deviations that none of them
    /// showed, and outcomes that it should never show.
    fn stale(&self, verdict: Verdict, seen: &Seen) -> Vec<String> {
        if !verdict.is_judged() {
            return Vec::new();
        }
        let (case, driver) = (self.loaded.case.id.as_str(), self.driver);
        let (manifest, version) = (&driver.manifest, &driver.version);
        let runs = seen.tally.usable;
        let bound = unseen_percent(runs);
        let told = |known: &Known| {
            let explanation = known.explanation();
            format!("not in {runs} runs (at 95 %: below {bound:.0} %): {explanation}")
        };
        let known = manifest.known_of(case, self.method, version);
        let unseen =
            known.filter(|known| verdict == Verdict::Conforms && known.should_have_shown(runs));
        let never = manifest.never_of(case, self.method, version);
        let shown = never.filter(|never| seen.allowed.iter().any(|one| never.outcome.holds(one)));
        let all = unseen.map(told);
        all.chain(shown.map(|never| format!("shown, and said never to be: {}", never.reason)))
            .collect()
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

/// The command that repeats a run; `driver` is how a command line names it.
#[must_use]
pub fn replay_command(
    case: &str,
    driver: &str,
    method: StartMethod,
    plan: Plan,
    seed: u64,
) -> String {
    format!("poolproof replay {case} {driver} --start-method {method} --plan {plan} --seed {seed}")
}

/// What deviates only where the documentation recommends something *differs*: each outcome that is
/// forbidden would be allowed without a clause that is a SHOULD.
fn softened(verdict: Verdict, observations: &[Observation]) -> Verdict {
    let forbidden = || {
        observations
            .iter()
            .filter(|seen| !seen.allowed && seen.known.is_none())
    };
    let is_recommended = |outcome: &Outcome| {
        // One of the observations of an outcome has the clauses of all.
        let of_it = forbidden().filter(|seen| seen.outcome() == *outcome);
        let mut clauses = of_it
            .filter_map(|seen| seen.rejection.as_ref())
            .flat_map(|one| &one.offends);
        clauses.any(|clause| clause.level == Level::Should.name())
    };
    match verdict {
        Verdict::Deviates if forbidden().all(|seen| is_recommended(&seen.outcome())) => {
            Verdict::Differs
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use poolproof_case::Ending;
    use poolproof_report::{ClauseRecord, Rejection};

    use super::*;

    fn seen(line: &str, levels: &[&str]) -> Observation {
        let outcome = Outcome {
            lines: vec![line.to_owned()],
            ending: Ending::Exit(0),
            left: 0,
        };
        let clause = |level: &&str| ClauseRecord {
            id: "PM-X-Y-001".to_owned(),
            level: (*level).to_owned(),
            text: String::new(),
        };
        Observation {
            lines: outcome.lines.clone(),
            ending: outcome.ending.clone(),
            left: 0,
            plan: "plain".to_owned(),
            count: 1,
            allowed: false,
            undefined: false,
            seed: None,
            known: None,
            rejection: Some(Rejection {
                accepted: 0,
                expected: Vec::new(),
                nearest: outcome,
                offends: levels.iter().map(clause).collect(),
                interleaving: None,
                followed: None,
            }),
            leaked: Vec::new(),
            stderr: String::new(),
            seconds: None,
        }
    }

    #[test]
    fn what_a_recommendation_alone_forbids_differs_and_all_else_deviates() {
        let verdict = |all: &[Observation]| softened(Verdict::Deviates, all);
        assert_eq!(verdict(&[seen("a", &["SHOULD"])]), Verdict::Differs);
        assert_eq!(verdict(&[seen("a", &["MUST", "SHOULD"])]), Verdict::Differs);
        assert_eq!(verdict(&[seen("a", &["MUST"])]), Verdict::Deviates);
        assert_eq!(verdict(&[seen("a", &[])]), Verdict::Deviates);
        let both = [seen("a", &["SHOULD"]), seen("b", &[])];
        assert_eq!(verdict(&both), Verdict::Deviates);
        // The same outcome under another plan has no explanation of its own.
        let again = [seen("a", &["SHOULD"]), seen("a", &[])];
        assert_eq!(verdict(&again), Verdict::Differs);
        assert_eq!(
            softened(Verdict::Broken, &[seen("a", &["SHOULD"])]),
            Verdict::Broken
        );
    }
}
