//! The table of crates in ARCHITECTURE.md is true of the manifests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The rows of the code map: folder, crate, imports.
fn rows() -> Vec<(String, String, BTreeSet<String>)> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let name = cells.get(1)?.trim_matches('`').to_owned();
            let imports = cells
                .get(3)?
                .split(", ")
                .filter(|import| !import.contains("none"));
            name.starts_with("poolproof").then(|| {
                let folder = cells[0].trim_matches('`').to_owned();
                (folder, name, imports.map(str::to_owned).collect())
            })
        })
        .collect()
}

/// The crates of ours that a manifest's `[dependencies]` name, without the prefix.
fn dependencies(folder: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let mut found = BTreeSet::new();
    let mut is_in = false;
    for line in text.lines() {
        if line.starts_with('[') {
            is_in = line.ends_with("dependencies]") && !line.contains("dev-");
        } else if is_in && let Some(rest) = line.strip_prefix("poolproof-") {
            let name = rest.split(['.', ' ', '=']).next().unwrap_or(rest);
            found.insert(name.to_owned());
        }
    }
    found
}

#[test]
fn each_crate_imports_what_the_code_map_says() {
    let rows = rows();
    assert!(rows.len() >= 10, "the code map was not found: {rows:#?}");
    for (folder, name, imports) in rows {
        assert_eq!(
            dependencies(&folder),
            imports,
            "{name}: manifest (left), code map (right)"
        );
    }
}

#[test]
fn every_crate_is_in_the_code_map() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = text
        .split("members = [")
        .nth(1)
        .and_then(|rest| rest.split(']').next())
        .unwrap();
    let known: BTreeSet<String> = rows().into_iter().map(|(folder, ..)| folder).collect();
    for member in members.split('"').skip(1).step_by(2) {
        assert!(known.contains(member), "{member} is not in ARCHITECTURE.md");
    }
}
