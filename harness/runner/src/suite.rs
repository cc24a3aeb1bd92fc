//! A suite: cases by start methods by drivers, a few at a time, the results in order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use poolproof_case::StartMethod;
use poolproof_case::diagnostic::Diagnostic;
use poolproof_report::{CaseRecord, Record};

use crate::case_record::{Known, case_records};
use crate::driver::{Driver, Prepared};
use crate::error::{Error, Result};
use crate::examine::{Examination, Wanted};
use crate::items::{Item, Measure, Task, asked, items};
use crate::left::Left;
use crate::load::{Loaded, Problem};
use crate::measure::{Measuring, is_unmeasured};
use crate::observe::blank;
use crate::sampler::Cost;
use crate::slots::Slots;
use crate::specified::{Specified, problem, specify};
use crate::turns::Turns;
use crate::watch::InVain;
use crate::workshop::Workshop;

pub use crate::options::{Glance, Only, Options};

/// So many trees a job may be waited for at once that do nothing.
const STILL_PER_JOB: usize = 8;

/// What a suite tells while it runs.
#[derive(Debug)]
pub enum Progress<'a> {
    /// So many records will be made.
    Planned(usize),
    /// Something begins: a case on a driver, under one start method or under all that are measured.
    Begun {
        /// The case.
        case: &'a str,
        /// The driver.
        driver: &'a str,
        /// The start method, where it is one.
        method: Option<StartMethod>,
    },
    /// This record was made.
    Made(&'a Record),
    /// Nothing goes on for this reason.
    Waiting(&'a str),
}

/// What a suite has shown.
#[derive(Debug, Default)]
pub struct Results {
    /// Case by case, start method by start method, driver by driver.
    pub records: Vec<Record>,
    /// The cases that have records, with what was computed of them.
    pub cases: Vec<CaseRecord>,
    /// Cases that explore found to be wrong; they have no records.
    pub problems: Vec<Problem>,
    /// Whether it was ended early.
    pub interrupted: bool,
    /// How many records were not made, since something had failed.
    pub not_made: u64,
    /// The share of one processor that looking at memory has taken.
    pub sampler_share: f64,
    /// Why it could not go on, where the system failed; what an implementation does wrong is a
    /// verdict.
    pub failure: Option<Error>,
}

/// A case under a start method, and what the specification says of it once somebody has asked.
struct Question<'a> {
    loaded: &'a Loaded,
    method: StartMethod,
    answer: OnceLock<std::result::Result<Specified, Vec<Diagnostic>>>,
}

/// Runs cases on drivers.
#[must_use]
pub fn run(
    workshop: &Workshop,
    cases: &[Loaded],
    drivers: &[Driver],
    options: &Options,
    tell: &(dyn Fn(Progress<'_>) + Sync),
) -> Results {
    let questions = questions(cases, &options.methods);
    let mut items = items(cases, drivers, questions.len(), options);
    items.retain(|item| is_wanted(item, &questions, options));
    tell(Progress::Planned(items.iter().map(Item::records).sum()));
    let to_measure = items.iter().filter_map(Item::entry);
    let glance = options.glance.as_ref();
    let left = glance.map_or_else(Left::default, |glance| Left::new(glance.budget, to_measure));
    let say = |reason: &str| tell(Progress::Waiting(reason));
    let work = Work {
        workshop,
        options,
        questions: &questions,
        turns: Turns::new(workshop.scratch(), options.jobs, workshop.stop(), &say),
        exploring: Slots::new(options.jobs),
        left: Mutex::new(left),
        in_vain: InVain::default(),
        cost: Cost::new(),
        failed: Mutex::new(None),
        has_seen_failure: AtomicBool::new(false),
    };
    let (beside_others, timed) = items.split_at(items.partition_point(|item| !item.is_timed()));
    let next = AtomicUsize::new(0);
    let make_all = || {
        while let Some(item) = beside_others.get(next.fetch_add(1, Ordering::Relaxed)) {
            if work.is_over() {
                return;
            }
            work.make(item, tell);
        }
    };
    // More than run at once, since a tree that does nothing lets others run in its place; but none
    // more where there is too little of something already.
    let per_job = if workshop.shortages().is_empty() {
        STILL_PER_JOB
    } else {
        1
    };
    let threads = (options.jobs * per_job).clamp(1, beside_others.len().max(1));
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // Where no more can be started, those that there are do all.
            let started = std::thread::Builder::new().spawn_scoped(scope, make_all);
            if started.is_err() {
                break;
            }
        }
        make_all();
    });
    // What has the machine to itself comes when all else is done, one after the other.
    for item in timed {
        if work.is_over() {
            break;
        }
        work.make(item, tell);
    }
    let failed = work.failed.into_inner();
    let is_early = work.has_seen_failure.into_inner() && options.fail_fast;
    let unmade = items.iter().filter(|item| item.records.get().is_none());
    let not_made: usize = unmade.map(Item::records).sum();
    let mut results = Results {
        interrupted: workshop.is_stopped(),
        not_made: if is_early { not_made as u64 } else { 0 },
        sampler_share: work.cost.share(),
        failure: failed.unwrap_or_else(PoisonError::into_inner),
        ..Results::default()
    };
    for item in items {
        results
            .records
            .extend(item.records.into_inner().unwrap_or_default());
    }
    results
        .records
        .sort_by_cached_key(|record| position(record, cases, drivers));
    let known = questions.iter().filter_map(Question::known);
    results.cases = case_records(cases, &known.collect::<Vec<_>>());
    results.problems = problems(questions);
    // A case that is wrong under one start method has no verdict under any.
    let wrong: Vec<String> = results
        .problems
        .iter()
        .map(|problem| problem.path.display().to_string())
        .collect();
    results.records.retain(|record| {
        let loaded = cases.iter().find(|loaded| loaded.case.id == record.case);
        loaded.is_none_or(|loaded| !wrong.contains(&loaded.path.display().to_string()))
    });
    let records = &results.records;
    results
        .cases
        .retain(|case| records.iter().any(|record| record.case == case.id));
    results
}

impl Question<'_> {
    /// What is known of it by now.
    fn known(&self) -> Option<Known<'_>> {
        let specified = self.answer.get()?.as_ref().ok()?;
        Some((self.loaded.case.id.as_str(), self.method, specified))
    }
}

struct Work<'a> {
    workshop: &'a Workshop,
    options: &'a Options,
    questions: &'a [Question<'a>],
    turns: Turns<'a>,
    exploring: Slots,
    left: Mutex<Left<'a>>,
    in_vain: InVain,
    cost: Cost,
    failed: Mutex<Option<Error>>,
    has_seen_failure: AtomicBool,
}

impl<'a> Work<'a> {
    /// Whether nothing more is to be done: somebody wants it to end, or something has failed.
    fn is_over(&self) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_enough = self.options.fail_fast && self.has_seen_failure.load(Ordering::Relaxed);
        self.workshop.is_stopped() || failed.is_some() || is_enough
    }

    fn make(&self, item: &Item<'a>, tell: &(dyn Fn(Progress<'_>) + Sync)) {
        let (loaded, method) = match &item.task {
            Task::Examine(question) => {
                let question = &self.questions[*question];
                (question.loaded, Some(question.method))
            }
            Task::Measure(measure) => (measure.loaded, only(&measure.methods)),
        };
        tell(Progress::Begun {
            case: &loaded.case.id,
            driver: &item.driver.name,
            method,
        });
        let made = match &item.task {
            Task::Examine(question) => self.record(&self.questions[*question], item.driver),
            Task::Measure(measure) => self.measure(measure, item.driver),
        };
        match made {
            Ok(records) => {
                for record in &records {
                    if record.verdict.is_failure() {
                        self.has_seen_failure.store(true, Ordering::Relaxed);
                    }
                    tell(Progress::Made(record));
                }
                // Each item has one maker.
                let _ = item.records.set(records);
            }
            Err(error) => {
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
        }
    }

    /// The record of a case on a driver; none where the case is wrong, or cut short by the user.
    fn record(&self, question: &Question<'_>, driver: &Driver) -> Result<Vec<Record>> {
        let Question {
            loaded,
            method,
            answer,
        } = question;
        if let Some(reason) = driver.unsupported(&loaded.case, *method) {
            return Ok(vec![self.unsupported(loaded, driver, *method, reason)]);
        }
        let explore = || {
            let _slot = self.exploring.take();
            specify(loaded, *method, Some(self.workshop.stop()))
        };
        let Ok(specified) = answer.get_or_init(explore) else {
            return Ok(Vec::new());
        };
        let prepared = driver.prepare(&loaded.case, None, self.workshop.folder())?;
        let prepared: Prepared = match prepared {
            Ok(prepared) => prepared,
            Err(reason) => {
                return Ok(vec![self.unsupported(loaded, driver, *method, reason)]);
            }
        };
        let options = self.options;
        let wanted = Wanted {
            runs: options.runs.unwrap_or(u64::from(driver.manifest.runs)),
            seed: options.seed,
            plan: options.plan,
            exact: options.exact,
        };
        let examination = Examination {
            workshop: self.workshop,
            turns: &self.turns,
            in_vain: &self.in_vain,
            cost: &self.cost,
            loaded,
            driver,
            method: *method,
            specified,
            wanted,
        };
        Ok(examination.record(&prepared).into_iter().collect())
    }

    /// The records of a case that is measured.
    fn measure(&self, measure: &Measure<'a>, driver: &'a Driver) -> Result<Vec<Record>> {
        let loaded = measure.loaded;
        let mut records = Vec::new();
        let mut methods = Vec::new();
        for method in measure.methods.iter().copied() {
            match driver.unsupported(&loaded.case, method) {
                Some(reason) => records.push(self.unsupported(loaded, driver, method, reason)),
                None => methods.push(method),
            }
        }
        let entry = measure.entry(driver);
        let budget = self.left().share(entry);
        let measuring = Measuring {
            budget,
            spread: self.options.spread.unwrap_or_default(),
            workshop: self.workshop,
            turns: &self.turns,
            in_vain: &self.in_vain,
            loaded,
            driver,
            methods: methods.clone(),
            runs: self.options.runs,
            seed: self.options.seed,
        };
        match measuring.records()? {
            Ok(measured) => {
                let spent = measured.iter().filter_map(|record| record.seconds).sum();
                let is_too_long = measured.iter().all(is_unmeasured);
                self.left().spend(entry, spent, is_too_long);
                records.extend(measured);
            }
            Err(reason) => records.extend(methods.into_iter().map(|method| {
                let reason = reason.clone();
                self.unsupported(loaded, driver, method, reason)
            })),
        }
        records.sort_by_key(|record| record.start_method);
        Ok(records)
    }

    fn left(&self) -> MutexGuard<'_, Left<'a>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unsupported(
        &self,
        loaded: &Loaded,
        driver: &Driver,
        method: StartMethod,
        reason: String,
    ) -> Record {
        Record {
            reason: Some(reason),
            ..blank(loaded, driver, method, self.options.seed)
        }
    }
}

/// Where a record stands: what is examined before what is measured, then in the order of the cases,
/// the start methods and the drivers.
fn position(record: &Record, cases: &[Loaded], drivers: &[Driver]) -> impl Ord + use<> {
    let case = cases.iter().position(|one| one.case.id == record.case);
    let driver = drivers.iter().position(|one| one.name == record.driver);
    let is_measured = case.is_some_and(|case| cases[case].case.is_measured());
    (is_measured, case, record.start_method, driver)
}

/// The start method, where it is one.
fn only(methods: &[StartMethod]) -> Option<StartMethod> {
    match methods {
        [method] => Some(*method),
        _ => None,
    }
}

/// Whether something makes a record that is asked for.
fn is_wanted(item: &Item<'_>, questions: &[Question<'_>], options: &Options) -> bool {
    let Some(only) = &options.only else {
        return true;
    };
    let (case, methods) = match &item.task {
        Task::Examine(question) => {
            let question = &questions[*question];
            (&question.loaded.case.id, vec![question.method])
        }
        Task::Measure(measure) => (&measure.loaded.case.id, measure.methods.clone()),
    };
    methods
        .into_iter()
        .any(|method| only.contains(&(case.clone(), item.driver.name.clone(), method)))
}

fn questions<'a>(cases: &'a [Loaded], methods: &[StartMethod]) -> Vec<Question<'a>> {
    let mut questions = Vec::new();
    for loaded in cases.iter().filter(|loaded| !loaded.case.is_measured()) {
        questions.extend(asked(loaded, methods).map(|method| Question {
            loaded,
            method,
            answer: OnceLock::new(),
        }));
    }
    questions
}

/// The mistakes that exploration found, by case.
fn problems(questions: Vec<Question<'_>>) -> Vec<Problem> {
    let mut wrong: BTreeMap<&str, (&Loaded, Vec<Diagnostic>)> = BTreeMap::new();
    for question in questions {
        if let Some(Err(mistakes)) = question.answer.into_inner() {
            let id = question.loaded.case.id.as_str();
            let entry = wrong
                .entry(id)
                .or_insert_with(|| (question.loaded, Vec::new()));
            entry.1.extend(mistakes);
        }
    }
    wrong
        .into_values()
        .map(|(loaded, mistakes)| problem(loaded, mistakes))
        .collect()
}
