//! Written programs, run by every CPython of this machine under each start method.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use poolproof_case::claim::ClaimKind;
use poolproof_case::{Case, Ending, Outcome};
use poolproof_python::{Options, write};

use crate::interpreters::{interpreters, own_cases};

const DEADLINE: Duration = Duration::from_secs(60);

#[test]
fn written_programs_print_what_their_cases_claim() {
    let interpreters = interpreters();
    if interpreters.is_empty() {
        eprintln!("skipped: no CPython 3.8 or later on PATH or under pyenv");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    // The oldest and the newest: what both take, those between take.
    let chosen = [
        interpreters.first_key_value(),
        interpreters.last_key_value(),
    ];
    for (version, interpreter) in chosen.into_iter().flatten() {
        for case in own_cases() {
            let path = folder.path().join(format!("{}.py", case.id));
            let text = write(
                &case,
                Options {
                    pauses: true,
                    ..Options::default()
                },
            )
            .expect("a program");
            fs::write(&path, text).expect("room for a program");
            for method in &case.methods {
                let outcome = run(interpreter, &path, method.name());
                if let Some(expected) = refuted(&case, &outcome) {
                    wrong.push(format!(
                        "{} on {version:?} under {method}: {outcome:?}, expected {expected:?}",
                        case.id
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The claim that an outcome refutes.
fn refuted<'a>(case: &'a Case, outcome: &Outcome) -> Option<&'a ClaimKind> {
    case.claims
        .iter()
        .map(|claim| &claim.kind)
        .find(|claim| match claim {
            ClaimKind::Always(predicate) => !predicate.holds(outcome),
            _ => false,
        })
}

fn run(interpreter: &Path, program: &Path, method: &str) -> Outcome {
    let mut child = Command::new(interpreter)
        .arg(program)
        .arg(method)
        .env("POOLPROOF_PLAN", "pauses")
        // Longer than a process needs to begin on a machine with other work.
        .env("POOLPROOF_LATE", "30")
        .env_remove("PYTHONUNBUFFERED")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("an interpreter that starts");
    let deadline = Instant::now() + DEADLINE;
    while child.try_wait().expect("a child to wait for").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("a child to end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().expect("its output");
    let errors = String::from_utf8_lossy(&output.stderr);
    eprint!("{errors}");
    Outcome {
        lines: String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::to_owned)
            .collect(),
        ending: output.status.code().map_or(Ending::Hang, Ending::Exit),
        left: 0,
    }
}
