//! A bounded joinable queue of values that have handles, with two producers: a value comes with its
//! own handles, and what the queue counts is exact, whoever dies between two of its steps.

use std::time::Duration;

use poolproof_runtime as mp;

use super::producers::{self, Item, all_came, drain};
use super::{End, Outcome, SOON, Spoilt, text};

/// A producer, the number of its item, and memory that has the producer's number in it.
type Parcel = (u32, u32, mp::RawValue<u32>);
type Parcels = mp::JoinableQueue<Parcel>;

const ITEMS: u32 = 3;
const BOUND: usize = 2;

const TRANSPORTS: &[mp::Transport] = &[mp::Transport::Pipe, mp::Transport::Ring];

fn produce((parcels, number, own): (Parcels, u32, mp::RawValue<u32>)) -> mp::Result<()> {
    for item in 0..ITEMS {
        parcels.put_timeout((number, item, own.clone()), SOON)?;
    }
    Ok(())
}

/// Takes one, if it comes in time, and leaves the rest to others.
fn consume((parcels, taken): (Parcels, mp::Sender<Item>)) -> mp::Result<()> {
    match take(&parcels, Duration::from_millis(50)) {
        Ok(item) => taken.send(&item),
        Err(error) if error.is_empty() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Takes one and deals with it; its number is 99 where its memory is another's.
fn take(parcels: &Parcels, timeout: Duration) -> mp::Result<Item> {
    let (producer, item, memory) = parcels.get_timeout(timeout)?;
    let is_own = memory.get() == producer;
    parcels.task_done()?;
    Ok((producer, if is_own { item } else { 99 }))
}

pub(super) fn run(context: mp::Context) -> Outcome {
    for transport in TRANSPORTS {
        let parcels = context.joinable_queue_over(*transport, Some(BOUND));
        over(context, &parcels.map_err(text)?).map_err(|what| format!("{transport:?}: {what}"))?;
    }
    Ok(())
}

fn over(context: mp::Context, parcels: &Parcels) -> Outcome {
    let mut spoilt = Spoilt::default();
    let (receiver, sender) = context.one_way().map_err(text)?;
    let mut producers = Vec::new();
    for number in 0..2 {
        let own = context.raw_value(number).map_err(text)?;
        let process = context.process(produce, (parcels.clone(), number, own));
        let process = process.name(producers::name(number));
        producers.extend(spoilt.take(process.start()));
    }
    let consumer = context.process(consume, (parcels.clone(), sender));
    let consumer = spoilt.take(consumer.name("Consumer").start());
    let mut found = drain(&producers, |timeout| take(parcels, timeout))?;
    // What a dead consumer had taken is gone, and nobody has dealt with it.
    let mut taken_by_dead = 0;
    if let Some(consumer) = &consumer {
        taken_by_dead = u32::from(spoilt.end(consumer)? != End::Well);
    }
    // While the consumer waited to read, main found nothing in its short time; the consumer took
    // one and left the rest.
    found.extend(drain(&producers, |timeout| take(parcels, timeout))?);
    while let Ok(item) = receiver.recv() {
        found.push(item);
    }
    if let Some(strange) = found.iter().find(|(_, item)| *item == 99) {
        return Err(format!("{strange:?} came with the handles of another"));
    }
    all_came(&mut spoilt, &producers, found, ITEMS)?;
    counts_are_right(context, parcels, taken_by_dead)?;
    spoilt.at_most(1)
}

/// Nothing is there, at most so much is not dealt with, and no room is lost.
fn counts_are_right(context: mp::Context, parcels: &Parcels, taken_by_dead: u32) -> Outcome {
    for _ in 0..taken_by_dead {
        // It may have died before it took something, or after it had dealt with it.
        if !parcels.join_timeout(Some(Duration::ZERO)).map_err(text)? {
            parcels.task_done().map_err(text)?;
        }
    }
    if !parcels.join_timeout(Some(SOON)).map_err(text)? {
        return Err("the join waits for the dead".into());
    }
    if parcels.task_done().is_ok() {
        return Err("more is dealt with than was put".into());
    }
    for item in 0..BOUND as u32 {
        let memory = context.raw_value(9).map_err(text)?;
        parcels.put_timeout((9, item, memory), SOON).map_err(text)?;
    }
    // A death may have left room for one more, once.
    let mut put = BOUND as u32;
    let memory = context.raw_value(9).map_err(text)?;
    while parcels.try_put((9, put, memory.clone())).is_ok() {
        put += 1;
    }
    if put > BOUND as u32 + 1 {
        return Err(format!("there is room for {put}"));
    }
    for item in 0..put {
        if parcels.join_timeout(Some(Duration::ZERO)).map_err(text)? {
            return Err("a join ends too early".into());
        }
        let last = take(parcels, SOON).map_err(text)?;
        if last != (9, item) {
            return Err(format!("{last:?} came late"));
        }
    }
    match parcels.join_timeout(Some(SOON)).map_err(text)? {
        true => Ok(()),
        false => Err("the join does not end".into()),
    }
}
