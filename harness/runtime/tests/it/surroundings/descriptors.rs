//! A process that has as many files open as it may (`ulimit -n`): each call says so, whatever comes
//! meanwhile is an error of its own and of nothing else, and all works again when there is room.

use std::fs::File;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use poolproof_runtime as mp;
use poolproof_sys::handle::open_count;
use rustix::process::{Resource, Rlimit, WaitId, WaitIdOptions, getrlimit, setrlimit, waitid};

use super::does;
use crate::start::itself;
use crate::{Outcome, SOON, each_process, ended, expect, hold};

pub(super) fn trials() -> Vec<Trial> {
    [
        each_process(
            "a_message_that_comes_when_no_file_may_be_opened_fails_alone",
            |context| does(context, "descriptors-connection"),
        ),
        each_process(
            "a_value_that_comes_when_no_file_may_be_opened_fails_alone",
            |context| does(context, "descriptors-queue"),
        ),
        each_process("a_pool_works_again_when_files_may_be_opened", |context| {
            does(context, "descriptors-pool")
        }),
        each_process(
            "a_manager_works_again_when_files_may_be_opened",
            |context| does(context, "descriptors-manager"),
        ),
        each_process(
            "a_listener_works_again_when_files_may_be_opened",
            |context| does(context, "descriptors-listener"),
        ),
        each_process(
            "a_process_starts_when_files_may_be_opened_again",
            |context| does(context, "descriptors-process"),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn helps(context: mp::Context, what: &str) -> Outcome {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = Some(96);
    setrlimit(Resource::Nofile, Rlimit { current, maximum })?;
    match what {
        "connection" => connection(context),
        "queue" => queues(context),
        "pool" => pool(context),
        "manager" => manager(context),
        "listener" => listener(context),
        _ => process(context),
    }
}

/// Opens files until no more may be, less as many as are to be left.
fn fill(left: usize) -> Vec<File> {
    let mut files: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    files.truncate(files.len().saturating_sub(left));
    files
}

/// It fails, and says which limit it has met.
fn is_refused<T: std::fmt::Debug>(outcome: mp::Result<T>) -> Outcome {
    match outcome {
        Err(error) if error.to_string().contains("ulimit -n") => Ok(()),
        other => Err(format!("no refusal: {other:?}").into()),
    }
}

type Message = (u32, Option<mp::Sender<u32>>);

fn connection(context: mp::Context) -> Outcome {
    let (receiver, sender) = context.one_way::<Message>()?;
    numbers_stay_in_place(context, |message| sender.send(&message), || receiver.recv())?;
    let (one, other) = context.pipe::<Message, Message>()?;
    numbers_stay_in_place(context, |message| one.send(&message), || other.recv())
}

fn queues(context: mp::Context) -> Outcome {
    for transport in [mp::Transport::Pipe, mp::Transport::Ring] {
        let queue = context.queue_over::<Message>(transport, None)?;
        let get = || queue.get_timeout(SOON);
        numbers_stay_in_place(context, |message| queue.put(message), get)?;
    }
    Ok(())
}

/// Of five messages one has a handle for which there is no room.
fn numbers_stay_in_place(
    context: mp::Context,
    send: impl Fn(Message) -> mp::Result<()>,
    receive: impl Fn() -> mp::Result<Message>,
) -> Outcome {
    let before = open_count()?;
    for number in 0..5 {
        let is_beside = number % 2 == 1;
        let link = is_beside.then(|| context.one_way()).transpose()?;
        send((number, link.map(|(_, sender)| sender)))?;
    }
    // A feeder may still have what it is about to send.
    let begun = Instant::now();
    while open_count()? > before {
        hold(begun.elapsed() < SOON, "what was sent is still open")?;
        std::thread::sleep(Duration::from_millis(1));
    }
    let full = fill(0);
    expect(receive()?.0, 0)?;
    is_refused(receive())?;
    drop(full);
    for number in 2..5 {
        expect(receive()?.0, number)?;
    }
    Ok(())
}

fn pool(context: mp::Context) -> Outcome {
    let pool = context.pool_builder(1).max_tasks_per_child(1).start()?;
    // Its worker ends with this task, and there is no room for another one yet.
    let full = fill(0);
    let before = pool.apply_async(itself, 1)?;
    expect(before.into_result(Some(SOON))?, 1)?;
    let after = pool.apply_async(itself, 2)?;
    let is_early = after.wait(Some(Duration::from_millis(100)));
    drop(full);
    hold(!is_early, "a worker was replaced without room")?;
    expect(after.into_result(Some(SOON))?, 2)?;
    drop(pool);
    let pool = context.pool(2)?;
    for left in 0..12 {
        let full = fill(left);
        // What needs no files goes on.
        expect(pool.map(itself, 0..8)?, (0..8).collect())?;
        match context.pool(2) {
            Ok(other) => drop(other),
            refused => is_refused(refused)?,
        }
        drop(full);
        drop(context.pool(2)?);
    }
    Ok(())
}

fn manager(context: mp::Context) -> Outcome {
    let manager = context.manager()?;
    let dict = manager.dict::<u32, u32>()?;
    for left in 0..12 {
        let full = fill(left);
        dict.insert(&1, &2)?;
        match context.manager() {
            Ok(other) => drop(other),
            refused => is_refused(refused)?,
        }
        drop(full);
        expect(manager.dict::<u32, u32>()?.get(&1)?, None)?;
        expect(dict.get(&1)?, Some(2))?;
    }
    Ok(())
}

fn listener(_context: mp::Context) -> Outcome {
    let address = mp::Address::Tcp(([127, 0, 0, 1], 0).into());
    let listener = mp::Listener::bind(&address, None)?;
    let address = listener.address().clone();
    for left in 0..3 {
        // Who connects has a descriptor, and who accepts has none, or none for the next step.
        let waiting = mp::Client::connect::<u32, u32>(&address, None)?;
        let full = fill(left);
        let accepted = match listener.accept::<u32, u32>() {
            Ok(accepted) => accepted,
            refused => {
                is_refused(refused)?;
                drop(full);
                listener.accept()?
            }
        };
        accepted.send(&5)?;
        hold(waiting.poll(Some(SOON))?, "the answer does not come")?;
        expect(waiting.recv()?, 5)?;
    }
    Ok(())
}

/// Whether a child has ended that nobody has reaped.
fn is_zombie_there() -> rustix::io::Result<bool> {
    let looking = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match waitid(WaitId::All, looking) {
        Err(rustix::io::Errno::CHILD) => Ok(false),
        found => Ok(found?.is_some()),
    }
}

fn process(context: mp::Context) -> Outcome {
    expect(ended(&context.process(itself, 7).start()?)?, Some(7))?;
    let mut refusals = 0;
    for left in 0..12 {
        let full = fill(left);
        let started = context.process(itself, 7).start();
        drop(full);
        match started {
            Ok(process) => {
                let code = ended(&process)?;
                hold(
                    code == Some(7) || code == Some(1),
                    &format!("it ends with {code:?}"),
                )?;
            }
            refused => {
                refusals += 1;
                is_refused(refused)?;
            }
        }
        expect(ended(&context.process(itself, 7).start()?)?, Some(7))?;
        let begun = Instant::now();
        while !mp::active_children().is_empty() || is_zombie_there()? {
            hold(begun.elapsed() < SOON, "a child is left")?;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    hold(refusals > 0, "nothing was ever refused")
}
