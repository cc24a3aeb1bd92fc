//! A bounded queue with two producers and two consumers: of a dead producer there is a prefix, of
//! the other one everything, nothing comes twice, and the queue goes on.

use std::collections::BTreeSet;
use std::time::Duration;

use poolproof_runtime as mp;

use super::producers::{self, Item, all_came, drain};
use super::{Outcome, SOON, Spoilt, text};

const ITEMS: u32 = 12;

const TRANSPORTS: &[mp::Transport] = &[mp::Transport::Pipe, mp::Transport::Ring];

fn produce((queue, number): (mp::Queue<Item>, u32)) -> mp::Result<()> {
    for item in 0..ITEMS {
        queue.put_timeout((number, item), SOON)?;
    }
    Ok(())
}

/// Takes two items, if it comes in time, and leaves the rest to others.
fn consume((queue, taken): (mp::Queue<Item>, mp::Sender<Item>)) -> mp::Result<()> {
    for _ in 0..2 {
        match queue.get_timeout(Duration::from_millis(50)) {
            Ok(item) => taken.send(&item)?,
            Err(error) if error.is_empty() || error.is_timeout() => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

pub(super) fn run(context: mp::Context) -> Outcome {
    for transport in TRANSPORTS {
        let queue = context.queue_over(*transport, Some(3)).map_err(text)?;
        over(context, &queue)?;
    }
    Ok(())
}

fn over(context: mp::Context, queue: &mp::Queue<Item>) -> Outcome {
    let mut spoilt = Spoilt::default();
    let (receiver, sender) = context.one_way().map_err(text)?;
    let mut producers = Vec::new();
    for number in 0..2 {
        let process = context.process(produce, (queue.clone(), number));
        let process = process.name(producers::name(number));
        producers.extend(spoilt.take(process.start()));
    }
    let consumer = context.process(consume, (queue.clone(), sender));
    let consumer = spoilt.take(consumer.name("Consumer").start());
    let mut found = drain(&producers, |timeout| queue.get_timeout(timeout))?;
    if let Some(consumer) = &consumer {
        spoilt.end(consumer)?;
    }
    // While the consumer waited to read, main found nothing in its short time; the consumer took
    // two and left the rest.
    found.extend(drain(&producers, |timeout| queue.get_timeout(timeout))?);
    while let Ok(item) = receiver.recv() {
        found.push(item);
    }
    let different: BTreeSet<_> = found.iter().collect();
    if different.len() < found.len() {
        return Err("an item came twice".into());
    }
    all_came(&mut spoilt, &producers, found, ITEMS)?;
    // The queue goes on after any death.
    queue.put_timeout((9, 9), SOON).map_err(text)?;
    let last = queue.get_timeout(SOON).map_err(text)?;
    if last != (9, 9) {
        return Err(format!("{last:?} came late"));
    }
    spoilt.at_most(1)
}
