//! Workers that die, are killed, stopped or replaced.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use poolproof_runtime as mp;

use super::{LATE, pid, square, wait_for};
use mp::Context;

pub(super) fn workers_are_processes(context: Context) {
    let barrier = context.barrier(2).unwrap();
    let pool = context.pool(2).unwrap();
    fn meet_pid(barrier: mp::Barrier) -> u32 {
        barrier.wait(LATE).unwrap();
        std::process::id()
    }
    let pids = pool
        .map_chunked(meet_pid, [barrier.clone(), barrier], 1)
        .unwrap();
    let pids: BTreeSet<u32> = pids.into_iter().collect();
    assert_eq!(pids.len(), 2);
    assert!(!pids.contains(&std::process::id()));
    let children: BTreeSet<u32> = mp::active_children()
        .iter()
        .filter_map(mp::Process::pid)
        .collect();
    assert!(children.is_superset(&pids));
}

/// Ends the process that calls it, as the system would: nothing of it runs any more.
pub(super) fn die(_: ()) -> i64 {
    std::process::abort()
}

pub(super) fn dying_worker(context: Context) {
    let semaphore = context.semaphore(0).unwrap();
    let pool = context.pool(2).unwrap();
    let other = pool.apply_async(wait_for, semaphore.clone()).unwrap();
    let error = pool.apply_async(die, ()).unwrap().get(LATE).unwrap_err();
    assert!(error.is_worker_lost(), "{error}");
    assert!(!other.is_ready(), "only its own task fails");
    assert_eq!(pool.map_chunked(square, 0..20, 1).unwrap().len(), 20);
    semaphore.release().unwrap();
    assert_eq!(other.get(LATE).unwrap(), 9);
    assert!(
        pool.map_chunked(die, [(), ()], 1)
            .unwrap_err()
            .is_worker_lost()
    );
    assert_eq!(pool.apply(square, 5).unwrap(), 25);
}

fn exit_three(_: ()) -> i64 {
    std::process::exit(3)
}

pub(super) fn exiting_worker(context: Context) {
    let pool = context.pool(1).unwrap();
    let error = pool.apply(exit_three, ()).unwrap_err();
    assert!(error.is_worker_lost());
    assert!(error.to_string().contains("exit code 3"), "{error}");
    assert_eq!(pool.apply(square, 5).unwrap(), 25);
}

fn tell_until_interrupted(pid: mp::Sender<u32>) -> i64 {
    crate::failures::end_when_interrupted().unwrap();
    pid.send(&std::process::id()).unwrap();
    loop {
        std::thread::park();
    }
}

pub(super) fn interrupted_worker(context: Context) {
    let pool = context.pool(1).unwrap();
    let (receiver, sender) = context.one_way().unwrap();
    let interrupted = pool.apply_async(tell_until_interrupted, sender).unwrap();
    let worker = worker_with(receiver.recv().unwrap());
    match cfg!(windows) {
        // It interrupts no single process.
        true => worker.kill().unwrap(),
        false => worker.interrupt().unwrap(),
    }
    let error = interrupted.get(LATE).unwrap_err();
    assert!(error.is_worker_lost(), "{error}");
    // Windows knows no signals.
    assert!(
        cfg!(windows) || error.to_string().contains("signal 2"),
        "{error}"
    );
    assert_eq!(pool.apply(square, 5).unwrap(), 25);
}

pub(super) fn worker_with(pid: u32) -> mp::Process {
    let deadline = Instant::now() + LATE.unwrap();
    loop {
        let mut children = mp::active_children().into_iter();
        if let Some(worker) = children.find(|child| child.pid() == Some(pid)) {
            return worker;
        }
        // One that has only just been started may speak before the pool has noted it.
        assert!(Instant::now() < deadline, "the worker lives");
        std::thread::yield_now();
    }
}

pub(super) fn killed_idle(context: Context) {
    for workers in [1, 3] {
        let pool = context.pool(workers).unwrap();
        for _ in 0..3 {
            let worker = worker_with(pool.apply(pid, ()).unwrap());
            worker.kill().unwrap();
            for x in 0..20 {
                let outcome = pool.apply_async(square, x).unwrap().get(LATE);
                // The worker may have claimed one before it died.
                assert!(
                    outcome
                        .as_ref()
                        .map_or_else(mp::Error::is_worker_lost, |y| *y == x * x)
                );
            }
            assert_eq!(pool.map_chunked(square, 0..50, 1).unwrap().len(), 50);
        }
    }
}

fn tell_and_stay((pids, never): (mp::Queue<u32>, mp::Semaphore)) -> bool {
    pids.put(std::process::id()).unwrap();
    never.acquire_raw(None).unwrap()
}

pub(super) fn overdue(context: Context) {
    let pool = context.pool(2).unwrap();
    let (pids, never) = (context.queue(None).unwrap(), context.semaphore(0).unwrap());
    let arguments = (pids.clone(), never);
    let endless = pool.apply_async(tell_and_stay, arguments).unwrap();
    let worker = worker_with(pids.get_within(LATE).unwrap());
    let moment = Some(Duration::from_millis(1));
    assert!(endless.get(moment).unwrap_err().is_timeout());
    let others = pool.map_async(square, 0..100).unwrap();
    worker.kill().unwrap();
    assert!(endless.get(LATE).unwrap_err().is_worker_lost());
    assert_eq!(others.get(LATE).unwrap().len(), 100);
}

/// The first worker is ready at once; each other tells its id and waits for its permit.
fn start_when_permitted((first, pids, permit): (mp::Semaphore, mp::Queue<u32>, mp::Semaphore)) {
    if !first.try_acquire() {
        pids.put(std::process::id()).unwrap();
        assert!(permit.acquire_raw(LATE).unwrap());
    }
}

pub(super) fn killed_starting(context: Context) {
    let (first, permit) = (context.semaphore(1).unwrap(), context.semaphore(0).unwrap());
    let pids = context.queue(None).unwrap();
    let argument = (first, pids.clone(), permit.clone());
    let builder = context.pool_builder(2);
    let pool = builder
        .initializer(start_when_permitted, argument)
        .start()
        .unwrap();
    for x in 0..8 {
        worker_with(pids.get_within(LATE).unwrap()).kill().unwrap();
        assert_eq!(pool.apply(square, x).unwrap(), x * x);
    }
    permit.release().unwrap();
    super::tasks_that_meet_in(&pool, context);
}

pub(super) fn random_kills(context: Context) {
    let pool = context.pool(3).unwrap();
    let mut random = 11_u64;
    for _ in 0..15 {
        let results: Vec<_> = (0..300)
            .map(|x| (x, pool.apply_async(square, x).unwrap()))
            .collect();
        let children = mp::active_children();
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        if let Some(child) = children.get((random >> 33) as usize % children.len().max(1)) {
            child.kill().unwrap();
        }
        let mut lost = 0;
        for (x, result) in results {
            match result.get(LATE) {
                Ok(y) => assert_eq!(y, x * x),
                Err(error) => {
                    assert!(error.is_worker_lost(), "{error}");
                    lost += 1;
                }
            }
        }
        assert!(lost <= 1, "one death, {lost} lost tasks");
    }
}

pub(super) fn max_tasks(context: Context) {
    let pool = context
        .pool_builder(1)
        .max_tasks_per_child(2)
        .start()
        .unwrap();
    let pids = pool.map_chunked(pid, [(); 6], 1).unwrap();
    let different: BTreeSet<u32> = pids.iter().copied().collect();
    assert_eq!(different.len(), 3, "{pids:?}");
    assert_eq!((pids[0], pids[2]), (pids[1], pids[3]));
    let pids = pool.map_chunked(pid, [(); 6], 3).unwrap();
    assert_eq!(
        pids.iter().copied().collect::<BTreeSet<u32>>().len(),
        1,
        "a chunk is one task"
    );
    pool.close();
    pool.join().unwrap();
}

/// Waits until a paused process has stopped, where the system shows it: until then a request to end
/// reaches it as it would any other.
fn await_stop(worker: &mp::Process) {
    let deadline = Instant::now() + LATE.unwrap();
    let path = format!("/proc/{}/stat", worker.pid().unwrap());
    // Under Wine the other system's list is there, which knows nothing of our ids.
    while !cfg!(windows) && std::fs::read_to_string(&path).is_ok_and(|stat| !stat.contains(") T "))
    {
        assert!(Instant::now() < deadline, "it does not stop");
        std::thread::yield_now();
    }
}

pub(super) fn terminate_stopped(context: Context) {
    let pool = context.pool(1).unwrap();
    let worker = worker_with(pool.apply(pid, ()).unwrap());
    worker.pause().unwrap();
    await_stop(&worker);
    let result = pool.apply_async(square, 1).unwrap();
    pool.terminate();
    pool.join().unwrap();
    assert!(result.get(LATE).unwrap_err().is_worker_lost());
}
