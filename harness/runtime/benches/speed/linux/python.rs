//! The newest CPython of this machine, which runs `benches/speed/python`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Outcome;
use super::arguments::Arguments;
use super::place::{Place, processors};

/// Where the Python files are.
const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/speed/python");
/// Where compiled Python files go, so that none is left beside the sources.
const COMPILED: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/python");
/// What an interpreter is asked for: what it is, and where.
const QUESTION: &str = "import sys; print(sys.implementation.name, \
    '.'.join(map(str, sys.version_info[:3])), sys.executable)";

/// An interpreter that answers.
#[derive(Clone, Debug)]
pub(crate) struct Python {
    /// Such as `3.13.0`.
    pub(crate) version: String,
    path: PathBuf,
}

impl Python {
    /// The one that was asked for, or the newest that is found; none where there is none.
    pub(crate) fn find(arguments: &Arguments) -> Outcome<Option<Python>> {
        if arguments.no_python {
            return Ok(None);
        }
        if let Some(path) = &arguments.python {
            let python = ask(path).ok_or_else(|| format!("`{}` is no CPython", path.display()))?;
            return Ok(Some(python));
        }
        let found = candidates().into_iter().filter_map(|path| ask(&path));
        Ok(found.max_by_key(Python::order))
    }

    fn order(&self) -> Vec<u32> {
        let parts = self.version.split('.');
        parts.map(|part| part.parse().unwrap_or(0)).collect()
    }

    /// A command that serves one function as a host does.
    pub(crate) fn command(&self, function: &str, place: Place) -> Outcome<Command> {
        let processors = processors()?;
        let first = processors.first().ok_or("no processor")?;
        let second = processors.get(1).unwrap_or(first);
        let mut command = Command::new(&self.path);
        command
            .arg("-u")
            .arg(Path::new(FILES).join("serve.py"))
            .args([function, place.name()])
            .args([first.to_string(), second.to_string()])
            .env("PYTHONPYCACHEPREFIX", COMPILED)
            .env("PYTHONWARNINGS", "ignore::DeprecationWarning");
        Ok(command)
    }
}

/// Each `python3` and `python3.X` on PATH, and those under pyenv.
fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Some(home) = std::env::home_dir()
        && let Ok(versions) = std::fs::read_dir(home.join(".pyenv/versions"))
    {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    let names: Vec<_> = (8..30).map(|minor| format!("python3.{minor}")).collect();
    let names = std::iter::once("python3".to_owned()).chain(names);
    let names: Vec<_> = names.collect();
    let files = folders.iter().flat_map(|folder| {
        let inside = |name: &String| folder.join(name);
        names.iter().map(inside).collect::<Vec<_>>()
    });
    files.filter(|file| file.is_file()).collect()
}

fn ask(path: &Path) -> Option<Python> {
    let output = Command::new(path)
        .args(["-I", "-c", QUESTION])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut words = text.trim().splitn(3, ' ');
    let (name, version, path) = (words.next()?, words.next()?, words.next()?);
    (name == "cpython").then(|| Python {
        version: version.to_owned(),
        path: PathBuf::from(path),
    })
}
