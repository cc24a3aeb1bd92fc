//! `poolproof.ron` says what one would otherwise type each time, and the command line wins.

use poolproof_report::RunFile;

use crate::poolproof::{Folder, HELLO, text};

/// A project with a case and this file.
fn project(settings: &str) -> Folder {
    let folder = Folder::with(&HELLO);
    let cases = folder.path().join("cases/own");
    std::fs::create_dir_all(&cases).unwrap();
    std::fs::create_dir(folder.path().join("below")).unwrap();
    std::fs::write(cases.join("hello.ron"), HELLO.as_str()).unwrap();
    std::fs::write(folder.path().join("poolproof.ron"), settings).unwrap();
    folder
}

const SETTINGS: &str = r#"(
    // What this project runs.
    filters: ["cases"],
    drivers: ["fake/honest"],
    start_methods: ["spawn", "threads"],
    runs: 3,
    seed: 7,
    plan: "plain",
    out: "results",
)"#;

fn read(folder: &Folder, out: &str) -> RunFile {
    let file = folder.path().join(out).join("run.jsonl");
    poolproof_report::read(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn what_the_file_says_is_done_here_and_below() {
    let folder = project(SETTINGS);
    for place in [".", "below"] {
        let mut command = folder.command(&["run"]);
        let output = command
            .current_dir(folder.path().join(place))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let file = read(&folder, "results");
        let records: Vec<String> = file
            .records
            .iter()
            .map(|one| {
                format!(
                    "{} {} {} {} {}",
                    one.case, one.driver, one.start_method, one.runs, one.seed
                )
            })
            .collect();
        let wanted = [
            "own/hello fake/honest spawn 3 7",
            "own/hello fake/honest threads 3 7",
        ];
        assert_eq!(records, wanted, "in {place}");
        std::fs::remove_dir_all(folder.path().join("results")).unwrap();
    }
}

#[test]
fn the_command_line_wins_and_the_run_file_says_what_was_done() {
    let folder = project(SETTINGS);
    let run = [
        "run",
        "hello.ron",
        "--driver",
        "fake/babbler",
        "--runs",
        "2",
        "--out",
        "out",
    ];
    let output = folder.run(&run);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let file = read(&folder, "out");
    let first = &file.records[0];
    assert_eq!(
        (first.case.as_str(), first.runs, first.seed),
        ("hello", 2, 7)
    );
    let command = &file.head.command;
    let added = "--out out --start-method spawn --start-method threads --seed 7 --plan plain";
    assert!(command.ends_with(added), "{command}");

    let alone = [&run[..], &["--no-config"]].concat();
    folder.run(&alone);
    assert_eq!(read(&folder, "out").records.len(), 4, "all start methods");
}

#[test]
fn a_wrong_file_is_told_with_its_name_line_and_key() {
    for (settings, begins, says) in [
        ("(\n    rnus: 3,\n)", "poolproof.ron:2:", "`rnus`"),
        ("(\n    runs: \"3\",\n)", "poolproof.ron:2:", "`runs`"),
        (
            "(\n    seed: 1,\n    runs: -3,\n)",
            "poolproof.ron:3:",
            "`runs`",
        ),
        (
            "(\n    runs: 0,\n)",
            "poolproof.ron:2:5: ",
            "`runs`: a case is run once at least",
        ),
        (
            "(\n    drivers: \"reference\",\n)",
            "poolproof.ron:2:",
            "`drivers`",
        ),
        (
            "(\n    start_methods: [\"spwan\"],\n)",
            "poolproof.ron:2:5: ",
            "`start_methods`: unknown start method `spwan`",
        ),
        (
            "(\n    plan: \"slow\",\n)",
            "poolproof.ron:2:5: ",
            "`plan`: unknown plan `slow`",
        ),
        ("(\n    jobs: 2\n    runs: 3,\n)", "poolproof.ron:3:", ""),
    ] {
        let output = project(settings).run(&["run", "hello.ron"]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{settings}: {stderr}");
        let begins = format!("error: {begins}");
        assert!(
            stderr.starts_with(&begins),
            "{stderr} should begin with {begins}"
        );
        assert!(stderr.contains(says), "{stderr} should say {says}");
        assert!(stderr.contains("--no-config"), "{stderr}");
    }
}
