//! The folder in which disagreements are kept as case files, and how far programs were tried.

use std::fs;
use std::path::{Path, PathBuf};

use poolproof_runner::Error;

use super::trial::Disagreement;

/// The file that says with which seed to go on.
const NEXT: &str = "next-seed";

/// A corpus.
pub(super) struct Corpus {
    folder: PathBuf,
}

impl Corpus {
    /// Opens one, which is made where it is not there.
    pub(super) fn open(folder: &Path) -> Result<Corpus, Error> {
        fs::create_dir_all(folder).map_err(|error| wrong("make", folder, &error))?;
        Ok(Corpus {
            folder: folder.to_owned(),
        })
    }

    /// The seed with which to go on: that after the last program that was tried.
    pub(super) fn next(&self) -> Result<u64, Error> {
        let file = self.folder.join(NEXT);
        let text = match fs::read_to_string(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(1),
            Err(error) => return Err(wrong("read", &file, &error)),
            Ok(text) => text,
        };
        text.trim().parse().map_err(|_| {
            let message = format!("{} holds no seed", file.display());
            Error::usage(format!("{message}; remove it, or say `--seed`"))
        })
    }

    /// Notes with which seed to go on.
    pub(super) fn reached(&self, next: u64) -> Result<(), Error> {
        let file = self.folder.join(NEXT);
        fs::write(&file, format!("{next}\n")).map_err(|error| wrong("write", &file, &error))
    }

    /// Writes a disagreement as a case file, which says how it was found and how it is shown again.
    pub(super) fn keep(&self, found: &Disagreement) -> Result<PathBuf, Error> {
        let who = found.driver.as_deref().unwrap_or("specification");
        let name = format!("{}-{}.ron", found.seed, who.replace(['/', '.'], "-"));
        let method = found
            .methods
            .first()
            .map_or("spawn", |method| method.name());
        let file = self.folder.join(name);
        let again = match &found.selector {
            Some(driver) => format!(
                "poolproof run {} {driver} --start-method {method} --runs {}",
                file.display(),
                found.runs
            ),
            None => format!(
                "poolproof explore {} --start-method {method}",
                file.display()
            ),
        };
        let reason = found.reason.replace('\n', " ");
        let text = format!(
            "// {reason}\n// Program {} of `poolproof fuzz`, made small. Again: {again}\n{}",
            found.seed,
            poolproof_fuzz::write(&found.case)
        );
        fs::write(&file, text).map_err(|error| wrong("write", &file, &error))?;
        Ok(file)
    }
}

fn wrong(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::usage(format!("failed to {what} {}: {error}", path.display()))
}
