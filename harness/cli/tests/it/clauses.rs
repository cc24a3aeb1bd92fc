//! The sentences of the specification on the command line.

use serde_json::Value;

use crate::poolproof::{Folder, HELLO, text};

fn rows(folder: &Folder, more: &[&str]) -> Vec<Value> {
    let output = folder.run(&[&["clauses", "--json"], more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_str(&text(&output.stdout)).unwrap()
}

fn is_of(row: &Value, part: &str) -> bool {
    row["clause"].as_str().unwrap().contains(part)
}

#[test]
fn parts_of_ids_choose_clauses() {
    let folder = Folder::with(&HELLO);
    let chosen = rows(&folder, &["lock", "PM-POOL-CHUNK"]);
    let are_meant = |row: &Value| is_of(row, "LOCK") || is_of(row, "PM-POOL-CHUNK");
    assert!(chosen.iter().all(are_meant), "{chosen:?}");
    let has = |part| chosen.iter().any(|row| is_of(row, part));
    assert!(
        has("PM-LOCK-MUTEX-001") && has("PM-POOL-CHUNK-001"),
        "{chosen:?}"
    );
    let output = folder.run(&["clauses", "nothing-like-it"]);
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn uncovered_are_those_that_no_case_tests() {
    let folder = Folder::with(&HELLO);
    let has_none = |row: &Value| row["cases"].as_array().unwrap().is_empty();
    let bare = rows(&folder, &["--uncovered"]);
    let all = rows(&folder, &[]);
    assert!(bare.iter().all(has_none), "{bare:?}");
    assert_eq!(bare.len(), all.iter().filter(|row| has_none(row)).count());
}

#[test]
fn a_clause_has_the_worst_verdict_of_each_driver_of_the_last_run() {
    let folder = Folder::with(&HELLO);
    let drivers = "fake/honest,fake/babbler";
    folder.run(&[
        "run",
        "hello.ron",
        "--driver",
        drivers,
        "--out",
        "reports/latest",
    ]);
    let tested = poolproof_spec::clauses::ids()[0];
    let row = rows(&folder, &[tested]).remove(0);
    assert_eq!(row["verdicts"]["fake/babbler"], "deviates", "{row}");
    assert_eq!(row["verdicts"]["fake/honest"], "conforms", "{row}");
}
