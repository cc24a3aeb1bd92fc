//! What the rounds come to: the relations that a case claims, its figures, and the record of them.

use std::collections::BTreeMap;

use poolproof_case::claim::ClaimKind;
use poolproof_case::{Relation, StartMethod, Unit};
use poolproof_report::{Figure, Holds, Record, RelationRecord, Verdict};

use super::{Measuring, Runs, Seen, WARM_UP};
use crate::figures::{self, LEAST, Round, Samples};
use crate::interval::median;
use crate::observe::{blank, failed};

/// Above this a machine is too noisy to tell small differences, and what stays open says so.
const SPREAD_MAX: f64 = 0.1;

impl Measuring<'_> {
    fn relations(&self) -> impl Iterator<Item = (&Relation, &[StartMethod])> {
        let claims = self.loaded.case.claims.iter();
        claims.filter_map(|claim| match &claim.kind {
            ClaimKind::Relation(relation) => Some((relation, claim.methods.as_slice())),
            _ => None,
        })
    }

    /// The relations that are looked at for a start method: what names one itself, for the first that
    /// it names.
    fn relations_of(&self, method: StartMethod) -> impl Iterator<Item = &Relation> {
        self.relations().filter_map(move |(relation, methods)| {
            let is_meant = match relation.method() {
                Some(named) => named == method,
                None => methods.is_empty() || methods.contains(&method),
            };
            is_meant.then_some(relation)
        })
    }

    /// Whether its claims are of one run each, and it has any.
    pub(super) fn only_grows(&self) -> bool {
        let mut relations = self.relations().map(|(relation, _)| relation);
        self.relations().next().is_some()
            && relations.all(|relation| matches!(relation, Relation::Grows(..)))
    }

    pub(super) fn is_settled(&self, rounds: &[Round]) -> bool {
        let is_settled = |method: &StartMethod| {
            let mut relations = self.relations_of(*method);
            relations.all(|one| figures::weigh(one, *method, rounds, self.noise()).is_settled)
        };
        self.methods.iter().all(is_settled)
    }

    /// By how much times have to differ more than they do by themselves.
    fn noise(&self) -> f64 {
        if self.spread > SPREAD_MAX {
            self.spread
        } else {
            0.0
        }
    }

    /// What is seen of a relation, and whether that is known.
    fn weigh(&self, relation: &Relation, method: StartMethod, rounds: &[Round]) -> RelationRecord {
        let mut weighed = figures::weigh(relation, method, rounds, self.noise()).record;
        if weighed.holds == Holds::No {
            let (manifest, version) = (&self.driver.manifest, &self.driver.version);
            let case = &self.loaded.case.id;
            let reason = manifest.refutes(case, method, version, &weighed.claim);
            weighed.known = reason.map(str::to_owned);
        }
        weighed
    }

    pub(super) fn record(&self, method: StartMethod, seen: &mut Seen) -> Record {
        let runs = seen.runs.remove(&method).unwrap_or_default();
        let mut relations: Vec<RelationRecord> = self
            .relations_of(method)
            .map(|relation| self.weigh(relation, method, &seen.rounds))
            .collect();
        if self.spread > SPREAD_MAX {
            let is_open = |relation: &&mut RelationRecord| relation.holds == Holds::Open;
            for open in relations.iter_mut().filter(is_open) {
                let reason = open.reason.get_or_insert_default();
                let percent = self.spread * 100.0;
                *reason += &format!(
                    " on a machine on which the same calculation takes up to {percent:.0} % longer"
                );
            }
        }
        let (mut verdict, mut reason) = verdict(&relations, &runs);
        if verdict == Verdict::Inconclusive && self.budget.is_some() {
            verdict = Verdict::Unsettled;
            let why = "a run of everything has no more time for it";
            reason = reason.map(|reason| format!("{reason}; {why}"));
        }
        let observations = runs.failed.map(|(plan, sighting)| {
            let mut observation = failed(plan, self.seed, &sighting);
            observation.count = runs.unusable;
            observation
        });
        Record {
            verdict,
            reason,
            runs: runs.usable,
            infrastructure: runs.unusable,
            seconds: Some(runs.seconds),
            observations: observations.into_iter().collect(),
            figures: figures_of(method, &seen.rounds),
            relations,
            ..blank(self.loaded, self.driver, method, self.seed)
        }
    }
}

/// Whether its rounds were too few for anything to be said.
pub(crate) fn is_unmeasured(record: &Record) -> bool {
    let mut relations = record.relations.iter();
    record.verdict == Verdict::Unsettled && relations.all(|relation| relation.pairs < LEAST as u64)
}

fn verdict(relations: &[RelationRecord], runs: &Runs) -> (Verdict, Option<String>) {
    let first = |holds: Holds| {
        let mut seen = relations.iter();
        seen.find(|relation| relation.holds == holds && relation.known.is_none())
    };
    if let Some(trouble) = &runs.trouble
        && runs.usable < runs.unusable
    {
        let all = runs.usable + runs.unusable;
        let reason = format!("only {} of {all} runs were usable: {trouble}", runs.usable);
        return (Verdict::Inconclusive, Some(reason));
    }
    if let Some(refuted) = first(Holds::No) {
        return (
            Verdict::Refuted,
            Some(format!("it is not so that {}", refuted.claim)),
        );
    }
    if let Some(open) = first(Holds::Open) {
        let why = open.reason.as_deref().unwrap_or("it is open");
        return (
            Verdict::Inconclusive,
            Some(format!("{}: {why}", open.claim)),
        );
    }
    let known = relations.iter().find_map(|relation| {
        let reason = relation.known.as_ref()?;
        Some(format!("it is not so that {}: {reason}", relation.claim))
    });
    match known {
        Some(reason) => (Verdict::Known, Some(reason)),
        None => (Verdict::Conforms, None),
    }
}

/// The figures of a start method, a line for each label.
fn figures_of(method: StartMethod, rounds: &[Round]) -> Vec<Figure> {
    let mut found: BTreeMap<(Option<&str>, &str), Vec<&Samples>> = BTreeMap::new();
    for ((its_method, contender, label), samples) in rounds.iter().flatten() {
        if *its_method == method {
            let key = (contender.as_deref(), label.as_str());
            found.entry(key).or_default().push(samples);
        }
    }
    let figure = |((contender, label), samples): ((Option<&str>, &str), Vec<&Samples>)| {
        let values: Vec<f64> = samples.iter().filter_map(|one| one.value()).collect();
        let unit = samples.first()?.unit;
        Some(Figure {
            contender: contender.map(str::to_owned),
            label: label.to_owned(),
            unit,
            times: samples.first()?.numbers.len() as u64,
            warm_up: WARM_UP,
            // What takes memory is looked at beside others.
            alone: unit == Unit::Nanoseconds,
            histogram: figures::histogram(unit, &samples),
            median: median(&values)?,
            values,
        })
    };
    found.into_iter().filter_map(figure).collect()
}
