//! What the death of a process does to those who share its locks, conditions, events and barriers.

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use super::{await_event, meets_nobody, until, waits};
use crate::start::Reply;
use crate::{Outcome, SOON, each_process, ended, expect, hold};

pub(super) fn trials() -> Vec<Trial> {
    [
        each_process("a_dead_holder_is_reported_until_reset", dead_holder),
        each_process("a_dead_holder_wakes_who_waits", dead_holder_wakes),
        each_process(
            "a_dead_holder_of_a_recursive_lock_is_reported",
            dead_recursive,
        ),
        each_process("a_dead_waiter_takes_no_notification", dead_waiter),
        each_process("a_dead_waiter_does_not_block_an_event", dead_event_waiter),
        each_process("a_dead_party_breaks_the_barrier", dead_party),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Takes the lock, says so, and never gives it back.
fn keep((lock, reply, forever): (mp::Lock, Reply<bool>, mp::Event)) -> mp::Result<()> {
    let _guard = lock.acquire()?;
    reply.send(&true)?;
    forever.wait(None);
    Ok(())
}

fn held_by_child(
    context: mp::Context,
    lock: &mp::Lock,
) -> Result<mp::Process, libtest_mimic::Failed> {
    let (receiver, sender) = context.one_way()?;
    let argument = (lock.clone(), sender, context.event()?);
    let process = context.process(keep, argument).start()?;
    hold(receiver.recv()?, "it does not hold the lock")?;
    Ok(process)
}

fn dead_holder(context: mp::Context) -> Outcome {
    let lock = context.lock()?;
    let process = held_by_child(context, &lock)?;
    hold(!lock.try_acquire()?, "two hold the lock")?;
    process.kill()?;
    ended(&process)?;
    for _ in 0..2 {
        let error = lock.acquire_timeout(SOON).unwrap_err();
        hold(error.is_owner_died(), "another error")?;
    }
    lock.reset();
    hold(
        lock.acquire_timeout(SOON)?,
        "it is not free after the reset",
    )?;
    lock.release()?;
    Ok(())
}

fn wait_for_lock((lock, reply): (mp::Lock, Reply<bool>)) -> mp::Result<()> {
    reply.send(&true)?;
    reply.send(&lock.acquire().is_err_and(|error| error.is_owner_died()))
}

fn dead_holder_wakes(context: mp::Context) -> Outcome {
    let lock = context.lock()?;
    let holder = held_by_child(context, &lock)?;
    let (receiver, sender) = context.one_way()?;
    let argument = (lock.clone(), sender);
    let waiter = context.process(wait_for_lock, argument).start()?;
    hold(receiver.recv()?, "it does not wait")?;
    holder.kill()?;
    hold(receiver.recv()?, "the waiter was not told")?;
    expect(ended(&waiter)?, Some(0))?;
    ended(&holder)?;
    Ok(())
}

fn keep_recursive((lock, reply, forever): (mp::RLock, Reply<bool>, mp::Event)) -> mp::Result<()> {
    let _outer = lock.acquire()?;
    let _inner = lock.acquire()?;
    reply.send(&true)?;
    forever.wait(None);
    Ok(())
}

fn dead_recursive(context: mp::Context) -> Outcome {
    let lock = context.rlock()?;
    let (receiver, sender) = context.one_way()?;
    let argument = (lock.clone(), sender, context.event()?);
    let process = context.process(keep_recursive, argument).start()?;
    hold(receiver.recv()?, "it does not hold the lock")?;
    process.kill()?;
    ended(&process)?;
    let error = lock.acquire_timeout(SOON).unwrap_err();
    hold(error.is_owner_died(), "another error")?;
    lock.reset();
    let _outer = lock.acquire()?;
    let _inner = lock.acquire()?;
    Ok(())
}

fn waiting_child(
    context: mp::Context,
    condition: &mp::Condition,
) -> Result<(mp::Process, mp::Receiver<bool>), libtest_mimic::Failed> {
    let (receiver, sender) = context.one_way()?;
    let argument = (condition.clone(), sender);
    let process = context.process(waits, argument).start()?;
    hold(receiver.recv()?, "it does not wait")?;
    drop(condition.acquire()?);
    Ok((process, receiver))
}

fn dead_waiter(context: mp::Context) -> Outcome {
    let condition = context.condition()?;
    let (dead, _) = waiting_child(context, &condition)?;
    let (living, told) = waiting_child(context, &condition)?;
    dead.kill()?;
    ended(&dead)?;
    let guard = condition.acquire()?;
    condition.notify(1)?;
    drop(guard);
    hold(told.recv()?, "the dead waiter took the notification")?;
    expect(ended(&living)?, Some(0))?;
    let (dead, _) = waiting_child(context, &condition)?;
    dead.kill()?;
    ended(&dead)?;
    let _guard = condition.acquire()?;
    condition.notify_all()?;
    Ok(())
}

fn dead_event_waiter(context: mp::Context) -> Outcome {
    let event = context.event()?;
    let (receiver, sender) = context.one_way()?;
    let process = context
        .process(await_event, (event.clone(), sender))
        .start()?;
    hold(!receiver.recv()?, "a new event is set")?;
    process.kill()?;
    ended(&process)?;
    event.set();
    hold(event.wait(Some(SOON)), "the event is not set")
}

fn dead_party(context: mp::Context) -> Outcome {
    let barrier = context.barrier(3)?;
    let (receiver, sender) = context.one_way()?;
    let argument = (barrier.clone(), sender);
    let living = context.process(meets_nobody, argument).start()?;
    let (_lost, sender) = context.one_way()?;
    let argument = (barrier.clone(), sender);
    let dead = context.process(meets_nobody, argument).start()?;
    until("nobody came to the barrier", || Ok(barrier.waiting() == 2))?;
    dead.kill()?;
    ended(&dead)?;
    hold(receiver.recv()?, "the living party was not told")?;
    expect(ended(&living)?, Some(0))
}
