//! The CPythons of this machine: each `python3.X` on PATH and under pyenv, from 3.8 on.
//!
//! The same interpreter reached by several names counts once.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::driver::Driver;
use crate::manifest::Manifest;

/// How long an interpreter may take to say its version.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// The oldest version that is asked for.
const OLDEST: [u32; 2] = [3, 8];

/// What an interpreter is asked: implementation, version, real executable.
const QUESTION: &str = "import os, sys; print(sys.implementation.name, \
     '.'.join(map(str, sys.version_info[:3])), os.path.realpath(sys.executable), sep='\\n')";

/// A driver for each CPython found, the oldest first.
#[must_use]
pub fn find(manifest: &Manifest) -> Vec<Driver> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Some(home) = home {
        let versions = std::fs::read_dir(home.join(".pyenv/versions"));
        folders.extend(
            versions
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path().join("bin")),
        );
    }
    let candidates: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| interpreters(folder))
        .collect();
    let answers: Vec<Option<Answer>> = std::thread::scope(|scope| {
        let asked: Vec<_> = candidates
            .iter()
            .map(|program| scope.spawn(move || ask(program)))
            .collect();
        // One that panics is as good as one that does not answer.
        asked
            .into_iter()
            .map(|thread| thread.join().ok().flatten())
            .collect()
    });
    name(answers.into_iter().flatten(), manifest)
}

/// What an interpreter says of itself.
struct Answer {
    version: Vec<u32>,
    program: PathBuf,
}

/// One driver an executable; the newest of a minor version has its short name.
fn name(answers: impl Iterator<Item = Answer>, manifest: &Manifest) -> Vec<Driver> {
    let mut found: BTreeMap<PathBuf, Vec<u32>> = BTreeMap::new();
    for answer in answers {
        found.insert(answer.program, answer.version);
    }
    let mut found: Vec<(Vec<u32>, PathBuf)> = found
        .into_iter()
        .map(|(program, version)| (version, program))
        .collect();
    found.sort();
    let manifest = Arc::new(manifest.clone());
    let mut drivers: Vec<Driver> = Vec::new();
    for (index, (version, program)) in found.iter().enumerate() {
        let is_newest = found
            .get(index + 1)
            .is_none_or(|(next, _)| next[..2] != version[..2]);
        let dotted: Vec<String> = version.iter().map(u32::to_string).collect();
        let short = if is_newest { &dotted[..2] } else { &dotted[..] };
        let mut name = format!("{}-{}", manifest.name, short.join("."));
        let copies = drivers.iter().filter(|driver| driver.name == name).count();
        if copies > 0 {
            name = format!("{name}-{}", copies + 1);
        }
        drivers.push(Driver {
            name,
            version: dotted.join("."),
            program: program.clone(),
            manifest: Arc::clone(&manifest),
        });
    }
    drivers
}

/// The files in a folder that are named as interpreters.
fn interpreters(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
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
        .collect()
}

fn ask(program: &Path) -> Option<Answer> {
    let mut child = Command::new(program)
        .args(["-c", QUESTION])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let deadline = Instant::now() + ANSWER_MAX;
    while child.try_wait().ok()?.is_none() {
        if Instant::now() > deadline {
            child.kill().ok()?;
            child.wait().ok()?;
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut text = String::new();
    child.stdout.take()?.read_to_string(&mut text).ok()?;
    let mut lines = text.lines();
    if lines.next()? != "cpython" {
        return None;
    }
    let version: Vec<u32> = lines
        .next()?
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect();
    let program = PathBuf::from(lines.next()?);
    (version.len() == 3 && version[..2] >= OLDEST[..]).then_some(Answer { version, program })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_counts_once_and_the_newest_of_a_minor_version_has_the_short_name() {
        let manifest =
            Manifest::read(r#"Manifest(name: "cpython", kind: "python", start_methods: [spawn])"#)
                .unwrap();
        let answers = [
            ([3, 11, 7], "/new/python3.11"),
            ([3, 11, 2], "/old/python3.11"),
            ([3, 11, 7], "/new/python3.11"),
            ([3, 8, 1], "/x/python3.8"),
        ];
        let answers = answers.map(|(version, program)| Answer {
            version: version.to_vec(),
            program: program.into(),
        });
        let names: Vec<String> = name(answers.into_iter(), &manifest)
            .into_iter()
            .map(|driver| driver.name)
            .collect();
        assert_eq!(names, ["cpython-3.8", "cpython-3.11.2", "cpython-3.11"]);
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
        let mut found = interpreters(folder.path());
        found.sort();
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["python3.13", "python3.8"]);
    }
}
