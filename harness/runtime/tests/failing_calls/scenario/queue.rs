//! Queues of values that have handles, of large ones and of plain ones, in one process and several.

use std::time::Duration;

use poolproof_runtime as mp;

use super::{Broken, Outcome, SOON, Use, ended, same};

/// A number, bytes that are the same, and perhaps memory in which it is, too.
type Value = (u32, Vec<u8>, Option<mp::RawValue<u32>>);
type Queue = mp::JoinableQueue<Value>;

/// The bytes of a value that is too large for a ring, or a pipe.
const LARGE: usize = 100_000;

const BOUND: usize = 8;

/// How long a value may take to come.
const LATE: Duration = Duration::from_secs(2);

pub(super) fn make_pipe(context: mp::Context) -> Outcome<Use> {
    make(context, mp::Transport::Pipe)
}

pub(super) fn make_ring(context: mp::Context) -> Outcome<Use> {
    make(context, mp::Transport::Ring)
}

fn make(context: mp::Context, transport: mp::Transport) -> Outcome<Use> {
    let queue = context.joinable_queue_over(transport, Some(BOUND))?;
    let mut first = 0;
    Ok(Box::new(move || {
        first += 100;
        let alone = in_one_process(context, &queue, first);
        let produced = from_a_producer(context, &queue, first + 10);
        let consumed = by_a_consumer(context, &queue, first + 20);
        alone.and(produced).and(consumed)
    }))
}

/// Puts one value: of each four one is plain, two have handles and one of these is large.
fn put(context: mp::Context, queue: &Queue, number: u32) -> mp::Result<()> {
    let (length, has_memory) =
        [(3, true), (3, false), (LARGE, true), (5, false)][number as usize % 4];
    let memory = has_memory.then(|| context.raw_value(number)).transpose()?;
    queue.put_timeout((number, vec![number as u8; length], memory), SOON)
}

/// Takes values until none comes any more: each is what it was, and they come in order; gives how
/// many, and what failed.
fn take(queue: &Queue, numbers: std::ops::Range<u32>, most: usize) -> Outcome<usize> {
    let (mut last, mut taken) = (None, 0);
    let mut failed = None;
    while taken < most {
        let (number, bytes, memory) = match queue.get_timeout(LATE) {
            Ok(value) => value,
            Err(error) if error.is_empty() => break,
            Err(error) => {
                failed = Some(Broken::from(error));
                continue;
            }
        };
        taken += 1;
        queue.task_done()?;
        let is_next = numbers.contains(&number) && last.is_none_or(|last| number > last);
        let is_it = bytes.iter().all(|byte| *byte == number as u8)
            && memory.is_none_or(|memory| memory.get() == number);
        same((number, is_next, is_it), (number, true, true))?;
        last = Some(number);
    }
    if taken < most {
        let lost = || Broken::Failed(format!("{} values are lost", most - taken));
        return Err(failed.unwrap_or_else(lost));
    }
    failed.map_or(Ok(taken), Err)
}

/// What was taken but not received is dealt with; then nothing is waited for, and all room is there.
fn is_empty_again(queue: &Queue, most_lost: usize) -> Outcome {
    let nothing = Some(Duration::ZERO);
    for _ in 0..most_lost {
        if !queue.join_timeout(nothing)? {
            queue.task_done()?;
        }
    }
    same(queue.join_timeout(Some(LATE))?, true)?;
    same(queue.len(), 0)
}

fn in_one_process(context: mp::Context, queue: &Queue, first: u32) -> Outcome {
    let mut failed = Ok(());
    let mut count = 0;
    for number in first..first + 5 {
        match put(context, queue, number) {
            Ok(()) => count += 1,
            Err(error) => failed = Err(Broken::from(error)),
        }
    }
    let taken = take(queue, first..first + 5, count);
    if let Err(Broken::Wrong(what)) = taken {
        return Err(Broken::Wrong(what));
    }
    is_empty_again(queue, count)?;
    failed.and(taken.map(drop))
}

fn produce((queue, first): (Queue, u32)) -> mp::Result<()> {
    (first..first + 3).try_for_each(|number| put(mp::Context::default(), &queue, number))
}

fn from_a_producer(context: mp::Context, queue: &Queue, first: u32) -> Outcome {
    let process = context.process(produce, (queue.clone(), first));
    let process = process.name("Producer").start()?;
    let taken = take(queue, first..first + 3, 3);
    if let Err(Broken::Wrong(what)) = taken {
        return Err(Broken::Wrong(what));
    }
    let end = ended(&process);
    is_empty_again(queue, 3)?;
    end.and(taken.map(drop))
}

fn consume((queue, told): (Queue, mp::Sender<u32>)) -> mp::Result<()> {
    for _ in 0..3 {
        let (number, _, memory) = queue.get_timeout(LATE)?;
        queue.task_done()?;
        let is_it = memory.is_none_or(|memory| memory.get() == number);
        told.send(&if is_it { number } else { 0 })?;
    }
    Ok(())
}

fn by_a_consumer(context: mp::Context, queue: &Queue, first: u32) -> Outcome {
    let (receiver, sender) = context.one_way()?;
    let process = context.process(consume, (queue.clone(), sender));
    let process = process.name("Consumer").start()?;
    let mut outcome = Ok(());
    for number in first..first + 3 {
        outcome = outcome.and(put(context, queue, number).map_err(Broken::from));
    }
    let end = ended(&process);
    // In order, and nothing that is another's: the rest is told by the end.
    let mut next = first;
    while let Ok(number) = receiver.recv() {
        same(number >= next, true)?;
        next = number + 1;
    }
    // What a consumer that failed has left.
    while queue
        .get_timeout(Duration::from_millis(50))
        .is_ok_and(|_| true)
    {
        queue.task_done()?;
    }
    is_empty_again(queue, 3)?;
    outcome.and(end)
}
