//! `poolproof.ron` of a project: what one would otherwise type each time that one runs it.
//!
//! What it says becomes arguments of `run`, where the command line leaves them open.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use poolproof_case::StartMethod;
use poolproof_runner::load::project_folders;
use poolproof_runner::{Error, Plan, Result};
use serde::Deserialize;

use crate::arguments::{Implementations, Run};

/// The file, in this folder or one above it, up to where the project begins.
const FILE: &str = "poolproof.ron";

/// Where its keys are told.
const WAY_OUT: &str = "`poolproof run --help` tells what it may say, `--no-config` leaves it out";

/// What the file may say: each an option of `run`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    filters: Vec<String>,
    drivers: Vec<String>,
    python: Vec<PathBuf>,
    module: Option<String>,
    name: Option<String>,
    manifest: Option<PathBuf>,
    start_methods: Vec<String>,
    runs: Option<u64>,
    seed: Option<u64>,
    plan: Option<String>,
    jobs: Option<u16>,
    fail_fast: bool,
    out: Option<PathBuf>,
}

/// The command line with what the project's file says where it says nothing itself, and what was
/// added, as a command line has it.
///
/// # Errors
/// When the file cannot be read, or says what cannot be meant: with line, column and key.
pub(crate) fn completed(arguments: &Run) -> Result<(Run, Vec<String>)> {
    let mut run = arguments.clone();
    let mut added = Added::default();
    let Some(file) = found().filter(|_| !arguments.no_config) else {
        return Ok((run, added.words));
    };
    let text = std::fs::read_to_string(&file)
        .map_err(|error| Error::usage(format!("failed to read {}: {error}", file.display())))?;
    let settings = read(&file, &text)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    if run.filters.is_empty() {
        let there = |filter: &String| match folder.join(filter) {
            path if path.exists() => path.display().to_string(),
            _ => filter.clone(),
        };
        run.filters = settings.filters.iter().map(there).collect();
        added.words.extend(run.filters.iter().cloned());
    }
    if run.implementations.is_all() {
        run.implementations = settings.implementations(folder);
        let its = &run.implementations;
        added.options("--driver", &its.drivers);
        added.options("--python", its.python.iter().map(|path| path.display()));
        added.options("--module", &its.module);
        added.options("--name", &its.name);
        let manifest = its.manifest.iter();
        added.options("--manifest", manifest.map(|path| path.display()));
    }
    if run.methods.is_empty() {
        let methods = settings.start_methods.iter();
        run.methods = methods.filter_map(|name| name.parse().ok()).collect();
        added.options("--start-method", &run.methods);
    }
    added.option("--runs", &mut run.runs, settings.runs);
    added.option("--seed", &mut run.seed, settings.seed);
    let plan = settings.plan.and_then(|plan| plan.parse().ok());
    added.option("--plan", &mut run.plan, plan);
    added.option("--jobs", &mut run.jobs, settings.jobs);
    if run.out.is_none() {
        run.out = settings.out.map(|out| folder.join(out));
        added.options("--out", run.out.iter().map(|path| path.display()));
    }
    if settings.fail_fast && !run.fail_fast {
        run.fail_fast = true;
        added.words.push("--fail-fast".to_owned());
    }
    Ok((run, added.words))
}

/// What comes to a command line.
#[derive(Debug, Default)]
struct Added {
    words: Vec<String>,
}

impl Added {
    fn options(&mut self, name: &str, values: impl IntoIterator<Item = impl Display>) {
        for value in values {
            self.words.extend([name.to_owned(), value.to_string()]);
        }
    }

    /// An option that is set where it is open.
    fn option<T: Copy + Display>(&mut self, name: &str, option: &mut Option<T>, value: Option<T>) {
        if option.is_none() {
            *option = value;
            self.options(name, *option);
        }
    }
}

/// The file, by a short name where it lies in this folder.
fn found() -> Option<PathBuf> {
    let file = project_folders()
        .map(|folder| folder.join(FILE))
        .find(|file| file.is_file())?;
    let current = std::env::current_dir().ok()?;
    let below = file.strip_prefix(current).map(Path::to_owned);
    Some(below.unwrap_or(file))
}

fn read(file: &Path, text: &str) -> Result<Settings> {
    let wrong = |line: usize, column: usize, what: &str| {
        let file = file.display();
        Error::usage(format!("{file}:{line}:{column}: {what}; {WAY_OUT}"))
    };
    let options =
        ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);
    let settings: Settings = options.from_str(text).map_err(|error| {
        let (line, column) = (error.span.start.line, error.span.start.col);
        let what = error.code.to_string();
        match key_before(text, line, column) {
            Some(key) if !what.contains(&format!("`{key}`")) => {
                wrong(line, column, &format!("`{key}`: {what}"))
            }
            _ => wrong(line, column, &what),
        }
    })?;
    if let Some((key, problem)) = settings.problem() {
        let at = text.find(key).unwrap_or(0);
        let (line, column) = poolproof_case::line_column(text, at);
        return Err(wrong(line, column, &format!("`{key}`: {problem}")));
    }
    Ok(settings)
}

impl Settings {
    fn implementations(&self, folder: &Path) -> Implementations {
        // A name alone is looked for on PATH, unless it is there.
        let below = |path: &PathBuf| match folder.join(path) {
            whole if path.components().count() > 1 || whole.exists() => whole,
            _ => path.clone(),
        };
        Implementations {
            drivers: self.drivers.clone(),
            python: self.python.iter().map(below).collect(),
            module: self.module.clone(),
            name: self.name.clone(),
            manifest: self.manifest.as_ref().map(below),
        }
    }

    /// What is said and cannot be meant, with its key.
    fn problem(&self) -> Option<(&'static str, String)> {
        let method = |name: &String| name.parse::<StartMethod>().err();
        let plan = |name: &String| name.parse::<Plan>().err();
        if let Some(problem) = self.start_methods.iter().find_map(method) {
            return Some(("start_methods", problem));
        }
        if let Some(problem) = self.plan.as_ref().and_then(plan) {
            return Some(("plan", problem));
        }
        if self.runs == Some(0) {
            return Some(("runs", "a case is run once at least".to_owned()));
        }
        (self.jobs == Some(0)).then(|| ("jobs", "one run at a time is the least".to_owned()))
    }
}

/// The key whose value stands at a place: the last name with a colon before it.
fn key_before(text: &str, line: usize, column: usize) -> Option<String> {
    let whole: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let rest = text[whole..].chars().take(column.saturating_sub(1));
    let before = &text[..whole + rest.map(char::len_utf8).sum::<usize>()];
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let (head, _) = before.rsplit_once(':')?;
    let key = &head[head.rfind(|c| !is_part(c)).map_or(0, |at| at + 1)..];
    (!key.is_empty()).then(|| key.to_owned())
}
