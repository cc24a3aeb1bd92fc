//! What is said where a program, or a child of it, begins wrongly.

use std::io::Write;
use std::sync::mpsc;

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use super::{HELPER, does, says};
use crate::start::itself;
use crate::{Outcome, each_process, ended, expect, hold};

pub(super) fn trials() -> Vec<Trial> {
    [
        each_process(
            "a_freeze_support_beside_threads_is_told_at_the_first_start",
            late,
        ),
        each_process(
            "the_first_errors_of_children_name_them_in_whole_lines",
            names,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What marks a child of this library before `freeze_support`.
const CHILD: &str = "POOLPROOF_RUNTIME_START";

/// Before `freeze_support`: a thread that is there already.
pub(super) fn be_late() {
    let told = std::env::var(HELPER.variable).unwrap_or_default();
    let is_late = told.ends_with("words-late")
        || (told.ends_with("words-names") && std::env::var_os(CHILD).is_some());
    if is_late {
        let (begin, begun) = mpsc::channel();
        std::thread::spawn(move || {
            let _ = begin.send(());
            loop {
                std::thread::park();
            }
        });
        let _ = begun.recv();
    }
}

pub(super) fn helps(context: mp::Context, what: &str) -> Outcome {
    match what {
        "late" => start_late(context),
        _ => start_named(context),
    }
}

fn late(context: mp::Context) -> Outcome {
    does(context, "words-late")
}

fn start_late(context: mp::Context) -> Outcome {
    for started in [
        context.process(itself, 7).start().map(drop),
        context.pool(1).map(drop),
    ] {
        let error = started.expect_err("a process was started");
        let text = error.to_string();
        // A fork is refused for its own reason.
        let is_told = match context.start_method() {
            mp::StartMethod::Fork => text.contains("other threads"),
            _ => text.contains("`freeze_support()`") && text.contains("`in_tests!()`"),
        };
        hold(error.is_usage() && is_told, &text)?;
    }
    expect(mp::active_children().len(), 0)
}

const TIMES: usize = 10;

fn names(context: mp::Context) -> Outcome {
    if context.start_method() == mp::StartMethod::Fork {
        // A copy does not begin anew.
        return Ok(());
    }
    let (code, text) = says(HELPER.command(context, "words-names")?)?;
    expect(code, Some(0))?;
    let name = match context.start_method() {
        mp::StartMethod::Spawn => "Ada",
        _ => "ForkServer",
    };
    let beginning = format!("Process {name}: error: `freeze_support()` was called");
    let is_whole = |line: &&str| line.starts_with(&beginning) && line.ends_with("environment");
    let lines = text.lines().count();
    hold(
        lines >= 1 && text.lines().filter(is_whole).count() == lines,
        &text,
    )?;
    hold(name != "Ada" || lines == TIMES, &text)
}

fn start_named(context: mp::Context) -> Outcome {
    if context.start_method() == mp::StartMethod::Spawn {
        let start = |_| context.process(itself, 7).name("Ada").start();
        let all = (0..TIMES).map(start).collect::<mp::Result<Vec<_>>>()?;
        for process in &all {
            expect(ended(process)?, Some(1))?;
        }
    } else {
        let outcome = context.process(itself, 7).name("Ada").start();
        hold(outcome.is_err(), "a server that has threads serves")?;
    }
    Ok(std::io::stdout().flush()?)
}
