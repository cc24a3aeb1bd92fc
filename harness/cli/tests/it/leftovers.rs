//! Nothing is left when the runner, a keeper or a case's main is killed in mid-run.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use sysinfo::{Process, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use crate::poolproof::{Folder, HELLO};

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the processes are listed.
const LOOK: Duration = Duration::from_millis(20);

/// Does something with the processes of a folder's runs, each with its arguments.
fn with_processes<T>(folder: &Folder, mut act: impl FnMut(&[(&Process, Vec<String>)]) -> T) -> T {
    let arguments = ProcessRefreshKind::nothing()
        .with_cmd(UpdateKind::Always)
        .without_tasks();
    let mut system = System::new().unwrap();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, arguments);
    // The folder may have a second, shorter path; its name is its own.
    let name = folder.path().file_name().unwrap().to_string_lossy();
    let processes = system.processes().values().map(|process| {
        let arguments = process.cmd().iter();
        let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
        (process, arguments.collect::<Vec<_>>())
    });
    let is_ours = |arguments: &[String]| arguments.iter().any(|text| text.contains(&*name));
    let found: Vec<_> = processes.filter(|(_, text)| is_ours(text)).collect();
    act(&found)
}

fn is_keeper(arguments: &[String]) -> bool {
    arguments
        .get(1..3)
        .is_some_and(|two| two == ["drive", "keep"])
}

/// Waits until nothing of a folder's runs lives.
fn wait_for_nobody(folder: &Folder) {
    let deadline = Instant::now() + PATIENCE;
    while !with_processes(folder, |found| {
        assert!(Instant::now() < deadline, "still there: {found:#?}");
        found.is_empty()
    }) {
        std::thread::sleep(LOOK);
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
    let deadline = Instant::now() + PATIENCE;
    let has_main = |found: &[(&Process, Vec<String>)]| {
        found.iter().any(|(_, arguments)| !is_keeper(arguments))
    };
    while !with_processes(folder, has_main) {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        assert!(Instant::now() < deadline, "main was not started");
        std::thread::sleep(LOOK);
    }
    child
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
        wait_for_nobody(&folder);
        assert_eq!(workshops(&folder), 0);
    }
}

#[cfg(unix)] // Nobody but a console can interrupt a Windows program.
#[test]
fn an_interrupted_runner_ends_its_runs_and_says_so() {
    let folder = Folder::with(&HELLO);
    let mut child = start(&folder, "sleeper");
    let id = sysinfo::Pid::from_u32(child.id());
    let mut system = System::new().unwrap();
    system.refresh_processes(ProcessesToUpdate::Some(&[id]), true);
    let runner = system.process(id).unwrap();
    assert_eq!(runner.kill_with(sysinfo::Signal::Interrupt), Some(true));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    with_processes(&folder, |found| assert!(found.is_empty(), "{found:#?}"));
    assert_eq!(workshops(&folder), 0);
    let text = std::fs::read_to_string(folder.out().join("run.jsonl")).unwrap();
    let file = poolproof_report::read(&text).unwrap();
    assert!(file.foot.is_none());
    assert!(file.records.is_empty(), "nothing was seen: {file:#?}");
}

/// A killed process tells by its ending that it was killed, where the system lets it.
const KILLED: &str = if cfg!(windows) { "deviates" } else { "broken" };

#[test]
fn a_killed_main_is_a_crash_and_a_killed_keeper_is_nobodys_fault() {
    for (kills_keeper, verdict) in [(true, "inconclusive"), (false, KILLED)] {
        let folder = Folder::with(&HELLO);
        let mut child = start(&folder, "sleeper");
        let deadline = Instant::now() + PATIENCE * 3;
        // Whatever is run again is killed again.
        while child.try_wait().unwrap().is_none() {
            with_processes(&folder, |found| {
                for (process, arguments) in found {
                    if is_keeper(arguments) == kills_keeper {
                        // It may have ended since.
                        process.kill();
                    }
                }
            });
            assert!(Instant::now() < deadline);
            std::thread::sleep(LOOK);
        }
        let record = folder.records().pop().unwrap();
        assert_eq!(record.verdict.name(), verdict, "{record:#?}");
        wait_for_nobody(&folder);
    }
}
