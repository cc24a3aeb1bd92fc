//! What goes wrong with Python's processes and cannot go wrong here, as far as it is about
//! starting and ending; `docs/failures.md` says where the other facts are shown.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use crate::helper::Helper;
use crate::start::{itself, start_living};
use crate::tree::all_end;
use crate::{Outcome, SOON, each_process, ended, expect, hold};

/// Shows what it is told.
pub(crate) const HELPER: Helper = Helper {
    variable: "POOLPROOF_TEST_FAILURE",
    work: helps,
};

pub(crate) fn trials() -> Vec<Trial> {
    [
        each_process("a_start_before_freeze_support_is_an_error", unguarded),
        each_process("a_child_that_dies_before_it_begins_hangs_nobody", stillborn),
        each_process(
            "threads_that_join_one_process_get_the_same_exit_code",
            joined_by_four,
        ),
        each_process("what_is_given_to_a_child_alone_lives_on_in_it", given_away),
        each_process("a_program_that_ends_with_a_busy_pool_ends", ended_with_pool),
        each_process(
            "signals_that_are_blocked_from_the_start_hang_nobody",
            blocked,
        ),
        each_process(
            "a_killed_root_takes_its_pool_and_its_manager_with_it",
            killed_root,
        ),
    ]
    .into_iter()
    .flatten()
    .chain(of_unix())
    .collect()
}

/// Before anything else in main: what a program does that has no `freeze_support` there.
pub(crate) fn be_unguarded() {
    let told = std::env::var(HELPER.variable).unwrap_or_default();
    match told.split_once('/') {
        Some((method, "unguarded")) => {
            let context = method.parse().and_then(mp::Context::new);
            let outcome = context.and_then(|context| context.process(itself, 0).start());
            let error = outcome.expect_err("a process was started");
            println!("{error}");
            std::process::exit(i32::from(!error.is_bootstrapping()));
        }
        // A child, and a server, of the helper below.
        Some((_, "stillborn")) if std::env::vars().any(|(name, _)| name == CHILD) => {
            std::process::exit(3)
        }
        _ => {}
    }
}

/// What marks a child of this library before `freeze_support`.
const CHILD: &str = "POOLPROOF_RUNTIME_START";

fn helps(context: mp::Context, what: &str) -> Outcome {
    match what {
        "stillborn" => start_stillborn(context),
        "forgetful" => forget_pool(context),
        "blocked" => start_some(context),
        "using_up" => use_up(context),
        _ => keep_all_busy(context),
    }
}

/// Fails unless the helper ends well, and soon.
fn succeeds(context: mp::Context, what: &str) -> Outcome {
    ends_well(HELPER.command(context, what)?)
}

pub(crate) fn ends_well(mut helper: Command) -> Outcome {
    let mut helper = helper.stderr(Stdio::piped()).spawn()?;
    let deadline = Instant::now() + SOON;
    while helper.try_wait()?.is_none() {
        if Instant::now() > deadline {
            helper.kill()?;
            helper.wait()?;
            return Err("it hangs".into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut text = String::new();
    if let Some(mut stderr) = helper.stderr.take() {
        stderr.read_to_string(&mut text)?;
    }
    hold(helper.wait()?.success(), &text)
}

/// By the `env` of GNU; any other lets the program be.
fn blocked(context: mp::Context) -> Outcome {
    let helper = HELPER.command(context, "blocked")?;
    let able = Command::new("env")
        .args(["--block-signal", "true"])
        .stderr(Stdio::null())
        .status();
    if !able.is_ok_and(|status| status.success()) {
        return ends_well(helper);
    }
    let mut blocking = Command::new("env");
    blocking.arg("--block-signal");
    ends_well(within(blocking, &helper))
}

/// What starts a helper through another program, which takes it as its next argument.
fn within(mut starter: Command, helper: &Command) -> Command {
    let told = helper.get_envs();
    starter.envs(told.filter_map(|(name, value)| Some((name, value?))));
    starter.arg(helper.get_program()).stdin(Stdio::null());
    starter
}

fn start_some(context: mp::Context) -> Outcome {
    let process = context.process(itself, 7).start()?;
    expect(ended(&process)?, Some(7))?;
    let pool = context.pool(2)?;
    expect(pool.map(itself, [3, 4])?, vec![3, 4])?;
    pool.terminate();
    Ok(pool.join()?)
}

fn unguarded(context: mp::Context) -> Outcome {
    succeeds(context, "unguarded")
}

fn stillborn(context: mp::Context) -> Outcome {
    succeeds(context, "stillborn")
}

/// Larger than what a socket holds, so that it can only be sent to one who reads it.
fn large() -> Vec<u8> {
    vec![7; 4 << 20]
}

fn start_stillborn(context: mp::Context) -> Outcome {
    let process = context
        .process(|bytes: Vec<u8>| drop(bytes), large())
        .start();
    match process {
        // A copy does not begin anew.
        Ok(process) if context.start_method() == mp::StartMethod::Fork => {
            expect(ended(&process)?, Some(0))
        }
        Ok(process) => expect(ended(&process)?, Some(3)),
        Err(error) => hold(error.is_system(), &error.to_string()),
    }
}

fn joined_by_four(context: mp::Context) -> Outcome {
    for _ in 0..10 {
        let (process, peer) = start_living(context)?;
        let codes = std::thread::scope(|scope| {
            let join = || -> mp::Result<Option<i32>> {
                process.join(Some(SOON))?;
                process.exit_code()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(join)).collect();
            let sent = peer.send(&());
            let codes = threads.into_iter().map(|thread| thread.join().unwrap());
            sent.and_then(|()| codes.collect::<mp::Result<Vec<_>>>())
        })?;
        expect(codes, vec![Some(0); 4])?;
    }
    Ok(())
}

type Given = (mp::Lock, mp::Queue<u32>, mp::Value<u32>, mp::Event);

fn uses((lock, queue, value, event): Given) -> mp::Result<i32> {
    let _held = lock.acquire()?;
    queue.put(3)?;
    event.set();
    let more = queue.get()?;
    Ok(value.update(|old| old + more)?.cast_signed())
}

fn given_away(context: mp::Context) -> Outcome {
    let given = (
        context.lock()?,
        context.queue(None)?,
        context.value(4)?,
        context.event()?,
    );
    // Nothing of it is left here when the child begins.
    let process = context.process(uses, given).start()?;
    expect(ended(&process)?, Some(7))
}

/// Never ends by itself.
fn works_for_ever(_: u32) -> u32 {
    loop {
        std::thread::park();
    }
}

/// Busy workers of a pool and of an executor, a manager, a process that waits for a queue; tells of all, and waits for ever.
fn keep_all_busy(context: mp::Context) -> Outcome {
    end_when_interrupted()?;
    let queue = context.queue::<u32>(None)?;
    context
        .process(|queue: mp::Queue<u32>| drop(queue.get()), queue.clone())
        .start()?;
    let manager = context.manager()?;
    let pool = context.pool(2)?;
    let results = [0, 1].map(|item| pool.apply_async(works_for_ever, item));
    let executor = context.executor(1)?;
    let future = executor.submit(works_for_ever, 2)?;
    tell_of_children();
    future.result(None)?;
    for result in results {
        result?.get(None)?;
    }
    manager.shutdown();
    Ok(())
}

fn tell_of_children() {
    for pid in mp::active_children().iter().filter_map(mp::Process::pid) {
        println!("{pid}");
    }
    println!("all");
}

/// Ends while a pool that was neither closed nor dropped is at work.
fn forget_pool(context: mp::Context) -> Outcome {
    let pool = context.pool(2)?;
    let (receiver, sender) = context.one_way()?;
    let tells = |sender: mp::Sender<u32>| -> u32 {
        // The other side is there until this process ends.
        let _ = sender.send(&1);
        works_for_ever(0)
    };
    let result = pool.apply_async(tells, sender)?;
    receiver.recv()?;
    tell_of_children();
    std::mem::forget((pool, result));
    Ok(())
}

fn ended_with_pool(context: mp::Context) -> Outcome {
    let (mut root, pids) = start_busy(&mut HELPER.command(context, "forgetful")?)?;
    let outcome = all_end(&pids).and_then(|()| all_end(&[root.id()]));
    // It has ended, and this does nothing, or it never will by itself.
    let _ = root.kill();
    expect(pids.len(), 2)?;
    outcome?;
    hold(root.wait()?.success(), "it failed")
}

fn start_busy(command: &mut Command) -> Result<(Child, Vec<u32>), libtest_mimic::Failed> {
    let mut root = command.stdout(Stdio::piped()).spawn()?;
    let mut pids = Vec::new();
    let output = root.stdout.take().ok_or("it has no stdout")?;
    for line in BufReader::new(output).lines() {
        match line?.parse() {
            Ok(pid) => pids.push(pid),
            Err(_) => break,
        }
    }
    Ok((root, pids))
}

fn killed_root(context: mp::Context) -> Outcome {
    let (mut root, pids) = start_busy(&mut HELPER.command(context, "busy")?)?;
    root.kill()?;
    root.wait()?;
    expect(pids.len(), 5)?;
    all_end(&pids)
}

#[cfg(unix)]
fn of_unix() -> Vec<Trial> {
    let interrupts = each_process(
        "an_interrupt_of_all_ends_all_without_a_backtrace",
        interrupted,
    );
    let used_up = each_process("who_has_no_handles_left_is_told_what_to_do", used_up);
    interrupts.into_iter().chain(used_up).collect()
}

#[cfg(not(unix))]
fn of_unix() -> Vec<Trial> {
    Vec::new()
}

#[cfg(unix)]
fn used_up(context: mp::Context) -> Outcome {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 48 && exec \"$0\""]);
    ends_well(within(shell, &HELPER.command(context, "using_up")?))
}

/// Of what a queue needs, less is left than one queue has, so none can be sent either.
fn use_up(context: mp::Context) -> Outcome {
    let (_receiver, sender) = context.one_way::<mp::Queue<u8>>()?;
    let mut queues = vec![context.queue(None)?];
    let refused = loop {
        match context.queue(None) {
            Ok(queue) => queues.push(queue),
            Err(error) => break error,
        }
    };
    let unsent = sender.send(&queues[0]).expect_err("a queue was sent");
    for error in [refused, unsent] {
        let text = error.to_string();
        hold(error.is_system() && text.contains("ulimit -n"), &text)?;
    }
    Ok(())
}

#[cfg(unix)]
fn interrupted(context: mp::Context) -> Outcome {
    use std::os::unix::process::{CommandExt, ExitStatusExt};

    let mut command = HELPER.command(context, "busy")?;
    // A group of its own, as a terminal's foreground job is.
    let command = command.process_group(0).stderr(Stdio::piped());
    let (mut root, pids) = start_busy(command)?;
    let group = format!("-{}", root.id());
    let sent = Command::new("kill").args(["-INT", "--", &group]).status()?;
    hold(sent.success(), "the group could not be interrupted")?;
    expect(root.wait()?.signal(), Some(2))?;
    expect(pids.len(), 5)?;
    all_end(&pids)?;
    let mut text = String::new();
    if let Some(mut stderr) = root.stderr.take() {
        stderr.read_to_string(&mut text)?;
    }
    hold(
        !text.contains("panicked") && !text.contains("backtrace"),
        &text,
    )
}

/// Takes an interrupt as a program does that does not care, even where whoever started the trials
/// ignores it.
#[cfg(unix)]
pub(crate) fn end_when_interrupted() -> std::io::Result<()> {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    let always = Arc::new(AtomicBool::new(true));
    let interrupt = signal_hook::consts::SIGINT;
    signal_hook::flag::register_conditional_default(interrupt, always).map(drop)
}

#[cfg(not(unix))]
pub(crate) fn end_when_interrupted() -> std::io::Result<()> {
    Ok(())
}
