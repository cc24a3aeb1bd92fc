//! A `main` that is left while tasks run: by `?`, by a panic, by `exit`.

use std::sync::OnceLock;
use std::time::Duration;

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use super::{HELPER, says};
use crate::{Outcome, each_process, expect, hold};

pub(super) fn trials() -> Vec<Trial> {
    [
        each_process(
            "a_main_that_is_left_by_an_error_ends_though_a_task_hangs",
            by_error,
        ),
        each_process("a_panic_ends_an_executor_at_once", by_panic),
        each_process("an_exit_ends_though_a_task_of_an_executor_hangs", by_exit),
        each_process(
            "an_executor_that_is_dropped_waits_as_long_as_tasks_end",
            waits,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// So long a task that hangs may keep the end of a program.
const SHORT: Duration = Duration::from_millis(300);

fn hangs((): ()) {
    loop {
        std::thread::park();
    }
}

pub(super) fn helps(context: mp::Context, what: &str) -> Outcome {
    static LEFT: OnceLock<mp::Executor> = OnceLock::new();
    let timeout = match what {
        "panic" => Duration::MAX,
        _ => SHORT,
    };
    let builder = context.pool_builder(1).drop_timeout(timeout);
    let executor = builder.start_executor()?;
    let hanging = executor.submit(hangs, ())?;
    match what {
        "panic" => panic!("while a task hangs"),
        "exit" => {
            let _ = LEFT.set(executor);
            std::process::exit(3)
        }
        _ => Ok(hanging.result(Some(Duration::ZERO))?),
    }
}

fn ends(context: mp::Context, how: &str, wanted: i32) -> Result<String, libtest_mimic::Failed> {
    let (code, text) = says(HELPER.command(context, &format!("left-{how}"))?)?;
    expect(code, Some(wanted))?;
    Ok(text)
}

fn by_error(context: mp::Context) -> Outcome {
    let text = ends(context, "error", 1)?;
    hold(
        text.contains("`drop_timeout`") && text.contains("the time is over"),
        &text,
    )
}

fn by_panic(context: mp::Context) -> Outcome {
    let text = ends(context, "panic", 101)?;
    hold(text.contains("while a task hangs"), &text)
}

fn by_exit(context: mp::Context) -> Outcome {
    let text = ends(context, "exit", 3)?;
    hold(text.contains("`drop_timeout`"), &text)
}

/// How long a task takes of which some together take longer than the executor waits for one.
const TASK: Duration = Duration::from_millis(400);

fn counts(count: mp::Value<u32>) -> bool {
    std::thread::sleep(TASK);
    count.update(|count| count + 1).is_ok()
}

fn waits(context: mp::Context) -> Outcome {
    let count = context.value(0)?;
    let executor = context
        .pool_builder(1)
        .drop_timeout(4 * TASK)
        .start_executor()?;
    for _ in 0..7 {
        executor.submit(counts, count.clone())?;
    }
    drop(executor);
    expect(count.get()?, 7)
}
