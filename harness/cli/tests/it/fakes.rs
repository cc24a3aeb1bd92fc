//! The judge against drivers that are wrong on purpose, and one that is right.

use poolproof_case::Ending;
use poolproof_report::{Record, Verdict};

use crate::poolproof::{Folder, HELLO, text};

fn judge(fake: &str) -> (Option<i32>, Record) {
    let folder = Folder::with(&HELLO);
    let output = folder.run(&[
        "run",
        "hello.ron",
        "--driver",
        &format!("fake/{fake}"),
        "--start-method",
        "spawn",
        "--out",
        "out",
    ]);
    (output.status.code(), folder.records().pop().unwrap())
}

fn check(fake: &str, verdict: Verdict, exit: i32, reason: &str) -> Record {
    let (code, record) = judge(fake);
    assert_eq!(record.verdict, verdict, "{record:#?}");
    assert_eq!(code, Some(exit));
    let said = record.reason.clone().unwrap_or_default();
    assert!(said.contains(reason), "{said:?} should say {reason:?}");
    record
}

#[test]
fn one_that_answers_right_conforms() {
    let record = check("honest", Verdict::Conforms, 0, "");
    assert_eq!(record.seen, 1);
    assert_eq!(record.allowed.as_deref(), Some("1"));
    assert!(record.sometimes.iter().all(|claim| claim.seen));
}

#[test]
fn one_that_prints_what_nobody_allows_deviates() {
    let record = check(
        "babbler",
        Verdict::Deviates,
        1,
        "\"nobody allows this line\"",
    );
    let observation = record.forbidden().next().unwrap();
    let rejection = observation.rejection.as_ref().unwrap();
    assert_eq!(rejection.nearest.lines, ["hello 1", "world"]);
    // It stands with the most frequent of those with this outcome.
    let rejections = record
        .forbidden()
        .filter_map(|seen| seen.rejection.as_ref());
    let mut interleavings = rejections.filter_map(|rejection| rejection.interleaving.as_ref());
    let interleaving = interleavings.next().unwrap();
    let lines: Vec<&str> = interleaving
        .steps
        .iter()
        .filter_map(|step| step.line.as_deref())
        .collect();
    assert_eq!(lines, ["hello 1", "world"]);
    assert!(interleaving.shortest);
    let replay = record.replay.as_deref().unwrap();
    assert!(replay.contains("--driver fake/babbler"));
}

#[test]
fn the_command_that_repeats_a_run_finds_its_case_wherever_that_lies() {
    let folder = Folder::with(&HELLO);
    let inner = folder.path().join("a folder");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("hello.ron"), HELLO.as_str()).unwrap();
    let run = [
        "run",
        "a folder/hello.ron",
        "--driver",
        "fake/babbler",
        "--start-method",
        "spawn",
    ];
    folder.run(&[&run[..], &["--out", "out"]].concat());
    let replay = folder.records().pop().unwrap().replay.unwrap();
    let (start, rest) = replay.split_once('\'').unwrap();
    let (file, rest) = rest.split_once('\'').unwrap();
    let words = start.split_whitespace().skip(1);
    let words: Vec<&str> = words.chain([file]).chain(rest.split_whitespace()).collect();
    let output = folder.run(&words);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("nobody allows this line"));
}

#[test]
fn one_that_never_ends_deviates_by_its_hang() {
    let record = check("sleeper", Verdict::Deviates, 1, "hang");
    assert!(
        record
            .forbidden()
            .all(|observation| observation.ending == Ending::Hang)
    );
}

#[test]
fn one_that_is_busy_for_ever_is_not_called_hung() {
    let text = HELLO.replace("claims:", "limits: (deadline_ms: 3000), claims:");
    let folder = Folder::with(&text);
    let arguments = [
        "run",
        "hello.ron",
        "--driver",
        "fake/spinner",
        "--start-method",
        "spawn",
    ];
    let output = folder.run(&[&arguments[..], &["--runs", "1", "--out", "out"]].concat());
    let record = folder.records().pop().unwrap();
    assert_eq!(record.verdict, Verdict::Inconclusive);
    assert_eq!(record.infrastructure, 1);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn one_that_prints_for_ever_deviates() {
    check("flooder", Verdict::Deviates, 1, "\"more\"");
}

#[test]
fn one_that_leaves_a_process_is_broken() {
    let record = check("leaker", Verdict::Broken, 1, "1 process outlived main");
    assert!(record.forbidden().all(|observation| observation.left == 1));
}

#[test]
fn one_that_leaves_files_is_broken() {
    let record = check("litterer", Verdict::Broken, 1, "the file poolproof-fake-");
    let memory = std::path::Path::new("/dev/shm");
    let has_memory = memory.is_absolute() && memory.is_dir();
    let says_memory = record
        .reason
        .unwrap()
        .contains("the shared memory or semaphore");
    assert_eq!(says_memory, has_memory);
}

#[test]
fn one_that_is_ended_by_a_signal_is_broken() {
    check("crasher", Verdict::Broken, 1, "signal ABRT");
}

#[test]
fn a_hang_that_does_not_show_again_is_told_and_is_no_verdict() {
    let folder = Folder::with(&HELLO);
    let arguments = [
        "run",
        "hello.ron",
        "--driver",
        "fake/stumbler",
        "--runs",
        "4",
    ];
    let method = ["--start-method", "spawn", "--out", "out"];
    let output = folder.run(&[&arguments[..], &method].concat());
    let record = folder.records().pop().unwrap();
    assert_eq!(record.verdict, Verdict::Inconclusive);
    assert_eq!((record.runs, record.infrastructure), (4, 0));
    let reason = record.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("seen once in 4 runs"), "{reason}");
    assert!(record.replay.is_some());
    let hung = record.observations.iter().find(|seen| !seen.allowed);
    assert_eq!(hung.map(|seen| &seen.ending), Some(&Ending::Hang));
    assert_eq!(output.status.code(), Some(2));
}
