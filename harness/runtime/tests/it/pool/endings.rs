//! How a pool ends: closed, terminated or dropped.

use std::time::Duration;

use poolproof_runtime as mp;

use super::{LATE, square, wait_for};
use mp::{Context, StartMethod};

pub(super) fn close_and_join(context: Context) {
    let pool = context.pool(2).unwrap();
    assert!(pool.join().unwrap_err().is_usage());
    let result = pool.map_async(square, 0..1000).unwrap();
    pool.close();
    pool.close();
    assert!(pool.apply_async(square, 1).unwrap_err().is_closed());
    assert!(pool.map(square, []).unwrap_err().is_closed());
    pool.join().unwrap();
    pool.join().unwrap();
    assert!(result.is_ready());
    assert_eq!(result.get(LATE).unwrap().len(), 1000);
}

pub(super) fn terminate(context: Context) {
    let pool = context.pool(2).unwrap();
    let semaphore = context.semaphore(0).unwrap();
    let items: Vec<_> = (0..10).map(|_| semaphore.clone()).collect();
    let result = pool
        .map_async_with(wait_for, items, Some(1), |_| (), |_| ())
        .unwrap();
    let mut iterator = pool.imap(wait_for, [semaphore.clone()], 1).unwrap();
    assert!(!result.wait(Some(Duration::from_millis(20))));
    pool.terminate();
    pool.terminate();
    assert!(result.get(LATE).unwrap_err().is_worker_lost());
    assert!(iterator.next().unwrap().unwrap_err().is_worker_lost());
    assert!(iterator.next().is_none());
    assert!(pool.apply(square, 1).unwrap_err().is_closed());
    // Threads cannot be ended, so they have to be let go.
    for _ in 0..2 {
        semaphore.release().unwrap();
    }
    pool.join().unwrap();
}

pub(super) fn dropped(context: Context) {
    let before = mp::active_children().len();
    let pool = context.pool(3).unwrap();
    let result = pool.apply_async(square, 3).unwrap();
    assert_eq!(result.get(LATE).unwrap(), 9);
    drop(pool);
    if context.start_method() != StartMethod::Threads {
        assert_eq!(mp::active_children().len(), before);
    }
}

pub(super) fn terminate_many(context: Context) {
    // Windows takes long to start a process, and Wine longer.
    let rounds = match (context.start_method(), cfg!(windows)) {
        (StartMethod::Spawn, true) => 100,
        _ => 1000,
    };
    for round in 0..rounds {
        let mut builder = context.pool_builder(2);
        if round % 4 == 1 {
            // Workers that leave and start beside it are in its way least of all.
            builder = builder.max_tasks_per_child(1);
        }
        let pool = builder.start().unwrap();
        let items = round % 50 * 20;
        let result = pool.map_async(square, 0..items).unwrap();
        if round % 2 == 0 {
            assert_eq!(result.get(LATE).unwrap().len() as i64, items);
        }
        pool.terminate();
        pool.join().unwrap();
        assert!(result.wait(LATE));
    }
}
