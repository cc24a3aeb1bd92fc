//! Inputs of `imap` that wait.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{self, Sender};
use std::time::{Duration, Instant};

use poolproof_runtime as mp;

use super::each::ended;
use super::{LATE, check_refusal, pid, square, start_one};
use mp::Context;

/// Each item is what the result before it says.
pub(super) fn of_own_results(context: Context) {
    let pool = context.pool(2).unwrap();
    for chunk in [1, 2] {
        let (give, input) = mpsc::channel();
        give_all(&give, 2..2 + chunk);
        let mut results = pool.imap(square, input, chunk as usize).unwrap();
        for _ in 0..3 {
            let results: Vec<_> = (0..chunk).map(|_| results.next_timeout(LATE)).collect();
            give_all(
                &give,
                results.into_iter().map(|result| result.unwrap().unwrap()),
            );
        }
        let expected = (2..2 + chunk).map(|x: i64| x.pow(16));
        drop(give);
        let last: Vec<_> = results.map(Result::unwrap).collect();
        assert_eq!(last, expected.collect::<Vec<_>>());
    }
}

pub(super) fn beside_others(context: Context) {
    let pool = context.pool(2).unwrap();
    let (give, input) = mpsc::channel();
    let mut results = pool.imap(square, input, 2).unwrap();
    let early = results.next_timeout(Some(Duration::from_millis(20)));
    assert!(early.unwrap().unwrap_err().is_timeout());
    assert_eq!(pool.apply(square, 3).unwrap(), 9);
    assert_eq!(pool.imap(square, 0..1000, 3).unwrap().count(), 1000);
    give_all(&give, [1, 2, 3]);
    for expected in [1, 4] {
        assert_eq!(results.next_timeout(LATE).unwrap().unwrap(), expected);
    }
    assert_eq!(pool.map(square, [5, 6]).unwrap(), [25, 36]);
    pool.close();
    drop(give);
    assert_eq!(results.next_timeout(LATE).unwrap().unwrap(), 9);
    assert!(results.next_timeout(LATE).is_none());
    ended(pool);
}

/// The pool ends, and the input is let go of as soon as it gives another item.
pub(super) fn of_an_ended_pool(context: Context) {
    let pool = context.pool(2).unwrap();
    let (give, input) = mpsc::channel();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let input = input.into_iter().inspect(move |_| {
        counter.fetch_add(1, SeqCst);
    });
    let mut results = pool.imap(square, input, 1).unwrap();
    give_all(&give, [3]);
    assert_eq!(results.next_timeout(LATE).unwrap().unwrap(), 9);
    drop(pool);
    let error = results.next_timeout(LATE).unwrap().unwrap_err();
    assert!(error.is_worker_lost(), "{error}");
    // It may be gone after the first.
    let _ = (0..200).try_for_each(|item| give.send(item));
    let begin = Instant::now();
    while Arc::strong_count(&asked) > 1 {
        assert!(begin.elapsed() < LATE.unwrap(), "the input is still there");
        std::thread::yield_now();
    }
    assert_eq!(asked.load(SeqCst), 2);
}

/// Its place is empty as long as a copy could hold what the input does, and no longer.
pub(super) fn of_a_dying_worker(context: Context) {
    let pool = context.pool(1).unwrap();
    let (give, input) = mpsc::channel::<i64>();
    let results = pool.imap(square, input, 1).unwrap();
    let worker = pool.apply(pid, ()).unwrap();
    let error = pool.apply(|()| std::process::exit(3), ()).map(|_: ()| ());
    assert!(error.unwrap_err().is_worker_lost());
    let next = pool.apply_async(pid, ()).unwrap();
    give_all(&give, 0..10);
    drop(give);
    assert_ne!(next.get(LATE).unwrap(), worker);
    assert_eq!(results.map(Result::unwrap).sum::<i64>(), 285);
}

/// A fork waits for an input at work, not for one that waits, unless that is a wait of this library.
pub(super) fn beside_a_start(context: Context) {
    let pool = context.pool(1).unwrap();

    let busy = (0..).inspect(|_| std::thread::sleep(Duration::from_millis(2)));
    let busy = pool.imap(square, busy, 1).unwrap();
    for _ in 0..10 {
        assert!(start_one(&context).unwrap());
    }
    drop(busy);

    let queue = context.queue(None).unwrap();
    let ours = queue.clone();
    let values = std::iter::from_fn(move || ours.get().unwrap());
    let mut results = pool.imap(square, values, 1).unwrap();
    assert!(start_one(&context).unwrap());
    queue.put(Some(7)).unwrap();
    assert_eq!(results.next_timeout(LATE).unwrap().unwrap(), 49);
    queue.put(None::<i64>).unwrap();
    assert!(results.next_timeout(LATE).is_none());

    let (give, input) = mpsc::channel();
    let mut results = pool.imap(square, input, 1).unwrap();
    give.send(5).unwrap();
    assert_eq!(results.next_timeout(LATE).unwrap().unwrap(), 25);
    check_refusal(&context);
    drop(give);
    assert!(results.next_timeout(LATE).is_none());
    assert!(start_one(&context).unwrap());
}

fn give_all(give: &Sender<i64>, items: impl IntoIterator<Item = i64>) {
    items.into_iter().for_each(|item| give.send(item).unwrap());
}
