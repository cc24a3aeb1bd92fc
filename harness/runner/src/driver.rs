//! Drivers: an implementation, and what starts a case on it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use poolproof_case::{Case, StartMethod, uses};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::manifest::{Kind, Manifest};
use crate::version::Version;

/// An implementation that was found on this machine.
#[derive(Clone, Debug)]
pub struct Driver {
    /// Its name: `reference`, `cpython-3.13` …
    pub name: String,
    /// What it says of its version.
    pub version: Version,
    /// What is started: this executable, or an interpreter.
    pub program: PathBuf,
    /// The module that is tested, where the program is an interpreter.
    pub module: String,
    /// The interpreter's implementation and version, `CPython 3.13.0`.
    pub python: String,
    /// How much of the user's environment it gets.
    pub environment: Environment,
    /// How a command line names it, where its name is not enough.
    pub argument: Option<String>,
    /// What it says of itself.
    pub manifest: Arc<Manifest>,
}

/// A case as a driver takes it.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    before: Vec<OsString>,
    after: Vec<OsString>,
    is_flagged: bool,
}

impl Driver {
    /// A driver that is part of `executable`.
    #[must_use]
    pub fn own(manifest: Manifest, executable: &Path, version: &str) -> Driver {
        Driver {
            name: manifest.name.clone(),
            version: Version::of(version),
            program: executable.to_owned(),
            module: String::new(),
            python: String::new(),
            environment: Environment::Bare,
            argument: None,
            manifest: Arc::new(manifest),
        }
    }

    /// How a command line names it.
    #[must_use]
    pub fn selector(&self) -> String {
        match &self.argument {
            Some(argument) => argument.clone(),
            None => format!("--driver {}", self.name),
        }
    }

    /// Why it cannot run a case under a start method.
    #[must_use]
    pub fn unsupported(&self, case: &Case, method: StartMethod) -> Option<String> {
        if !self.manifest.start_methods.contains(&method) {
            return Some(format!("{} has no {method}", self.name));
        }
        let copies = matches!(method, StartMethod::Fork | StartMethod::Forkserver);
        if copies && !poolproof_sys::process::CAN_FORK {
            return Some(format!(
                "this system cannot copy a process, as {method} does"
            ));
        }
        case.programs().find_map(|(_, program)| {
            uses::unsupported(program, method).or_else(|| {
                let uses = uses::uses(program);
                self.manifest.lacking(&uses, method, &self.version)
            })
        })
    }

    /// The module as part of a file's name: the programs of several are not the same.
    fn module_in_names(&self) -> String {
        match self.module.as_str() {
            poolproof_python::STANDARD => String::new(),
            module => format!("__{}", module.replace('.', "_")),
        }
    }

    /// Writes a case into `folder` as this driver takes it.
    ///
    /// # Errors
    /// When the case cannot be written for it (the reason), or the file cannot.
    pub(crate) fn prepare(
        &self,
        case: &Case,
        contender: Option<&str>,
        folder: &Path,
    ) -> Result<std::result::Result<Prepared, String>> {
        let parts = [Some(case.id.as_str()), contender];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join("-");
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-");
        match self.manifest.kind {
            Kind::Own => {
                let text = serde_json::to_string(case).map_err(|error| {
                    Error::internal(format!("failed to write `{}` as JSON: {error}", case.id))
                })?;
                let file = write(&folder.join(format!("case_{name}.json")), &text)?;
                Ok(Ok(Prepared {
                    before: vec!["drive".into(), self.name.clone().into()],
                    after: vec!["--case".into(), file.into()],
                    is_flagged: true,
                }))
            }
            Kind::Python => {
                // What is measured is not disturbed on purpose.
                let pauses = !case.is_measured();
                let options = poolproof_python::Options {
                    pauses,
                    module: &self.module,
                    adaptor: self.manifest.adaptor.as_ref().map(|one| one.name.as_str()),
                    prints_to_file: self.manifest.keeps_stdout,
                };
                match poolproof_python::write(case, options) {
                    Err(reason) => Ok(Err(reason.to_string())),
                    Ok(text) => {
                        // A module of no library has such a name; spawned children import it.
                        let module = self.module_in_names();
                        let file = format!("case_{}{module}.py", name.replace('-', "_"));
                        let file = folder.join(file);
                        let file = write(&file, &text)?;
                        if let Some(adaptor) = &self.manifest.adaptor {
                            write(&folder.join(adaptor.file()), &adaptor.text)?;
                        }
                        Ok(Ok(Prepared {
                            before: vec![file.into()],
                            after: Vec::new(),
                            is_flagged: false,
                        }))
                    }
                }
            }
        }
    }
}

impl Prepared {
    /// The arguments for one start method.
    pub(crate) fn arguments(&self, method: StartMethod) -> Vec<OsString> {
        let mut arguments = self.before.clone();
        if self.is_flagged {
            arguments.push("--start-method".into());
        }
        arguments.push(method.name().into());
        arguments.extend(self.after.iter().cloned());
        arguments
    }
}

/// Writes a file whole: another driver may be about to read the same one.
fn write(path: &Path, text: &str) -> Result<PathBuf> {
    let failed = |error: std::io::Error| {
        Error::internal(format!("failed to write {}: {error}", path.display()))
    };
    let is_there = || std::fs::read_to_string(path).is_ok_and(|there| there == text);
    if is_there() {
        return Ok(path.to_owned());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    match file.persist(path) {
        // Windows replaces no file that someone reads; who reads it has found it written.
        Err(error) if !is_there() => Err(failed(error.error)),
        _ => Ok(path.to_owned()),
    }
}
