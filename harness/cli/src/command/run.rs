//! `run`: cases on drivers, a run file, a summary.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use poolproof_case::StartMethod;
use poolproof_report::{Foot, Head, RunFile, VERSION, worst_exit};
use poolproof_runner::suite::{self, Options};
use poolproof_runner::{Error, Selection, Workshop, exit_code, load};

use crate::arguments::Run;
use crate::failure::{Failure, Outcome};
use crate::progress::Bar;
use crate::{drivers, interrupt, output};

/// The exit code where a case is broken.
const BROKEN_CASE: i32 = 64;

pub(crate) fn run(arguments: &Run) -> Outcome {
    let started = Instant::now();
    let selection = load::select(&arguments.filters, &poolproof_spec::clauses::ids())?;
    let drivers = drivers::named(&arguments.drivers)?;
    let stop = interrupt::listen();
    let workshop = Workshop::new(drivers::executable()?, stop)?;
    let options = options(arguments);
    let mut file = RunFile {
        head: head(),
        ..RunFile::default()
    };
    let bar = Bar::new();
    let results = suite::run(&workshop, &selection.cases, &drivers, &options, &|news| {
        bar.tell(&news)
    });
    bar.end();
    let results = results?;
    let mut exits = vec![exit_code(
        results.records.iter().map(|record| record.verdict),
    )];
    for problem in selection.problems.iter().chain(&results.problems) {
        output::problem(problem);
        exits.push(BROKEN_CASE);
    }
    let exit = worst_exit(exits);
    file.records = results.records;
    // Without a foot the run file is incomplete, which is what an interrupted one is.
    file.foot = (!results.interrupted).then(|| Foot {
        cases: (selection.cases.len() + selection.problems.len()) as u64,
        runs: file
            .records
            .iter()
            .map(|record| record.runs + record.infrastructure)
            .sum(),
        seconds: started.elapsed().as_secs_f64(),
        exit,
    });
    let folder = folder(arguments.out.as_deref(), &selection)?;
    write(&folder, &file)?;
    show(&file, &folder, arguments.json);
    Ok(if results.interrupted {
        interrupt::EXIT
    } else {
        exit
    })
}

fn options(arguments: &Run) -> Options {
    let methods = if arguments.methods.is_empty() {
        StartMethod::ALL.to_vec()
    } else {
        arguments.methods.clone()
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Options {
        methods,
        runs: arguments.runs,
        seed: arguments
            .seed
            .unwrap_or_else(|| since_epoch().subsec_nanos().into()),
        plan: arguments.plan,
        jobs: arguments.jobs.map_or(processors, usize::from),
        exact: false,
    }
}

fn since_epoch() -> std::time::Duration {
    // A clock before 1970 is as good as one at it.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Where and how this run is made.
pub(super) fn head() -> Head {
    let command: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let machine = poolproof_sys::machine::describe();
    Head {
        version: VERSION,
        started: since_epoch().as_secs(),
        system: machine.system,
        cores: machine.cores,
        memory_bytes: machine.memory_bytes,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        command: ["poolproof".to_owned()]
            .into_iter()
            .chain(command)
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// Where the reports go: beside the cases, as long as these are below the current folder.
fn folder(out: Option<&Path>, selection: &Selection) -> Result<PathBuf, Failure> {
    if let Some(folder) = out {
        return Ok(folder.to_owned());
    }
    let cases = load::cases_folder()
        .ok()
        .filter(|folder| folder.is_relative());
    let beside = cases.as_deref().and_then(Path::parent);
    if beside.is_none() && selection.cases.is_empty() && selection.problems.is_empty() {
        return Err(Error::nothing("there is no case to run").into());
    }
    Ok(beside
        .unwrap_or(Path::new(""))
        .join("reports")
        .join("latest"))
}

fn write(folder: &Path, file: &RunFile) -> Result<(), Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        Error::usage(format!("failed to write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let texts = [
        ("run.jsonl", poolproof_report::write(file)),
        ("summary.md", poolproof_report::markdown(file)),
    ];
    for (name, text) in texts {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

fn show(file: &RunFile, folder: &Path, as_json: bool) {
    if as_json {
        output::say_line(poolproof_report::json(file).trim_end());
        return;
    }
    let color = output::has_color(&std::io::stdout());
    let summary = poolproof_report::summary(file, color, output::width());
    output::say_line(summary.trim_end());
    output::say_line(&format!(
        "\nThe report: {}",
        folder.join("summary.md").display()
    ));
}
