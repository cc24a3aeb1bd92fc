//! Process trees as a whole: what a killed root, and a thousand short lives, leave behind.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use poolproof_runtime as mp;
use poolproof_sys::handle::open_count;
use poolproof_sys::{pipe, process};

use crate::helper::Helper;
use crate::{Outcome, SOON, each_process, ended, expect, hold};

/// The root of a tree of its own, which lives on or ends.
pub(crate) const HELPER: Helper = Helper {
    variable: "POOLPROOF_TEST_ROOT",
    work: helps,
};

pub(crate) fn trials() -> Vec<Trial> {
    [
        each_process("a_killed_root_leaves_no_process", killed_root),
        each_process("a_root_that_ends_leaves_no_process", ended_root),
        each_process("a_thousand_short_processes_leave_nothing", thousand),
        each_process("a_process_starts_when_another_is_stopped", beside_stopped),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Starts a tree three deep, tells its ids, and then lives or ends as told.
fn helps(context: mp::Context, end: &str) -> Outcome {
    let (receiver, sender) = context.one_way()?;
    let first = context.process(starts_deeper, (2, sender)).start()?;
    let busy = context.process(never_ends, ()).daemon(true).start()?;
    let mut pids = vec![busy.pid()];
    for _ in 0..3 {
        pids.push(Some(receiver.recv()?));
    }
    for pid in pids.into_iter().flatten() {
        println!("{pid}");
    }
    println!("end");
    if end == "live" {
        first.join(None)?;
    }
    Ok(first.kill()?)
}

fn never_ends((): ()) -> i32 {
    loop {
        std::hint::spin_loop()
    }
}

fn starts_deeper((depth, sender): (u32, mp::Sender<u32>)) -> mp::Result<()> {
    sender.send(&std::process::id())?;
    if depth == 0 {
        loop {
            std::thread::park();
        }
    }
    let child = mp::Context::default()
        .process(starts_deeper, (depth - 1, sender))
        .start()?;
    child.join(None).map(drop)
}

fn killed_root(context: mp::Context) -> Outcome {
    let (mut root, pids) = start_root(HELPER.command(context, "live")?)?;
    expect(pids.len(), 4)?;
    root.kill()?;
    root.wait()?;
    all_end(&pids)
}

fn ended_root(context: mp::Context) -> Outcome {
    let (mut root, pids) = start_root(HELPER.command(context, "end")?)?;
    let status = root.wait()?;
    hold(status.success(), "the root failed")?;
    all_end(&pids)
}

/// Starts a root, and waits until it has said the ids of its processes, a line each, and something
/// else.
pub(crate) fn start_root(mut command: Command) -> std::io::Result<(Child, Vec<u32>)> {
    let mut root = command.stdout(Stdio::piped()).spawn()?;
    let mut pids = Vec::new();
    if let Some(output) = root.stdout.take() {
        for line in BufReader::new(output).lines() {
            match line?.parse() {
                Ok(pid) => pids.push(pid),
                Err(_) => break,
            }
        }
    }
    Ok((root, pids))
}

/// Fails unless every process has ended, or waits only to be reaped, by the deadline.
pub(crate) fn all_end(pids: &[u32]) -> Outcome {
    let deadline = Instant::now() + SOON;
    for pid in pids {
        while is_running(*pid) {
            hold(
                Instant::now() < deadline,
                &format!("process {pid} still runs"),
            )?;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}

fn is_running(pid: u32) -> bool {
    let ended = process::watch(pid).and_then(|end| pipe::wait_readable(&end, Some(Instant::now())));
    // Of a process that is gone nobody can have a handle.
    ended.is_ok_and(|ended| !ended)
}

/// How many ended children wait to be reaped, where the system lists them.
fn zombies() -> std::io::Result<usize> {
    let own = std::process::id();
    let mut found = 0;
    for entry in std::fs::read_dir("/proc").into_iter().flatten() {
        let stat = std::fs::read_to_string(entry?.path().join("stat")).unwrap_or_default();
        let rest = stat
            .rsplit_once(") ")
            .map(|(_, rest)| rest.to_owned())
            .unwrap_or_default();
        found += usize::from(rest.starts_with(&format!("Z {own} ")));
    }
    Ok(found)
}

fn thousand(context: mp::Context) -> Outcome {
    // What is made once per tree is made by the first.
    ended(&context.process(|()| (), ()).start()?)?;
    let before = open_count()?;
    for round in 0..100 {
        let start = |i| context.process(|code| code, round + i).start();
        let processes = (0..10).map(start).collect::<mp::Result<Vec<_>>>()?;
        for (i, process) in (0..).zip(&processes) {
            expect(ended(process)?, Some(round + i))?;
        }
    }
    let after = open_count()?;
    // Fewer where something of an earlier trial was still open.
    hold(
        after <= before,
        &format!("{before} open handles have become {after}"),
    )?;
    expect(zombies()?, 0)?;
    expect(mp::active_children().len(), 0)
}

fn beside_stopped(context: mp::Context) -> Outcome {
    let (ours, theirs) = context.pipe::<(), ()>()?;
    let stopped = context.process(|peer: mp::Connection<(), ()>| drop(peer.recv()), theirs);
    let stopped = stopped.start()?;
    stopped.pause()?;
    expect(ended(&context.process(|()| (), ()).start()?)?, Some(0))?;
    stopped.kill()?;
    expect(ended(&stopped)?, Some(-9))?;
    ours.close();
    Ok(())
}
