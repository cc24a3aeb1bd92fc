//! A suite: cases by start methods by drivers, a few at a time, the results in order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use poolproof_case::StartMethod;
use poolproof_case::diagnostic::Diagnostic;
use poolproof_report::{Record, Verdict};

use crate::driver::{Driver, Prepared};
use crate::error::{Error, Result};
use crate::examine::{Examination, Wanted};
use crate::execute::Workshop;
use crate::load::{Loaded, Problem};
use crate::plan::Plan;
use crate::specified::{Specified, problem, specify};

/// How a suite is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The start methods.
    pub methods: Vec<StartMethod>,
    /// How often each case is run; none: as each driver's manifest says.
    pub runs: Option<u64>,
    /// What the plans are drawn from.
    pub seed: u64,
    /// One plan for all runs; none: a mixture.
    pub plan: Option<Plan>,
    /// How many runs at a time.
    pub jobs: usize,
    /// Whether `seed` is a run's own seed, to repeat exactly that run.
    pub exact: bool,
}

/// What a suite tells while it runs.
#[derive(Debug)]
pub enum Progress<'a> {
    /// So many records will be made.
    Planned(usize),
    /// This record was made.
    Made(&'a Record),
}

/// What a suite has shown.
#[derive(Debug, Default)]
pub struct Results {
    /// Case by case, start method by start method, driver by driver.
    pub records: Vec<Record>,
    /// Cases that explore found to be wrong; they have no records.
    pub problems: Vec<Problem>,
    /// Whether it was ended early.
    pub interrupted: bool,
}

/// A case under a start method, and what the specification says of it once somebody has asked.
struct Question<'a> {
    loaded: &'a Loaded,
    method: StartMethod,
    answer: OnceLock<std::result::Result<Specified, Vec<Diagnostic>>>,
}

/// One record to be made.
struct Item<'a> {
    question: usize,
    driver: &'a Driver,
    outcome: OnceLock<Result<Option<Record>>>,
}

/// Runs cases on drivers.
///
/// # Errors
/// When the system fails; what an implementation does wrong is a verdict.
pub fn run(
    workshop: &Workshop,
    cases: &[Loaded],
    drivers: &[Driver],
    options: &Options,
    tell: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Results> {
    let questions = questions(cases, &options.methods);
    let items: Vec<Item<'_>> = (0..questions.len())
        .flat_map(|question| drivers.iter().map(move |driver| (question, driver)))
        .map(|(question, driver)| Item {
            question,
            driver,
            outcome: OnceLock::new(),
        })
        .collect();
    tell(Progress::Planned(items.len()));
    let work = Work {
        workshop,
        options,
        questions: &questions,
        failed: Mutex::new(None),
    };
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if workshop.is_stopped() || work.has_failed() {
                        return;
                    }
                    work.make(item, tell);
                }
            });
        }
    });
    if let Some(error) = work
        .failed
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        return Err(error);
    }
    let mut results = Results {
        interrupted: workshop.is_stopped(),
        ..Results::default()
    };
    for item in items {
        if let Some(Ok(Some(record))) = item.outcome.into_inner() {
            results.records.push(record);
        }
    }
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
    Ok(results)
}

struct Work<'a> {
    workshop: &'a Workshop,
    options: &'a Options,
    questions: &'a [Question<'a>],
    failed: Mutex<Option<Error>>,
}

impl Work<'_> {
    fn has_failed(&self) -> bool {
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    fn make(&self, item: &Item<'_>, tell: &(dyn Fn(Progress<'_>) + Sync)) {
        let question = &self.questions[item.question];
        match self.record(question, item.driver) {
            Ok(Some(record)) => {
                tell(Progress::Made(&record));
                // Each item has one maker.
                let _ = item.outcome.set(Ok(Some(record)));
            }
            Ok(None) => {}
            Err(error) => {
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
        }
    }

    /// The record of a case on a driver; none where the case is wrong, or cut short by the user.
    fn record(&self, question: &Question<'_>, driver: &Driver) -> Result<Option<Record>> {
        let Question {
            loaded,
            method,
            answer,
        } = question;
        if let Some(reason) = driver.unsupported(&loaded.case, *method) {
            return Ok(Some(self.unsupported(loaded, driver, *method, reason)));
        }
        let Ok(specified) = answer.get_or_init(|| specify(loaded, *method)) else {
            return Ok(None);
        };
        let prepared: Prepared = match driver.prepare(&loaded.case, self.workshop.folder())? {
            Ok(prepared) => prepared,
            Err(reason) => {
                return Ok(Some(self.unsupported(loaded, driver, *method, reason)));
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
            loaded,
            driver,
            method: *method,
            specified,
            wanted,
        };
        examination.record(&prepared)
    }

    fn unsupported(
        &self,
        loaded: &Loaded,
        driver: &Driver,
        method: StartMethod,
        reason: String,
    ) -> Record {
        Record {
            case: loaded.case.id.clone(),
            case_hash: loaded.case.hash.clone(),
            driver: driver.name.clone(),
            driver_version: driver.version.clone(),
            start_method: method,
            verdict: Verdict::Unsupported,
            runs: 0,
            infrastructure: 0,
            seen: 0,
            allowed: None,
            bounded: false,
            seed: self.options.seed,
            observations: Vec::new(),
            title: loaded.case.title.clone(),
            clauses: loaded.case.clauses.clone(),
            reason: Some(reason),
            replay: None,
            sometimes: Vec::new(),
            seconds: None,
        }
    }
}

fn questions<'a>(cases: &'a [Loaded], methods: &[StartMethod]) -> Vec<Question<'a>> {
    let mut questions = Vec::new();
    for loaded in cases {
        for method in methods {
            // A case that is not made for a start method says nothing about it.
            if loaded.case.methods.contains(method) {
                questions.push(Question {
                    loaded,
                    method: *method,
                    answer: OnceLock::new(),
                });
            }
        }
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
