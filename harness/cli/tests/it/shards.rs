//! The shards of a run, each a process of its own, are together the whole run.

use std::process::{Child, Output, Stdio};

use poolproof_report::{Record, RunFile};

use crate::poolproof::{Folder, HELLO, text};

/// So many shards.
const COUNT: u32 = 3;

/// What is run: some cases of the suite.
const RUN: [&str; 11] = [
    "run",
    "seed/pool_map",
    "seed/pool_map_*",
    "seed/lock*",
    "--driver",
    "reference",
    "--start-method",
    "spawn",
    "--runs",
    "2",
    "--out",
];

/// Begins a shard, or the whole run.
fn begin(folder: &Folder, name: &str, shard: Option<&str>) -> Child {
    let mut command = folder.command(&[&RUN[..], &[name, "--seed", "1"]].concat());
    if let Some(shard) = shard {
        command.args(["--shard", shard]);
    }
    let streams = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    streams.spawn().unwrap()
}

fn ended(child: Child) {
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

/// The whole run and its shards, as separate processes, the shards at once.
fn runs() -> Folder {
    let folder = Folder::with(&HELLO);
    ended(begin(&folder, "whole", None));
    let shards: Vec<Child> = (1..=COUNT)
        .map(|index| {
            begin(
                &folder,
                &format!("shard-{index}"),
                Some(&format!("{index}/{COUNT}")),
            )
        })
        .collect();
    shards.into_iter().for_each(ended);
    folder
}

/// The run files as one.
fn merged(folder: &Folder, names: &[&str]) -> RunFile {
    let output = report(folder, names);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    poolproof_report::read(&text(&output.stdout)).unwrap()
}

fn report(folder: &Folder, names: &[&str]) -> Output {
    let files: Vec<String> = names
        .iter()
        .map(|name| match name.ends_with(".jsonl") {
            true => (*name).to_owned(),
            false => format!("{name}/run.jsonl"),
        })
        .collect();
    let files = files.iter().map(String::as_str);
    let arguments = ["report", "--format", "jsonl"].into_iter().chain(files);
    folder.run(&arguments.collect::<Vec<_>>())
}

/// What is said of a case, without what is another each time: times and memory.
fn said(record: &Record) -> String {
    let Record {
        case,
        case_hash,
        driver,
        start_method,
        verdict,
        runs,
        allowed,
        seed,
        ..
    } = record;
    format!("{case} {case_hash} {driver} {start_method} {verdict} {runs} {allowed:?} {seed}")
}

#[test]
fn the_shards_of_a_run_are_together_the_whole_run() {
    let folder = runs();
    let whole = merged(&folder, &["whole"]);
    let shards = ["shard-3", "shard-1", "shard-2"];
    let joined = merged(&folder, &shards);
    let all = |file: &RunFile| -> Vec<String> { file.records.iter().map(said).collect() };
    assert!(
        whole.records.len() > 8,
        "{} are too few",
        whole.records.len()
    );
    assert_eq!(all(&joined), all(&whole));
    let ids =
        |file: &RunFile| -> Vec<String> { file.cases.iter().map(|case| case.id.clone()).collect() };
    assert_eq!(ids(&joined), ids(&whole));
    let feet = [&joined, &whole].map(|file| {
        let foot = file.foot.as_ref().unwrap();
        (foot.cases, foot.runs, foot.exit)
    });
    assert_eq!(feet[0], feet[1]);
    for shard in shards {
        let records = merged_alone(&folder, shard).records.len();
        assert!(records < whole.records.len(), "{shard} has all {records}");
    }

    // Twice the same counts once, whether it comes alone or joined with others.
    let file = folder.path().join("joined.jsonl");
    std::fs::write(&file, poolproof_report::write(&joined)).unwrap();
    for names in [
        &["joined.jsonl", "shard-1"][..],
        &["joined.jsonl", "joined.jsonl"],
        &["shard-3", "shard-1", "shard-1", "shard-2", "shard-2"],
    ] {
        assert!(merged(&folder, names) == joined, "{names:?}");
    }
}

/// A shard alone, which is told to be a part.
fn merged_alone(folder: &Folder, name: &str) -> RunFile {
    let output = report(folder, &[name]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("not all shards are there"), "{stderr}");
    poolproof_report::read(&text(&output.stdout)).unwrap()
}

#[test]
fn a_shard_without_a_case_is_a_success() {
    let folder = Folder::with(&HELLO);
    let run = |shard: &str| {
        let arguments = [
            "run",
            "hello.ron",
            "--driver",
            "fake/honest",
            "--start-method",
            "spawn",
        ];
        folder.run(&[&arguments[..], &["--out", "out", "--shard", shard]].concat())
    };
    let counts: Vec<usize> = ["1/2", "2/2"]
        .into_iter()
        .map(|shard| {
            let output = run(shard);
            assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
            folder.records().len()
        })
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 1, "{counts:?}");
}

#[test]
fn what_is_no_shard_is_told_with_the_way_out() {
    let folder = Folder::with(&HELLO);
    for (shard, says) in [("3/2", "shards go from 1/2 to 2/2"), ("one", "`2/4`")] {
        let output = folder.run(&["run", "hello.ron", "--shard", shard]);
        assert_eq!(output.status.code(), Some(64));
        let stderr = text(&output.stderr);
        assert!(stderr.contains(says), "{stderr}");
    }
}
