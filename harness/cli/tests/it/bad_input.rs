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

#[test]
fn sizes_that_no_case_needs_are_refused_before_anything_is_explored() {
    let print = "Print([\"world\"])";
    for (program, says) in [
        (
            "Let(\"a\", New(\"Array\", [\"i\", 2000000000]))",
            "items of an array",
        ),
        (
            "Let(\"p\", New(\"Pool\", (processes: 2000000)))",
            "2000000 workers",
        ),
        ("For(\"i\", Range(2000000000), [])", "numbers of a range"),
    ] {
        check(print, &format!("{program}, {print}"), &[says, "at most"]);
    }
}

#[test]
fn a_loop_over_a_list_to_which_each_round_adds_is_refused() {
    let grow = "Let(\"l\", [1]), For(\"x\", \"$l\", [Call(\"l.append\", [\"$x\"])])";
    let print = "Print([\"world\"])";
    check(
        print,
        &format!("{grow}, {print}"),
        &["this loop never ends", "List("],
    );
}

#[test]
fn a_mark_at_the_beginning_of_a_file_is_no_part_of_it() {
    let folder = Folder::with(&format!("\u{feff}{}", *HELLO));
    let output = folder.run(&["check", "hello.ron"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn a_file_that_is_far_too_long_is_told_in_few_words() {
    let folder = Folder::with(&HELLO.replacen("hello", &"é".repeat(1 << 20), 1));
    let output = folder.run(&["check", "hello.ron"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr.contains("more than 262144 bytes"), "{stderr}");
    assert!(stderr.len() < 2000, "{} bytes", stderr.len());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_told_as_it_is_and_links_in_a_circle_end() {
    let folder = Folder::with(&HELLO);
    let path = |name: &str| folder.path().join(name);
    let made = std::process::Command::new("mkfifo")
        .arg(path("pipe.ron"))
        .status();
    assert!(made.unwrap().success());
    std::os::unix::fs::symlink("loop.ron", path("loop.ron")).unwrap();
    std::fs::create_dir(path("below")).unwrap();
    std::os::unix::fs::symlink("..", path("below/up")).unwrap();
    for (file, says) in [
        ("pipe.ron", "pipe.ron is no file that holds a case"),
        ("loop.ron", "failed to read loop.ron: "),
    ] {
        let output = folder.run(&["check", file]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
    }
    let output = folder.run(&["check", "."]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}
