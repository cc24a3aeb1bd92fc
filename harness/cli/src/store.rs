//! Where the results of a run go: into a file as they come, and whole reports in the end.
//!
//! What is whole is only replaced by what is whole: while a run goes on, or when it was cut short,
//! its results lie beside the report that was there before.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use poolproof_report::{Head, Line, Record, RunFile, write_line};
use poolproof_runner::Error;

use crate::failure::Failure;

const RUN_FILE: &str = "run.jsonl";
const SUMMARY: &str = "summary.md";
const PAGE: &str = "report.html";
const JUNIT: &str = "junit.xml";

/// How the names begin of what is not whole, where something whole is there already.
const INCOMPLETE: &str = "incomplete-";

/// The folder of a run's results, with the file that they are written to as they come.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    run_file: PathBuf,
    summary: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    /// None once the results are whole.
    file: Option<File>,
    failure: Option<io::Error>,
}

impl Store {
    /// Begins the results of a run, so that what cannot be written is known before anything runs.
    pub(crate) fn begin(folder: &Path, head: &Head) -> Result<Store, Failure> {
        let failed = |path: &Path, error: io::Error| Error::usage(unwritten(path, &error));
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        for name in [RUN_FILE, SUMMARY, PAGE, JUNIT] {
            let path = folder.join(name);
            if path.is_dir() {
                return Err(failed(&path, io::ErrorKind::IsADirectory.into()).into());
            }
        }
        let own = format!("{INCOMPLETE}{}-{}", head.started, std::process::id());
        let beside = (
            folder.join(format!("{own}.jsonl")),
            folder.join(format!("{own}.md")),
        );
        let first = (folder.join(RUN_FILE), folder.join(SUMMARY));
        let is_first = !first.0.exists() && !first.1.exists();
        // Another runner may begin in the same folder at the same moment.
        let mut begun = is_first.then(|| create(&first.0)).and_then(Result::ok);
        let (run_file, summary) = if begun.is_some() { first } else { beside };
        let file = match begun.take() {
            Some(file) => file,
            None => create(&run_file).map_err(|error| failed(&run_file, error))?,
        };
        let store = Store {
            folder: folder.to_owned(),
            run_file,
            summary,
            open: Mutex::new(Open {
                file: Some(file),
                failure: None,
            }),
        };
        match store.write(&Line::Head(Box::new(head.clone()))) {
            Some(error) => Err(failed(&store.run_file, error).into()),
            None => Ok(store),
        }
    }

    /// Writes a record; whether it could.
    pub(crate) fn add(&self, record: &Record) -> bool {
        let failure = self.write(&Line::Record(Box::new(record.clone())));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.failure = open.failure.take().or(failure);
        open.failure.is_none()
    }

    /// Why a record could not be written.
    pub(crate) fn failure(&self) -> Option<Error> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let failure = open.failure.as_ref();
        failure.map(|error| Error::internal(unwritten(&self.run_file, error)))
    }

    /// Ends with the reports of what is there; gives the path of the one to read.
    ///
    /// A whole run takes the place of the one before, and of what was cut short before it. What was
    /// cut short has a summary only: `poolproof report` makes the others of its run file.
    pub(crate) fn end(&self, file: &RunFile) -> Result<PathBuf, Error> {
        let markdown = poolproof_report::markdown(file, None);
        if file.foot.is_none() {
            // What is whole has them before its records; who reads this finds them after.
            for case in &file.cases {
                self.write(&Line::Case(Box::new(case.clone())));
            }
        }
        // Windows replaces no file that is open.
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .file = None;
        if file.foot.is_none() {
            replace(&self.summary, &markdown)?;
            return Ok(self.summary.clone());
        }
        let (run_file, summary) = (self.folder.join(RUN_FILE), self.folder.join(SUMMARY));
        replace(&run_file, &poolproof_report::write(file))?;
        replace(&summary, &markdown)?;
        let page = self.folder.join(PAGE);
        replace(&page, &poolproof_report::html(file, None))?;
        replace(
            &self.folder.join(JUNIT),
            &poolproof_report::junit(file, None),
        )?;
        self.remove_incomplete();
        Ok(page)
    }

    /// One write a line, so that a line is there whole or torn at the end of the file.
    fn write(&self, line: &Line) -> Option<io::Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let file = open.file.as_mut()?;
        file.write_all(write_line(line).as_bytes()).err()
    }

    /// Removes what was begun and cut short in this folder before, and what this run has written as
    /// its results came: all of it lies in the whole file, or is older than that.
    fn remove_incomplete(&self) {
        for entry in std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
        {
            let is_incomplete = entry.file_name().to_string_lossy().starts_with(INCOMPLETE);
            if is_incomplete && (entry.path() == self.run_file || is_abandoned(&entry.path())) {
                // What cannot be removed is in nobody's way.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Whether nobody writes to a file any more.
fn is_abandoned(path: &Path) -> bool {
    let file = OpenOptions::new().read(true).open(path);
    file.is_ok_and(|file| file.try_lock().is_ok())
}

/// A new file that is locked for as long as it is written to.
fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    // Where files cannot be locked, another run may take it for abandoned.
    let _ = file.try_lock();
    Ok(file)
}

/// Writes a file whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let mut beside = path.to_owned().into_os_string();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        // It may not have come to be at all.
        let _ = std::fs::remove_file(&beside);
        Error::internal(unwritten(path, &error))
    })
}

fn unwritten(path: &Path, error: &io::Error) -> String {
    format!("failed to write {}: {error}", path.display())
}
