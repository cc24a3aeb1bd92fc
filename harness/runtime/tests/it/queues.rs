//! Queues and shared values between processes; what the death of one does is in `deaths`.

mod deaths;
pub(crate) mod order;

use std::time::Duration;

use libtest_mimic::Trial;
use poolproof_runtime as mp;
use serde_bytes::ByteBuf;

use crate::start::Reply;
use crate::{Outcome, SOON, each, ended, expect, hold};

pub(crate) fn trials() -> Vec<Trial> {
    [
        each("what_a_child_sets_is_seen", sets_values),
        over_both("each_producer_s_values_keep_their_order", keeps_order),
        over_both("a_value_is_taken_by_one_process_only", taken_once),
        over_both("a_bounded_queue_makes_its_producer_wait", bounded),
        over_both("a_simple_queue_passes_values_both_ways", simple),
        over_both("a_joinable_queue_ends_its_join_when_all_is_done", joinable),
        over_both("a_queue_arrives_through_a_queue", queue_in_queue),
        over_both("what_cannot_be_sent_is_told_to_its_putter", unsendable),
        over_both("what_was_put_is_what_is_taken", put_is_final),
        over_both("a_queue_holds_more_than_its_ring_or_pipe", overflow),
        over_both("many_large_values_and_handles_arrive", large_and_handles),
        over_both("wait_tells_which_queues_have_a_value", waits),
        over_both("wait_misses_no_value", misses_none),
        deaths::trials(),
        order::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

type Run = fn(mp::Context, mp::Transport) -> Outcome;

/// One trial for each start method and transport.
fn over_both(name: &'static str, run: Run) -> Vec<Trial> {
    over(mp::StartMethod::all(), name, run)
}

fn over(methods: &[mp::StartMethod], name: &'static str, run: Run) -> Vec<Trial> {
    let transports = [mp::Transport::Ring, mp::Transport::Pipe];
    let pairs = methods
        .iter()
        .flat_map(|method| transports.map(|transport| (*method, transport)));
    let trial = |(method, transport): (mp::StartMethod, mp::Transport)| {
        let short = format!("{transport:?}").to_lowercase();
        Trial::test(format!("{method}/{short}/{name}"), move || {
            run(mp::Context::new(method)?, transport)
        })
    };
    pairs.map(trial).collect()
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

fn keeps_order(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.queue_over(transport, None)?;
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

fn taken_once(context: mp::Context, transport: mp::Transport) -> Outcome {
    let (tasks, done) = (
        context.queue_over(transport, None)?,
        context.queue_over(transport, None)?,
    );
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

fn bounded(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.queue_over(transport, Some(1))?;
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

fn simple(context: mp::Context, transport: mp::Transport) -> Outcome {
    let (there, back) = (
        context.simple_queue_over(transport)?,
        context.simple_queue_over(transport)?,
    );
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

fn joinable(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.joinable_queue_over(transport, None)?;
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

fn queue_in_queue(context: mp::Context, transport: mp::Transport) -> Outcome {
    let (outer, inner) = (
        context.queue_over(transport, None)?,
        context.queue_over(transport, None)?,
    );
    let process = context.process(answer, outer.clone()).start()?;
    outer.put(inner.clone())?;
    expect(inner.get_timeout(SOON)?, 7)?;
    expect(ended(&process)?, Some(0))
}

/// A value that encodes, or does not.
#[derive(Debug, PartialEq, serde::Deserialize)]
struct Fickle(bool);

impl serde::Serialize for Fickle {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            true => serializer.serialize_bool(true),
            false => Err(serde::ser::Error::custom("not this one")),
        }
    }
}

/// CPython's feeder prints a traceback, loses the value and leaves `join` waiting for ever.
fn unsendable(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.joinable_queue_over(transport, Some(1))?;
    hold(
        queue.put(Fickle(false)).unwrap_err().is_serialize(),
        "it was put",
    )?;
    hold(queue.join_timeout(Some(SOON))?, "it counts")?;
    queue.put_timeout(Fickle(true), SOON)?;
    expect(queue.get_timeout(SOON)?, Fickle(true))
}

/// CPython pickles later, in its feeder: what comes out may be what the value has become since.
fn put_is_final(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.queue_over(transport, None)?;
    let mut value = vec![1_u8; 100];
    for change in 2..50 {
        queue.put(value.clone())?;
        let before = value[0];
        value.fill(change);
        expect(queue.get_timeout(SOON)?, vec![before; 100])?;
    }
    Ok(())
}

/// A queue without a bound takes all that it is given, with nobody to take it.
fn overflow(context: mp::Context, transport: mp::Transport) -> Outcome {
    const VALUES: u32 = 9_000;
    let queue = context.queue_over(transport, None)?;
    for number in 0..VALUES {
        queue.put((number, [0_u8; 24]))?;
    }
    expect(queue.len(), VALUES as usize)?;
    for number in 0..VALUES {
        expect(queue.get_timeout(SOON)?.0, number)?;
    }
    expect(queue.len(), 0)?;
    hold(queue.is_empty()?, "something is left")
}

type Parcel = (u32, ByteBuf, Option<mp::Value<u32>>);

fn put_parcels((queue, count): (mp::Queue<Parcel>, u32)) -> mp::Result<()> {
    let context = mp::Context::default();
    for number in 0..count {
        let value = match number % 3 {
            0 => Some(context.value(number)?),
            _ => None,
        };
        let length = [10, 200_000, 40_000][number as usize % 3];
        let bytes = vec![number as u8; length];
        queue.put((number, ByteBuf::from(bytes), value))?;
    }
    Ok(())
}

fn large_and_handles(context: mp::Context, transport: mp::Transport) -> Outcome {
    const COUNT: u32 = 60;
    let queue = context.queue_over(transport, None)?;
    let process = context
        .process(put_parcels, (queue.clone(), COUNT))
        .start()?;
    for number in 0..COUNT {
        let (found, bytes, value) = queue.get_timeout(SOON)?;
        expect(found, number)?;
        let length = [10, 200_000, 40_000][number as usize % 3];
        hold(*bytes == vec![number as u8; length], "bytes are lost")?;
        let value = value.map(|value| value.get()).transpose()?;
        expect(value, number.is_multiple_of(3).then_some(number))?;
    }
    expect(ended(&process)?, Some(0))
}

fn put_when_told((told, queue): (mp::Receiver<u32>, mp::Queue<u32>)) -> mp::Result<()> {
    loop {
        match told.recv()? {
            0 => return Ok(()),
            number => queue.put(number)?,
        }
    }
}

fn waits(context: mp::Context, transport: mp::Transport) -> Outcome {
    let (told, tell) = context.one_way()?;
    let (queue, other) = (
        context.queue_over(transport, None)?,
        context.simple_queue_over::<u32>(transport)?,
    );
    let process = context
        .process(put_when_told, (told, queue.clone()))
        .start()?;
    let objects: [&dyn mp::Waitable; 2] = [&other, &queue];
    expect(mp::wait(&objects, Some(Duration::ZERO))?, vec![])?;
    for number in 1..20 {
        tell.send(&number)?;
        expect(mp::wait(&objects, Some(SOON))?, vec![1])?;
        expect(mp::wait(&objects, Some(SOON))?, vec![1])?;
        expect(queue.get_timeout(SOON)?, number)?;
        let soon = Some(Duration::from_millis(1));
        expect(mp::wait(&objects, soon)?, vec![])?;
    }
    other.put(1)?;
    expect(mp::wait(&objects, Some(SOON))?, vec![0])?;
    tell.send(&0)?;
    expect(ended(&process)?, Some(0))?;
    queue.close();
    hold(
        mp::wait(&objects, None).unwrap_err().is_closed(),
        "a closed queue is waited for",
    )
}

fn misses_none(context: mp::Context, transport: mp::Transport) -> Outcome {
    let queue = context.queue_over(transport, None)?;
    let process = context.process(produce, (queue.clone(), 7)).start()?;
    let mut next = 0;
    while next < COUNT {
        expect(mp::wait(&[&queue], Some(SOON))?, vec![0])?;
        while let Ok(value) = queue.try_get() {
            expect(value, (7, next))?;
            next += 1;
        }
    }
    expect(ended(&process)?, Some(0))
}
