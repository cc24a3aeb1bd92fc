//! Bad input is told with its place and the way out, never with a panic.

use crate::poolproof::{Folder, HELLO, text};

/// `check` on a case with this change says these, and exits with 64.
fn check(from: &str, to: &str, says: &[&str]) {
    let changed = HELLO.replacen(from, to, 1);
    assert_ne!(changed, *HELLO, "`{from}` is not in the case");
    let folder = Folder::with(&changed);
    let output = folder.run(&["check", "hello.ron"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{stderr}");
    for part in [&["hello.ron:", "error"], says].concat() {
        assert!(stderr.contains(part), "{stderr}\nshould say {part:?}");
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_mistake_in_a_case_is_told_with_its_place_and_the_nearest_name() {
    check("title:", "title", &["hello.ron:2:"]);
    check("title:", "titel:", &["titel", "title"]);
    check(
        "Print([\"world\"])",
        "Prnt([\"world\"])",
        &["Prnt", "Print", "4:"],
    );
    check(
        "Print([\"world\"])",
        "Let(\"l\", New(\"Lok\"))",
        &["Lok", "Lock"],
    );
    check(
        "Print([\"world\"])",
        "Let(\"l\", New(\"Lock\")), Call(\"l.aquire\")",
        &["aquire", "acquire"],
    );
    check(
        "Print([\"world\"])",
        "Let(\"l\", New(\"Lock\")), Call(\"l.acquire\", (tiemout: Soon))",
        &["tiemout", "timeout"],
    );
    check("\"hello\"", "\"$hullo\"", &["hullo"]);
    check(
        "clauses: [\"PM-",
        "clauses: [\"PM-NO-SUCH-",
        &["PM-NO-SUCH-"],
    );
    check(
        "AllowedCount(1)",
        "AllowedCount(2)",
        &["AllowedCount(2)", "1 outcome"],
    );
    check(
        "Line(\"world\")",
        "Line(\"moon\")",
        &["Sometimes(Line(\"moon\"))"],
    );
    check(
        "Print([\"world\"])",
        "Repeat(4000000000, [Print([\"world\"])])",
        &["Repeat"],
    );
}

#[test]
fn a_file_that_is_no_text_or_empty_is_told_too() {
    for bytes in [&b"\xff\xfe\x00"[..], b"", b"Case(", b"((((((((((("] {
        let folder = Folder::with(&HELLO);
        std::fs::write(folder.path().join("hello.ron"), bytes).unwrap();
        let output = folder.run(&["check", "hello.ron"]);
        assert_eq!(output.status.code(), Some(64), "{}", text(&output.stderr));
    }
}

/// A command line says these and exits with this code.
fn fails(arguments: &[&str], exit: i32, says: &[&str]) {
    let folder = Folder::with(&HELLO);
    let output = folder.run(arguments);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {stderr}");
    for part in says {
        assert!(
            stderr.contains(part),
            "{arguments:?}: {stderr}\nshould say {part:?}"
        );
    }
}

#[test]
fn wrong_usage_names_what_is_wrong_and_the_nearest_name() {
    fails(&["run", "helo.ron"], 64, &["helo.ron", "hello.ron"]);
    fails(
        &["run", "hello.ron", "--driver", "referense"],
        64,
        &["referense", "reference"],
    );
    fails(
        &["run", "hello.ron", "--driver", "fake/sleper"],
        64,
        &["sleper", "fake/sleeper"],
    );
    fails(
        &["run", "hello.ron", "--start-method", "spoon"],
        64,
        &["spoon", "spawn"],
    );
    fails(&["run", "hello.ron", "--plan", "plan"], 64, &["plain"]);
    fails(&["run", "hello.ron", "--runs", "0"], 64, &["--runs"]);
    fails(&["run", "no-such-case-at-all"], 4, &["no-such-case-at-all"]);
    fails(&["run", ""], 64, &["an empty filter"]);
    fails(&["objects", "Quee"], 64, &["Quee", "Queue"]);
    fails(&["report", "run.jsonl"], 64, &["run.jsonl"]);
    fails(&["report", "hello.ron"], 64, &["hello.ron", "line 1"]);
    fails(&["frobnicate"], 64, &["frobnicate"]);
}

#[test]
fn the_other_cases_of_a_folder_still_run() {
    let folder = Folder::with(&HELLO);
    let cases = folder.path().join("some");
    std::fs::create_dir(&cases).unwrap();
    std::fs::write(cases.join("good.ron"), HELLO.as_str()).unwrap();
    std::fs::write(cases.join("bad.ron"), "Case(").unwrap();
    std::fs::write(
        cases.join("false.ron"),
        HELLO.replace("Count(1)", "Count(2)"),
    )
    .unwrap();
    let arguments = [
        "run",
        "some",
        "--driver",
        "fake/honest",
        "--start-method",
        "spawn",
    ];
    let output = folder.run(&[&arguments[..], &["--out", "out", "--json"]].concat());
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{stderr}");
    assert!(
        stderr.contains("bad.ron:1:") && stderr.contains("false.ron:5:"),
        "{stderr}"
    );
    let records = folder.records();
    assert_eq!(records.len(), 1);
    assert_eq!(
        (records[0].case.as_str(), records[0].verdict.name()),
        ("good", "conforms")
    );
}

#[test]
fn a_duplicate_id_names_both_files() {
    let folder = Folder::with(&HELLO);
    for name in ["one", "two"] {
        let cases = folder.path().join(name);
        std::fs::create_dir(&cases).unwrap();
        std::fs::write(cases.join("same.ron"), HELLO.as_str()).unwrap();
    }
    let output = folder.run(&["check", "one/same.ron", "two/same.ron"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(64));
    for part in ["duplicate id `same`", "one/same.ron", "two/same.ron"] {
        assert!(stderr.contains(part), "{stderr}\nshould say {part:?}");
    }
}

#[test]
fn what_is_hardly_meant_is_a_warning_and_the_case_is_good_nevertheless() {
    let claims = "AllowedCount(1), Never(Line(\"wrold\"))";
    let folder = Folder::with(&HELLO.replacen("AllowedCount(1)", claims, 1));
    let output = folder.run(&["check", "hello.ron"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    for part in [
        "warning: no `Print`",
        "hello.ron:5:",
        "did you mean `world`?",
    ] {
        assert!(stderr.contains(part), "{stderr}\nshould say {part:?}");
    }
    assert!(text(&output.stdout).contains("1 case is good"));
    let output = folder.run(&["check", "hello.ron", "--json"]);
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows[0]["severity"], "warning");
    assert_eq!(output.status.code(), Some(0));
}
