//! What processes log, and say of their failures; each trial is a program of its own, whose standard
//! error is read.

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use crate::helper::Helper;
use crate::{Outcome, SOON, each, expect, hold};

/// Logs as it is told.
pub(crate) const HELPER: Helper = Helper {
    variable: "POOLPROOF_TEST_LOGS",
    work: helps,
};

pub(crate) fn trials() -> Vec<Trial> {
    [
        each("children_log_as_their_starter_does", levels),
        each("a_program_that_does_not_ask_logs_nothing", silent),
        each(
            "lines_of_many_processes_and_threads_stay_whole",
            whole_lines,
        ),
        each("a_process_that_fails_says_its_name_and_why", failures),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn helps(context: mp::Context, what: &str) -> Outcome {
    match what {
        "levels" => {
            mp::log_to_stderr(log::LevelFilter::Info)?;
            log::info!("hello");
        }
        "many" => mp::log_to_stderr(log::LevelFilter::Trace)?,
        _ => {}
    }
    match what {
        "many" => log_much(context)?,
        "failures" => fail_twice(context)?,
        _ => start_and_join(context, 2)?,
    }
    Ok(())
}

fn start_and_join(context: mp::Context, depth: u32) -> mp::Result<()> {
    let process = context.process(logs, depth).name(format!("Child{depth}"));
    process.start()?.join(None).map(drop)
}

fn logs(depth: u32) -> mp::Result<()> {
    log::warn!("hello at {depth}");
    log::debug!("not asked for");
    match depth {
        1 => Ok(()),
        _ => start_and_join(mp::Context::default(), depth - 1),
    }
}

fn log_much(context: mp::Context) -> mp::Result<()> {
    let start = |_| context.process(logs_in_threads, ()).name("Many").start();
    let processes = (0..3).map(start).collect::<mp::Result<Vec<_>>>()?;
    for process in processes {
        process.join(Some(SOON))?;
    }
    Ok(())
}

fn fail_twice(context: mp::Context) -> mp::Result<()> {
    let fails: fn(()) -> Result<(), String> = |()| Err("no such thing".into());
    let panics: fn(()) = |()| panic!("on purpose");
    let failing = context.process(fails, ()).name("Failing").start()?;
    let panicking = context.process(panics, ()).name("Panicking").start()?;
    failing.join(Some(SOON))?;
    panicking.join(Some(SOON)).map(drop)
}

fn logs_in_threads((): ()) {
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..30).for_each(|line| log::trace!("line {line} {}", "x".repeat(100))));
        }
    });
}

fn logged(context: mp::Context, what: &str) -> Result<Vec<String>, libtest_mimic::Failed> {
    let output = HELPER.command(context, what)?.output()?;
    let text = String::from_utf8(output.stderr)?;
    hold(output.status.success(), &text)?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn levels(context: mp::Context) -> Outcome {
    let lines = logged(context, "levels")?;
    let lines: Vec<_> = lines.iter().filter(|line| line.contains("hello")).collect();
    let wanted = [
        "[INFO/MainProcess] hello",
        "[WARN/Child2] hello at 2",
        "[WARN/Child1] hello at 1",
    ];
    expect(lines, wanted.map(str::to_owned).iter().collect())
}

fn silent(context: mp::Context) -> Outcome {
    expect(logged(context, "nothing")?, vec![])
}

fn whole_lines(context: mp::Context) -> Outcome {
    let lines = logged(context, "many")?;
    let ours: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("] line "))
        .collect();
    expect(ours.len(), 270)?;
    let is_whole = |line: &&&String| line.starts_with("[TRACE/") && line.ends_with('x');
    expect(ours.iter().filter(is_whole).count(), 270)
}

fn failures(context: mp::Context) -> Outcome {
    let lines = logged(context, "failures")?;
    let said = lines.iter().filter(|line| line.starts_with("Process "));
    let mut said: Vec<_> = said.collect();
    said.sort();
    let wanted = [
        "Process Failing: error: no such thing",
        "Process Panicking: panic: on purpose",
    ];
    expect(said, wanted.map(str::to_owned).iter().collect())
}
