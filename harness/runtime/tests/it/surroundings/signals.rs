//! Signals that the program, or who started it, has blocked, ignored or taken for itself; and others
//! that wait for this library's children.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use super::{does, through, well};
use crate::start::{itself, start_living};
use crate::{Outcome, each_process, ended, expect, hold};

pub(super) fn trials() -> Vec<Trial> {
    [
        each_process(
            "terminate_ends_a_child_whose_starter_ignores_it",
            term_ignored,
        ),
        each_process(
            "terminate_ends_a_child_whose_starter_blocks_it",
            term_blocked,
        ),
        each_process(
            "terminate_ends_a_child_whose_starter_handles_it",
            term_handled,
        ),
        each_process(
            "exit_codes_are_exact_where_the_system_forgets_children",
            chld_ignored,
        ),
        each_process(
            "exit_codes_are_exact_where_another_waits_for_all_children",
            reaped,
        ),
        each_process(
            "a_child_s_children_have_exit_codes_though_its_starter_forgets_its",
            grandchild,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn helps(context: mp::Context, what: &str) -> Outcome {
    match what {
        "terminate" => terminate(context),
        "handled" => {
            let flag = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal_hook::consts::SIGTERM, flag)?;
            terminate(context)
        }
        "codes" => ask_codes(context, "SIGCHLD"),
        "grandchild" => {
            let process = context.process(starts, context.start_method().name().to_owned());
            let process = process.start()?;
            process.join(None)?;
            expect(code(&process, "SIGCHLD")?.unwrap_or(5), 5)
        }
        _ => {
            std::thread::spawn(|| {
                loop {
                    // Without a child it fails at once.
                    if fork::wait_any().is_err() {
                        std::thread::yield_now();
                    }
                }
            });
            ask_codes(context, "waited for it")
        }
    }
}

fn stays((): ()) {
    loop {
        std::thread::park();
    }
}

/// At once, and after the child has begun.
fn terminate(context: mp::Context) -> Outcome {
    let process = context.process(stays, ()).start()?;
    process.terminate()?;
    expect(ended(&process)?, Some(-15))?;
    let (living, _peer) = start_living(context)?;
    living.terminate()?;
    expect(ended(&living)?, Some(-15))
}

fn term_ignored(context: mp::Context) -> Outcome {
    well(through(
        context,
        "trap '' TERM; exec \"$0\"",
        "signals-terminate",
    )?)
}

/// Has the system forget children, by the `env` of GNU; any other has nothing to show, and a shell gives
/// its own children this signal's default back.
const FORGETTING: &str =
    "env --ignore-signal=CHLD true || exec true; exec env --ignore-signal=CHLD \"$0\"";

/// By the `env` of GNU; any other has nothing to show.
fn term_blocked(context: mp::Context) -> Outcome {
    let script = "env --block-signal=TERM true || exec true; exec env --block-signal=TERM \"$0\"";
    well(through(context, script, "signals-terminate")?)
}

fn term_handled(context: mp::Context) -> Outcome {
    does(context, "signals-handled")
}

/// An exit code, or none where an error says by name why nobody knows it.
fn code(process: &mp::Process, reason: &str) -> Result<Option<i32>, libtest_mimic::Failed> {
    match process.exit_code() {
        Ok(code) => Ok(Some(code.ok_or("it has not ended")?)),
        Err(error) => {
            let text = error.to_string();
            hold(text.contains(reason), &text)?;
            Ok(None)
        }
    }
}

fn ask_codes(context: mp::Context, reason: &str) -> Outcome {
    for round in 0..20 {
        let process = context.process(itself, round).start()?;
        process.join(None)?;
        let found = code(&process, reason)?;
        hold(
            found.is_none_or(|code| code == round),
            &format!("{found:?}"),
        )?;
        let killed = context.process(stays, ()).start()?;
        killed.kill()?;
        killed.join(None)?;
        let found = code(&killed, reason)?;
        hold(found.is_none_or(|code| code == -9), &format!("{found:?}"))?;
    }
    let pool = context.pool(2)?;
    expect(pool.map(itself, [3, 4])?, vec![3, 4])
}

fn chld_ignored(context: mp::Context) -> Outcome {
    well(through(context, FORGETTING, "signals-codes")?)
}

fn reaped(context: mp::Context) -> Outcome {
    // Beside a thread of the program's own nothing is forked.
    match context.start_method() {
        mp::StartMethod::Fork => Ok(()),
        _ => does(context, "signals-reaped"),
    }
}

/// Its own child's exit code.
fn starts(method: String) -> i32 {
    let started = || -> mp::Result<Option<i32>> {
        let context = mp::Context::new(method.parse()?)?;
        let process = context.process(itself, 5).start()?;
        process.join(None)?;
        process.exit_code()
    };
    started().ok().flatten().unwrap_or(1)
}

fn grandchild(context: mp::Context) -> Outcome {
    well(through(context, FORGETTING, "signals-grandchild")?)
}
