//! Locks, conditions, events and barriers between processes; what the death of one does is in
//! `deaths`.

mod deaths;

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use crate::start::Reply;
use crate::{Outcome, SOON, each, ended, expect, hold};

pub(crate) fn trials() -> Vec<Trial> {
    [
        each("a_locked_counter_is_exact", counts),
        each("a_mutex_counts_exactly", counts_in_mutex),
        each("a_lock_is_released_by_another_process", released_by_another),
        each("a_held_lock_times_out", times_out),
        each("a_recursive_lock_is_released_by_its_owner_only", recursive),
        each("a_semaphore_lets_in_as_many_as_it_has", semaphore),
        each(
            "a_bounded_semaphore_keeps_its_bound_in_every_process",
            bounded,
        ),
        each("a_notified_waiter_goes_on", notified),
        each("an_event_is_set_for_every_process", event),
        each("parties_at_a_barrier_have_different_numbers", barrier),
        each("an_aborted_barrier_is_broken_for_all", aborted),
    ]
    .into_iter()
    .flatten()
    .chain(deaths::trials())
    .collect()
}

const TURNS: i64 = 2000;

fn add((value, lock): (mp::RawValue<i64>, mp::Lock)) -> mp::Result<()> {
    for _ in 0..TURNS {
        let _guard = lock.acquire()?;
        value.set(value.get() + 1);
    }
    Ok(())
}

fn counts(context: mp::Context) -> Outcome {
    let (value, lock) = (context.raw_value(0_i64)?, context.lock()?);
    let start = |_| context.process(add, (value.clone(), lock.clone())).start();
    let processes = (0..3).map(start).collect::<mp::Result<Vec<_>>>()?;
    for process in &processes {
        expect(ended(process)?, Some(0))?;
    }
    expect(value.get(), 3 * TURNS)
}

fn add_in_mutex(mutex: mp::Mutex<i64>) -> mp::Result<()> {
    for _ in 0..TURNS {
        *mutex.lock()? += 1;
    }
    Ok(())
}

fn counts_in_mutex(context: mp::Context) -> Outcome {
    let mutex = context.mutex(0_i64)?;
    let start = |_| context.process(add_in_mutex, mutex.clone()).start();
    let processes = (0..2).map(start).collect::<mp::Result<Vec<_>>>()?;
    for process in &processes {
        expect(ended(process)?, Some(0))?;
    }
    expect(*mutex.lock()?, 2 * TURNS)
}

fn release(lock: mp::Lock) -> mp::Result<()> {
    lock.release()
}

fn released_by_another(context: mp::Context) -> Outcome {
    let lock = context.lock()?;
    hold(lock.try_acquire()?, "a new lock is held")?;
    let process = context.process(release, lock.clone()).start()?;
    hold(lock.acquire_timeout(SOON)?, "nobody released the lock")?;
    expect(ended(&process)?, Some(0))?;
    lock.release()?;
    hold(
        lock.release().unwrap_err().is_over_release(),
        "released twice",
    )
}

fn tries((lock, reply): (mp::Lock, Reply<bool>)) -> mp::Result<()> {
    reply.send(&lock.try_acquire()?)?;
    reply.send(&lock.acquire_timeout(Duration::from_millis(20))?)
}

fn times_out(context: mp::Context) -> Outcome {
    let lock = context.lock()?;
    let _guard = lock.acquire()?;
    let (receiver, sender) = context.one_way()?;
    let start = Instant::now();
    let process = context.process(tries, (lock.clone(), sender)).start()?;
    expect((receiver.recv()?, receiver.recv()?), (false, false))?;
    hold(
        start.elapsed() >= Duration::from_millis(20),
        "it did not wait",
    )?;
    expect(ended(&process)?, Some(0))
}

fn touches((lock, reply): (mp::RLock, Reply<bool>)) -> mp::Result<()> {
    reply.send(&lock.release().is_err_and(|error| error.is_not_owner()))?;
    reply.send(&lock.try_acquire()?)
}

fn recursive(context: mp::Context) -> Outcome {
    let lock = context.rlock()?;
    for held in [true, false] {
        if held {
            hold(lock.try_acquire()? && lock.try_acquire()?, "its owner may")?;
            lock.release()?;
        } else {
            lock.release()?;
        }
        let (receiver, sender) = context.one_way()?;
        let process = context.process(touches, (lock.clone(), sender)).start()?;
        expect((receiver.recv()?, receiver.recv()?), (true, !held))?;
        expect(ended(&process)?, Some(0))?;
    }
    Ok(())
}

fn take_and_tell((semaphore, reply): (mp::Semaphore, Reply<bool>)) -> mp::Result<()> {
    reply.send(&semaphore.try_acquire())?;
    semaphore.acquire();
    reply.send(&true)
}

fn semaphore(context: mp::Context) -> Outcome {
    let semaphore = context.semaphore(1)?;
    let (receiver, sender) = context.one_way()?;
    let argument = (semaphore.clone(), sender);
    let process = context.process(take_and_tell, argument).start()?;
    hold(receiver.recv()?, "a free semaphore was not taken")?;
    hold(!semaphore.try_acquire(), "one unit was taken twice")?;
    semaphore.release()?;
    hold(receiver.recv()?, "a waiter was not let in")?;
    expect(ended(&process)?, Some(0))?;
    expect(semaphore.value(), 0)
}

fn over_release((semaphore, reply): (mp::BoundedSemaphore, Reply<bool>)) -> mp::Result<()> {
    semaphore.release()?;
    let over = semaphore.release();
    reply.send(&over.is_err_and(|error| error.is_over_release()))
}

fn bounded(context: mp::Context) -> Outcome {
    let semaphore = context.bounded_semaphore(2)?;
    semaphore.acquire();
    let (receiver, sender) = context.one_way()?;
    let argument = (semaphore.clone(), sender);
    let process = context.process(over_release, argument).start()?;
    hold(receiver.recv()?, "released above its bound")?;
    expect(ended(&process)?, Some(0))?;
    expect(semaphore.value(), 2)
}

/// Says that it is about to wait while it holds the lock: who takes the lock after that finds it
/// waiting.
fn waits((condition, reply): (mp::Condition, Reply<bool>)) -> mp::Result<()> {
    let _guard = condition.acquire()?;
    reply.send(&true)?;
    reply.send(&condition.wait(Some(SOON))?)
}

fn notified(context: mp::Context) -> Outcome {
    for own_lock in [true, false] {
        let condition = match own_lock {
            true => context.condition()?,
            false => context.condition_with(context.lock()?)?,
        };
        let (receiver, sender) = context.one_way()?;
        let argument = (condition.clone(), sender);
        let process = context.process(waits, argument).start()?;
        hold(receiver.recv()?, "it does not wait")?;
        let guard = condition.acquire()?;
        condition.notify(1)?;
        drop(guard);
        hold(receiver.recv()?, "it was not notified")?;
        expect(ended(&process)?, Some(0))?;
    }
    Ok(())
}

fn await_event((event, reply): (mp::Event, Reply<bool>)) -> mp::Result<()> {
    reply.send(&event.is_set())?;
    reply.send(&event.wait(Some(SOON)))
}

fn event(context: mp::Context) -> Outcome {
    let event = context.event()?;
    let (receiver, sender) = context.one_way()?;
    let process = context
        .process(await_event, (event.clone(), sender))
        .start()?;
    hold(!receiver.recv()?, "a new event is set")?;
    event.set();
    hold(receiver.recv()?, "the event was not seen")?;
    expect(ended(&process)?, Some(0))
}

fn meet((barrier, queue): (mp::Barrier, mp::SimpleQueue<usize>)) -> mp::Result<()> {
    queue.put(barrier.wait(Some(SOON))?)
}

fn barrier(context: mp::Context) -> Outcome {
    let (barrier, queue) = (context.barrier(3)?, context.simple_queue()?);
    let start = |_| {
        context
            .process(meet, (barrier.clone(), queue.clone()))
            .start()
    };
    let processes = (0..3).map(start).collect::<mp::Result<Vec<_>>>()?;
    let mut numbers = Vec::new();
    for process in &processes {
        numbers.push(queue.get()?);
        expect(ended(process)?, Some(0))?;
    }
    numbers.sort_unstable();
    expect(numbers, vec![0, 1, 2])
}

fn meets_nobody((barrier, reply): (mp::Barrier, Reply<bool>)) -> mp::Result<()> {
    let outcome = barrier.wait(Some(SOON));
    reply.send(&outcome.is_err_and(|error| error.is_broken_barrier()))
}

fn aborted(context: mp::Context) -> Outcome {
    let barrier = context.barrier(2)?;
    let (receiver, sender) = context.one_way()?;
    let argument = (barrier.clone(), sender);
    let process = context.process(meets_nobody, argument).start()?;
    until("nobody came to the barrier", || Ok(barrier.waiting() == 1))?;
    barrier.abort()?;
    hold(receiver.recv()?, "the waiter was not told")?;
    hold(barrier.is_broken(), "it is not broken")?;
    expect(ended(&process)?, Some(0))
}

/// Waits until it is so, at most for a while.
fn until(what: &str, mut is_so: impl FnMut() -> mp::Result<bool>) -> Outcome {
    let deadline = Instant::now() + SOON;
    while !is_so()? {
        hold(Instant::now() < deadline, what)?;
        std::thread::yield_now();
    }
    Ok(())
}
