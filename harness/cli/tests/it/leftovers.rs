//! Nothing is left when the runner, a keeper or a case's main is killed in mid-run.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::poolproof::{Folder, HELLO};

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The processes whose command line has this text: their numbers and command lines.
fn processes(text: &str) -> Vec<(String, String)> {
    let output = Command::new("ps")
        .args(["-A", "-ww", "-o", "pid=,args="])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains(text))
        .filter_map(|line| line.trim().split_once(' '))
        .map(|(pid, command)| (pid.to_owned(), command.to_owned()))
        .collect()
}

/// Waits until the processes of a folder's runs are as wanted.
fn wait_for(folder: &Folder, wanted: impl Fn(&[(String, String)]) -> bool) {
    let text = folder.path().display().to_string();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = processes(&text);
        if wanted(&found) {
            return;
        }
        assert!(Instant::now() < deadline, "still there: {found:#?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn start(folder: &Folder, fake: &str) -> Child {
    let fake = format!("fake/{fake}");
    let mut child = folder
        .command(&[
            "run",
            "hello.ron",
            "--driver",
            &fake,
            "--start-method",
            "spawn",
            "--out",
            "out",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(folder, |found| {
        found
            .iter()
            .any(|(_, command)| !command.contains("drive keep"))
    });
    assert!(child.try_wait().unwrap().is_none());
    child
}

fn kill(pid: &str, signal: &str) {
    let status = Command::new("kill").args([signal, pid]).status().unwrap();
    assert!(status.success());
}

/// The workshops in a folder.
fn workshops(folder: &Folder) -> usize {
    let entries = std::fs::read_dir(folder.path()).unwrap().flatten();
    entries
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("poolproof-")
        })
        .count()
}

#[test]
fn a_killed_runner_leaves_no_process_and_no_folder() {
    for fake in ["sleeper", "leaker"] {
        let folder = Folder::with(&HELLO);
        let mut child = start(&folder, fake);
        child.kill().unwrap();
        child.wait().unwrap();
        wait_for(&folder, <[_]>::is_empty);
        assert_eq!(workshops(&folder), 0);
    }
}

#[test]
fn an_interrupted_runner_ends_its_runs_and_says_so() {
    let folder = Folder::with(&HELLO);
    let mut child = start(&folder, "sleeper");
    kill(&child.id().to_string(), "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(processes(&folder.path().display().to_string()).is_empty());
    assert_eq!(workshops(&folder), 0);
    let text = std::fs::read_to_string(folder.out().join("run.jsonl")).unwrap();
    assert!(poolproof_report::read(&text).unwrap().foot.is_none());
}

#[test]
fn a_killed_main_is_a_crash_and_a_killed_keeper_is_nobodys_fault() {
    for (is_keeper, verdict) in [(true, "inconclusive"), (false, "broken")] {
        let folder = Folder::with(&HELLO);
        let mut child = start(&folder, "sleeper");
        let deadline = Instant::now() + PATIENCE * 3;
        let text = folder.path().display().to_string();
        // Whatever is run again is killed again.
        while child.try_wait().unwrap().is_none() {
            for (pid, command) in processes(&text) {
                if command.contains("poolproof drive")
                    && command.contains("drive keep") == is_keeper
                {
                    // It may have ended since.
                    let _ = Command::new("kill")
                        .args(["-KILL", &pid])
                        .stderr(Stdio::null())
                        .status();
                }
            }
            assert!(Instant::now() < deadline);
            std::thread::sleep(Duration::from_millis(20));
        }
        let record = folder.records().pop().unwrap();
        assert_eq!(record.verdict.name(), verdict, "{record:#?}");
        wait_for(&folder, <[_]>::is_empty);
    }
}
