//! Which drivers there are, and which are asked for.

use std::path::{Path, PathBuf};

use poolproof_case::nearest::nearest;
use poolproof_runner::{Driver, Error, Manifest, Result, interpreter};

/// The reference runtime over either transport of its queues.
const REFERENCES: [(&str, &str); 2] = [
    (
        "reference",
        include_str!("../../drivers/reference/manifest.ron"),
    ),
    (
        "reference-ring",
        include_str!("../../drivers/reference/ring.ron"),
    ),
];

/// This executable, which is also the reference driver and the keeper of each run.
pub(crate) fn executable() -> Result<PathBuf> {
    std::env::current_exe()
        .map_err(|error| Error::internal(format!("failed to find this executable: {error}")))
}

/// Every driver that is run when none is named: the reference runtime over either transport of its
/// queues, and each CPython found.
pub(crate) fn all() -> Result<Vec<Driver>> {
    let executable = executable()?;
    let mut drivers = REFERENCES
        .iter()
        .map(|(_, manifest)| reference(manifest, &executable))
        .collect::<Result<Vec<_>>>()?;
    drivers.extend(pythons()?);
    Ok(drivers)
}

/// The drivers of these names; none: all. `cpython` is every CPython.
pub(crate) fn named(names: &[String]) -> Result<Vec<Driver>> {
    if names.is_empty() {
        return all();
    }
    let executable = executable()?;
    let mut drivers: Vec<Driver> = Vec::new();
    let mut found: Option<Vec<Driver>> = None;
    for name in names {
        let own = REFERENCES.iter().find(|(known, _)| known == name);
        let chosen = match name.as_str() {
            _ if let Some((_, manifest)) = own => vec![reference(manifest, &executable)?],
            name if name.starts_with("fake/") => vec![fake(name, &executable)?],
            name => {
                if found.is_none() {
                    found = Some(pythons()?);
                }
                of_found(name, found.as_deref().unwrap_or_default())?
            }
        };
        for driver in chosen {
            if !drivers.iter().any(|known| known.name == driver.name) {
                drivers.push(driver);
            }
        }
    }
    Ok(drivers)
}

fn reference(manifest: &str, executable: &Path) -> Result<Driver> {
    let manifest = Manifest::read(manifest)?;
    Ok(Driver::own(manifest, executable, env!("CARGO_PKG_VERSION")))
}

fn pythons() -> Result<Vec<Driver>> {
    Ok(interpreter::find(&Manifest::read(
        poolproof_python::CPYTHON_MANIFEST,
    )?))
}

fn fake(name: &str, executable: &Path) -> Result<Driver> {
    let short = name.strip_prefix("fake/").unwrap_or(name);
    let names: Vec<String> = poolproof_fake::FAKES
        .iter()
        .map(|(fake, _)| format!("fake/{fake}"))
        .collect();
    if !names.iter().any(|known| known == name) {
        return Err(unknown(name, &names));
    }
    let manifest = Manifest::read(&poolproof_fake::manifest(short))?;
    Ok(Driver::own(manifest, executable, env!("CARGO_PKG_VERSION")))
}

/// The drivers that a name means: one, or all of its kind.
fn of_found(name: &str, found: &[Driver]) -> Result<Vec<Driver>> {
    let exact: Vec<Driver> = found
        .iter()
        .filter(|driver| driver.name == name)
        .cloned()
        .collect();
    if !exact.is_empty() {
        return Ok(exact);
    }
    let group: Vec<Driver> = found
        .iter()
        .filter(|driver| driver.manifest.name == name)
        .cloned()
        .collect();
    if !group.is_empty() {
        return Ok(group);
    }
    let mut names: Vec<String> = REFERENCES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    names.extend(found.iter().map(|driver| driver.name.clone()));
    Err(unknown(name, &names))
}

fn unknown(name: &str, known: &[String]) -> Error {
    let near = nearest(name, known.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", known.join(", ")),
    };
    Error::usage(format!("unknown driver `{name}`; {help}"))
}
