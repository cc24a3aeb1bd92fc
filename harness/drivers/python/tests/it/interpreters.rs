//! The interpreters of this machine, and the cases that the tests write out.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use poolproof_case::Case;

/// CPython 3.8 and later by version, found on `PATH` and under pyenv.
pub(crate) fn interpreters() -> BTreeMap<(u32, u32), PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let root = std::env::var_os("PYENV_ROOT").map_or(home.join(".pyenv"), PathBuf::from);
    let versions = std::fs::read_dir(root.join("versions"));
    folders.extend(
        versions
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("bin")),
    );
    let mut found = BTreeMap::new();
    for folder in folders {
        for minor in 8..=20 {
            let path = folder.join(format!("python3.{minor}"));
            // A shim of pyenv stands for no version until it is asked.
            if path.is_file() && version(&path) == Some((3, minor)) {
                found.entry((3, minor)).or_insert(path);
            }
        }
    }
    found
}

fn version(path: &Path) -> Option<(u32, u32)> {
    let source = "import sys, platform; assert platform.python_implementation() == 'CPython'; \
                  print(sys.version_info[0], sys.version_info[1])";
    let output = Command::new(path)
        .args(["-c", source])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The cases beside this test.
pub(crate) fn own_cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/programs");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| case(path)).collect()
}

/// The case in a file; it may name any clause.
pub(crate) fn case(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).expect("a readable case");
    let id = path.file_stem().and_then(OsStr::to_str).expect("a name");
    let clauses: Vec<&str> = text
        .split('"')
        .filter(|part| part.starts_with("PM-"))
        .collect();
    poolproof_case::read(id, &text, &clauses).unwrap_or_else(|diagnostics| {
        let name = path.display().to_string();
        let texts: Vec<String> = diagnostics
            .iter()
            .map(|diagnostic| poolproof_case::render(diagnostic, &name, &text, false))
            .collect();
        panic!("{}", texts.join("\n"))
    })
}
