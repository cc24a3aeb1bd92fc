//! `cargo test`: every case on the reference runtime, a trial each: `reference/spawn/seed/pool_map`;
//! those with queues again over the other transport, as `reference-ring/…`.
//!
//! A trial runs its case through the built executable, as a user does; what is unsupported is
//! ignored with its reason.

#![forbid(unsafe_code)]

use std::path::Path;
use std::process::Command;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use poolproof_case::{Outcome, StartMethod, uses};
use poolproof_report::{Record, Verdict, outcome_text};
use poolproof_runner::{Loaded, Problem, load};

/// How often a trial runs its case, unless the environment variable [`RUNS_NAME`] says; the plans
/// are mixed.
const RUNS: &str = "6";

/// Where processes are slow to start, a few runs are enough to see that a case works.
const RUNS_NAME: &str = "POOLPROOF_TRIAL_RUNS";

/// What the plans are drawn from: the same each time, so that a failure can be looked at again.
const SEED: &str = "1";

fn main() {
    let mut arguments = Arguments::from_args();
    // Trials wait more than they calculate: pauses, deadlines, stillness.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    arguments.test_threads.get_or_insert(2 * processors);
    let selection = load::select(&[], &poolproof_spec::clauses::ids());
    let selection = selection.expect("the folder of cases can be read");
    let mut trials: Vec<Trial> = selection.problems.into_iter().map(broken).collect();
    // What is measured says nothing in a few runs beside others.
    let examined = selection
        .cases
        .iter()
        .filter(|loaded| !loaded.case.is_measured());
    for loaded in examined {
        for method in &loaded.case.methods {
            trials.push(trial("reference", loaded, *method));
            if has_queue(loaded) {
                trials.push(trial("reference-ring", loaded, *method));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// A file that is no good case fails as a trial of its own.
fn broken(problem: Problem) -> Trial {
    Trial::test(format!("cases/{}", problem.path.display()), move || {
        Err(Failed::from(problem.render(false)))
    })
}

/// Without a queue the two drivers are the same.
fn has_queue(loaded: &Loaded) -> bool {
    let queues = ["Queue", "JoinableQueue", "SimpleQueue"];
    let uses = uses::uses(&loaded.case.program);
    uses.iter().any(|used| queues.contains(&used.object))
}

fn trial(driver: &'static str, loaded: &Loaded, method: StartMethod) -> Trial {
    let id = loaded.case.id.clone();
    Trial::ignorable_test(format!("{driver}/{method}/{id}"), move || {
        judge(driver, &id, method)
    })
}

fn judge(driver: &str, id: &str, method: StartMethod) -> Result<Completion, Failed> {
    let folder = tempfile::tempdir()?;
    let output = Command::new(env!("CARGO_BIN_EXE_poolproof"))
        .args(["run", id, "--driver", driver, "--jobs", "1"])
        .args([
            "--start-method",
            method.name(),
            "--runs",
            &std::env::var(RUNS_NAME).unwrap_or_else(|_| RUNS.to_owned()),
            "--seed",
            SEED,
            "--json",
            "--out",
        ])
        .arg(folder.path())
        .output()?;
    let Some(record) = read(folder.path()) else {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(Failed::from(format!(
            "no record ({}):\n{stderr}",
            output.status
        )));
    };
    let reason = record.reason.clone().unwrap_or_default();
    match record.verdict {
        Verdict::Conforms | Verdict::Known => Ok(Completion::Completed),
        Verdict::Unsupported
        | Verdict::Undefined
        | Verdict::Skipped
        | Verdict::Unsettled
        | Verdict::Inconclusive => Ok(Completion::ignored_with(format!(
            "{}: {reason}",
            record.verdict
        ))),
        Verdict::Refuted | Verdict::Differs | Verdict::Deviates | Verdict::Broken => {
            Err(Failed::from(describe(&record, &reason)))
        }
    }
}

fn read(folder: &Path) -> Option<Record> {
    let text = std::fs::read_to_string(folder.join("run.jsonl")).ok()?;
    poolproof_report::read(&text).ok()?.records.pop()
}

/// The outcomes, the nearest allowed ones and the command that repeats the worst.
fn describe(record: &Record, reason: &str) -> String {
    let mut text = format!("{}: {reason}\n", record.verdict);
    let wrong = record.observations.iter();
    for observation in wrong.filter(|observation| observation.is_wrong()) {
        let outcome = Outcome {
            lines: observation.lines.clone(),
            ending: observation.ending.clone(),
            left: observation.left,
        };
        let (count, plan) = (observation.count, &observation.plan);
        text += &format!("got {count} times ({plan}): {}\n", outcome_text(&outcome));
        if let Some(rejection) = &observation.rejection {
            text += &format!("nearest allowed: {}\n", outcome_text(&rejection.nearest));
        }
        if !observation.stderr.is_empty() {
            text += &format!("stderr: {}\n", observation.stderr.trim_end());
        }
    }
    if let Some(replay) = &record.replay {
        let command = replay.strip_prefix("poolproof ").unwrap_or(replay);
        text += &format!("repeat: cargo run --release -- {command}\n");
    }
    text
}
