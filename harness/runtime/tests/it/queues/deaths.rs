//! What the end or the death of a process does to its queues.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use poolproof_runtime as mp;
use serde_bytes::ByteBuf;

use super::{Run, over};
use crate::start::Reply;
use crate::{Outcome, SOON, ended, expect, hold};

pub(super) fn trials() -> Vec<Trial> {
    [
        over_processes(
            "a_process_that_ends_writes_what_it_has_put",
            flushes_at_exit,
        ),
        over_processes("a_cancelled_join_lets_a_process_end_at_once", cancels_join),
        over_processes("a_dead_idle_reader_does_not_block_others", dead_idle_reader),
        over_processes(
            "a_dead_reader_of_a_large_value_loses_only_that",
            dead_reader,
        ),
        over_processes("a_dead_writer_s_torn_value_is_dropped", dead_writer),
        over_processes("a_dead_producer_keeps_no_room", dead_producer),
        over_processes("a_killed_producer_leaves_a_prefix", prefix),
        over_processes(
            "a_join_does_not_wait_for_what_a_dead_producer_never_wrote",
            dead_joined,
        ),
        of_copies(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// One trial for each start method that makes processes, and each transport.
fn over_processes(name: &'static str, run: Run) -> Vec<Trial> {
    let methods = mp::StartMethod::all().iter().copied();
    let methods: Vec<_> = methods
        .filter(|method| *method != mp::StartMethod::Threads)
        .collect();
    over(&methods, name, run)
}

#[cfg(unix)]
fn of_copies() -> Vec<Trial> {
    over(
        &[mp::StartMethod::Fork],
        "what_was_put_before_is_written_once",
        forked_once,
    )
}

/// A system that cannot copy a process has nothing to show of it.
#[cfg(not(unix))]
fn of_copies() -> Vec<Trial> {
    Vec::new()
}

fn put_and_end(queue: mp::Queue<Vec<u8>>) -> mp::Result<()> {
    for fill in 0..20 {
        queue.put(vec![fill; 10_000])?;
    }
    Ok(())
}

fn flushes_at_exit(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.queue_over(transport, None)?;
    let process = context.process(put_and_end, queue.clone()).start()?;
    for fill in 0..20 {
        hold(
            queue.get_timeout(SOON)? == vec![fill; 10_000],
            "a value is lost",
        )?;
    }
    expect(ended(&process)?, Some(0))
}

fn put_and_leave(queue: mp::Queue<Vec<u8>>) -> mp::Result<()> {
    for _ in 0..12 {
        queue.put(vec![1; 1 << 20])?;
    }
    queue.cancel_join_thread();
    Ok(())
}

fn cancels_join(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.queue_over(transport, None)?;
    let process = context.process(put_and_leave, queue.clone()).start()?;
    expect(ended(&process)?, Some(0))?;
    // Whatever it left is in nobody's way, and is whole.
    queue.put(vec![2])?;
    let mut value = queue.get_timeout(SOON)?;
    while value == vec![1; 1 << 20] {
        value = queue.get_timeout(SOON)?;
    }
    expect(value, vec![2])
}

fn read_for_ever((queue, reply): (mp::Queue<u32>, Reply<u32>)) -> mp::Result<()> {
    reply.send(&0)?;
    loop {
        reply.send(&queue.get()?)?;
    }
}

fn reading_child(context: mp::Context, queue: &mp::Queue<u32>) -> Result<mp::Process, Failed> {
    let (receiver, sender) = context.one_way()?;
    let argument = (queue.clone(), sender);
    let process = context.process(read_for_ever, argument).start()?;
    expect(receiver.recv()?, 0)?;
    // It has taken one, so it is waiting for the next or about to.
    queue.put(1)?;
    expect(receiver.recv()?, 1)?;
    Ok(process)
}

fn dead_idle_reader(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.queue_over(transport, Some(2))?;
    for round in 2..6 {
        let process = reading_child(context, &queue)?;
        process.kill()?;
        ended(&process)?;
        queue.put_timeout(round, SOON)?;
        queue.put_timeout(round + 1, SOON)?;
        expect(queue.get_timeout(SOON)?, round)?;
        expect(queue.get_timeout(SOON)?, round + 1)?;
    }
    Ok(())
}

fn read_large((queue, reply): (mp::Queue<(u32, ByteBuf)>, Reply<u32>)) -> mp::Result<()> {
    loop {
        reply.send(&queue.get()?.0)?;
    }
}

/// Kills a reader while the pipe is full of large values: those that come out are whole and in
/// order, and at most the one that it was reading is missing.
fn dead_reader(context: mp::Context, transport: mp::Transport) -> Outcome {
    const VALUES: u32 = 12;
    for killed_after in 0..4 {
        let queue = context.queue_over(transport, None)?;
        for number in 0..VALUES {
            let bytes = vec![number as u8; 300_000];
            queue.put((number, ByteBuf::from(bytes)))?;
        }
        let (receiver, sender) = context.one_way()?;
        let argument = (queue.clone(), sender);
        let process = context.process(read_large, argument).start()?;
        for number in 0..killed_after {
            expect(receiver.recv()?, number)?;
        }
        process.kill()?;
        ended(&process)?;
        let mut taken = killed_after;
        while let Ok(number) = receiver.recv() {
            taken = number + 1;
        }
        // It may have taken all of them.
        queue.put((VALUES, ByteBuf::from(vec![VALUES as u8; 300_000])))?;
        let mut next = None;
        while next != Some(VALUES + 1) {
            let (number, value) = queue.get_timeout(SOON)?;
            hold(*value == vec![number as u8; 300_000], "a value is torn")?;
            match next {
                Some(next) => expect(number, next)?,
                None => hold(
                    (taken..=taken + 1).contains(&number),
                    &format!("{number} came after {taken} were taken"),
                )?,
            }
            next = Some(number + 1);
        }
    }
    Ok(())
}

fn put_too_much((queue, reply): (mp::Queue<Vec<u8>>, Reply<bool>)) -> mp::Result<()> {
    queue.put(vec![1; 10])?;
    for _ in 0..12 {
        queue.put(vec![2; 1 << 20])?;
    }
    reply.send(&true)
}

/// Kills a writer in the midst of large values, which have filled the pipe or the ring.
fn dead_writer(context: mp::Context, transport: mp::Transport) -> Outcome {
    for starts_before in [true, false] {
        let queue = context.queue_over::<Vec<u8>>(transport, None)?;
        let (receiver, sender) = context.one_way()?;
        let argument = (queue.clone(), sender);
        let process = context.process(put_too_much, argument).start()?;
        hold(receiver.recv()?, "it does not put")?;
        expect(queue.get_timeout(SOON)?, vec![1; 10])?;
        if starts_before {
            // Another writer waits for the dead one's lock.
            queue.put(vec![3; 70_000])?;
        }
        process.kill()?;
        ended(&process)?;
        if !starts_before {
            queue.put(vec![3; 70_000])?;
        }
        let mut value = queue.get_timeout(SOON)?;
        while value == vec![2; 1 << 20] {
            value = queue.get_timeout(SOON)?;
        }
        hold(value == vec![3; 70_000], "a torn value came out")?;
    }
    Ok(())
}

/// More large values than a pipe or a ring holds.
const OVERFULL: usize = 20;

fn fill_with_large((queue, reply): (mp::Queue<Vec<u8>>, Reply<bool>)) -> mp::Result<()> {
    for _ in 0..OVERFULL {
        queue.put(vec![1; 1 << 20])?;
    }
    reply.send(&queue.is_full())
}

/// Kills a producer that has filled a bounded queue with what it could not write.
fn dead_producer(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.queue_over(transport, Some(OVERFULL))?;
    let (receiver, sender) = context.one_way()?;
    let argument = (queue.clone(), sender);
    let process = context.process(fill_with_large, argument).start()?;
    hold(receiver.recv()?, "the queue is not full")?;
    hold(queue.is_full(), "the queue is full for its producer only")?;
    process.kill()?;
    ended(&process)?;
    // What it did write comes out whole.
    while let Ok(value) = queue.try_get() {
        hold(value == vec![1; 1 << 20], "a value is torn")?;
    }
    for value in 0..OVERFULL as u8 {
        queue.put_timeout(vec![value], SOON)?;
    }
    for value in 0..OVERFULL as u8 {
        expect(queue.get_timeout(SOON)?, vec![value])?;
    }
    Ok(())
}

fn put_for_ever(queue: mp::Queue<(u32, ByteBuf)>) -> mp::Result<()> {
    for number in 0.. {
        let bytes = vec![number as u8; length_of(number)];
        queue.put((number, ByteBuf::from(bytes)))?;
    }
    Ok(())
}

/// Small values, and now and then one that is too large for a ring or for one write.
fn length_of(number: u32) -> usize {
    match number % 50 {
        7 => 5_000,
        23 => 100_000,
        _ => 40,
    }
}

/// Kills a producer somewhere in the midst of what it does: what comes out is whole and in order,
/// nothing is missing before the last, and the queue goes on.
fn prefix(context: mp::Context, transport: mp::Transport) -> Outcome {
    for killed_after in [0, 30, 300] {
        let queue = context.queue_over(transport, Some(1000))?;
        let process = context.process(put_for_ever, queue.clone()).start()?;
        let mut next = 0;
        let mut take = |value: (u32, ByteBuf)| {
            expect(value.0, next)?;
            next += 1;
            let whole = vec![value.0 as u8; length_of(value.0)];
            hold(*value.1 == whole, "a value is torn")
        };
        for _ in 0..=killed_after {
            take(queue.get_timeout(SOON)?)?;
        }
        process.kill()?;
        ended(&process)?;
        queue.put_timeout((u32::MAX, ByteBuf::new()), SOON)?;
        loop {
            let value = queue.get_timeout(SOON)?;
            if value.0 == u32::MAX {
                break;
            }
            take(value)?;
        }
        hold(queue.is_empty()?, "something is left")?;
    }
    Ok(())
}

fn put_uselessly((queue, reply): (mp::JoinableQueue<Vec<u8>>, Reply<bool>)) -> mp::Result<()> {
    for _ in 0..20 {
        queue.put(vec![1; 1 << 20])?;
    }
    reply.send(&true)
}

fn dead_joined(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.joinable_queue_over(transport, None)?;
    let (receiver, sender) = context.one_way()?;
    let argument = (queue.clone(), sender);
    let process = context.process(put_uselessly, argument).start()?;
    hold(receiver.recv()?, "it does not put")?;
    process.kill()?;
    ended(&process)?;
    queue.put(vec![2])?;
    while queue.get_timeout(SOON)? != [2] {
        queue.task_done()?;
    }
    hold(
        !queue.join_timeout(Some(Duration::ZERO))?,
        "a join ends too early",
    )?;
    queue.task_done()?;
    hold(
        queue.join_timeout(Some(SOON))?,
        "the join waits for the dead",
    )?;
    hold(
        queue.task_done().unwrap_err().is_over_release(),
        "done too often",
    )
}

#[cfg(unix)]
fn forked_once(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.queue_over::<Vec<u8>>(transport, None)?;
    // More than pipe or ring hold, so that some is not written when the child is made.
    for fill in 0..100 {
        queue.put(vec![fill; 5000])?;
    }
    let child = context.process(put_byte, queue.clone()).start()?;
    let mut next = 0;
    for _ in 0..101 {
        let value = queue.get_timeout(SOON)?;
        if value == [255] {
            continue;
        }
        hold(value == vec![next; 5000], "out of order or twice")?;
        next += 1;
    }
    expect(next, 100)?;
    expect(ended(&child)?, Some(0))?;
    hold(
        queue.try_get().unwrap_err().is_empty(),
        "something came twice",
    )
}

#[cfg(unix)]
fn put_byte(queue: mp::Queue<Vec<u8>>) -> mp::Result<()> {
    queue.put(vec![255])
}
