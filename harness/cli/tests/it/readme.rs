//! The README's table of systems is what the run files in `reports/systems` give.

use std::path::{Path, PathBuf};

use poolproof_report::{RunFile, systems};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A run file for each system, by name.
fn files() -> Vec<(String, RunFile)> {
    let entries = std::fs::read_dir(root().join("reports/systems")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, RunFile)> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, poolproof_report::read(&text).unwrap())
        })
        .collect();
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    files
}

#[test]
fn the_table_of_systems_is_made_from_run_files() {
    let files = files();
    assert!(files.len() > 1, "there are no two systems to compare");
    let wanted = systems(&files);
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(
        readme.contains(wanted.trim_end()),
        "README.md differs from its run files; ci/readme.sh writes it anew:\n{wanted}"
    );
}
