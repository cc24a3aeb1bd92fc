//! What a suite does, in the order in which it does it: what is examined, what is measured beside
//! that, and at last what has the machine to itself.

use std::sync::OnceLock;

use poolproof_case::StartMethod;
use poolproof_case::claim::ClaimKind;
use poolproof_report::Record;

use crate::driver::Driver;
use crate::left::Entry;
use crate::load::Loaded;
use crate::suite::Options;

/// The order in which start methods are measured in passing, where there may be no time for all: a
/// copy starts fastest of what the cases are about, and a fresh process is there on every system.
const IN_PASSING: [StartMethod; 4] = [
    StartMethod::Fork,
    StartMethod::Spawn,
    StartMethod::Forkserver,
    StartMethod::Threads,
];

/// What is to be done on one driver.
pub(crate) struct Item<'a> {
    pub(crate) task: Task<'a>,
    pub(crate) driver: &'a Driver,
    pub(crate) records: OnceLock<Vec<Record>>,
}

#[derive(Clone)]
pub(crate) enum Task<'a> {
    /// The question of this number is examined.
    Examine(usize),
    /// A case is measured, under some start methods beside each other.
    Measure(Measure<'a>),
}

#[derive(Clone)]
pub(crate) struct Measure<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) methods: Vec<StartMethod>,
    /// In which pass over all cases this is done.
    pub(crate) pass: usize,
}

impl<'a> Measure<'a> {
    /// What this is on a driver.
    pub(crate) fn entry(&self, driver: &'a Driver) -> Entry<'a> {
        Entry {
            kind: (driver.name.as_str(), self.loaded.case.is_timed()),
            case: &self.loaded.case.id,
            pass: self.pass,
        }
    }
}

impl<'a> Item<'a> {
    /// Whether it is something that has the machine to itself.
    pub(crate) fn is_timed(&self) -> bool {
        matches!(&self.task, Task::Measure(measure) if measure.loaded.case.is_timed())
    }

    /// What it measures, where it does.
    pub(crate) fn entry(&self) -> Option<Entry<'a>> {
        match &self.task {
            Task::Examine(_) => None,
            Task::Measure(measure) => Some(measure.entry(self.driver)),
        }
    }

    /// How many records it will make.
    pub(crate) fn records(&self) -> usize {
        match &self.task {
            Task::Examine(_) => 1,
            Task::Measure(measure) => measure.methods.len(),
        }
    }
}

/// What is to be done: what is examined first, and last what is timed.
pub(crate) fn items<'a>(
    cases: &'a [Loaded],
    drivers: &'a [Driver],
    questions: usize,
    options: &Options,
) -> Vec<Item<'a>> {
    let is_meant = |driver: &Driver| {
        let glance = options.glance.as_ref();
        glance.is_none_or(|glance| glance.drivers.contains(&driver.name))
    };
    let tasks = (0..questions).map(Task::Examine);
    let tasks = tasks.chain(measured(cases, options));
    let pairs = tasks.flat_map(|task| drivers.iter().map(move |driver| (task.clone(), driver)));
    pairs
        .filter(|(task, driver)| matches!(task, Task::Examine(_)) || is_meant(driver))
        .map(|(task, driver)| Item {
            task,
            driver,
            records: OnceLock::new(),
        })
        .collect()
}

/// What is measured: in passing one start method after the other of all cases, so that something is
/// known of each when there is no more time.
fn measured<'a>(cases: &'a [Loaded], options: &Options) -> impl Iterator<Item = Task<'a>> {
    let mut measured = Vec::new();
    for loaded in cases.iter().filter(|loaded| loaded.case.is_measured()) {
        let methods: Vec<StartMethod> = asked(loaded, &options.methods).collect();
        let mut measure = |methods, pass| {
            measured.push(Measure {
                loaded,
                methods,
                pass,
            });
        };
        if options.glance.is_none() || compares_methods(loaded) {
            measure(methods, 0);
            continue;
        }
        for (pass, method) in IN_PASSING.into_iter().enumerate() {
            if methods.contains(&method) {
                measure(vec![method], pass);
            }
        }
    }
    measured.sort_by_key(|measure| (measure.loaded.case.is_timed(), measure.pass));
    measured.into_iter().map(Task::Measure)
}

/// Whether a claim of a case is about several start methods, which are to be measured beside each
/// other.
fn compares_methods(loaded: &Loaded) -> bool {
    let mut claims = loaded.case.claims.iter();
    claims.any(|claim| match &claim.kind {
        ClaimKind::Relation(relation) => relation.method().is_some(),
        _ => false,
    })
}

/// The start methods of a case that are asked for: one that is not made for a start method says
/// nothing about it.
pub(crate) fn asked(loaded: &Loaded, methods: &[StartMethod]) -> impl Iterator<Item = StartMethod> {
    let methods = methods.iter().copied();
    methods.filter(|method| loaded.case.methods.contains(method))
}
