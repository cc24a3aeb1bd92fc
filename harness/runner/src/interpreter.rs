//! The CPythons of this machine: each `python3.X` on PATH and under pyenv, from 3.8 on.
//!
//! The same interpreter reached by several names counts once, and one that cannot be used is told
//! with the reason. Each is asked in the surroundings of a run, so that what answers here works
//! there.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use poolproof_report::Unused;
use poolproof_sys::tree::MainEnd;

use crate::driver::Driver;
use crate::environment::Environment;
use crate::manifest::Manifest;
use crate::version::Version;
use crate::workshop::{Answer, Silence, Workshop};

/// How long all of them together may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The oldest version that is used.
pub(crate) const OLDEST: [u32; 2] = [3, 8];

/// How many characters of something strange are shown.
const SHOWN_CHARS: usize = 80;

/// The first line of an answer: what stands before it nobody has asked for.
const GREETING: &str = "an interpreter answers";

/// What an interpreter is asked: implementation, version, its executable, that of which it is a
/// virtual environment or itself, and why it has no multiprocessing.
const QUESTION: &str = "\
import os, sys
base = os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable)
version = '.'.join(map(str, sys.version_info[:3]))
own = os.path.abspath(sys.executable) if sys.prefix != sys.base_prefix else base
try:
    import multiprocessing.managers, multiprocessing.pool, multiprocessing.synchronize
    lacks = ''
except BaseException as error:
    lacks = type(error).__name__ + ': ' + ' '.join(str(error).split())
print(GREETING, sys.implementation.name, version, own, base, lacks, sep='\\n')
";

/// The interpreters that were found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// A driver for each that can be used, the oldest first.
    pub drivers: Vec<Driver>,
    /// Those that cannot.
    pub unused: Vec<Unused>,
}

/// Finds them; takes five seconds at most.
#[must_use]
pub fn find(workshop: &Workshop, manifest: &Manifest) -> Found {
    let candidates = candidates();
    let deadline = Instant::now() + ANSWER_MAX;
    let ask = |program: &Path| ask(workshop, program, deadline);
    let answers: Vec<Result<Interpreter, String>> = std::thread::scope(|scope| {
        let asked: Vec<_> = candidates
            .iter()
            .map(|program| {
                let thread = std::thread::Builder::new();
                thread.spawn_scoped(scope, || ask(program))
            })
            .collect();
        let answers = asked.into_iter().map(|thread| match thread {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|_| Err("asking it failed".to_owned())),
            Err(error) => Err(format!("nobody could ask it: {error}")),
        });
        answers.collect()
    });
    let mut found = Found::default();
    let mut interpreters = Vec::new();
    for (program, answer) in candidates.into_iter().zip(answers) {
        match answer {
            Ok(interpreter) => interpreters.push(interpreter),
            Err(reason) => found.unused.push(Unused {
                program: program.display().to_string(),
                reason,
            }),
        }
    }
    found.drivers = name(interpreters, manifest);
    found
}

/// An interpreter that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Interpreter {
    version: Vec<u32>,
    /// What is started.
    program: PathBuf,
    /// What is started in the end: by this it is known.
    base: PathBuf,
}

/// One driver an executable; the newest of a minor version has its short name.
fn name(interpreters: Vec<Interpreter>, manifest: &Manifest) -> Vec<Driver> {
    let mut known: BTreeMap<PathBuf, Interpreter> = BTreeMap::new();
    for interpreter in interpreters {
        // The executable itself starts faster than a script or a link that leads to it.
        let is_direct = interpreter.program == interpreter.base;
        if is_direct || !known.contains_key(&interpreter.base) {
            known.insert(interpreter.base.clone(), interpreter);
        }
    }
    let mut found: Vec<Interpreter> = known.into_values().collect();
    found.sort_by(|one, other| (&one.version, &one.base).cmp(&(&other.version, &other.base)));
    let manifest = Arc::new(manifest.clone());
    let mut drivers: Vec<Driver> = Vec::new();
    for (index, interpreter) in found.iter().enumerate() {
        let version = &interpreter.version;
        let is_newest = found
            .get(index + 1)
            .is_none_or(|next| next.version[..2] != version[..2]);
        let dotted: Vec<String> = version.iter().map(u32::to_string).collect();
        let short = if is_newest { &dotted[..2] } else { &dotted[..] };
        let mut name = format!("{}-{}", manifest.name, short.join("."));
        let copies = drivers.iter().filter(|driver| driver.name == name).count();
        if copies > 0 {
            name = format!("{name}-{}", copies + 1);
        }
        drivers.push(Driver {
            name,
            version: Version {
                own: dotted.join("."),
                python: dotted.join("."),
            },
            program: interpreter.program.clone(),
            module: manifest.module.clone(),
            python: format!("CPython {}", dotted.join(".")),
            environment: Environment::Bare,
            argument: None,
            manifest: Arc::clone(&manifest),
        });
    }
    drivers
}

/// The programs that are named as interpreters, each file once.
#[must_use]
pub fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Scripts that lead to one of pyenv's versions, or say that none is chosen.
    folders.retain(|folder| !folder.ends_with(".pyenv/shims"));
    if let Some(home) = std::env::home_dir() {
        let versions = std::fs::read_dir(home.join(".pyenv/versions"));
        let versions = versions.into_iter().flatten().flatten();
        folders.extend(versions.map(|entry| entry.path().join("bin")));
    }
    let mut files = BTreeSet::new();
    let mut candidates: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| interpreters(folder))
        .collect();
    // Two links may be two virtual environments of one interpreter, which count once in the end.
    candidates.retain(|program| files.insert(program.clone()));
    candidates
}

/// The files in a folder that are named as interpreters, in order.
fn interpreters(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let name = name.strip_suffix(".exe").unwrap_or(&name);
            let minor = name
                .strip_prefix("python3.")
                .and_then(|rest| rest.parse().ok());
            minor.is_some_and(|minor: u32| minor >= OLDEST[1])
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// Asks a program; an error says why it cannot be used.
fn ask(workshop: &Workshop, program: &Path, deadline: Instant) -> Result<Interpreter, String> {
    let question = QUESTION.replace("GREETING", &format!("'{GREETING}'"));
    let arguments = ["-c".into(), OsString::from(question)];
    match workshop.ask(Environment::Bare, program, &arguments, deadline) {
        Ok(answer) => understand(program, &answer),
        Err(Silence::Failed(reason)) => Err(reason),
        Err(Silence::NotApart) => Err("it could not be kept apart".to_owned()),
    }
}

fn understand(program: &Path, answer: &Answer) -> Result<Interpreter, String> {
    let Some((before, told)) = answer.stdout.split_once(GREETING) else {
        return Err(silent(answer));
    };
    if !before.trim().is_empty() {
        let shown = shown(before);
        return Err(format!("it prints {shown} before any program begins"));
    }
    let lines: Vec<&str> = told.trim_start_matches(['\r', '\n']).lines().collect();
    let [implementation, version, own, base, lacks @ ..] = &lines[..] else {
        return Err(silent(answer));
    };
    if *implementation != "cpython" {
        let implementation = shown(implementation);
        return Err(format!(
            "it is {implementation} {version}, for which there is no driver"
        ));
    }
    let numbers: Vec<u32> = version
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect();
    if numbers.len() != 3 || numbers[..2] < OLDEST[..] {
        let [major, minor] = OLDEST;
        return Err(format!(
            "it is {version}, and {major}.{minor} is the oldest that is supported"
        ));
    }
    if let [lacks, ..] = lacks
        && !lacks.is_empty()
    {
        return Err(format!("it has no multiprocessing: {}", shown(lacks)));
    }
    let base = PathBuf::from(base);
    let is_script = program.canonicalize().ok().as_deref() != Some(&base);
    Ok(Interpreter {
        version: numbers,
        program: if is_script && *own == base.to_string_lossy() {
            program.to_owned()
        } else {
            PathBuf::from(own)
        },
        base,
    })
}

/// Why there is no answer in what a program has written.
pub(crate) fn silent(answer: &Answer) -> String {
    let end = match &answer.end {
        MainEnd::Exit(code) => format!("exit {code}"),
        MainEnd::Signal(name) => format!("signal {name}"),
    };
    match answer.stderr.trim().lines().last() {
        Some(last) => format!("it gives no answer ({end}): {}", shown(last)),
        None => format!("it gives no answer ({end})"),
    }
}

/// A stranger's text in quotes, with its beginning only.
pub(crate) fn shown(text: &str) -> String {
    let start: String = text.trim().chars().take(SHOWN_CHARS).collect();
    format!("{start:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreter(version: [u32; 3], program: &str, base: &str) -> Interpreter {
        Interpreter {
            version: version.to_vec(),
            program: program.into(),
            base: base.into(),
        }
    }

    fn names(interpreters: Vec<Interpreter>) -> Vec<(String, PathBuf)> {
        let text = r#"Manifest(name: "cpython", kind: "python", start_methods: [spawn])"#;
        let drivers = name(interpreters, &Manifest::read(text).unwrap());
        let named = |driver: Driver| (driver.name, driver.program);
        drivers.into_iter().map(named).collect()
    }

    #[test]
    fn an_interpreter_counts_once_and_the_newest_of_a_minor_version_has_the_short_name() {
        let direct = |version, base: &str| interpreter(version, base, base);
        let names = names(vec![
            direct([3, 11, 7], "/new/python3.11"),
            direct([3, 11, 2], "/old/python3.11"),
            direct([3, 11, 7], "/new/python3.11"),
            direct([3, 8, 1], "/x/python3.8"),
        ]);
        let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["cpython-3.8", "cpython-3.11.2", "cpython-3.11"]);
    }

    #[test]
    fn the_executable_itself_is_started_rather_than_what_leads_to_it() {
        let script = interpreter([3, 11, 7], "/shims/python3.11", "/new/python3.11");
        let direct = interpreter([3, 11, 7], "/new/python3.11", "/new/python3.11");
        let expected = [("cpython-3.11".to_owned(), PathBuf::from("/new/python3.11"))];
        assert_eq!(names(vec![script.clone(), direct.clone()]), expected);
        assert_eq!(names(vec![direct, script.clone()]), expected);
        assert_eq!(names(vec![script])[0].1, PathBuf::from("/shims/python3.11"));
    }

    #[test]
    fn what_cannot_be_used_is_told_with_the_reason() {
        let told = |stdout: &str, stderr: &str| {
            let answer = Answer {
                stdout: stdout.replace("HELLO", GREETING),
                stderr: stderr.to_owned(),
                end: MainEnd::Exit(1),
            };
            understand(Path::new("/x/python3.9"), &answer).unwrap_err()
        };
        let good = "cpython\n3.9.1\n/x/python3.9\n/x/python3.9\n";
        for (stdout, stderr, says) in [
            ("", "", "no answer (exit 1)"),
            (
                "",
                "a\nNo module named 'encodings'\n",
                "No module named 'encodings'",
            ),
            (&format!("hello\nHELLO\n{good}\n"), "", "prints \"hello\""),
            ("HELLO\npypy\n3.9.1\n/x\n/x\n\n", "", "\"pypy\" 3.9.1"),
            ("HELLO\ncpython\n3.6.1\n/x\n/x\n\n", "", "3.8 is the oldest"),
            (
                &format!("HELLO\n{good}ImportError: no _multiprocessing\n"),
                "",
                "no _multi",
            ),
            ("HELLO\ncpython\n", "", "no answer"),
            ("HELLO\n\u{1b}[2J\n3.9.1\n/x\n/x\n\n", "", "\\u{1b}"),
        ] {
            let told = told(stdout, stderr);
            assert!(told.contains(says), "{told:?} should say {says:?}");
        }
    }

    #[test]
    fn only_names_of_interpreters_from_3_8_on_are_asked() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "python3.7",
            "python3.8",
            "python3.8-config",
            "python3.13",
            "python3",
            "ruby",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = interpreters(folder.path());
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["python3.13", "python3.8"]);
    }
}
