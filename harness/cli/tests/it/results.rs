//! Results are never lost: they come as they are made, and what is whole is only replaced by what is
//! whole.

use crate::poolproof::{Folder, HELLO, text};

const RUN: [&str; 6] = [
    "run",
    "hello.ron",
    "--driver",
    "fake/honest",
    "--start-method",
    "spawn",
];

fn run(folder: &Folder, out: &str) -> (Option<i32>, String) {
    let output = folder.run(&[&RUN[..], &["--out", out]].concat());
    (output.status.code(), text(&output.stderr))
}

/// The names in a folder, in order.
fn names(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(folder.out()).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_place_that_cannot_be_written_to_is_told_before_anything_runs() {
    let folder = Folder::with(&HELLO);
    std::fs::write(folder.out(), "a file").unwrap();
    let output = folder.run(&[&RUN[..], &["--out", "out"]].concat());
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("failed to write out"));
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
}

#[test]
fn a_whole_run_takes_the_place_of_the_one_before_and_of_what_was_cut_short() {
    let folder = Folder::with(&HELLO);
    assert_eq!(run(&folder, "out").0, Some(0));
    let whole = ["junit.xml", "report.html", "run.jsonl", "summary.md"];
    assert_eq!(names(&folder), whole);
    let before = std::fs::read_to_string(folder.out().join("run.jsonl")).unwrap();
    let cut_short = folder.out().join("incomplete-1-2.jsonl");
    std::fs::write(&cut_short, before.lines().next().unwrap()).unwrap();
    std::fs::write(folder.out().join("mine.txt"), "").unwrap();
    assert_eq!(run(&folder, "out").0, Some(0));
    let wanted = [
        "junit.xml",
        "mine.txt",
        "report.html",
        "run.jsonl",
        "summary.md",
    ];
    assert_eq!(names(&folder), wanted);
    let after = std::fs::read_to_string(folder.out().join("run.jsonl")).unwrap();
    let id = |text: &str| poolproof_report::read(text).unwrap().head.id;
    assert_ne!(id(&before), id(&after));
}

#[test]
fn a_record_says_which_program_was_run() {
    let folder = Folder::with(&HELLO);
    run(&folder, "out");
    let program = folder.records().pop().unwrap().program;
    assert!(std::path::Path::new(&program).is_file(), "{program}");
}

#[test]
fn a_run_file_keeps_what_a_case_is_and_may_do() {
    let folder = Folder::with(&HELLO);
    run(&folder, "out");
    let text = std::fs::read_to_string(folder.out().join("run.jsonl")).unwrap();
    let file = poolproof_report::read(&text).unwrap();
    let [case] = &file.cases[..] else {
        panic!("one case was run, and {} are kept", file.cases.len());
    };
    assert_eq!(case.hash, file.records[0].case_hash);
    assert_eq!(case.ron, *HELLO);
    let python = case.programs[0].python.as_deref().unwrap();
    assert!(python.contains("if __name__ == \"__main__\":"), "{python}");
    let behaviour = case.behaviour(file.records[0].start_method).unwrap();
    assert_eq!(behaviour.count.as_deref(), Some("1"));
    assert_eq!(behaviour.outcomes[0].lines, ["hello 1", "world"]);
    let automaton = behaviour.automaton.as_ref().unwrap();
    assert_eq!(automaton.nodes.len(), 3);
    assert_eq!(automaton.lines, ["hello 1", "world"]);
}

#[test]
fn a_run_in_which_nothing_is_judged_is_no_success() {
    let with_kill = HELLO.replace(
        "main: [",
        r#"functions: {"f": Function(params: [], body: [])}, methods: ["threads"], main: [
            Let("p", New("Process", (target: "f"))), Call("p.start"), Call("p.kill"), "#,
    );
    let folder = Folder::with(&with_kill.replace("AllowedCount(1), ", ""));
    let output = folder.run(&["run", "hello.ron", "--driver", "reference", "--out", "out"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("Nothing was judged."));
}

#[test]
fn what_a_program_prints_moves_no_cursor() {
    let folder = Folder::with(&HELLO);
    let painter = [&RUN[..3], &["fake/painter", "--out", "out"]].concat();
    let output = folder.run(&painter);
    assert_eq!(output.status.code(), Some(1));
    let read = |name: &str| std::fs::read_to_string(folder.out().join(name)).unwrap();
    let page = read("report.html");
    assert!(!page.contains(['\u{1b}', '\u{9b}']), "{page}");
    assert!(!read("junit.xml").contains(['\u{1b}', '\u{9b}']));
    for shown in [
        text(&output.stdout),
        text(&output.stderr),
        read("summary.md"),
    ] {
        assert!(!shown.contains(['\u{1b}', '\u{9b}']), "{shown}");
        assert!(shown.len() < 20_000, "{} bytes are no screen", shown.len());
    }
}

#[test]
fn list_shows_the_memory_of_a_run_file() {
    let folder = Folder::with(&HELLO);
    run(&folder, "out");
    let mut file = {
        let text = std::fs::read_to_string(folder.out().join("run.jsonl")).unwrap();
        poolproof_report::read(&text).unwrap()
    };
    file.records[0].memory = Some(poolproof_report::Memory {
        private: Some(3 << 20),
        processes: 2,
        ..poolproof_report::Memory::default()
    });
    std::fs::write(
        folder.path().join("m.jsonl"),
        poolproof_report::write(&file),
    )
    .unwrap();
    let output = folder.run(&["list", "hello.ron", "--memory=m.jsonl"]);
    let said = text(&output.stdout);
    assert!(said.contains("3.00 MiB in 2 processes"), "{said}");
    let output = folder.run(&["list", "hello.ron", "--memory=none.jsonl"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("none.jsonl"));
}
