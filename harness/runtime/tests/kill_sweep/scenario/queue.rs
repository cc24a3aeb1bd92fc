//! A bounded queue with two producers and two consumers: of a dead producer there is a prefix, of
//! the other one everything, nothing comes twice, and the queue goes on.

use std::time::{Duration, Instant};

use poolproof_runtime as mp;

use super::{End, Outcome, SOON, Spoilt, text};

/// A producer and the number of its item.
type Item = (u32, u32);

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
        let process = process.name(format!("Producer-{number}"));
        producers.extend(spoilt.take(process.start()));
    }
    let consumer = context.process(consume, (queue.clone(), sender));
    let consumer = spoilt.take(consumer.name("Consumer").start());
    let mut found = drain(queue, &producers)?;
    if let Some(consumer) = &consumer {
        spoilt.end(consumer)?;
    }
    while let Ok(item) = receiver.recv() {
        found.push(item);
    }
    found.sort_unstable();
    let count = found.len();
    found.dedup();
    if found.len() < count {
        return Err("an item came twice".into());
    }
    // What a dead consumer had taken is gone.
    let nothing_is_gone = spoilt.0.is_empty();
    for producer in &producers {
        let end = spoilt.end(producer)?;
        let number = u32::from(producer.name() == "Producer-1");
        let came: Vec<u32> = found
            .iter()
            .filter(|item| item.0 == number)
            .map(|item| item.1)
            .collect();
        let is_prefix = came.iter().copied().eq(0..came.len() as u32);
        let is_whole = came.len() == ITEMS as usize || end != End::Well;
        if nothing_is_gone && !(is_prefix && is_whole) {
            return Err(format!("of {} came {came:?}", producer.name()));
        }
    }
    // The queue goes on after any death.
    queue.put_timeout((9, 9), SOON).map_err(text)?;
    let last = queue.get_timeout(SOON).map_err(text)?;
    if last != (9, 9) {
        return Err(format!("{last:?} came late"));
    }
    spoilt.at_most(1)
}

/// Takes what comes until no producer lives and nothing is left.
fn drain(queue: &mp::Queue<Item>, producers: &[mp::Process]) -> Result<Vec<Item>, String> {
    let begun = Instant::now();
    let mut found = Vec::new();
    loop {
        let mut alive = false;
        for producer in producers {
            alive |= producer.is_alive().map_err(text)?;
        }
        match queue.get_timeout(Duration::from_millis(20)) {
            Ok(item) => found.push(item),
            Err(error) if error.is_empty() || error.is_timeout() => {
                if !alive {
                    return Ok(found);
                }
            }
            Err(error) => return Err(text(error)),
        }
        if begun.elapsed() > SOON {
            return Err(format!("the producers do not end; {found:?} came"));
        }
    }
}
