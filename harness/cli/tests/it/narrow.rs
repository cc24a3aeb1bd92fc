//! Less of a program, and fewer implementations, that show the same; and a finding in forms that others
//! can use.

use crate::implementations::python;
use crate::poolproof::{Folder, HELLO, text};

/// Where a driver that prints what nobody allows is to be found among those that do not.
const TWO: [&str; 2] = ["fake/honest", "fake/babbler"];

#[test]
fn a_case_becomes_as_small_as_what_is_wrong_needs() {
    let folder = Folder::with(&HELLO);
    let output = folder.run(&[
        "shrink",
        "hello.ron",
        "--driver",
        "fake/babbler",
        "--start-method",
        "spawn",
        "--runs",
        "1",
        "--out",
        "small.ron",
    ]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("2 statements, 0 of which still show it"),
        "{said}"
    );
    let small = std::fs::read_to_string(folder.path().join("small.ron")).unwrap();
    assert!(small.contains("main: [],"), "{small}");
    let checked = folder.run(&[
        "run",
        "small.ron",
        "--driver",
        "fake/babbler",
        "--runs",
        "1",
    ]);
    assert_eq!(checked.status.code(), Some(1), "{}", text(&checked.stdout));
}

#[test]
fn a_case_on_which_nothing_is_wrong_is_not_made_smaller() {
    let folder = Folder::with(&HELLO);
    let output = folder.run(&[
        "shrink",
        "hello.ron",
        "--driver",
        "fake/honest",
        "--runs",
        "1",
    ]);
    assert_eq!(output.status.code(), Some(4));
    let said = text(&output.stderr);
    assert!(
        said.contains("shows nothing that is forbidden on fake/honest in 1 runs"),
        "{said}"
    );
}

#[test]
fn the_first_that_answers_otherwise_is_found_whichever_way_the_change_goes() {
    let folder = Folder::with(&HELLO);
    let bisect = |drivers: [&str; 2]| {
        let named = drivers.join(",");
        let output = folder.run(&["bisect", "hello.ron", "--driver", &named, "--runs", "1"]);
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let [good, bad] = TWO;
    for drivers in [[good, bad], [bad, good]] {
        let (exit, said, complained) = bisect(drivers);
        assert_eq!(exit, Some(0), "{said}{complained}");
        let last = format!(
            "{} is the first that answers otherwise than {}.",
            drivers[1], drivers[0]
        );
        assert!(said.trim_end().ends_with(&last), "{said}");
    }
    let output = folder.run(&[
        "bisect",
        "hello.ron",
        "--driver",
        &TWO.join(","),
        "--runs",
        "1",
        "--outcome",
        "nowhere",
    ]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
    let said = text(&output.stderr);
    assert!(
        said.contains("fake/honest and fake/babbler show the same"),
        "{said}"
    );
}

#[test]
fn one_implementation_has_nothing_before_it() {
    let folder = Folder::with(&HELLO);
    let output = folder.run(&["bisect", "hello.ron", "--driver", "fake/honest"]);
    assert_eq!(output.status.code(), Some(64), "{}", text(&output.stdout));
}

/// A plan that a report names, again on a driver.
fn replay(folder: &Folder, driver: &str, more: &[&str]) -> (Option<i32>, String) {
    let plan = [
        "replay",
        "hello.ron",
        "--start-method",
        "spawn",
        "--plan",
        "plain",
        "--seed",
        "1",
    ];
    let output = folder.run(&[&plan[..], &["--driver", driver], more].concat());
    (output.status.code(), text(&output.stdout))
}

#[test]
fn a_run_is_repeated_until_it_deviates_or_as_often_as_is_asked() {
    let folder = Folder::with(&HELLO);
    let (exit, said) = replay(&folder, "fake/babbler", &["--until", "deviates"]);
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.starts_with("run 1 of 1000 at most\n"), "{said}");
    let (exit, said) = replay(
        &folder,
        "fake/honest",
        &["--until", "deviates", "--runs", "3"],
    );
    assert_eq!(exit, Some(0), "{said}");
    assert!(said.starts_with("run 3 of 3 at most\n"), "{said}");
    let (exit, said) = replay(&folder, "fake/honest", &["--runs", "3"]);
    assert_eq!(exit, Some(0), "{said}");
    assert!(said.contains("the outcome of 3 of 3 runs:"), "{said}");
}

#[test]
fn a_finding_is_an_issue_to_paste() {
    let folder = Folder::with(&HELLO);
    folder.run(&[
        "run",
        "hello.ron",
        "--driver",
        "fake/babbler",
        "--out",
        "out",
    ]);
    let run_file = folder.out().join("run.jsonl");
    let run_file = run_file.to_str().unwrap();
    let output = folder.run(&["show", "hello.ron", "--as", "issue", "--from", run_file]);
    let issue = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for part in [
        "# Not so: ",
        "## What happens",
        "nobody allows",
        "## The program",
        "```python",
    ] {
        assert!(issue.contains(part), "{part}: {issue}");
    }
    let honest = [
        "show",
        "hello.ron",
        "--as",
        "issue",
        "--from",
        run_file,
        "--driver",
        "fake/honest",
    ];
    let output = folder.run(&honest);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
}

#[test]
fn a_unittest_lists_all_that_is_allowed_and_passes_on_a_python_that_is_there() {
    let folder = Folder::with(&HELLO);
    let output = folder.run(&["show", "hello.ron", "--as", "unittest"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let test = text(&output.stdout);
    assert!(test.contains("    def test_spawn(self):"), "{test}");
    assert!(test.contains("ALLOWED[\"spawn\"]"), "{test}");
    let Some(python) = python() else { return };
    let file = folder.path().join("test.py");
    std::fs::write(&file, test.replace("RUNS = 10", "RUNS = 1")).unwrap();
    let output = std::process::Command::new(python)
        .arg(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn what_may_hang_or_has_too_many_outcomes_is_no_unittest() {
    let waits = HELLO
        .replace(
            r#"Print(["hello", 1])"#,
            r#"Let("e", New("Event")), Call("e.wait")"#,
        )
        .replace(", Sometimes(Line(\"world\"))", "");
    let folder = Folder::with(&waits);
    let output = folder.run(&["show", "hello.ron", "--as", "unittest"]);
    assert_eq!(output.status.code(), Some(64));
    let said = text(&output.stderr);
    assert!(said.contains("it may hang"), "{said}");
}
