//! Results one by one: in order, as they come, and no further ahead than they are taken.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use poolproof_runtime as mp;

use super::{LATE, odd_only, square, wait_for};
use mp::Context;

pub(super) fn in_order(context: Context) {
    let pool = context.pool(3).unwrap();
    for chunk in [1, 2, 5] {
        let results: Vec<i64> = pool
            .imap(square, 0..50, chunk)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(
            results,
            (0..50).map(square).collect::<Vec<_>>(),
            "chunk {chunk}"
        );
    }
    let results = pool.imap(odd_only, [1, 2, 3], 1).unwrap();
    let results: Vec<_> = results
        .map(|result| result.map_err(|error| error.is_remote()))
        .collect();
    assert_eq!(results, [Ok(1), Err(true), Ok(3)]);
    let semaphore = context.semaphore(0).unwrap();
    let mut results = pool.imap(wait_for, [semaphore.clone()], 1).unwrap();
    let early = results.next_timeout(Some(Duration::from_millis(20)));
    assert!(early.unwrap().unwrap_err().is_timeout());
    semaphore.release().unwrap();
    assert_eq!(results.next_timeout(LATE).unwrap().unwrap(), 9);
    assert!(results.next().is_none());
}

pub(super) fn unordered(context: Context) {
    let pool = context.pool(3).unwrap();
    for chunk in [1, 4] {
        let results = pool.imap_unordered(square, 0..100, chunk).unwrap();
        let mut results: Vec<i64> = results.map(Result::unwrap).collect();
        results.sort_unstable();
        assert_eq!(results, (0..100).map(square).collect::<Vec<_>>());
    }
}

/// More than the results that may wait, the tasks of which workers may choose, and the results on
/// their way together.
const AHEAD_MAX: usize = 40_000;

pub(super) fn back_pressure(context: Context) {
    let pool = context.pool(2).unwrap();
    let asked = Arc::new(Mutex::new(0_usize));
    let counter = Arc::clone(&asked);
    let endless = (0..).inspect(move |_| *counter.lock().unwrap() += 1);
    let mut results = pool.imap(square, endless, 1).unwrap();
    // Nobody takes a result while another pool does far more.
    let other = context.pool(2).unwrap();
    let many = other.map_chunked(square, 0..200_000, 1).unwrap();
    assert_eq!(many.len(), 200_000);
    let ahead = *asked.lock().unwrap();
    assert!(ahead < AHEAD_MAX, "{ahead}");
    for expected in 0..10_000 {
        assert_eq!(results.next().unwrap().unwrap(), square(expected));
    }
    let ahead = *asked.lock().unwrap() - 10_000;
    assert!(ahead < AHEAD_MAX, "{ahead}");
    pool.terminate();
}
