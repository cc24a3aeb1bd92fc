//! Blocks of shared memory: sent, found by name, and gone when nobody holds them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use crate::start::Reply;
use crate::tree::all_end;
use crate::{Outcome, SOON, each, each_process, ended, expect, hold};

/// Set for a process of ours that is no child of this one: what it does with which block.
const HELPER: &str = "POOLPROOF_TEST_MEMORY";

pub(crate) fn trials() -> Vec<Trial> {
    let alone = [
        Trial::test(
            "memory/a_stranger_that_attaches_and_ends_takes_nothing_away",
            stranger,
        ),
        Trial::test("memory/a_killed_tree_leaves_no_name", killed_tree),
    ];
    [
        each("a_block_that_was_sent_is_one_block", sent),
        each("a_child_finds_a_block_by_its_name", found),
        each("a_shareable_list_is_one_for_two_processes", list),
        each_process(
            "a_killed_creator_takes_no_block_from_its_users",
            killed_creator,
        ),
        each_process(
            "a_block_that_a_child_made_outlives_it_where_it_is_held",
            made_by_child,
        ),
    ]
    .into_iter()
    .flatten()
    .chain(alone)
    .collect()
}

fn doubles(block: mp::SharedMemory) -> mp::Result<()> {
    block.set(8, block.get::<u64>(8)? * 2)
}

fn sent(context: mp::Context) -> Outcome {
    let block = context.shared_memory(16)?;
    block.set(8, 21_u64)?;
    ended(&context.process(doubles, block.clone()).start()?)?;
    expect(block.get::<u64>(8)?, 42)
}

fn doubles_by_name(name: String) -> mp::Result<()> {
    doubles(mp::SharedMemory::attach(&name)?)
}

fn name_of(block: &mp::SharedMemory) -> String {
    block.name().unwrap_or_default().to_owned()
}

fn found(context: mp::Context) -> Outcome {
    let block = mp::SharedMemory::create(None, 16)?;
    block.set(8, 21_u64)?;
    for _ in 0..2 {
        let process = context.process(doubles_by_name, name_of(&block)).start()?;
        expect(ended(&process)?, Some(0))?;
    }
    expect(block.get::<u64>(8)?, 84)?;
    block.unlink()?;
    if context.start_method() == mp::StartMethod::Threads {
        return Ok(());
    }
    let process = context.process(doubles_by_name, name_of(&block)).start()?;
    expect(ended(&process)?, Some(1))
}

fn shouts(list: mp::ShareableList) -> mp::Result<()> {
    for index in 0..list.len() {
        if let mp::Item::Str(text) = list.get(index)? {
            list.set(index, text.to_uppercase())?;
        }
    }
    Ok(())
}

fn list(context: mp::Context) -> Outcome {
    let bytes: &[u8] = b"\0\xff\0\0";
    let items = |text: [&str; 3]| {
        let [one, two, three] = text.map(mp::Item::from);
        vec![one, 1.into(), two, three, bytes.into()]
    };
    // CPython loses the zeros at the end, and cuts text in the middle of a character.
    let list = context.shareable_list(items(["quiet", "", "\0\u{e9}\u{10000}\0\0"]))?;
    ended(&context.process(shouts, list.clone()).start()?)?;
    expect(
        list.to_vec()?,
        items(["QUIET", "", "\0\u{c9}\u{10000}\0\0"]),
    )
}

/// Makes a block, tells its name and holds it until it is told to end.
fn creates((reply, stop): (Reply<String>, mp::Receiver<()>)) -> mp::Result<()> {
    let block = mp::SharedMemory::create(None, 8)?;
    block.set(0, 7_u64)?;
    reply.send(&name_of(&block))?;
    stop.recv()
}

fn start_creator(
    context: mp::Context,
) -> mp::Result<(mp::Process, mp::SharedMemory, mp::Sender<()>)> {
    let (names, sender) = context.one_way()?;
    let (receiver, stop) = context.one_way()?;
    let process = context.process(creates, (sender, receiver)).start()?;
    let block = mp::SharedMemory::attach(&names.recv()?)?;
    Ok((process, block, stop))
}

/// Held here alone, the block has its name until it is let go here.
fn goes_with_its_last_holder(block: mp::SharedMemory) -> Outcome {
    let name = name_of(&block);
    expect(block.get::<u64>(0)?, 7)?;
    expect(mp::SharedMemory::attach(&name)?.get::<u64>(0)?, 7)?;
    block.close();
    is_gone(&name)
}

fn killed_creator(context: mp::Context) -> Outcome {
    let (process, block, _stop) = start_creator(context)?;
    process.kill()?;
    expect(ended(&process)?, Some(-9))?;
    goes_with_its_last_holder(block)
}

fn made_by_child(context: mp::Context) -> Outcome {
    let (process, block, stop) = start_creator(context)?;
    stop.send(&())?;
    expect(ended(&process)?, Some(0))?;
    goes_with_its_last_holder(block)
}

/// Fails unless the name is gone soon: a process that is being started by somebody here has the
/// block until it is a program.
fn is_gone(name: &str) -> Outcome {
    let deadline = Instant::now() + SOON;
    loop {
        match mp::SharedMemory::attach(name) {
            Err(error) => return hold(error.is_missing(), &error.to_string()),
            Ok(block) => block.close(),
        }
        hold(Instant::now() < deadline, "the name is still there")?;
    }
}

/// In a helper: does as it was told.
pub(crate) fn be_helper() {
    let Ok(told) = std::env::var(HELPER) else {
        return;
    };
    let run = || match told.as_str() {
        "create" => hold_in_two(),
        name => doubles_by_name(name.to_owned()),
    };
    std::process::exit(i32::from(run().is_err()))
}

/// Holds a block in this process and in a child, tells of both, and never ends.
fn hold_in_two() -> mp::Result<()> {
    let block = mp::SharedMemory::create(None, 1)?;
    let wait = |_: mp::SharedMemory| loop {
        std::thread::park();
    };
    let context = mp::Context::default();
    let child = context.process::<_, ()>(wait, block.clone()).start()?;
    println!("{}\n{}", name_of(&block), child.pid().unwrap_or_default());
    child.join(None).map(drop)
}

fn start_helper(told: &str) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .env(HELPER, told)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
}

fn stranger() -> Outcome {
    let block = mp::SharedMemory::create(None, 16)?;
    block.set(8, 21_u64)?;
    let status = start_helper(&name_of(&block))?.wait()?;
    hold(status.success(), "the stranger failed")?;
    expect(
        mp::SharedMemory::attach(&name_of(&block))?.get::<u64>(8)?,
        42,
    )
}

fn killed_tree() -> Outcome {
    let mut root = start_helper("create")?;
    let output = root.stdout.take().ok_or("it has no stdout")?;
    let mut lines = BufReader::new(output).lines();
    let mut line = || {
        lines
            .next()
            .ok_or("it ended")
            .map_err(std::io::Error::other)?
    };
    let (name, child) = (line()?, line()?.parse()?);
    mp::SharedMemory::attach(&name)?.close();
    root.kill()?;
    root.wait()?;
    all_end(&[child])?;
    is_gone(&name)
}
