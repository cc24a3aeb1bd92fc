//! `compare` and `report --against` on run files of real runs.

use poolproof_report::RunFile;

use crate::poolproof::{Folder, HELLO, text};

/// A folder with a run file of a driver that is right, `right.jsonl`, and one of a driver that is
/// not, `wrong.jsonl`.
fn runs() -> Folder {
    let folder = Folder::with(&HELLO);
    for (name, driver) in [("right", "fake/honest"), ("wrong", "fake/babbler")] {
        let run = [
            "run",
            "hello.ron",
            "--driver",
            driver,
            "--start-method",
            "spawn",
        ];
        folder.run(&[&run[..], &["--runs", "6", "--out", "out"]].concat());
        let to = folder.path().join(format!("{name}.jsonl"));
        std::fs::copy(folder.out().join("run.jsonl"), to).unwrap();
    }
    folder
}

fn read(folder: &Folder, name: &str) -> RunFile {
    let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
    poolproof_report::read(&text).unwrap()
}

#[test]
fn a_comparison_fails_on_a_regression_only_where_that_is_asked_for() {
    let folder = runs();
    let code = |arguments: &[&str]| {
        let output = folder.run(&[&["compare"], arguments].concat());
        (output.status.code(), text(&output.stdout))
    };
    let (exit, said) = code(&["right.jsonl", "wrong.jsonl"]);
    assert_eq!(exit, Some(0), "{said}");
    assert!(said.contains("deviates, before conforms"), "{said}");
    assert!(said.contains("nobody allows this line"), "{said}");
    let fails = ["--fail-on", "regression"];
    assert_eq!(
        code(&[&["right.jsonl", "wrong.jsonl"], &fails[..]].concat()).0,
        Some(1)
    );
    assert_eq!(
        code(&[&["wrong.jsonl", "right.jsonl"], &fails[..]].concat()).0,
        Some(0)
    );
    assert_eq!(
        code(&["wrong.jsonl", "right.jsonl", "--fail-on", "change"]).0,
        Some(1)
    );
    assert_eq!(
        code(&["right.jsonl", "right.jsonl", "--fail-on", "change"]).0,
        Some(0)
    );
    let (_, said) = code(&["right.jsonl", "wrong.jsonl", "--json"]);
    assert!(said.contains("\"regression\": true"), "{said}");
}

#[test]
fn one_driver_of_a_file_is_compared_by_its_name() {
    let folder = runs();
    let (right, wrong) = (read(&folder, "right.jsonl"), read(&folder, "wrong.jsonl"));
    let both = poolproof_report::merge(vec![right, wrong]).unwrap();
    std::fs::write(
        folder.path().join("both.jsonl"),
        poolproof_report::write(&both),
    )
    .unwrap();
    let arguments = [
        "compare",
        "both.jsonl#fake/honest",
        "both.jsonl#fake/babbler",
    ];
    let output = folder.run(&[&arguments[..], &["--fail-on", "regression"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let output = folder.run(&["compare", "both.jsonl#nobody", "both.jsonl"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("it has fake/babbler, fake/honest"));
}

#[test]
fn files_without_a_common_case_are_no_comparison() {
    let folder = runs();
    let mut other = read(&folder, "right.jsonl");
    other.records[0].case = "another".to_owned();
    std::fs::write(
        folder.path().join("other.jsonl"),
        poolproof_report::write(&other),
    )
    .unwrap();
    let output = folder.run(&["compare", "right.jsonl", "other.jsonl"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
    assert_eq!(
        folder
            .run(&["compare", "right.jsonl", "none"])
            .status
            .code(),
        Some(64)
    );
    let threshold = [
        "compare",
        "right.jsonl",
        "right.jsonl",
        "--threshold",
        "0.5",
    ];
    assert_eq!(folder.run(&threshold).status.code(), Some(64));
}

#[test]
fn every_report_says_what_changed_if_it_is_asked() {
    let folder = runs();
    for format in ["html", "markdown", "junit", "tap", "json"] {
        let report = [
            "report",
            "wrong.jsonl",
            "--against",
            "right.jsonl",
            "--format",
            format,
        ];
        let said = text(&folder.run(&report).stdout);
        let is_said = said.contains("before conforms") || said.contains("\"before\":\"conforms\"");
        assert!(is_said, "{format}: {said}");
    }
}
