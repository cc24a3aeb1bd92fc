//! A real Python to compare with, where there is one.

use std::io::Write;
use std::process::{Command, Stdio};

/// What a script prints, or nothing (with the reason on stderr) where no Python 3 runs.
pub(crate) fn run(script: &str) -> Option<String> {
    let child = Command::new("python3")
        .args(["-I", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .env("PYTHONIOENCODING", "utf-8")
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            eprintln!("skipped: failed to run `python3`: {error}");
            return None;
        }
    };
    let mut input = child.stdin.take().expect("stdin is piped");
    input
        .write_all(script.as_bytes())
        .expect("python3 reads the script");
    drop(input);
    let output = child.wait_with_output().expect("python3 can be waited for");
    assert!(output.status.success(), "python3 failed");
    Some(String::from_utf8(output.stdout).expect("python3 was told to write UTF-8"))
}
