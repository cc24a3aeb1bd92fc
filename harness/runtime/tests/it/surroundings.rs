//! What is around a program: limits, privileges, signals, files and calls that it may not use. Each
//! trial is a program of its own, to which something of that is done.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use poolproof_runtime as mp;

use crate::helper::Helper;
use crate::start::itself;
use crate::{Outcome, SOON, ended, expect, hold};

mod descriptors;
mod files;
mod forbidden;
mod left;
mod limits;
mod privileges;
mod signals;
mod words;

/// A program that does as it is told, whatever is around it.
pub(crate) const HELPER: Helper = Helper {
    variable: "POOLPROOF_TEST_SURROUNDINGS",
    work: helps,
};

pub(crate) fn trials() -> Vec<Trial> {
    [
        left::trials(),
        limits::trials(),
        signals::trials(),
        privileges::trials(),
        files::trials(),
        descriptors::trials(),
        forbidden::trials(),
        words::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn helps(context: mp::Context, what: &str) -> Outcome {
    let (area, what) = what.split_once('-').unwrap_or((what, ""));
    match area {
        "left" => left::helps(context, what),
        "limits" => limits::helps(context, what),
        "signals" => signals::helps(context, what),
        "privileges" => privileges::helps(context, what),
        "files" => files::helps(context, what),
        "descriptors" => descriptors::helps(context, what),
        "forbidden" => forbidden::helps(context, what),
        _ => words::helps(context, what),
    }
}

/// Before `freeze_support`: what a program does that calls it too late.
pub(crate) fn be_late() {
    words::be_late();
}

/// Waits for a program that must end, and gives its exit code and what it has said.
fn says(mut command: Command) -> Result<(Option<i32>, String), Failed> {
    let mut program = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let deadline = Instant::now() + SOON;
    let status = loop {
        if let Some(status) = program.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            program.kill()?;
            program.wait()?;
            return Err("it hangs".into());
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let mut text = String::new();
    if let Some(mut stderr) = program.stderr.take() {
        stderr.read_to_string(&mut text)?;
    }
    if let Some(mut stdout) = program.stdout.take() {
        stdout.read_to_string(&mut text)?;
    }
    Ok((status.code(), text))
}

/// Fails unless a program ends well.
fn well(command: Command) -> Outcome {
    let (code, text) = says(command)?;
    hold(code == Some(0), &format!("{code:?}: {text}"))
}

/// Fails unless a helper ends well that is told this.
fn does(context: mp::Context, what: &str) -> Outcome {
    well(HELPER.command(context, what)?)
}

/// A shell that does something and is then the helper, as `"$0"`.
fn through(context: mp::Context, script: &str, what: &str) -> Result<Command, Failed> {
    let helper = HELPER.command(context, what)?;
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(helper.get_program());
    shell.envs(
        helper
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    Ok(shell)
}

/// Whether this is root; where it is not, a trial has nothing to show and says so.
fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("skipped: only root can do to a program what this is about");
    }
    is_root
}

/// Fails unless processes and a pool work.
fn all_works(context: mp::Context) -> Outcome {
    processes_work(context)?;
    let pool = context.pool(2)?;
    expect(pool.map(itself, [3, 4])?, vec![3, 4])?;
    expect(ended(&context.process(itself, 7).start()?)?, Some(7))
}

/// Fails unless processes work, and a lock that two of them want keeps one of them out.
fn processes_work(context: mp::Context) -> Outcome {
    expect(ended(&context.process(itself, 7).start()?)?, Some(7))?;
    let lock = context.lock()?;
    let adds = context.value(0)?;
    let adders: Vec<_> = (0..2)
        .map(|_| {
            context
                .process(adds_often, (lock.clone(), adds.clone()))
                .start()
        })
        .collect::<mp::Result<_>>()?;
    for adder in &adders {
        expect(ended(adder)?, Some(0))?;
    }
    expect(adds.get()?, 2 * TIMES)
}

const TIMES: u32 = 300;

/// Under the lock, and each time long enough for the other to wait, so that it looks who has it.
fn adds_often((lock, value): (mp::Lock, mp::Value<u32>)) -> mp::Result<()> {
    for _ in 0..TIMES {
        let _held = lock.acquire()?;
        let before = value.get()?;
        std::thread::yield_now();
        value.set(before + 1)?;
    }
    Ok(())
}
