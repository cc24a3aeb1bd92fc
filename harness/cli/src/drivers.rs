//! Which drivers there are, and which are asked for.

use std::path::{Path, PathBuf};

use poolproof_case::nearest::nearest;
use poolproof_report::Unused;
use poolproof_runner::interpreter::Found;
use poolproof_runner::load::quoted;
use poolproof_runner::manifest::Kind;
use poolproof_runner::{Driver, Error, Manifest, Result, Workshop, interpreter};

use crate::arguments::Implementations;
use crate::{interrupt, named};

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

/// The name of the manifest of the CPythons that are found.
const CPYTHON: &str = "cpython";

/// This executable, which is also the reference driver and the keeper of each run.
pub(crate) fn executable() -> Result<PathBuf> {
    std::env::current_exe()
        .map_err(|error| Error::internal(format!("failed to find this executable: {error}")))
}

/// A place for runs, which says of itself how this program was called.
pub(crate) fn workshop() -> Result<Workshop> {
    Workshop::new(executable()?, &command_line(), interrupt::listen())
}

/// How this program was called, as a shell takes it.
pub(crate) fn command_line() -> String {
    let arguments = std::env::args_os().skip(1);
    let arguments = arguments.map(|part| quoted(&part.to_string_lossy()));
    let parts: Vec<String> = ["poolproof".to_owned()]
        .into_iter()
        .chain(arguments)
        .collect();
    parts.join(" ")
}

/// A command line with more words.
pub(crate) fn with(command: String, more: &[String]) -> String {
    let words = more.iter().map(|word| quoted(word));
    [command]
        .into_iter()
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Drivers that were asked for, and what was found and cannot be used.
#[derive(Debug, Default)]
pub(crate) struct Drivers {
    pub(crate) drivers: Vec<Driver>,
    pub(crate) unused: Vec<Unused>,
}

/// What a command line chooses.
pub(crate) fn chosen(arguments: &Implementations, workshop: &Workshop) -> Result<Drivers> {
    if arguments.is_all() {
        return all(workshop);
    }
    let mut chosen = match arguments.drivers.as_slice() {
        [] => Drivers::default(),
        names => named(names, workshop)?,
    };
    for driver in named::on_the_command_line(arguments, workshop)? {
        if chosen.drivers.iter().any(|known| known.name == driver.name) {
            let name = &driver.name;
            return Err(Error::usage(format!(
                "two drivers are called `{name}`; `--name` gives yours another name"
            )));
        }
        chosen.drivers.push(driver);
    }
    Ok(chosen)
}

/// The only driver that a command line chooses; `does` says what it is for.
pub(crate) fn only(arguments: &Implementations, workshop: &Workshop, does: &str) -> Result<Driver> {
    if arguments.is_all() {
        return Err(Error::usage(
            "`--driver` or `--python` tells on which implementation",
        ));
    }
    let mut drivers = chosen(arguments, workshop)?.drivers;
    match (drivers.pop(), drivers.as_slice()) {
        (Some(driver), []) => Ok(driver),
        (last, others) => {
            let all = others.iter().chain(&last);
            let names: Vec<&str> = all.map(|driver| driver.name.as_str()).collect();
            Err(Error::usage(format!(
                "one driver {does}, and these are more: {}",
                names.join(", ")
            )))
        }
    }
}

/// Every driver that is run when none is named: the reference runtime over either transport of its
/// queues, each CPython found, and what the project's manifests describe.
pub(crate) fn all(workshop: &Workshop) -> Result<Drivers> {
    let project = named::of_project()?;
    let executable = executable()?;
    let found = pythons(workshop)?;
    let mut drivers = REFERENCES
        .iter()
        .map(|(_, manifest)| reference(manifest, &executable))
        .collect::<Result<Vec<_>>>()?;
    drivers.extend(found.drivers);
    let mut unused = found.unused;
    for (file, manifest) in &project {
        match named::described_by(manifest, workshop) {
            Ok(driver) => drivers.push(driver),
            Err(refusal) => unused.push(Unused {
                program: file.display().to_string(),
                reason: format!("{}: {}", refusal.program.display(), refusal.reason),
            }),
        }
    }
    Ok(Drivers { drivers, unused })
}

/// Leaves out the CPythons between the oldest and the newest, since a run of every case on each of them
/// takes a quarter of an hour; what only one of those does is seen where somebody asks for all.
pub(crate) fn without_those_between(all: Drivers) -> Drivers {
    let is_found = |driver: &&Driver| driver.manifest.name == CPYTHON && driver.argument.is_none();
    let found: Vec<PathBuf> = (all.drivers.iter())
        .filter(is_found)
        .map(|driver| driver.program.clone())
        .collect();
    let between = found
        .get(1..found.len().saturating_sub(1))
        .unwrap_or_default();
    let (left_out, drivers): (Vec<Driver>, Vec<Driver>) = (all.drivers.into_iter())
        .partition(|driver| is_found(&driver) && between.contains(&driver.program));
    let mut unused = all.unused;
    unused.extend(left_out.into_iter().map(|driver| Unused {
        program: driver.name,
        reason: "a run of everything has the oldest and the newest CPython; `--driver cpython` has all"
            .to_owned(),
    }));
    Drivers { drivers, unused }
}

/// The first of these and the newest CPython, which are measured where nobody chose.
pub(crate) fn first_and_newest(drivers: &[Driver]) -> Vec<String> {
    let is_python = |driver: &&Driver| driver.manifest.kind == Kind::Python;
    let newest = drivers.iter().rfind(is_python);
    let chosen = drivers.iter().take(1).chain(newest);
    let mut names: Vec<String> = chosen.map(|driver| driver.name.clone()).collect();
    names.dedup();
    names
}

/// The drivers of these names; `cpython` is every CPython, and `billiard` each that has it.
fn named(names: &[String], workshop: &Workshop) -> Result<Drivers> {
    let executable = executable()?;
    let mut named = Drivers::default();
    let mut found: Option<Found> = None;
    for name in names {
        let own = REFERENCES.iter().find(|(known, _)| known == name);
        let chosen = match name.as_str() {
            _ if let Some((_, manifest)) = own => vec![reference(manifest, &executable)?],
            name if name.starts_with("fake/") => vec![fake(name, &executable)?],
            name if let Some(drivers) = of_others(name, workshop)? => drivers,
            name => {
                let found = match &mut found {
                    Some(found) => found,
                    None => found.insert(pythons(workshop)?),
                };
                of_found(name, found)?
            }
        };
        for driver in chosen {
            if !named.drivers.iter().any(|known| known.name == driver.name) {
                named.drivers.push(driver);
            }
        }
    }
    named.unused = found.unwrap_or_default().unused;
    Ok(named)
}

/// The drivers of a project's manifest, or of a known module.
fn of_others(name: &str, workshop: &Workshop) -> Result<Option<Vec<Driver>>> {
    let project = named::of_project()?;
    let mut manifests = project.iter().map(|(_, manifest)| manifest);
    if let Some(manifest) = manifests.find(|manifest| manifest.name == name) {
        let driver = named::described_by(manifest, workshop).map_err(named::refused)?;
        return Ok(Some(vec![driver]));
    }
    let is_meant = |known: &str| {
        let rest = name.strip_prefix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("-3."))
    };
    // A module may have the name of another implementation: loky is that of loky-executor.
    let by_name = named::modules().find(|known| is_meant(known.name));
    let Some(known) = by_name.or_else(|| named::modules().find(|known| known.module == name))
    else {
        return Ok(None);
    };
    let mut installed = named::installed(known, workshop)?;
    let names: Vec<String> = installed
        .drivers
        .iter()
        .map(|one| one.name.clone())
        .collect();
    installed
        .drivers
        .retain(|driver| [known.name, known.module].contains(&name) || driver.name == name);
    if !installed.drivers.is_empty() {
        return Ok(Some(installed.drivers));
    }
    Err(match (names.is_empty(), installed.missing) {
        (false, _) => unknown(name, &names),
        (true, Some(refusal)) => named::refused(refusal),
        (true, None) => Error::usage(format!(
            "no interpreter was found that could have `{}`",
            known.module
        )),
    })
}

fn reference(manifest: &str, executable: &Path) -> Result<Driver> {
    let manifest = Manifest::read(manifest)?;
    Ok(Driver::own(manifest, executable, env!("CARGO_PKG_VERSION")))
}

fn pythons(workshop: &Workshop) -> Result<Found> {
    let manifest = Manifest::read(poolproof_python::CPYTHON_MANIFEST)?;
    Ok(interpreter::find(workshop, &manifest))
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
fn of_found(name: &str, found: &Found) -> Result<Vec<Driver>> {
    let exact: Vec<Driver> = found
        .drivers
        .iter()
        .filter(|driver| driver.name == name)
        .cloned()
        .collect();
    if !exact.is_empty() {
        return Ok(exact);
    }
    let group: Vec<Driver> = found
        .drivers
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
    names.extend(found.drivers.iter().map(|driver| driver.name.clone()));
    names.extend(named::modules().map(|known| known.name.to_owned()));
    let unused = found.unused.iter();
    let unused: Vec<String> = unused
        .map(|unused| format!("; not used: {}: {}", unused.program, unused.reason))
        .collect();
    let unknown = unknown(name, &names);
    Err(Error::usage(format!("{unknown}{}", unused.concat())))
}

fn unknown(name: &str, known: &[String]) -> Error {
    let near = nearest(name, known.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", known.join(", ")),
    };
    Error::usage(format!("unknown driver `{name}`; {help}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use poolproof_case::claim::ClaimKind;
    use poolproof_runner::load;

    use super::*;

    #[test]
    fn a_run_of_everything_has_the_oldest_and_the_newest_cpython_and_all_others() {
        let driver = |manifest: &str, name: &str| {
            let manifest = Manifest::read(&format!("Manifest(name: \"{manifest}\")")).unwrap();
            let mut driver = Driver::own(manifest, Path::new(name), "1");
            name.clone_into(&mut driver.name);
            driver
        };
        let names = |count: usize| {
            let pythons =
                (8..8 + count).map(|minor| driver(CPYTHON, &format!("cpython-3.{minor}")));
            let all = [driver("reference", "reference")].into_iter();
            let all = all.chain(pythons).chain([driver("mine", "mine")]);
            let drivers = Drivers {
                drivers: all.collect(),
                unused: Vec::new(),
            };
            let kept = without_those_between(drivers);
            let names = kept.drivers.into_iter().map(|driver| driver.name);
            (names.collect::<Vec<_>>().join(" "), kept.unused.len())
        };
        assert_eq!(names(0), ("reference mine".to_owned(), 0));
        assert_eq!(names(1), ("reference cpython-3.8 mine".to_owned(), 0));
        let two = "reference cpython-3.8 cpython-3.9 mine";
        assert_eq!(names(2), (two.to_owned(), 0));
        let ends = "reference cpython-3.8 cpython-3.13 mine";
        assert_eq!(names(6), (ends.to_owned(), 4));
    }

    #[test]
    fn what_a_manifest_knows_is_about_cases_and_clauses_that_there_are() {
        let clauses = poolproof_spec::clauses::ids();
        let suite = load::select(&[], &clauses).unwrap().cases;
        let ids: BTreeSet<&str> = suite.iter().map(|one| one.case.id.as_str()).collect();
        let mut claims = BTreeSet::new();
        for loaded in &suite {
            for claim in &loaded.case.claims {
                if let ClaimKind::Relation(relation) = &claim.kind {
                    claims.insert((loaded.case.id.clone(), relation.to_string()));
                }
            }
        }
        let known = poolproof_python::MANIFESTS.iter();
        let known = known.map(|known| (known.name, known.manifest));
        for (name, text) in REFERENCES.into_iter().chain(known) {
            let manifest = Manifest::read(text).unwrap();
            assert_eq!(manifest.name, name);
            for known in manifest.known {
                let case = known.case.as_str();
                assert!(ids.contains(case), "{name}: there is no case {case}");
                assert!(clauses.contains(&known.clause.as_str()), "{name}: {case}");
            }
            for symptom in manifest.symptoms {
                let clause = symptom.clause.as_str();
                assert!(clauses.contains(&clause), "{name}: there is no {clause}");
            }
            for refuted in manifest.refutes {
                let claim = (refuted.case, refuted.claim);
                assert!(claims.contains(&claim), "{name}: no case claims {claim:?}");
            }
        }
    }
}
