//! Implementations that a user names: by interpreter and module on the command line, by a manifest in
//! the project, or by the name of one that Poolproof knows and does not run by itself.

use std::path::{Path, PathBuf};

use poolproof_python::{Known, MANIFESTS, STANDARD};
use poolproof_report::Unused;
use poolproof_runner::implementation::{self, Refusal, Request};
use poolproof_runner::load::{project_folders, quoted};
use poolproof_runner::manifest::wrong_name;
use poolproof_runner::{Driver, Error, Manifest, Result, Workshop, interpreter};

use crate::arguments::Implementations;

/// The folder of a project's own manifests.
const FOLDER: &str = "poolproof";

/// The interpreter where nobody names one.
const USUAL: &str = if cfg!(windows) { "python" } else { "python3" };

/// The implementation that the command line describes, once for each interpreter.
pub(crate) fn on_the_command_line(
    arguments: &Implementations,
    workshop: &Workshop,
) -> Result<Vec<Driver>> {
    if !arguments.has_own() {
        return Ok(Vec::new());
    }
    if let Some(problem) = arguments.name.as_deref().and_then(wrong_name) {
        return Err(Error::usage(problem));
    }
    let mut manifest = match (&arguments.manifest, &arguments.module) {
        (Some(path), _) => Manifest::read_file(path)?,
        (None, module) => known(module.as_deref().unwrap_or(STANDARD))?,
    };
    if let Some(module) = &arguments.module {
        manifest.module.clone_from(module);
    }
    let programs = match (arguments.python.as_slice(), manifest.program.clone()) {
        ([], Some(program)) => vec![program],
        ([], None) => vec![PathBuf::from(USUAL)],
        (programs, _) => programs.to_vec(),
    };
    if programs.len() > 1 && arguments.name.is_some() {
        return Err(Error::usage(
            "`--name` names one implementation, and there are several `--python`",
        ));
    }
    // A manifest with its program describes one implementation, which has its name.
    let is_one = arguments.manifest.is_some() && programs.len() == 1;
    let own_name = is_one.then(|| manifest.name.clone());
    let name = arguments.name.clone().or(own_name);
    let mut drivers: Vec<Driver> = Vec::new();
    for program in &programs {
        let request = Request {
            program,
            manifest: &manifest,
            name: name.as_deref(),
            argument: Some(described(arguments, program)),
        };
        let mut driver = implementation::find(workshop, &request).map_err(refused)?;
        driver.name = distinct(driver.name, &drivers);
        drivers.push(driver);
    }
    Ok(drivers)
}

/// How a command line describes one of these again.
fn described(arguments: &Implementations, program: &Path) -> String {
    let absolute = |path: &Path| match path.components().count() {
        1 if !path.exists() => path.to_owned(),
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    };
    let mut parts = vec![format!(
        "--python {}",
        quoted(&absolute(program).display().to_string())
    )];
    if let Some(module) = &arguments.module {
        parts.push(format!("--module {module}"));
    }
    if let Some(name) = &arguments.name {
        parts.push(format!("--name {name}"));
    }
    if let Some(manifest) = &arguments.manifest {
        parts.push(format!(
            "--manifest {}",
            quoted(&absolute(manifest).display().to_string())
        ));
    }
    parts.join(" ")
}

/// What Poolproof knows of a module; of another, nothing.
pub(crate) fn known(module: &str) -> Result<Manifest> {
    match MANIFESTS.iter().find(|known| known.module == module) {
        Some(known) => Manifest::read(known.manifest),
        None => Ok(Manifest::of_module(module)),
    }
}

pub(crate) fn refused(refusal: Refusal) -> Error {
    let program = refusal.program.display();
    Error::usage(format!("{program} cannot be tested: {}", refusal.reason))
}

fn distinct(name: String, drivers: &[Driver]) -> String {
    let is_taken = |name: &str| drivers.iter().any(|driver| driver.name == name);
    let more = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.clone()).chain(more);
    names.find(|name| !is_taken(name)).unwrap_or(name)
}

/// The project's own manifests, by file: those in `poolproof/` of this folder or of the first above it
/// that has one, up to where the project begins.
pub(crate) fn of_project() -> Result<Vec<(PathBuf, Manifest)>> {
    let mut files = project_folders()
        .map(|folder| manifests_in(&folder.join(FOLDER)))
        .find(|files| !files.is_empty())
        .unwrap_or_default();
    files.sort();
    let mut manifests: Vec<(PathBuf, Manifest)> = Vec::new();
    for file in files {
        let manifest = Manifest::read_file(&file)?;
        if let Some((other, _)) = manifests.iter().find(|(_, one)| one.name == manifest.name) {
            let (file, name, other) = (file.display(), &manifest.name, other.display());
            return Err(Error::usage(format!(
                "{file} and {other} both describe `{name}`"
            )));
        }
        manifests.push((file, manifest));
    }
    Ok(manifests)
}

fn manifests_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_manifest =
        |path: &PathBuf| path.is_file() && path.extension().is_some_and(|ending| ending == "ron");
    entries
        .map(|entry| entry.path())
        .filter(is_manifest)
        .collect()
}

/// The driver that a project's manifest describes.
pub(crate) fn described_by(
    manifest: &Manifest,
    workshop: &Workshop,
) -> std::result::Result<Driver, Refusal> {
    let usual = PathBuf::from(USUAL);
    let request = Request {
        program: manifest.program.as_ref().unwrap_or(&usual),
        manifest,
        name: Some(&manifest.name),
        argument: None,
    };
    implementation::find(workshop, &request)
}

/// A known module in the interpreters that have it; it is run only when it is named.
#[derive(Debug, Default)]
pub(crate) struct Installed {
    pub(crate) drivers: Vec<Driver>,
    pub(crate) unused: Vec<Unused>,
    /// An interpreter that has not got it, the newest.
    pub(crate) missing: Option<Refusal>,
}

/// The known modules that are run only when they are named.
pub(crate) fn modules() -> impl Iterator<Item = &'static Known> {
    MANIFESTS.iter().filter(|known| known.module != STANDARD)
}

/// Looks for a known module in every interpreter on PATH, in the active virtual environment and under
/// pyenv.
pub(crate) fn installed(known: &Known, workshop: &Workshop) -> Result<Installed> {
    let manifest = Manifest::read(known.manifest)?;
    let mut found = Installed::default();
    let mut drivers = Vec::new();
    let mut programs = interpreter::candidates();
    // It need not have an interpreter that is named for its version.
    programs.extend(std::env::var_os("VIRTUAL_ENV").map(PathBuf::from));
    for answer in implementation::find_all(workshop, &manifest, &programs) {
        match answer {
            Ok(driver) => drivers.push(driver),
            Err(refusal) if refusal.missing_in.is_some() => {
                let newest = found.missing.take();
                let all = newest.into_iter().chain([refusal]);
                found.missing = all.max_by_key(|refusal| refusal.missing_in.clone());
            }
            Err(refusal) => found.unused.push(Unused {
                program: refusal.program.display().to_string(),
                reason: refusal.reason,
            }),
        }
    }
    for mut driver in drivers {
        driver.name = distinct(driver.name, &found.drivers);
        found.drivers.push(driver);
    }
    Ok(found)
}
