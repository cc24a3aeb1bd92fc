//! What is called with a result, in a thread of the pool.

use std::sync::{Arc, Mutex, mpsc};

use poolproof_runtime as mp;

use super::{LATE, check_refusal, odd_only, square, start_one};
use mp::Context;

/// A callback that says that it runs, and then waits until it is told to go on.
fn slow<T: std::fmt::Debug>() -> (
    impl FnOnce(&T) + Send + 'static,
    mpsc::Receiver<()>,
    mpsc::Sender<()>,
) {
    let (runs, is_running) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let callback = move |_: &T| {
        runs.send(()).unwrap();
        let _: () = may_go_on.recv_timeout(LATE.unwrap()).unwrap();
    };
    (callback, is_running, go_on)
}

/// Fails unless the callback runs and its result is not there before it ends.
fn check_callback<R: Clone>(
    result: &mp::AsyncResult<R>,
    is_running: &mpsc::Receiver<()>,
    go_on: &mpsc::Sender<()>,
) -> mp::Result<R> {
    is_running.recv_timeout(LATE.unwrap()).unwrap();
    assert!(!result.is_ready(), "a callback runs before `get` returns");
    go_on.send(()).unwrap();
    result.get(LATE)
}

/// A callback may wait for whoever starts a process: neither waits for ever.
pub(super) fn beside_a_start(context: Context) {
    let pool = context.pool(1).unwrap();
    let (good, is_running, go_on) = slow();
    let never = |_: &mp::Error| panic!("it has not failed");
    let result = pool.apply_async_with(square, 3, good, never).unwrap();
    is_running.recv_timeout(LATE.unwrap()).unwrap();
    check_refusal(&context);
    go_on.send(()).unwrap();
    assert_eq!(result.get(LATE).unwrap(), 9);
    assert!(start_one(&context).unwrap());
}

pub(super) fn callbacks(context: Context) {
    let pool = context.pool(2).unwrap();
    let never = |_: &mp::Error| panic!("it has not failed");
    let (good, is_running, go_on) = slow();
    let result = pool.apply_async_with(square, 3, good, never).unwrap();
    assert_eq!(check_callback(&result, &is_running, &go_on).unwrap(), 9);
    let (good, is_running, go_on) = slow();
    let result = pool.map_async_with(odd_only, [1, 3], Some(1), good, never);
    let found = check_callback(&result.unwrap(), &is_running, &go_on);
    assert_eq!(found.unwrap(), [1, 3]);
    let (bad, is_running, go_on) = slow();
    let never = |_: &Vec<i64>| panic!("it has failed");
    let result = pool.map_async_with(odd_only, [1, 2, 3, 4], Some(1), never, bad);
    let found = check_callback(&result.unwrap(), &is_running, &go_on);
    assert!(found.unwrap_err().is_remote());

    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |text: &'static str| {
        let seen = Arc::clone(&seen);
        move |what: String| seen.lock().unwrap().push(format!("{text} {what}"))
    };
    let (good, bad) = (note("value"), note("error"));
    let result = pool.apply_async_with(
        square,
        3,
        move |value| good(value.to_string()),
        move |error| bad(error.is_remote().to_string()),
    );
    assert_eq!(result.unwrap().get(LATE).unwrap(), 9);
    assert_eq!(*seen.lock().unwrap(), ["value 9"]);
}

pub(super) fn panicking_callback(context: Context) {
    let pool = context.pool(1).unwrap();
    let quiet = |_: &i64| std::panic::resume_unwind(Box::new("asked to"));
    let result = pool.apply_async_with(square, 3, quiet, |_| ()).unwrap();
    assert_eq!(result.get(LATE).unwrap(), 9);
    assert_eq!(pool.apply(square, 4).unwrap(), 16);
}

pub(super) fn terminating_callback(context: Context) {
    let pool = context.pool(2).unwrap();
    let (own, (sender, receiver)) = (pool.clone(), mpsc::channel());
    let end = move |_: &i64| {
        own.terminate();
        sender.send(()).unwrap();
    };
    let result = pool.apply_async_with(square, 3, end, |_| ()).unwrap();
    receiver.recv_timeout(LATE.unwrap()).unwrap();
    assert_eq!(result.get(LATE).unwrap(), 9);
    assert!(pool.apply(square, 3).unwrap_err().is_closed());
    pool.join().unwrap();
}
