//! Results one by one: in order, as they come, and no further ahead than they are taken.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use poolproof_runtime as mp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{LATE, odd_only, pass, square, wait_for};
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

/// The first item waits, and the other worker does all others, and then one task more.
pub(super) fn late_first(context: Context) {
    let pool = context.pool(2).unwrap();
    let (gate, open) = (
        context.semaphore(0).unwrap(),
        context.semaphore(100).unwrap(),
    );
    let items = || -> Vec<_> {
        let gates = std::iter::once(&gate).chain(std::iter::repeat(&open));
        gates.cloned().zip(0..4).collect()
    };
    let do_the_others = || assert_eq!(pool.apply(square, 5).unwrap(), 25);
    let at_once = Some(Duration::ZERO);
    for chunk in [1, 2] {
        let all = pool.map_async_with(pass, items(), Some(chunk), |_| (), |_| ());
        do_the_others();
        gate.release().unwrap();
        assert_eq!(
            all.unwrap().get(LATE).unwrap(),
            [0, 1, 2, 3],
            "chunk {chunk}"
        );

        let mut results = pool.imap(pass, items(), chunk).unwrap();
        do_the_others();
        let early = results.next_timeout(at_once).unwrap();
        assert!(early.unwrap_err().is_timeout(), "chunk {chunk}");
        gate.release().unwrap();
        let results: Vec<_> = results.map(Result::unwrap).collect();
        assert_eq!(results, [0, 1, 2, 3], "chunk {chunk}");

        let mut results = pool.imap_unordered(pass, items(), chunk).unwrap();
        do_the_others();
        for expected in chunk..4 {
            let early = results.next_timeout(at_once).unwrap().unwrap();
            assert_eq!(early, expected as i64, "chunk {chunk}");
        }
        let early = results.next_timeout(at_once).unwrap();
        assert!(early.unwrap_err().is_timeout(), "chunk {chunk}");
        gate.release().unwrap();
        let results: Vec<_> = results.map(Result::unwrap).collect();
        assert_eq!(results.len(), chunk);
    }
}

/// More than the results that may wait, the tasks of which workers may choose, and the results on
/// their way together.
const AHEAD_MAX: usize = 40_000;
/// Items that may have been asked for and are no tasks yet.
const INPUT_MAX: usize = 1_000;

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

pub(super) fn forgotten(context: Context) {
    for (count, chunk) in [(1_000, 1), (1_000, 3), (usize::MAX, 1), (usize::MAX, 3)] {
        let pool = context.pool(2).unwrap();
        let asked = Arc::new(Mutex::new(0_usize));
        let counter = Arc::clone(&asked);
        let items = (0..).take(count);
        let items = items.inspect(move |_| *counter.lock().unwrap() += 1);
        let mut results = pool.imap(square, items, chunk).unwrap();
        assert_eq!(results.next().unwrap().unwrap(), 0);
        // Another pool does far more meanwhile, so that no more is asked where there is no end.
        let far_more = context.pool(2).unwrap().map_chunked(square, 0..50_000, 1);
        assert_eq!(far_more.unwrap().len(), 50_000);
        assert_eq!(pool.apply_async(square, 3).unwrap().get(LATE).unwrap(), 9);
        pool.close();
        drop(results);
        ended(pool);
        let asked = *asked.lock().unwrap();
        assert!(
            asked == count || (1_000..AHEAD_MAX).contains(&asked),
            "{asked}"
        );
    }
    // Where nobody takes even the first one, too.
    let pool = context.pool(2).unwrap();
    drop(pool.imap(square, 0.., 1).unwrap());
    pool.close();
    ended(pool);
}

/// The end of the input is found after the pool is closed and all else is done.
pub(super) fn input_ends_late(context: Context) {
    let pool = context.pool(2).unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&is_over);
    let items = (0..).take_while(move |_| !end.load(Ordering::SeqCst));
    let mut results = pool.imap(square, items, 1).unwrap();
    // Another pool does far more meanwhile, so that this one waits for who takes its results.
    let far_more = context.pool(2).unwrap().map_chunked(square, 0..50_000, 1);
    assert_eq!(far_more.unwrap().len(), 50_000);
    pool.close();
    is_over.store(true, Ordering::SeqCst);
    assert!(results.by_ref().all(|result| result.is_ok()));
    ended(pool);
}

/// An argument whose encoding waits, if it is the caller who encodes it.
struct Held(Option<(ThreadId, mpsc::Sender<bool>, mpsc::Receiver<()>)>);

impl Serialize for Held {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (caller, tell, released) = self.0.as_ref().unwrap();
        let is_caller = std::thread::current().id() == *caller;
        tell.send(is_caller).unwrap();
        let _ = is_caller.then(|| released.recv());
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Held, D::Error> {
        <()>::deserialize(deserializer).map(|()| Held(None))
    }
}

/// Another thread is at the pool's books, and has seen that too many results wait, when they are
/// taken: it looks again.
pub(super) fn room_made_meanwhile(context: Context) {
    let pool = Arc::new(context.pool(2).unwrap());
    let other = context.pool(2).unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let endless = (0..).inspect(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    let mut results = pool.imap(square, endless, 1).unwrap();
    let begin = Instant::now();
    while asked.load(Ordering::SeqCst) < 2 * INPUT_MAX {
        assert!(begin.elapsed() < LATE.unwrap(), "no more is asked");
        std::thread::yield_now();
    }
    let (release, call) = loop {
        let (tell, told) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let pool = Arc::clone(&pool);
        let call = std::thread::spawn(move || {
            let caller = std::thread::current().id();
            pool.apply_async(drop, Held(Some((caller, tell, released))))
        });
        match told.recv_timeout(LATE.unwrap()).unwrap() {
            true => break (release, call),
            // The pool's own threads have to go on.
            false => drop(call.join()),
        }
    };
    // Another pool does far more meanwhile, so that this one's thread sleeps.
    let far_more = other.map_chunked(square, 0..50_000, 1);
    assert_eq!(far_more.unwrap().len(), 50_000);
    let before = asked.load(Ordering::SeqCst);
    let waiting = before - INPUT_MAX;
    for _ in 0..waiting {
        results.next_timeout(LATE).unwrap().unwrap();
    }
    drop(release);
    let _done = call.join().unwrap().unwrap();
    for _ in waiting..=before {
        results.next_timeout(LATE).unwrap().unwrap();
    }
    pool.terminate();
}

/// Waits for the end of a closed pool.
pub(super) fn ended(pool: mp::Pool) {
    let (over, is_over) = mpsc::channel();
    std::thread::spawn(move || over.send(pool.join().map(|()| pool)));
    let joined = is_over.recv_timeout(Duration::from_secs(60));
    joined.expect("the pool is still open").unwrap();
}
