//! Interleavings that explain a forbidden outcome: how the nearest allowed one can come about, and
//! how far the forbidden one can be followed.
//!
//! They are looked for once for each outcome of a case under a start method, whichever drivers show
//! it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use poolproof_case::{Outcome, Program, StartMethod};
use poolproof_report::{ClauseRecord, Interleaving, Observation, Rejection, Step};
use poolproof_spec::{Goal, Witness, offended, witness};

use crate::case_record::clause;

/// So many states are visited for one; cases of a person have far fewer.
const STATES_MAX: u64 = 20_000;

/// So many distinct outcomes of a record are explained.
const EXPLAINED_MAX: usize = 4;

/// An interleaving with more steps than this explains nothing.
const STEPS_MAX: usize = 400;

/// So many clauses are named; what more of them explain, none does.
const OFFENDED_MAX: usize = 3;

/// What is said of a forbidden outcome.
#[derive(Clone, Debug)]
struct Explanation {
    /// How the nearest allowed outcome can come about.
    interleaving: Option<Interleaving>,
    /// How what could be followed can.
    followed: Option<Interleaving>,
    /// The clauses that it offends.
    offends: Vec<ClauseRecord>,
}

/// What was found for the outcomes of a case under a start method.
#[derive(Debug, Default)]
pub(crate) struct Explanations {
    known: Mutex<BTreeMap<Outcome, Explanation>>,
}

impl Explanations {
    /// Adds to the most frequent forbidden outcomes how what is allowed can come about.
    pub(crate) fn explain(
        &self,
        program: &Program,
        method: StartMethod,
        observations: &mut [Observation],
    ) {
        let mut forbidden: Vec<&mut Observation> = observations
            .iter_mut()
            .filter(|observation| observation.rejection.is_some())
            .collect();
        forbidden.sort_by_key(|observation| Reverse(observation.count));
        let mut explained = BTreeSet::new();
        for observation in forbidden {
            let outcome = observation.outcome();
            let is_new = explained.len() < EXPLAINED_MAX && explained.insert(outcome.clone());
            let Some(rejection) = observation.rejection.as_mut().filter(|_| is_new) else {
                continue;
            };
            // One at a time: each may take a few hundred megabytes for a moment.
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let explanation = known
                .entry(outcome.clone())
                .or_insert_with(|| explanation(program, method, &outcome, rejection));
            let Explanation {
                interleaving,
                followed,
                offends,
            } = explanation.clone();
            (rejection.interleaving, rejection.followed) = (interleaving, followed);
            rejection.offends = offends;
        }
    }
}

fn explanation(
    program: &Program,
    method: StartMethod,
    outcome: &Outcome,
    rejection: &Rejection,
) -> Explanation {
    let nearest = &rejection.nearest;
    let interleaving = interleaving(program, method, Goal::Outcome(nearest));
    let accepted = usize::try_from(rejection.accepted).unwrap_or(usize::MAX);
    let accepted = outcome.lines.get(..accepted).unwrap_or_default();
    let followed = match interleaving {
        Some(_) if nearest.lines.starts_with(accepted) => None,
        _ if accepted.is_empty() => None,
        _ => self::interleaving(program, method, Goal::Lines(accepted)),
    };
    // What the machine does not know was found out when the case was explored.
    let offended = offended(program, method, outcome, STATES_MAX).unwrap_or_default();
    let offends = match offended.len() {
        0..=OFFENDED_MAX => offended.into_iter().filter_map(clause).collect(),
        _ => Vec::new(),
    };
    Explanation {
        interleaving,
        followed,
        offends,
    }
}

/// The way to a goal, where one is found that a person can read.
#[must_use]
pub fn interleaving(
    program: &Program,
    method: StartMethod,
    goal: Goal<'_>,
) -> Option<Interleaving> {
    // What the machine does not know was found out when the case was explored.
    let found = witness(program, method, goal, STATES_MAX).ok()?;
    let Witness::Found { steps, is_shortest } = found else {
        return None;
    };
    let step = |step: poolproof_spec::witness::Step| Step {
        process: step.process,
        does: step.action,
        line: step.line,
    };
    (steps.len() <= STEPS_MAX).then(|| Interleaving {
        steps: steps.into_iter().map(step).collect(),
        shortest: is_shortest,
    })
}
