//! Managed locks, conditions, events, barriers and queues, used by two processes.

use std::time::Instant;

use poolproof_runtime as mp;

use super::{LATE, SOON, run};
use mp::Context;

pub(super) fn lock(context: Context) {
    fn try_and_release(lock: mp::LockProxy) {
        assert!(!lock.try_acquire().unwrap());
        assert!(!lock.acquire_raw(SOON).unwrap());
        lock.release().unwrap();
    }
    let manager = context.manager().unwrap();
    let lock = manager.lock().unwrap();
    assert!(lock.acquire_raw(None).unwrap());
    run(context, try_and_release, lock.clone());
    drop(lock.acquire().unwrap());
    assert!(lock.try_acquire().unwrap());
    lock.release().unwrap();
    assert!(lock.release().unwrap_err().is_over_release());
}

pub(super) fn rlock(context: Context) {
    fn not_mine(lock: mp::RLockProxy) {
        assert!(!lock.try_acquire().unwrap());
        assert!(lock.release().unwrap_err().is_not_owner());
    }
    let manager = context.manager().unwrap();
    let lock = manager.rlock().unwrap();
    let once = lock.acquire().unwrap();
    let twice = lock.acquire().unwrap();
    run(context, not_mine, lock.clone());
    drop(twice);
    run(context, not_mine, lock.clone());
    drop(once);
    assert!(lock.release().unwrap_err().is_not_owner());
}

pub(super) fn semaphore(context: Context) {
    fn take(semaphore: mp::SemaphoreProxy) {
        assert!(semaphore.try_acquire().unwrap());
        assert!(!semaphore.acquire_raw(SOON).unwrap());
    }
    let manager = context.manager().unwrap();
    let semaphore = manager.semaphore(2).unwrap();
    assert!(semaphore.try_acquire().unwrap());
    run(context, take, semaphore.clone());
    for _ in 0..3 {
        semaphore.release().unwrap();
    }
    let bounded = manager.bounded_semaphore(1).unwrap();
    assert!(bounded.release().unwrap_err().is_over_release());
    assert!(bounded.try_acquire().unwrap() && !bounded.try_acquire().unwrap());
    bounded.release().unwrap();
}

pub(super) fn condition(context: Context) {
    fn answer((condition, value): (mp::ConditionProxy, mp::ValueProxy<u32>)) {
        let held = condition.acquire().unwrap();
        assert!(
            condition
                .wait_for(|| value.get().unwrap() == 1, LATE)
                .unwrap()
        );
        value.set(&2).unwrap();
        condition.notify_all().unwrap();
        drop(held);
    }
    let manager = context.manager().unwrap();
    let condition = manager.condition().unwrap();
    let value = manager.value(&0).unwrap();
    assert!(condition.notify(1).unwrap_err().is_not_owner());
    assert!(condition.wait(SOON).unwrap_err().is_not_owner());
    let process = context
        .process(answer, (condition.clone(), value.clone()))
        .start()
        .unwrap();
    let held = condition.acquire().unwrap();
    assert!(!condition.wait(SOON).unwrap());
    value.set(&1).unwrap();
    condition.notify(1).unwrap();
    assert!(
        condition
            .wait_for(|| value.get().unwrap() == 2, LATE)
            .unwrap()
    );
    drop(held);
    assert!(process.join(LATE).unwrap());
    assert_eq!(process.exit_code().unwrap(), Some(0));
}

pub(super) fn event(context: Context) {
    fn wait_and_clear((event, seen): (mp::EventProxy, mp::EventProxy)) {
        assert!(event.wait(LATE).unwrap());
        event.clear().unwrap();
        seen.set().unwrap();
    }
    let manager = context.manager().unwrap();
    let (event, seen) = (manager.event().unwrap(), manager.event().unwrap());
    assert!(!event.is_set().unwrap() && !event.wait(SOON).unwrap());
    let pair = (event.clone(), seen.clone());
    let process = context.process(wait_and_clear, pair).start().unwrap();
    event.set().unwrap();
    assert!(seen.wait(LATE).unwrap());
    assert!(!event.is_set().unwrap());
    assert!(process.join(LATE).unwrap());
}

pub(super) fn barrier(context: Context) {
    fn meet((barrier, sum): (mp::BarrierProxy, mp::QueueProxy<usize>)) {
        for _ in 0..3 {
            sum.put(&barrier.wait(LATE).unwrap()).unwrap();
        }
    }
    let manager = context.manager().unwrap();
    let barrier = manager.barrier(2).unwrap();
    let numbers = manager.queue(None).unwrap();
    let pair = (barrier.clone(), numbers.clone());
    let process = context.process(meet, pair.clone()).start().unwrap();
    meet(pair);
    assert!(process.join(LATE).unwrap());
    let sum: usize = (0..6).map(|_| numbers.try_get().unwrap()).sum();
    assert_eq!(sum, 3, "each time one is 0 and one is 1");
    assert_eq!(barrier.parties().unwrap(), 2);
    assert!(manager.barrier(0).unwrap_err().is_usage());
}

pub(super) fn broken_barrier(context: Context) {
    fn fail_to_meet(barrier: mp::BarrierProxy) {
        assert!(barrier.wait(LATE).unwrap_err().is_broken_barrier());
    }
    let manager = context.manager().unwrap();
    let barrier = manager.barrier(2).unwrap();
    for ending in [mp::BarrierProxy::abort, mp::BarrierProxy::reset] {
        let process = context
            .process(fail_to_meet, barrier.clone())
            .start()
            .unwrap();
        let deadline = Instant::now() + LATE.unwrap();
        while barrier.waiting().unwrap() == 0 {
            assert!(Instant::now() < deadline, "nobody comes");
            std::thread::yield_now();
        }
        ending(&barrier).unwrap();
        assert!(process.join(LATE).unwrap());
        assert_eq!(process.exit_code().unwrap(), Some(0));
        barrier.reset().unwrap();
    }
    assert!(barrier.wait(SOON).unwrap_err().is_broken_barrier());
    assert!(barrier.is_broken().unwrap());
    assert!(barrier.wait(None).unwrap_err().is_broken_barrier());
}

pub(super) fn queue(context: Context) {
    fn echo((inbox, outbox): (mp::QueueProxy<i64>, mp::QueueProxy<i64>)) {
        for _ in 0..3 {
            outbox
                .put(&(inbox.get_timeout(LATE.unwrap()).unwrap() * 2))
                .unwrap();
        }
    }
    let manager = context.manager().unwrap();
    let (inbox, outbox) = (manager.queue(None).unwrap(), manager.queue(None).unwrap());
    let process = context
        .process(echo, (inbox.clone(), outbox.clone()))
        .start()
        .unwrap();
    for item in 1..=3 {
        inbox.put(&item).unwrap();
        assert_eq!(outbox.get().unwrap(), item * 2);
    }
    assert!(process.join(LATE).unwrap());
    assert!(outbox.try_get().unwrap_err().is_empty());
    assert!(outbox.get_timeout(SOON.unwrap()).unwrap_err().is_empty());
    let bounded = manager.queue(Some(1)).unwrap();
    bounded.try_put(&"one".to_owned()).unwrap();
    assert!(bounded.is_full().unwrap() && bounded.len().unwrap() == 1);
    assert!(bounded.try_put(&"two".to_owned()).unwrap_err().is_full());
    assert!(
        bounded
            .put_timeout(&"two".to_owned(), SOON.unwrap())
            .unwrap_err()
            .is_full()
    );
    assert_eq!(bounded.get().unwrap(), "one");
}

pub(super) fn joinable(context: Context) {
    fn work(queue: mp::JoinableQueueProxy<u8>) {
        for _ in 0..2 {
            queue.get().unwrap();
            queue.task_done().unwrap();
        }
    }
    let manager = context.manager().unwrap();
    let queue = manager.joinable_queue(None).unwrap();
    queue.put(&1).unwrap();
    queue.put(&2).unwrap();
    assert!(!queue.join(SOON).unwrap());
    let process = context.process(work, queue.clone()).start().unwrap();
    assert!(queue.join(LATE).unwrap());
    assert!(process.join(LATE).unwrap());
    assert!(queue.task_done().unwrap_err().is_over_release());
}

/// A client that waits keeps no other waiting.
pub(super) fn concurrent(context: Context) {
    fn wait((event, ready): (mp::EventProxy, mp::SemaphoreProxy)) {
        ready.release().unwrap();
        assert!(event.wait(LATE).unwrap());
    }
    let manager = context.manager().unwrap();
    let (event, ready) = (manager.event().unwrap(), manager.semaphore(0).unwrap());
    let processes: Vec<_> = (0..3)
        .map(|_| {
            context
                .process(wait, (event.clone(), ready.clone()))
                .start()
                .unwrap()
        })
        .collect();
    for _ in 0..3 {
        assert!(ready.acquire_raw(LATE).unwrap());
    }
    event.set().unwrap();
    for process in processes {
        assert!(process.join(LATE).unwrap());
        assert_eq!(process.exit_code().unwrap(), Some(0));
    }
}
