//! Every case of the project as a program that the oldest and the newest CPython take.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use poolproof_python::{Options, adaptor, file_name, write};

use crate::interpreters::{case, interpreters};

#[test]
fn each_case_becomes_a_program_that_the_oldest_and_the_newest_cpython_compile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../cases");
    let folder = tempfile::tempdir().expect("a folder");
    let mut programs = Vec::new();
    for path in case_files(&root) {
        let case = case(&path);
        for pauses in [false, true] {
            let text = write(
                &case,
                Options {
                    pauses,
                    ..Options::default()
                },
            )
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name = format!("{}_{pauses}_{}", programs.len(), file_name(&case));
            let program = folder.path().join(name);
            fs::write(&program, text).expect("room for a program");
            programs.push(program);
        }
    }
    assert!(!programs.is_empty(), "no case below {}", root.display());
    for name in [
        "loky",
        "loky_executor",
        "futures",
        "pebble",
        "mpi4py",
        "ray",
    ] {
        let file = format!("poolproof_{name}.py");
        let text = adaptor(&file).unwrap_or_else(|| panic!("there is no {file}"));
        let program = folder.path().join(&file);
        fs::write(&program, text).expect("room for an adaptor");
        programs.push(program);
    }
    let interpreters = interpreters();
    if interpreters.is_empty() {
        eprintln!("skipped: no CPython 3.8 or later on PATH or under pyenv");
    }
    let chosen = [
        interpreters.first_key_value(),
        interpreters.last_key_value(),
    ];
    for (version, interpreter) in chosen.into_iter().flatten() {
        let output = Command::new(interpreter)
            .args(["-W", "error", "-m", "py_compile"])
            .args(&programs)
            .output()
            .expect("an interpreter that starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{version:?}: {errors}");
    }
}

fn case_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of cases") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(case_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "ron") {
            files.push(path);
        }
    }
    files.sort();
    files
}
