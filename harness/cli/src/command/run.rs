//! `run`: cases on drivers, a run file, a summary.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use poolproof_case::StartMethod;
use poolproof_report::{EnvironmentRecord, Foot, Head, RunFile, VERSION, worst_exit};
use poolproof_runner::load::Shard;
use poolproof_runner::suite::{self, Glance, Options, Progress};
use poolproof_runner::{Driver, Error, Workshop, exit_code, load, spread};

use super::rerun::Failed;
use crate::arguments::Run;
use crate::drivers::{self, Drivers};
use crate::failure::{Outcome, USAGE};
use crate::progress::Bar;
use crate::store::Store;
use crate::{interrupt, output, settings};

/// Where the run file and the reports go.
const USUAL_OUT: &str = "reports/latest";

/// How long a run of everything measures: whoever wants more names what is to be measured.
const GLANCE: Duration = Duration::from_secs(60);

pub(crate) fn run(arguments: &Run) -> Outcome {
    let started = Instant::now();
    let failed = arguments.rerun_failed.as_deref().map(Failed::read);
    let failed = failed.transpose()?;
    if failed.as_ref().is_some_and(Failed::is_empty) {
        output::say_line("Nothing failed there; there is nothing to run again");
        return Ok(0);
    }
    let completed = failed.as_ref().map(|failed| failed.completed(arguments));
    let arguments = completed.as_ref().unwrap_or(arguments);
    let (arguments, added) = settings::completed(arguments)?;
    let arguments = &arguments;
    let clauses = poolproof_spec::clauses::ids();
    let selection = load::select_part(&arguments.filters, arguments.shard, &clauses)?;
    let folder = arguments.out.as_deref().unwrap_or(Path::new(USUAL_OUT));
    let workshop = drivers::workshop()?;
    let is_of_everything = arguments.filters.is_empty() && arguments.implementations.is_all();
    let drivers = drivers::chosen(&arguments.implementations, &workshop);
    let drivers = match is_of_everything {
        true => drivers.map(drivers::without_those_between),
        false => drivers,
    };
    let drivers = match failed.as_ref().and_then(Failed::unnamed) {
        Some(help) => drivers.map_err(|error| Error::usage(format!("{error}; {help}")))?,
        None => drivers?,
    };
    if let Some(failed) = &failed {
        failed.check(&drivers.drivers)?;
    }
    let is_timed = selection.cases.iter().any(|loaded| loaded.case.is_timed());
    let options = Options {
        fail_fast: arguments.fail_fast,
        only: failed.as_ref().map(Failed::only),
        ..options(arguments, &drivers, is_timed.then(spread::measure))
    };
    let mut file = RunFile {
        head: Head {
            command: drivers::with(drivers::command_line(), &added),
            shard: arguments.shard.map(Shard::numbers),
            ..head(&workshop, &drivers, &options)
        },
        ..RunFile::default()
    };
    let store = Store::begin(folder, &file.head)?;
    let bar = Bar::begin();
    warn(&file.head, &bar);
    let results = suite::run(
        &workshop,
        &selection.cases,
        &drivers.drivers,
        &options,
        &|news| {
            bar.tell(&news);
            if let Progress::Made(record) = news
                && !store.add(record)
            {
                // What cannot be kept need not be found out.
                interrupt::listen().store(true, Ordering::Relaxed);
            }
        },
    );
    bar.end();
    let verdicts = results.records.iter().map(|record| record.verdict);
    let mut exits = vec![match arguments.shard {
        // Of few cases and many shards, some have none: the others have them.
        Some(_) if selection.cases.is_empty() => 0,
        _ => exit_code(verdicts),
    }];
    for problem in selection.problems.iter().chain(&results.problems) {
        output::problem(problem);
        exits.push(USAGE);
    }
    let failure = results.failure.or_else(|| store.failure());
    exits.extend(failure.as_ref().map(Error::exit_code));
    let exit = worst_exit(exits);
    file.records = results.records;
    file.cases = results.cases;
    // Without a foot the run file is incomplete, which is what an interrupted one is.
    let is_whole = !results.interrupted && failure.is_none();
    file.foot = is_whole.then(|| Foot {
        cases: (selection.cases.len() + selection.problems.len()) as u64,
        runs: file
            .records
            .iter()
            .map(|record| record.runs + record.undefined + record.infrastructure)
            .sum(),
        seconds: started.elapsed().as_secs_f64(),
        exit,
        sampler: Some(results.sampler_share),
        not_made: results.not_made,
    });
    let report = store.end(&file);
    show(&file, report.as_deref().ok(), arguments.json);
    for error in failure.iter().chain(report.as_ref().err()) {
        output::complain(&format!(
            "error: {error}; what is shown is all that there is"
        ));
    }
    Ok(match failure.or(report.err()) {
        Some(error) => error.exit_code(),
        None if results.interrupted => interrupt::EXIT,
        None => exit,
    })
}

/// Says before anything runs what will not be held against an implementation, and why.
fn warn(head: &Head, bar: &Bar) {
    for shortage in &head.shortages {
        bar.say(&format!(
            "warning: {shortage}; what fails here is not held against an implementation"
        ));
    }
}

fn options(arguments: &Run, drivers: &Drivers, spread: Option<f64>) -> Options {
    let is_asked =
        |method: &StartMethod| arguments.methods.is_empty() || arguments.methods.contains(method);
    let methods = StartMethod::ALL.into_iter().filter(is_asked).collect();
    let usual = Options::default();
    Options {
        methods,
        runs: arguments.runs,
        seed: arguments
            .seed
            .unwrap_or_else(|| since_epoch().subsec_nanos().into()),
        plan: arguments.plan,
        jobs: arguments.jobs.map_or(usual.jobs, usize::from),
        glance: arguments.filters.is_empty().then(|| Glance {
            budget: GLANCE,
            drivers: match arguments.implementations.is_all() {
                true => drivers::first_and_newest(&drivers.drivers),
                false => names(&drivers.drivers),
            },
        }),
        spread,
        ..usual
    }
}

fn names(drivers: &[Driver]) -> Vec<String> {
    drivers.iter().map(|driver| driver.name.clone()).collect()
}

fn since_epoch() -> std::time::Duration {
    // A clock before 1970 is as good as one at it.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// What the drivers' programs find in their environments.
fn environments(drivers: &[Driver]) -> Vec<EnvironmentRecord> {
    let mut all: Vec<EnvironmentRecord> = Vec::new();
    for driver in drivers {
        let environment = driver.environment.told();
        match all.iter_mut().find(|one| one.environment == environment) {
            Some(one) => one.drivers.push(driver.name.clone()),
            None => all.push(EnvironmentRecord {
                drivers: vec![driver.name.clone()],
                environment,
            }),
        }
    }
    all
}

/// Where and how this run is made.
fn head(workshop: &Workshop, drivers: &Drivers, options: &Options) -> Head {
    let machine = poolproof_sys::machine::describe();
    Head {
        version: VERSION,
        started: since_epoch().as_secs(),
        system: machine.system,
        cores: machine.cores,
        memory_bytes: machine.memory_bytes,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        command: drivers::command_line(),
        id: workshop.fresh_id(),
        isolation: workshop.isolation().to_owned(),
        shortages: workshop.shortages().to_vec(),
        unused: drivers.unused.clone(),
        environments: environments(&drivers.drivers),
        spread: options.spread,
        ..Head::default()
    }
}

fn show(file: &RunFile, report: Option<&Path>, as_json: bool) {
    if as_json {
        output::say_line(poolproof_report::json(file, None).trim_end());
        return;
    }
    let color = output::has_color(&std::io::stdout());
    let summary = poolproof_report::summary(file, color, output::width());
    output::say_line(summary.trim_end());
    if let Some(report) = report {
        output::say_line(&format!("\nThe report: {}", report.display()));
        output::say_line(&format!("Next, {}", poolproof_report::next_step(file)));
    }
}
