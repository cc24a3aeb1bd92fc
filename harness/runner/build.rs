//! Puts the suite into the library, so that a binary needs no tree beside it: of each case file below
//! `cases/` a line with its id, a line with its length in bytes, and its text.
//!
//! One text and no table of texts: a table has addresses, which each process that loads the program
//! writes for itself, so that every worker of a pool would hold pages of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let root = Path::new(&own).join("../../cases");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut suite = String::new();
    for file in files(&root)? {
        let below = file.strip_prefix(&root).unwrap_or(&file).with_extension("");
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        let id = parts.join("/");
        let text = std::fs::read_to_string(&file)?;
        // Writing to a text never fails.
        let _ = write!(suite, "{id}\n{}\n{text}", text.len());
    }
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    std::fs::write(Path::new(&out).join("suite.txt"), suite)
}

/// The case files below a folder, in order.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "ron") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
