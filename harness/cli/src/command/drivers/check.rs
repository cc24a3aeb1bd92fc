//! `drivers --check`: whether what manifests claim is true, as far as that can be known.
//!
//! Names are looked up, interpreters are asked, behaviours are computed, and where only runs can tell,
//! cases are run; each claim is told with how it was checked.

use std::collections::BTreeMap;

use poolproof_case::{Predicate, StartMethod, uses};
use poolproof_report::{Record, Verdict};
use poolproof_runner::implementation;
use poolproof_runner::manifest::{Known, Lack};
use poolproof_runner::suite::{self, Options};
use poolproof_runner::{Driver, Loaded, Manifest, Result, Workshop, load, specified};
use serde::Serialize;

/// So many cases that use something are tried without it being lacked.
const CASES_MAX: usize = 5;

/// So many outcomes of a case are looked through.
const OUTCOMES_MAX: usize = 10_000;

/// Whether a claim is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Truth {
    True,
    False,
    Unknown,
}

/// A claim of a manifest, and what became of it.
#[derive(Debug, Serialize)]
pub(super) struct Checked {
    pub(super) driver: String,
    pub(super) claim: String,
    pub(super) truth: Truth,
    /// How that is known.
    pub(super) how: String,
}

/// Checks the claims of drivers' manifests.
pub(super) fn check(drivers: &[Driver], workshop: &Workshop) -> Result<Vec<Checked>> {
    let clauses = poolproof_spec::clauses::ids();
    let suite = load::select(&[], &clauses)?.cases;
    let suite: Vec<Loaded> = suite
        .into_iter()
        .filter(|loaded| !loaded.case.is_measured())
        .collect();
    let mut checked = Vec::new();
    for driver in drivers {
        let look = Look {
            driver,
            workshop,
            suite: &suite,
            clauses: &clauses,
            missing: implementation::missing(workshop, driver),
        };
        checked.extend(look.all());
        if workshop.is_stopped() {
            break;
        }
    }
    Ok(checked)
}

struct Look<'a> {
    driver: &'a Driver,
    workshop: &'a Workshop,
    suite: &'a [Loaded],
    clauses: &'a [&'static str],
    /// What its module has no name for, where it was asked.
    missing: Option<Vec<String>>,
}

type Answer = (Truth, String);

impl Look<'_> {
    fn all(&self) -> Vec<Checked> {
        let manifest = &self.driver.manifest;
        let mut checked = vec![self.told("start methods".to_owned(), self.methods())];
        for lack in &manifest.lacks {
            let claim = format!("lacks {}{}", lack.uses, under(&lack.methods));
            checked.push(self.told(claim, self.lack(lack)));
        }
        for known in &manifest.known {
            let claim = format!("known: {}{}", known.case, under(&known.methods));
            if self.applies(&known.versions) {
                checked.push(self.told(claim, self.known(known)));
            }
        }
        for symptom in &manifest.symptoms {
            let claim = format!("symptom of {}", symptom.clause);
            checked.push(self.told(claim, self.clause(&symptom.clause)));
        }
        for never in &manifest.never {
            let claim = format!("never: {}{}", never.case, under(&never.methods));
            let methods = self.methods_of(&never.methods);
            checked.push(self.told(claim, self.never(&never.case, &methods, &never.outcome)));
        }
        checked
    }

    fn told(&self, claim: String, (truth, how): Answer) -> Checked {
        Checked {
            driver: self.driver.name.clone(),
            claim,
            truth,
            how,
        }
    }

    fn applies(&self, versions: &[String]) -> bool {
        self.driver.version.is_among(versions)
    }

    /// The start methods that an entry is about and that the driver has.
    fn methods_of(&self, named: &[StartMethod]) -> Vec<StartMethod> {
        let methods = self.driver.manifest.start_methods.iter().copied();
        methods
            .filter(|method| named.is_empty() || named.contains(method))
            .collect()
    }

    fn methods(&self) -> Answer {
        let manifest = &self.driver.manifest;
        let names = |methods: &[StartMethod]| {
            let names: Vec<&str> = methods.iter().map(|method| method.name()).collect();
            names.join(", ")
        };
        match (&self.missing, manifest.absent.as_slice()) {
            (None, _) => (
                Truth::Unknown,
                "nobody can be asked which it has".to_owned(),
            ),
            (Some(_), []) => {
                let there = names(&manifest.start_methods);
                (
                    Truth::True,
                    format!("the module was asked, and has {there}"),
                )
            }
            (Some(_), absent) => (Truth::False, format!("the module has no {}", names(absent))),
        }
    }

    /// What has no such name is lacking; else only cases that use it can tell.
    fn lack(&self, lack: &Lack) -> Answer {
        if !self.applies(&lack.versions) {
            let version = &self.driver.version.own;
            return (Truth::Unknown, format!("it is not about {version}"));
        }
        let mut missing = self.missing.iter().flatten();
        if missing.any(|uses| lack.uses == *uses) {
            return (
                Truth::True,
                "the module was asked, and has no such name".to_owned(),
            );
        }
        let manifest = Manifest {
            lacks: without(&self.driver.manifest.lacks, lack),
            ..(*self.driver.manifest).clone()
        };
        let methods = self.methods_of(&lack.methods);
        let is_hidden = |loaded: &&Loaded, method: StartMethod| {
            let uses = uses::uses(&loaded.case.program);
            let version = &self.driver.version;
            self.driver
                .manifest
                .lacking(&uses, method, version)
                .is_some()
                && manifest.lacking(&uses, method, version).is_none()
        };
        let mut cases: Vec<Loaded> = self
            .suite
            .iter()
            .filter(|loaded| {
                specified::methods(loaded)
                    .any(|method| methods.contains(&method) && is_hidden(loaded, method))
            })
            .cloned()
            .collect();
        cases.sort_by_key(|loaded| loaded.text.len());
        cases.truncate(CASES_MAX);
        if cases.is_empty() {
            return (
                Truth::Unknown,
                "no case uses it and nothing else that is lacking".to_owned(),
            );
        }
        let records = self.records(&cases, &methods, manifest);
        let wrong = records.iter().find(|record| record.verdict.is_bad());
        match wrong {
            Some(record) => {
                let (case, method) = (&record.case, record.start_method);
                let reason = record.reason.as_deref().unwrap_or_default();
                (
                    Truth::True,
                    format!("{case} under {method}, which uses it, deviates: {reason}"),
                )
            }
            None if lack.partly => (
                Truth::Unknown,
                "partly, and the cases that use it need no more".to_owned(),
            ),
            None if records
                .iter()
                .any(|record| record.verdict == Verdict::Conforms) =>
            {
                let names: Vec<&str> = cases.iter().map(|one| one.case.id.as_str()).collect();
                (
                    Truth::False,
                    format!("cases that use it conform: {}", names.join(", ")),
                )
            }
            None => (
                Truth::Unknown,
                "no case that uses it could be judged".to_owned(),
            ),
        }
    }

    fn known(&self, known: &Known) -> Answer {
        let Some(loaded) = self.case(&known.case) else {
            return (Truth::False, "there is no such case".to_owned());
        };
        if let (Truth::False, how) = self.clause(&known.clause) {
            return (Truth::False, how);
        }
        let methods = self.methods_of(&known.methods);
        if let Some(allowed) = self.allowed(loaded, &methods, &known.outcome) {
            return (
                Truth::False,
                format!("the specification allows what it excuses: {allowed}"),
            );
        }
        let manifest = (*self.driver.manifest).clone();
        let records = self.records(std::slice::from_ref(loaded), &methods, manifest);
        let count = |verdict| records.iter().filter(|one| one.verdict == verdict).count();
        let (shown, other) = (count(Verdict::Known), count(Verdict::Conforms));
        let runs: u64 = records.iter().map(|record| record.runs).sum();
        match (shown, other) {
            (0, 0) => (
                Truth::Unknown,
                "no run of the case could be judged".to_owned(),
            ),
            (0, _) if known.rate.is_some_and(|rate| rate < 0.5) => (
                Truth::Unknown,
                format!("rare, and not shown in {runs} runs"),
            ),
            (0, _) => (Truth::False, format!("not shown in {runs} runs")),
            (..) => (
                Truth::True,
                format!("the case exists, its outcome is forbidden, and {runs} runs showed it"),
            ),
        }
    }

    fn never(&self, case: &str, methods: &[StartMethod], outcome: &Predicate) -> Answer {
        let Some(loaded) = self.case(case) else {
            return (Truth::False, "there is no such case".to_owned());
        };
        match self.allowed(loaded, methods, outcome) {
            None => (
                Truth::False,
                "the specification allows no such outcome".to_owned(),
            ),
            Some(_) => (
                Truth::Unknown,
                "allowed; that it never shows no number of runs can tell".to_owned(),
            ),
        }
    }

    fn clause(&self, clause: &str) -> Answer {
        match self.clauses.contains(&clause) {
            true => (
                Truth::Unknown,
                "the clause exists; which program shows it is not known".to_owned(),
            ),
            false => (Truth::False, format!("there is no clause {clause}")),
        }
    }

    fn case(&self, id: &str) -> Option<&Loaded> {
        self.suite.iter().find(|loaded| loaded.case.id == id)
    }

    /// An allowed outcome of which this holds.
    fn allowed(
        &self,
        loaded: &Loaded,
        methods: &[StartMethod],
        what: &Predicate,
    ) -> Option<String> {
        let stop = Some(self.workshop.stop());
        specified::methods(loaded)
            .filter(|method| methods.contains(method))
            .find_map(|method| {
                let specified = specified::specify(loaded, method, stop).ok()?;
                let outcomes = specified.exploration.behaviour.outcomes(OUTCOMES_MAX);
                let found = outcomes.iter().find(|outcome| what.holds(outcome))?;
                Some(format!(
                    "{} under {method}",
                    poolproof_report::outcome_text(found)
                ))
            })
    }

    fn records(
        &self,
        cases: &[Loaded],
        methods: &[StartMethod],
        manifest: Manifest,
    ) -> Vec<Record> {
        let driver = Driver {
            manifest: manifest.into(),
            ..self.driver.clone()
        };
        let options = Options {
            methods: methods.to_vec(),
            ..Options::default()
        };
        suite::run(self.workshop, cases, &[driver], &options, &|_| {}).records
    }
}

fn without(lacks: &[Lack], without: &Lack) -> Vec<Lack> {
    let others = lacks.iter().filter(|lack| !std::ptr::eq(*lack, without));
    others.cloned().collect()
}

fn under(methods: &[StartMethod]) -> String {
    let names: Vec<&str> = methods.iter().map(|method| method.name()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" under {}", names.join(", ")),
    }
}

/// What was found in words, a line each, and how many claims are true, false, unknown.
pub(super) fn lines(checked: &[Checked]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut lines: Vec<String> = Vec::new();
    for one in checked {
        let (mark, word) = match one.truth {
            Truth::True => ("✓", "true"),
            Truth::False => ("✗", "false"),
            Truth::Unknown => ("?", "not known"),
        };
        *counts.entry(word).or_default() += 1;
        lines.push(format!("{mark} {}  {}: {}", one.driver, one.claim, one.how));
    }
    let count = |word| counts.get(word).copied().unwrap_or(0);
    lines.push(String::new());
    lines.push(format!(
        "{} claims: {} true, {} false, {} not known",
        checked.len(),
        count("true"),
        count("false"),
        count("not known")
    ));
    lines
}
