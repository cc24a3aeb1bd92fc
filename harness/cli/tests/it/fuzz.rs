//! Programs that nobody wrote: the specification agrees with itself on them, and who is wrong is shown
//! by a small program.

use serde_json::Value;

use crate::poolproof::{Folder, HELLO, text};

fn fuzz(folder: &Folder, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = folder.run(&[&["fuzz", "--json"], arguments].concat());
    let said = text(&output.stdout);
    let told = serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("no JSON: {said}\n{}", text(&output.stderr)));
    (output.status.code(), told)
}

#[test]
fn exploring_with_and_without_reduction_agrees_on_programs_that_nobody_wrote() {
    let folder = Folder::with(&HELLO);
    let asked = [
        "--no-drivers",
        "--seed",
        "1",
        "--programs",
        "300",
        "--max-states",
        "2000",
    ];
    let (exit, told) = fuzz(&folder, &asked);
    assert_eq!(told["disagreements"], Value::Array(Vec::new()));
    assert_eq!(exit, Some(0));
    // Most are small enough, or this would show nothing.
    let number = |field: &str| told[field].as_u64().unwrap();
    assert!(
        number("explored") > 2 * (number("too_large") + number("outside")),
        "{told}"
    );
}

#[test]
fn a_driver_that_is_wrong_is_shown_by_a_small_program_and_the_corpus_goes_on_after_it() {
    let folder = Folder::with(&HELLO);
    let asked = [
        "--driver",
        "fake/babbler",
        "--start-method",
        "spawn",
        "--runs",
        "1",
        "--corpus",
        "corpus",
        "--programs",
        "1",
    ];
    let (exit, told) = fuzz(&folder, &asked);
    assert_eq!(exit, Some(1), "{told}");
    let kept = &told["disagreements"][0];
    assert_eq!(kept["driver"], "fake/babbler");
    assert!(kept["statements"].as_u64().unwrap() <= 1, "{kept}");
    assert!(kept["reason"].as_str().unwrap().contains("nobody allows"));
    let file = kept["file"].as_str().unwrap();
    let output = folder.run(&["run", file, "--driver", "fake/babbler", "--out", "out"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let (_, again) = fuzz(&folder, &asked);
    assert_eq!(again["seed"], told["next"]);
}
