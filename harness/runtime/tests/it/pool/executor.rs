//! Executors: futures that end, fail, are cancelled and waited for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use poolproof_runtime as mp;

use super::{LATE, fail_always, odd_only, pass, square, wait_for};
use mp::{Context, ReturnWhen, StartMethod};

fn wait_until(is_so: impl Fn() -> bool, what: &str) {
    let deadline = Instant::now() + LATE.unwrap();
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

pub(super) fn futures(context: Context) {
    let executor = context.executor(2).unwrap();
    let good = executor.submit(square, 3).unwrap();
    assert_eq!(good.result(LATE).unwrap(), 9);
    assert_eq!(good.clone().into_result(LATE).unwrap(), 9);
    assert!(good.error(LATE).unwrap().is_none());
    assert!(good.is_done() && !good.is_running() && !good.is_cancelled() && !good.cancel());
    assert!(good.result(LATE).unwrap_err().is_usage(), "taken away");
    let bad = executor.submit(odd_only, 4).unwrap();
    assert!(bad.result(LATE).unwrap_err().is_remote());
    let error = bad.error(LATE).unwrap().unwrap();
    assert!(error.to_string().contains("4 is even"), "{error}");
    assert_eq!(executor.workers(), 2);
    let results: Vec<_> = executor.map(odd_only, [1, 2, 3], 1).unwrap().collect();
    assert!(matches!(&results[..], [Ok(1), Err(error), Ok(3)] if error.is_remote()));
}

pub(super) fn many_futures(context: Context) {
    let executor = context.executor(2).unwrap();
    let submit = |x| executor.submit(square, x).unwrap();
    let futures: Vec<_> = (0..100_000).map(submit).collect();
    for (future, x) in futures.into_iter().zip(0..) {
        assert_eq!(future.into_result(LATE).unwrap(), x * x);
    }
}

pub(super) fn after_cancels(context: Context) {
    let (executor, first, gate) = busy(context);
    // More than the ring holds, so that some are published and others not.
    let submit = |x| executor.submit(square, x).unwrap();
    let futures: Vec<_> = (0..5_000).map(submit).collect();
    let (kept, cancelled): (Vec<_>, Vec<_>) =
        futures.iter().zip(0..).partition(|(_, x)| x % 500 == 0);
    assert!(cancelled.iter().all(|(future, _)| future.cancel()));
    gate.release().unwrap();
    for (future, x) in kept {
        assert_eq!(future.result(LATE).unwrap(), x * x);
    }
    assert_eq!(first.result(LATE).unwrap(), 9);
    assert_eq!(submit(5).result(LATE).unwrap(), 25);
}

/// What tasks without any handles of their own tell of.
static SEEN: Mutex<Option<mp::Semaphore>> = Mutex::new(None);

fn tell(seen: mp::Semaphore) {
    *SEEN.lock().unwrap() = Some(seen);
}

fn note(x: i64) -> i64 {
    SEEN.lock().unwrap().as_ref().unwrap().release().unwrap();
    x
}

/// An executor of one worker that is at a task until the semaphore is released.
fn busy(context: Context) -> (mp::Executor, mp::Future<i64>, mp::Semaphore) {
    busy_with(context, context.pool_builder(1))
}

fn busy_with(
    context: Context,
    builder: mp::PoolBuilder,
) -> (mp::Executor, mp::Future<i64>, mp::Semaphore) {
    let gate = context.semaphore(0).unwrap();
    let executor = builder.start_executor().unwrap();
    let first = executor.submit(wait_for, gate.clone()).unwrap();
    wait_until(|| first.is_running(), "the first task is begun");
    (executor, first, gate)
}

pub(super) fn cancelled(context: Context) {
    let seen = context.semaphore(0).unwrap();
    let builder = context.pool_builder(1).initializer(tell, seen.clone());
    let (executor, first, gate) = busy_with(context, builder);
    let submit = |x| executor.submit(note, x).unwrap();
    let futures: Vec<_> = (0..5).map(submit).collect();
    assert!(!first.cancel(), "a worker has it");
    assert!(futures[2].cancel() && futures[2].cancel());
    assert!(futures[2].is_cancelled() && futures[2].is_done() && !futures[2].is_running());
    assert!(futures[2].result(None).unwrap_err().is_cancelled());
    assert!(!futures[3].is_done() && !futures[3].is_running());
    gate.release().unwrap();
    assert_eq!(first.result(LATE).unwrap(), 9);
    let kept = [0, 1, 3, 4].map(|x| futures[x].result(LATE).unwrap());
    assert_eq!(kept, [0, 1, 3, 4]);
    executor.shut_down(true, false);
    let times = std::iter::from_fn(|| seen.try_acquire().then_some(())).count();
    assert_eq!(times, 4, "what is cancelled never runs");
}

pub(super) fn cancelled_by_thousands(context: Context) {
    let (executor, first, gate) = busy(context);
    // More than the ring holds.
    let submit = |x| executor.submit(square, x).unwrap();
    let futures: Vec<_> = (0..6000).map(submit).collect();
    let last = futures.last().unwrap();
    assert!(last.cancel(), "it is not even in the ring");
    let mut results = executor.map(square, 0..100_000, 7).unwrap();
    executor.shut_down(false, true);
    assert!(executor.submit(square, 1).unwrap_err().is_closed());
    gate.release().unwrap();
    assert_eq!(first.result(LATE).unwrap(), 9);
    for future in futures {
        let error = future.result(LATE).unwrap_err();
        assert!(error.is_cancelled(), "{error}");
    }
    assert!(results.next().unwrap().unwrap_err().is_cancelled());
    assert!(results.next().is_none());
    executor.shut_down(true, false);
}

pub(super) fn waits(context: Context) {
    let gates = [context.semaphore(0).unwrap(), context.semaphore(0).unwrap()];
    let executor = context.executor(2).unwrap();
    let submit = |gate: &mp::Semaphore| executor.submit(wait_for, gate.clone()).unwrap();
    let futures: Vec<_> = gates.iter().map(submit).collect();
    let at_once = Some(Duration::ZERO);
    let (done, open) = mp::wait_futures(&futures, ReturnWhen::FirstCompleted, at_once);
    assert_eq!((done.len(), open.len()), (0, 2));
    let late = mp::as_completed(futures.clone(), at_once).next().unwrap();
    assert!(late.unwrap_err().is_timeout());
    let mut completed = mp::as_completed(futures.clone(), LATE);
    gates[1].release().unwrap();
    assert_eq!(completed.next().unwrap().unwrap().result(LATE).unwrap(), 9);
    assert!(futures[1].is_done() && !futures[0].is_done());
    let (done, open) = mp::wait_futures(&futures, ReturnWhen::FirstCompleted, LATE);
    assert_eq!((done.len(), open.len()), (1, 1));
    gates[0].release().unwrap();
    assert!(completed.next().unwrap().is_ok() && completed.next().is_none());
    let (done, open) = mp::wait_futures(&futures, ReturnWhen::AllCompleted, LATE);
    assert_eq!((done.len(), open.len()), (2, 0));
    let futures = [submit(&gates[0]), submit(&gates[0])];
    let bad = executor.submit(odd_only, 2).unwrap();
    gates[0].release().unwrap();
    let all = [futures[0].clone(), bad, futures[1].clone()];
    let (done, open) = mp::wait_futures(&all, ReturnWhen::FirstError, LATE);
    assert!(!open.is_empty() && done.iter().any(|done| done.error(LATE).unwrap().is_some()));
    gates[0].release().unwrap();
}

/// The last ends first, and all have ended before anyone asks.
pub(super) fn as_they_are_done(context: Context) {
    let gates = [(); 3].map(|()| context.semaphore(0).unwrap());
    let executor = context.executor(3).unwrap();
    let submit = |(gate, x): (&mp::Semaphore, i64)| executor.submit(pass, (gate.clone(), x));
    let futures: Vec<_> = gates
        .iter()
        .zip(0..)
        .map(submit)
        .map(Result::unwrap)
        .collect();
    let completed = mp::as_completed(futures.clone(), LATE);
    for (gate, future) in gates.iter().zip(&futures).rev() {
        let (sender, receiver) = mpsc::channel();
        // It is called behind that of `completed`.
        future.add_done_callback(move |_| sender.send(()).unwrap());
        gate.release().unwrap();
        receiver.recv_timeout(LATE.unwrap()).unwrap();
    }
    let results = completed.map(|future| future.unwrap().result(None).unwrap());
    assert_eq!(results.collect::<Vec<_>>(), [2, 1, 0]);
}

pub(super) fn callbacks(context: Context) {
    let executor = context.executor(1).unwrap();
    let (sender, receiver) = mpsc::channel();
    let future = executor.submit(square, 3).unwrap();
    future.add_done_callback(|_| panic!("a callback that panics"));
    let (again, inner) = (sender.clone(), executor.clone());
    future.add_done_callback(move |future| {
        let next = inner.submit(square, 4).unwrap();
        next.add_done_callback(move |next| again.send(next.result(None).unwrap()).unwrap());
        sender.send(future.result(None).unwrap()).unwrap();
        // It cannot wait for the thread that it runs in, and does not.
        inner.shut_down(true, false);
    });
    let mut results = [(); 2].map(|()| receiver.recv_timeout(LATE.unwrap()).unwrap());
    results.sort_unstable();
    assert_eq!(results, [9, 16]);
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    future.add_done_callback(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    assert_eq!(calls.load(Ordering::SeqCst), 1, "it was done already");
}

pub(super) fn dropped(context: Context) {
    let executor = context.executor(2).unwrap();
    let futures: Vec<_> = (0..200).map(|x| executor.submit(square, x)).collect();
    drop(executor);
    for (x, future) in (0..).zip(futures) {
        let future = future.unwrap();
        assert!(future.is_done());
        assert_eq!(future.result(LATE).unwrap(), x * x);
    }
}

pub(super) fn broken(context: Context) {
    let builder = context.pool_builder(2).initializer(fail_always, ());
    let executor = builder.start_executor().unwrap();
    let error = match executor.submit(square, 3) {
        Ok(future) => future.result(LATE).unwrap_err(),
        Err(error) => error,
    };
    assert!(error.is_broken_pool(), "{error}");
    assert!(executor.submit(square, 3).unwrap_err().is_broken_pool());
}

pub(super) fn replaced(context: Context) {
    let builder = context.pool_builder(1).max_tasks_per_child(2);
    let executor = builder.start_executor().unwrap();
    let futures: Vec<_> = (0..10).map(|x| executor.submit(square, x)).collect();
    for (x, future) in (0..).zip(futures) {
        assert_eq!(future.unwrap().result(LATE).unwrap(), x * x);
    }
}

pub(super) fn terminated(context: Context) {
    let (executor, first, gate) = busy(context);
    let second = executor.submit(square, 2).unwrap();
    executor.terminate();
    for future in [first, second] {
        assert!(future.result(LATE).unwrap_err().is_worker_lost());
    }
    assert!(executor.submit(square, 2).unwrap_err().is_closed());
    // A thread cannot be ended, so it has to be let go.
    gate.release().unwrap();
}

fn map_in_pool(items: Vec<i64>) -> Vec<i64> {
    let pool = Context::default().pool(2).unwrap();
    pool.map(square, items).unwrap()
}

pub(super) fn nested(context: Context) {
    let executor = context.executor(2).unwrap();
    let futures = [vec![1, 2], vec![3, 4]].map(|items| executor.submit(map_in_pool, items));
    let [one, other] = futures.map(|future| future.unwrap().result(LATE).unwrap());
    assert_eq!((one, other), (vec![1, 4], vec![9, 16]));
    if context.start_method() != StartMethod::Threads {
        let pool = context.pool(1).unwrap();
        let error = pool.apply(map_in_pool, vec![1]).unwrap_err();
        assert!(error.is_remote(), "daemons start nothing: {error}");
    }
}

fn die(_: ()) -> i64 {
    std::process::abort()
}

pub(super) fn dying_worker(context: Context) {
    let gate = context.semaphore(0).unwrap();
    let executor = context.executor(2).unwrap();
    let other = executor.submit(wait_for, gate.clone()).unwrap();
    let lost = executor.submit(die, ()).unwrap();
    assert!(lost.result(LATE).unwrap_err().is_worker_lost());
    assert!(!other.is_done(), "only its own task fails");
    assert_eq!(
        executor.submit(square, 5).unwrap().result(LATE).unwrap(),
        25
    );
    gate.release().unwrap();
    assert_eq!(other.result(LATE).unwrap(), 9);
}
