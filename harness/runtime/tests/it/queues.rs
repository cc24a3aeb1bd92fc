//! Queues and shared values between processes, and what the death of one does.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use poolproof_runtime as mp;

use crate::start::Reply;
use crate::{Outcome, SOON, each, each_process, ended, expect, hold};

pub(crate) fn trials() -> Vec<Trial> {
    [
        each("what_a_child_sets_is_seen", sets_values),
        each("each_producer_s_values_keep_their_order", keeps_order),
        each("a_value_is_taken_by_one_process_only", taken_once),
        each("a_bounded_queue_makes_its_producer_wait", bounded),
        each("a_simple_queue_passes_values_both_ways", simple),
        each("a_joinable_queue_ends_its_join_when_all_is_done", joinable),
        each("a_queue_arrives_through_a_queue", queue_in_queue),
        each_process(
            "a_process_that_ends_writes_what_it_has_put",
            flushes_at_exit,
        ),
        each_process("a_cancelled_join_lets_a_process_end_at_once", cancels_join),
        each_process("a_dead_idle_reader_does_not_block_others", dead_idle_reader),
        each_process(
            "a_dead_reader_of_a_large_value_loses_only_that",
            dead_reader,
        ),
        each_process("a_dead_writer_s_torn_value_is_dropped", dead_writer),
        each_process("a_dead_producer_keeps_no_room", dead_producer),
        of_copies(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(unix)]
fn of_copies() -> Vec<Trial> {
    vec![Trial::test(
        "fork/what_was_put_before_is_written_once",
        forked_once,
    )]
}

/// A system that cannot copy a process has nothing to show of it.
#[cfg(not(unix))]
fn of_copies() -> Vec<Trial> {
    Vec::new()
}

fn set_values((value, array): (mp::Value<f64>, mp::Array<i32>)) -> mp::Result<()> {
    value.set(2.625)?;
    for index in 0..array.len() {
        array.set(index, -array.get(index)?)?;
    }
    Ok(())
}

fn sets_values(context: mp::Context) -> Outcome {
    let (value, array) = (context.value(0.0)?, context.array(&[0, 1, 2, 3])?);
    let argument = (value.clone(), array.clone());
    let process = context.process(set_values, argument).start()?;
    expect(ended(&process)?, Some(0))?;
    expect(value.get()?, 2.625)?;
    expect(array.to_vec()?, vec![0, -1, -2, -3])
}

const COUNT: u32 = 300;

fn produce((queue, producer): (mp::Queue<(u32, u32)>, u32)) -> mp::Result<()> {
    for number in 0..COUNT {
        queue.put((producer, number))?;
    }
    Ok(())
}

fn keeps_order(context: mp::Context) -> Outcome {
    let queue = context.queue(None)?;
    let start = |producer| context.process(produce, (queue.clone(), producer)).start();
    let processes = (0..2).map(start).collect::<mp::Result<Vec<_>>>()?;
    let mut next = [0, 0];
    for _ in 0..2 * COUNT {
        let (producer, number) = queue.get_timeout(SOON)?;
        expect(number, next[producer as usize])?;
        next[producer as usize] += 1;
    }
    for process in &processes {
        expect(ended(process)?, Some(0))?;
    }
    expect((queue.is_empty()?, queue.len()), (true, 0))
}

type Task = Option<u32>;

fn consume((tasks, done): (mp::Queue<Task>, mp::Queue<u32>)) -> mp::Result<()> {
    while let Some(task) = tasks.get()? {
        done.put(task)?;
    }
    Ok(())
}

fn taken_once(context: mp::Context) -> Outcome {
    let (tasks, done) = (context.queue(None)?, context.queue(None)?);
    let start = |_| {
        context
            .process(consume, (tasks.clone(), done.clone()))
            .start()
    };
    let processes = (0..3).map(start).collect::<mp::Result<Vec<_>>>()?;
    for task in 0..COUNT {
        tasks.put(Some(task))?;
    }
    for _ in &processes {
        tasks.put(None)?;
    }
    let mut taken = Vec::new();
    for _ in 0..COUNT {
        taken.push(done.get_timeout(SOON)?);
    }
    taken.sort_unstable();
    for process in &processes {
        expect(ended(process)?, Some(0))?;
    }
    expect(taken, (0..COUNT).collect())
}

fn fill((queue, reply): (mp::Queue<u8>, Reply<bool>)) -> mp::Result<()> {
    queue.put(1)?;
    reply.send(&queue.try_put(2).is_err_and(|error| error.is_full()))?;
    queue.put(2)
}

fn bounded(context: mp::Context) -> Outcome {
    let queue = context.queue(Some(1))?;
    let soon = Duration::from_millis(2);
    hold(
        queue.get_timeout(soon).unwrap_err().is_empty(),
        "it is not empty",
    )?;
    let (receiver, sender) = context.one_way()?;
    let process = context.process(fill, (queue.clone(), sender)).start()?;
    hold(receiver.recv()?, "it is not full")?;
    expect(queue.get_timeout(SOON)?, 1)?;
    expect(queue.get_timeout(SOON)?, 2)?;
    expect(ended(&process)?, Some(0))
}

type Words = mp::SimpleQueue<String>;

fn echo((there, back): (Words, Words)) -> mp::Result<()> {
    loop {
        let word = there.get()?;
        if word.is_empty() {
            return Ok(());
        }
        back.put(word)?;
    }
}

fn simple(context: mp::Context) -> Outcome {
    let (there, back) = (context.simple_queue()?, context.simple_queue()?);
    let argument = (there.clone(), back.clone());
    let process = context.process(echo, argument).start()?;
    for length in [1, 5000, 200_000] {
        there.put("x".repeat(length))?;
        expect(back.get()?.len(), length)?;
    }
    there.put(String::new())?;
    expect(ended(&process)?, Some(0))
}

fn deal((queue, count): (mp::JoinableQueue<u8>, usize)) -> mp::Result<()> {
    for _ in 0..count {
        queue.get()?;
        queue.task_done()?;
    }
    Ok(())
}

fn joinable(context: mp::Context) -> Outcome {
    let queue = context.joinable_queue(None)?;
    for value in 0..5 {
        queue.put(value)?;
    }
    let process = context.process(deal, (queue.clone(), 5)).start()?;
    hold(queue.join_timeout(Some(SOON))?, "the join does not end")?;
    expect(ended(&process)?, Some(0))?;
    hold(
        queue.task_done().unwrap_err().is_over_release(),
        "done twice",
    )
}

fn answer(queues: mp::Queue<mp::Queue<u8>>) -> mp::Result<()> {
    queues.get()?.put(7)
}

fn queue_in_queue(context: mp::Context) -> Outcome {
    let (outer, inner) = (context.queue(None)?, context.queue(None)?);
    let process = context.process(answer, outer.clone()).start()?;
    outer.put(inner.clone())?;
    expect(inner.get_timeout(SOON)?, 7)?;
    expect(ended(&process)?, Some(0))
}

fn put_and_end(queue: mp::Queue<Vec<u8>>) -> mp::Result<()> {
    for fill in 0..20 {
        queue.put(vec![fill; 10_000])?;
    }
    Ok(())
}

fn flushes_at_exit(context: mp::Context) -> Outcome {
    let queue = context.queue(None)?;
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
    queue.put(vec![1; 1 << 20])?;
    queue.cancel_join_thread();
    Ok(())
}

fn cancels_join(context: mp::Context) -> Outcome {
    let queue = context.queue(None)?;
    let process = context.process(put_and_leave, queue.clone()).start()?;
    expect(ended(&process)?, Some(0))?;
    // Whatever it left in the pipe is in nobody's way.
    queue.put(vec![2])?;
    expect(queue.get_timeout(SOON)?, vec![2])
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

fn dead_idle_reader(context: mp::Context) -> Outcome {
    let queue = context.queue(Some(2))?;
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

fn read_large((queue, reply): (mp::Queue<(u32, Vec<u8>)>, Reply<u32>)) -> mp::Result<()> {
    loop {
        reply.send(&queue.get()?.0)?;
    }
}

/// Kills a reader while the pipe is full of large values: those that come out are whole and in
/// order, and at most the one that it was reading is missing.
fn dead_reader(context: mp::Context) -> Outcome {
    const VALUES: u32 = 12;
    for killed_after in 0..4 {
        let queue = context.queue(None)?;
        for number in 0..VALUES {
            queue.put((number, vec![number as u8; 300_000]))?;
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
        let (first, value) = queue.get_timeout(SOON)?;
        hold(value == vec![first as u8; 300_000], "a value is torn")?;
        hold(
            (taken..=taken + 1).contains(&first),
            &format!("{first} came after {taken} were taken"),
        )?;
        for number in first + 1..VALUES {
            let (next, value) = queue.get_timeout(SOON)?;
            expect(next, number)?;
            hold(value == vec![next as u8; 300_000], "a value is torn")?;
        }
    }
    Ok(())
}

fn put_too_much((queue, reply): (mp::Queue<Vec<u8>>, Reply<bool>)) -> mp::Result<()> {
    queue.put(vec![1; 10])?;
    queue.put(vec![2; 1 << 20])?;
    reply.send(&true)
}

/// Kills a writer in the midst of a large value, which has filled the pipe.
fn dead_writer(context: mp::Context) -> Outcome {
    for starts_before in [true, false] {
        let queue = context.queue::<Vec<u8>>(None)?;
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
        hold(
            queue.get_timeout(SOON)? == vec![3; 70_000],
            "a torn value came out",
        )?;
    }
    Ok(())
}

fn fill_with_large((queue, reply): (mp::Queue<Vec<u8>>, Reply<bool>)) -> mp::Result<()> {
    for _ in 0..3 {
        queue.put(vec![1; 1 << 20])?;
    }
    reply.send(&queue.is_full())
}

/// Kills a producer that has filled a bounded queue with what it could not write.
fn dead_producer(context: mp::Context) -> Outcome {
    let queue = context.queue(Some(3))?;
    let (receiver, sender) = context.one_way()?;
    let argument = (queue.clone(), sender);
    let process = context.process(fill_with_large, argument).start()?;
    hold(receiver.recv()?, "the queue is not full")?;
    hold(queue.is_full(), "the queue is full for its producer only")?;
    process.kill()?;
    ended(&process)?;
    for value in 0..3 {
        queue.put_timeout(vec![value], SOON)?;
    }
    for value in 0..3 {
        expect(queue.get_timeout(SOON)?, vec![value])?;
    }
    Ok(())
}

#[cfg(unix)]
fn forked_once() -> Outcome {
    let context = mp::Context::new(mp::StartMethod::Fork)?;
    let queue = context.queue::<Vec<u8>>(None)?;
    // More than the pipe holds, so that some is not written when the child is made.
    for fill in 0..50 {
        queue.put(vec![fill; 5000])?;
    }
    let child = context.process(put_byte, queue.clone()).start()?;
    let mut next = 0;
    for _ in 0..51 {
        let value = queue.get_timeout(SOON)?;
        if value == [255] {
            continue;
        }
        hold(value == vec![next; 5000], "out of order or twice")?;
        next += 1;
    }
    expect(next, 50)?;
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
