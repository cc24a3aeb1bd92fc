//! Programs that copy themselves by `fork`, as daemonizers and some libraries do, without a word to
//! this crate: what is the original's stays that, and goes on working.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use fork::Fork;
use libtest_mimic::{Failed, Trial};
use poolproof_runtime as mp;
use poolproof_sys::exit::leave;

use crate::failures::ends_well;
use crate::helper::Helper;
use crate::start::itself;
use crate::{Outcome, SOON, each_process, ended, expect, hold};

mod inside;
mod lives_on;

/// A program that copies itself, and then does as it is told.
pub(crate) const HELPER: Helper = Helper {
    variable: "POOLPROOF_TEST_FOREIGN",
    work: helps,
};

/// How a copy ends.
const ENDS: [&str; 6] = ["exit", "leave", "drop", "panic", "again", "spawn"];

pub(crate) fn trials() -> Vec<Trial> {
    [
        each_process("a_copy_that_ends_takes_nothing_from_its_original", ends),
        each_process("a_copy_may_not_use_what_works_for_its_original", uses),
        each_process("a_copy_starts_processes_of_its_own", starts),
        each_process("every_copy_of_a_busy_process_ends", many),
    ]
    .into_iter()
    .flatten()
    .chain(inside::trials())
    .chain(lives_on::trials())
    .collect()
}

fn helps(context: mp::Context, what: &str) -> Outcome {
    match what {
        "use" => use_in_copy(context),
        "start" => start_in_copy(context),
        "many" => copy_often(context),
        "hold" => lives_on::hold_on(context),
        end => end_copy(context, end),
    }
}

fn ends(context: mp::Context) -> Outcome {
    ENDS.iter()
        .try_for_each(|end| ends_well(HELPER.command(context, end)?))
}

fn uses(context: mp::Context) -> Outcome {
    ends_well(HELPER.command(context, "use")?)
}

fn starts(context: mp::Context) -> Outcome {
    ends_well(HELPER.command(context, "start")?)
}

fn many(context: mp::Context) -> Outcome {
    ends_well(HELPER.command(context, "many")?)
}

/// Copies this process as a program does; the copy does `work` and leaves with what came of it, if
/// it comes back.
pub(crate) fn copied(work: impl FnOnce() -> Outcome) -> Result<i32, Failed> {
    match fork::fork()? {
        Fork::Parent(pid) => Ok(pid),
        Fork::Child => {
            let outcome = work();
            if let Err(failed) = &outcome {
                eprintln!("in the copy: {}", failed.message().unwrap_or_default());
            }
            leave(i32::from(outcome.is_err()))
        }
    }
}

/// Waits for a copy, which must end soon, with a code.
pub(crate) fn copy_ends(pid: i32, code: i32) -> Outcome {
    let deadline = Instant::now() + SOON / 2;
    loop {
        if let Some(status) = fork::waitpid_nohang(pid)? {
            return expect(status, code << 8);
        }
        hold(Instant::now() < deadline, "the copy does not end")?;
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// All that has threads or processes which work for it.
struct Everything {
    pool: mp::Pool,
    executor: mp::Executor,
    running: mp::Future<i32>,
    go: mp::Sender<()>,
    daemon: mp::Process,
    manager: mp::Manager,
    queue: mp::Queue<u32>,
}

fn waits_then((go, answer): (mp::Receiver<()>, i32)) -> i32 {
    // Whoever is gone says nothing any more.
    let _ = go.recv();
    answer
}

fn sleeps((): ()) {
    loop {
        std::thread::park();
    }
}

impl Everything {
    fn new(context: mp::Context) -> mp::Result<Everything> {
        let executor = context.executor(1)?;
        let (waiting, go) = context.one_way()?;
        Ok(Everything {
            pool: context.pool(2)?,
            running: executor.submit(waits_then, (waiting, 5))?,
            executor,
            go,
            daemon: context.process(sleeps, ()).daemon(true).start()?,
            manager: context.manager()?,
            queue: context.queue(None)?,
        })
    }

    /// Fails unless all of it works.
    fn works(&self) -> Outcome {
        expect(mp::active_children().len(), 5)?;
        expect(self.pool.map(itself, [3, 4])?, vec![3, 4])?;
        hold(self.daemon.is_alive()?, "the daemon was ended")?;
        expect(self.manager.dict::<u8, u8>()?.get(&1)?, None)?;
        self.queue.put(8)?;
        expect(self.queue.get_timeout(SOON)?, 8)?;
        self.go.send(&())?;
        expect(self.running.result(Some(SOON))?, 5)?;
        expect(self.executor.submit(itself, 6)?.result(Some(SOON))?, 6)
    }
}

fn end_copy(context: mp::Context, end: &str) -> Outcome {
    let all = Everything::new(context)?;
    let lock = context.lock()?;
    let guard = lock.acquire()?;
    let mutex = context.mutex(7_u32)?;
    let mut value = mutex.lock()?;
    let counts = all.manager.lock()?;
    let held = counts.acquire()?;
    let code = match end {
        "panic" => 101,
        _ => 0,
    };
    match fork::fork()? {
        Fork::Parent(pid) => {
            copy_ends(pid, code)?;
            hold(lock.is_locked(), "the copy gave back a lock")?;
            *value = 8;
            drop((guard, value, held));
            expect(*mutex.lock()?, 8)?;
            hold(counts.try_acquire()?, "it is held still")?;
            all.works()
        }
        Fork::Child => {
            *value = 9;
            match end {
                "exit" => std::process::exit(0),
                "leave" => leave(0),
                "drop" => drop((all, guard, value, held)),
                "panic" => {
                    let panics = AssertUnwindSafe(move || {
                        let _all = (all, guard, value, held);
                        resume_unwind(Box::new(()))
                    });
                    std::process::exit(catch_unwind(panics).map_or(101, |()| 0))
                }
                "again" => {
                    let copy = copied(|| std::process::exit(0))?;
                    copy_ends(copy, 0)?;
                }
                _ => {
                    let status = std::process::Command::new("true").status()?;
                    hold(status.success(), "`true` failed")?;
                }
            }
            std::process::exit(0)
        }
    }
}

/// Fails unless the error says that it is a copy which asks.
fn is_of_copy<T>(what: &str, outcome: mp::Result<T>) -> Outcome {
    match outcome {
        Ok(_) => Err(format!("{what}: it worked").into()),
        Err(error) => hold(
            error.is_usage() && error.to_string().contains("copy"),
            &format!("{what}: {error}"),
        ),
    }
}

fn use_in_copy(context: mp::Context) -> Outcome {
    let all = Everything::new(context)?;
    let (waiting, go) = context.one_way()?;
    let result = all.pool.apply_async(waits_then, (waiting, 1))?;
    let mut results = all.pool.imap(itself, vec![1, 2, 3], 1)?;
    expect(results.next().transpose()?, Some(1))?;
    let ready = all.pool.apply_async(itself, 4)?;
    expect(ready.get(Some(SOON))?, 4)?;
    let copy = copied(|| {
        is_of_copy("pool", all.pool.apply_async(itself, 1))?;
        is_of_copy("imap", all.pool.imap(itself, 0..3, 1))?;
        is_of_copy("executor", all.executor.submit(itself, 1))?;
        is_of_copy("future", all.running.result(None))?;
        is_of_copy("result", result.get(None))?;
        hold(!result.wait(None) && !result.is_ready(), "it came")?;
        is_of_copy("results", results.next().unwrap_or(Ok(0)))?;
        hold(results.next().is_none(), "it is told twice")?;
        hold(
            !all.running.cancel(),
            "a task of the original's was taken back",
        )?;
        let done: Vec<_> = mp::as_completed([all.running.clone()], None).collect();
        expect(done.len(), 1)?;
        all.pool.close();
        is_of_copy("join", all.pool.join())?;
        all.pool.terminate();
        all.executor.shut_down(true, true);
        is_of_copy("process", all.daemon.join(None))?;
        is_of_copy("exit code", all.daemon.exit_code())?;
        is_of_copy("manager", all.manager.join(None))?;
        all.manager.shutdown();
        expect(mp::active_children().len(), 0)?;
        // What is no more than memory works in any process that has it.
        expect(ready.get(None)?, 4)?;
        all.queue.put(7)?;
        expect(all.queue.get_timeout(SOON)?, 7)?;
        // So does a manager, for whom this is one more client.
        expect(all.manager.dict::<u8, u8>()?.get(&1)?, None)
    })?;
    copy_ends(copy, 0)?;
    go.send(&())?;
    expect(result.get(Some(SOON))?, 1)?;
    all.works()
}

fn start_in_copy(context: mp::Context) -> Outcome {
    let all = Everything::new(context)?;
    // By any way to end: as a daemonizer's copy, which goes on as the program.
    let copy = match fork::fork()? {
        Fork::Parent(pid) => pid,
        Fork::Child => {
            let process = context.process(itself, 7).start()?;
            expect(ended(&process)?, Some(7))?;
            let pool = context.pool(2)?;
            expect(pool.map(itself, [3, 4])?, vec![3, 4])?;
            let executor = context.executor(1)?;
            expect(executor.submit(itself, 5)?.result(Some(SOON))?, 5)?;
            let manager = context.manager()?;
            expect(manager.dict::<u8, u8>()?.get(&1)?, None)?;
            context.process(sleeps, ()).daemon(true).start()?;
            expect(mp::active_children().len(), 5)?;
            std::mem::forget((pool, executor, manager));
            std::process::exit(0)
        }
    };
    copy_ends(copy, 0)?;
    all.works()
}

/// Beside threads that are at work all the time, and hold what they need for it.
fn copy_often(context: mp::Context) -> Outcome {
    let pool = context.pool(2)?;
    let queue = context.queue_over(mp::Transport::Pipe, None)?;
    let mut results = pool.imap_unordered(itself, 0.., 1)?;
    for round in 0..100 {
        queue.put(round)?;
        results.next();
        let copy = copied(|| {
            queue.put(round)?;
            std::process::exit(0)
        })?;
        copy_ends(copy, 0)?;
        queue.get_timeout(SOON)?;
        queue.get_timeout(SOON)?;
    }
    drop(results);
    expect(pool.map(itself, [3, 4])?, vec![3, 4])
}
