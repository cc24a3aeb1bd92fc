//! Implementations that are named: an interpreter with a module that has multiprocessing's interface.
//!
//! The interpreter is asked in the surroundings of a run, so that what answers here works there; what
//! its module lacks is known from its answer, and no case has to find it out.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use poolproof_case::StartMethod;
use poolproof_python::{GREETING, STANDARD, question};
use serde::Deserialize;

use crate::driver::Driver;
use crate::environment::Environment;
use crate::interpreter::{OLDEST, shown, silent};
use crate::manifest::{Lack, Manifest};
use crate::version::Version;
use crate::workshop::{Answer, Silence, Workshop};

/// How long one may take to answer: a wrapper may have to wake something up first.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// How long one may take that nobody has named.
const FOUND_MAX: Duration = Duration::from_secs(5);

/// What is to be tested.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The interpreter: a path, a name on PATH, or the folder of a virtual environment.
    pub program: &'a Path,
    /// What is known of it; it names the module.
    pub manifest: &'a Manifest,
    /// What it is called; none: as the manifest and its Python are.
    pub name: Option<&'a str>,
    /// How a command line names it, where its name is not enough.
    pub argument: Option<String>,
}

/// Why something cannot be tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The program that was asked.
    pub program: PathBuf,
    /// Why, with the way out.
    pub reason: String,
    /// The interpreter's version, where nothing is wrong with it but that the module is not installed.
    pub missing_in: Option<Vec<u32>>,
}

/// What a driver's module has not got: `Object` or `Object.member`, as its interpreter tells when it is
/// asked again; none where it is no interpreter, or does not answer.
#[must_use]
pub fn missing(workshop: &Workshop, driver: &Driver) -> Option<Vec<String>> {
    if driver.module.is_empty() {
        return None;
    }
    let told = answer(
        workshop,
        driver.environment,
        &driver.program,
        &driver.manifest,
        ANSWER_MAX,
    )
    .ok()?;
    Some(told.lacks.into_iter().map(|lack| lack.uses).collect())
}

/// What an interpreter answers.
#[derive(Clone, Debug, Deserialize)]
struct Told {
    implementation: String,
    python: String,
    base: String,
    prefix: String,
    version: String,
    methods: Vec<StartMethod>,
    lacks: Vec<Lack>,
    problem: String,
}

/// The driver of what is asked for.
///
/// # Errors
/// Why it cannot be tested, as its interpreter tells.
pub fn find(workshop: &Workshop, request: &Request<'_>) -> Result<Driver, Refusal> {
    asked(workshop, request, ANSWER_MAX).map(|(driver, _)| driver)
}

/// The drivers of a manifest's module on each of these interpreters, the oldest first; one that several
/// programs lead to counts once.
#[must_use]
pub fn find_all(
    workshop: &Workshop,
    manifest: &Manifest,
    programs: &[PathBuf],
) -> Vec<Result<Driver, Refusal>> {
    let answers: Vec<_> = std::thread::scope(|scope| {
        let ask = |program: &PathBuf| {
            let request = Request {
                program,
                manifest,
                name: None,
                argument: None,
            };
            asked(workshop, &request, FOUND_MAX)
        };
        let threads: Vec<_> = programs
            .iter()
            .map(|program| scope.spawn(move || ask(program)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join())
            .collect()
    });
    let mut homes = BTreeSet::new();
    let mut found = Vec::new();
    for answer in answers {
        match answer {
            Ok((driver, home)) if homes.insert(home.clone()) => found.push(Ok(driver)),
            Ok(_) => {}
            Err(refusal) => found.push(Err(refusal)),
        }
    }
    found.sort_by_cached_key(|answer| match answer {
        Ok(driver) => Some(numbers(&driver.version.python)),
        Err(_) => None,
    });
    found
}

/// What tells an interpreter from another: its executable, and the folder of what is installed.
type Home = (String, String);

fn asked(
    workshop: &Workshop,
    request: &Request<'_>,
    time: Duration,
) -> Result<(Driver, Home), Refusal> {
    let program = located(request.program);
    let refuse = |reason: String| Refusal {
        program: program.clone(),
        reason,
        missing_in: None,
    };
    let module = &request.manifest.module;
    if let Some(reason) = wrong_module(module) {
        return Err(refuse(reason));
    }
    let manifest = request.manifest;
    let told = answer(workshop, Environment::Whole, &program, manifest, time).map_err(refuse)?;
    if !told.problem.is_empty() {
        let (reason, is_missing) = absent(&program, module, &told.problem);
        return Err(Refusal {
            program,
            reason,
            missing_in: is_missing.then(|| numbers(&told.python)),
        });
    }
    // A module without a version of its own is the interpreter's, in every environment the same.
    let is_installed = !told.version.is_empty();
    let prefix = told.prefix.clone();
    let home = (
        told.base.clone(),
        if is_installed { prefix } else { String::new() },
    );
    Ok((driver(request, program, told), home))
}

fn answer(
    workshop: &Workshop,
    environment: Environment,
    program: &Path,
    manifest: &Manifest,
    time: Duration,
) -> Result<Told, String> {
    let adaptor = manifest.adaptor.as_ref();
    let adaptor = adaptor.map(|one| (one.name.as_str(), one.text.as_str()));
    let question = [
        "-c".into(),
        OsString::from(question(&manifest.module, adaptor)),
    ];
    let deadline = Instant::now() + time;
    match workshop.ask(environment, program, &question, deadline) {
        Ok(answer) => understand(&answer),
        Err(Silence::Failed(reason)) => Err(reason),
        Err(Silence::NotApart) => Err("it could not be kept apart".to_owned()),
    }
}

fn driver(request: &Request<'_>, program: PathBuf, told: Told) -> Driver {
    let mut manifest = request.manifest.clone();
    let claimed = std::mem::take(&mut manifest.start_methods);
    let (there, absent) = claimed
        .into_iter()
        .partition(|method| told.methods.contains(method));
    manifest.start_methods = there;
    // Who claims all has named none.
    let names_some = request.manifest.start_methods.len() < StartMethod::ALL.len();
    manifest.absent = if names_some { absent } else { Vec::new() };
    // What the manifest says of it comes first: it knows the reason.
    manifest.lacks.extend(told.lacks);
    let minor: Vec<&str> = told.python.split('.').take(2).collect();
    let name = match (request.name, manifest.module.as_str()) {
        (Some(name), _) => name.to_owned(),
        (None, STANDARD) => format!("{}-{}", told.implementation, minor.join(".")),
        (None, _) => format!("{}-{}", manifest.name, minor.join(".")),
    };
    let own = match told.version.as_str() {
        "" => &told.python,
        version => version,
    };
    Driver {
        name,
        version: Version {
            own: own.to_owned(),
            python: told.python.clone(),
        },
        program,
        module: manifest.module.clone(),
        python: format!("{} {}", called(&told.implementation), told.python),
        environment: Environment::Whole,
        argument: request.argument.clone(),
        manifest: Arc::new(manifest),
    }
}

/// An implementation's name as people write it.
pub(crate) fn called(implementation: &str) -> &str {
    match implementation {
        "cpython" => "CPython",
        "pypy" => "PyPy",
        "graalpy" => "GraalPy",
        other => other,
    }
}

/// Why this cannot be a module's name: it stands in programs as it is.
#[must_use]
pub fn wrong_module(module: &str) -> Option<String> {
    let is_word = |part: &str| {
        let mut chars = part.chars();
        let is_letter = |c: char| c == '_' || c.is_alphabetic();
        chars.next().is_some_and(is_letter) && chars.all(|c| is_letter(c) || c.is_numeric())
    };
    (!module.split('.').all(is_word)).then(|| format!("{module:?} is no name of a module"))
}

fn understand(answer: &Answer) -> Result<Told, String> {
    let Some((before, told)) = answer.stdout.split_once(GREETING) else {
        return Err(silent(answer));
    };
    if !before.trim().is_empty() {
        let shown = shown(before);
        return Err(format!("it prints {shown} before any program begins"));
    }
    let told: Told = serde_json::from_str(told.trim()).map_err(|_| silent(answer))?;
    let numbers = numbers(&told.python);
    if numbers.len() != 3 || numbers[..2] < OLDEST[..] {
        let ([major, minor], version) = (OLDEST, shown(&told.python));
        return Err(format!(
            "it is {version}, and {major}.{minor} is the oldest that is supported"
        ));
    }
    Ok(told)
}

fn numbers(version: &str) -> Vec<u32> {
    let parts = version.split('.');
    parts.filter_map(|part| part.parse().ok()).collect()
}

/// Why a module cannot be used, with the command that installs it where that helps.
fn absent(program: &Path, module: &str, problem: &str) -> (String, bool) {
    let package = module.split('.').next().unwrap_or(module);
    let is_missing =
        problem.starts_with("ModuleNotFoundError") && problem.contains(&format!("'{package}'"));
    let problem = shown(problem);
    match is_missing {
        true => {
            let program = program.display();
            let reason =
                format!("it has no `{package}`; to install it: {program} -m pip install {package}");
            (reason, true)
        }
        false => (format!("`{module}` cannot be used: {problem}"), false),
    }
}

/// The program that is meant: the interpreter of a virtual environment's folder, a name looked up on
/// PATH, or the path as it is, which may be a link that must stay one.
fn located(program: &Path) -> PathBuf {
    if program.is_dir() {
        let places = ["bin/python", "bin/python3", "Scripts/python.exe"];
        let found = places.iter().map(|place| program.join(place));
        let found = found.into_iter().find(|path| path.is_file());
        return absolute(&found.unwrap_or(program.to_owned()));
    }
    let is_name = program.components().count() == 1 && !program.is_file();
    let path = std::env::var_os("PATH").filter(|_| is_name);
    let on_path = path.iter().flat_map(std::env::split_paths);
    let named = on_path.flat_map(|folder| {
        let plain = folder.join(program);
        [plain.with_added_extension("exe"), plain]
    });
    let found = named.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| absolute(program))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use poolproof_sys::tree::MainEnd;

    use super::*;

    fn answered(text: &str) -> Answer {
        Answer {
            stdout: text.replace("HELLO", GREETING),
            stderr: String::new(),
            end: MainEnd::Exit(0),
        }
    }

    const TOLD: &str = r#"HELLO
        {"implementation": "pypy", "python": "3.10.14", "version": "4.3.2", "base": "", "prefix": "",
         "methods": ["fork", "threads"], "problem": "",
         "lacks": [{"uses": "Process.kill", "methods": ["fork"], "reason": "gone"}]}"#;

    fn found(manifest: &str, name: Option<&str>) -> Driver {
        let manifest = Manifest::read(manifest).unwrap();
        let request = Request {
            program: Path::new("python3"),
            manifest: &manifest,
            name,
            argument: None,
        };
        driver(
            &request,
            "/x/python3".into(),
            understand(&answered(TOLD)).unwrap(),
        )
    }

    #[test]
    fn a_driver_is_what_the_manifest_claims_and_the_interpreter_has() {
        let driver = found(
            r#"Manifest(name: "b", module: "billiard", start_methods: [spawn, fork])"#,
            None,
        );
        assert_eq!(driver.name, "b-3.10");
        assert_eq!(
            (driver.version.own.as_str(), driver.python.as_str()),
            ("4.3.2", "PyPy 3.10.14")
        );
        assert_eq!(driver.manifest.start_methods, [StartMethod::Fork]);
        assert_eq!(driver.manifest.absent, [StartMethod::Spawn]);
        assert_eq!(driver.manifest.lacks[0].uses, "Process.kill");
        assert_eq!(
            found(r#"Manifest(name: "cpython")"#, None).name,
            "pypy-3.10"
        );
        assert_eq!(
            found(r#"Manifest(name: "cpython")"#, Some("mine")).name,
            "mine"
        );
    }

    #[test]
    fn what_cannot_be_used_is_told_with_the_way_out() {
        let told = |problem| absent(Path::new("/x/python3"), "billiard.pool", problem);
        let missing = told("ModuleNotFoundError: No module named 'billiard'");
        assert!(
            missing.0.ends_with("/x/python3 -m pip install billiard"),
            "{missing:?}"
        );
        assert!(missing.1);
        let other = told("ModuleNotFoundError: No module named 'vine'");
        assert!(!other.1 && other.0.contains("'vine'"), "{other:?}");
        assert!(
            understand(&answered("hello\nHELLO\n{}"))
                .unwrap_err()
                .contains("\"hello\"")
        );
        assert!(
            understand(&answered("HELLO\n{}"))
                .unwrap_err()
                .contains("no answer")
        );
        let old = TOLD.replace("3.10.14", "3.7.1");
        assert!(
            understand(&answered(&old))
                .unwrap_err()
                .contains("3.8 is the oldest")
        );
    }

    #[test]
    fn only_words_with_dots_name_a_module() {
        for good in ["billiard", "ray.util.multiprocessing", "_x1"] {
            assert_eq!(wrong_module(good), None);
        }
        for bad in ["", ".", "a-b", "a b", "os; print(1)", "1a", "a..b"] {
            assert!(wrong_module(bad).is_some(), "{bad}");
        }
    }
}
