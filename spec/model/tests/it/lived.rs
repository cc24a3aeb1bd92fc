//! Programs as people write them, each with what CPython 3.13 did: the specification allows it, or
//! leaves it undefined.
//!
//! The programs stand below `everyday/`, a folder a topic; `poolproof run` takes them as they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use poolproof_case::{Ending, Outcome, StartMethod};

use crate::behaviour;

/// Every program, by topic.
fn programs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/everyday");
    let folders = fs::read_dir(root).expect("the programs").flatten();
    let files = folders.flat_map(|folder| fs::read_dir(folder.path()).expect("a topic"));
    let mut files: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
    files.sort();
    files
}

/// What the lines before a program say: `// spawn, fork: (["a line"], "exit 0", 0)`.
fn seen(text: &str) -> BTreeMap<StartMethod, Vec<Outcome>> {
    let mut seen: BTreeMap<StartMethod, Vec<Outcome>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let Some((methods, outcome)) = line
            .strip_prefix("// ")
            .and_then(|line| line.split_once(": "))
        else {
            break;
        };
        let (lines, ending, left): (Vec<String>, String, u32) =
            ron::from_str(outcome).expect("an outcome");
        let ending: Ending = ending.parse().expect("an ending");
        for method in methods.split(", ") {
            let method: StartMethod = method.parse().expect("a start method");
            seen.entry(method).or_default().push(Outcome {
                lines: lines.clone(),
                ending: ending.clone(),
                left,
            });
        }
    }
    seen
}

#[test]
fn what_cpython_does_with_everyday_programs_is_allowed_or_undefined() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in programs() {
        let text = fs::read_to_string(&path).expect("a program");
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let case = poolproof_case::read(&name, &text, &poolproof_spec::clauses::ids());
        let case = case.unwrap_or_else(|mistakes| {
            panic!(
                "{}",
                poolproof_case::render(&mistakes[0], &name, &text, false)
            )
        });
        for (method, outcomes) in seen(&text) {
            let found = behaviour(&case, method);
            for outcome in outcomes {
                count += 1;
                if !found.behaviour.allows(&outcome) && !found.behaviour.is_undefined(&outcome) {
                    wrong.push(format!("{name} under {method}: {outcome:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 1000, "{count}");
}
