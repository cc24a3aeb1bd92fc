//! What tasks give back: values, errors, callbacks, one by one or all together.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use poolproof_runtime as mp;
use serde_bytes::ByteBuf;

use super::{LATE, odd_only, square, wait_for};
use mp::Context;

pub(super) fn map_keeps_order(context: Context) {
    let pool = context.pool(3).unwrap();
    assert_eq!(pool.map(square, [1, 2, 3]).unwrap(), [1, 4, 9]);
    for items in [1, 2, 7, 12, 13, 100] {
        let expected: Vec<i64> = (0..items).map(square).collect();
        assert_eq!(
            pool.map(square, 0..items).unwrap(),
            expected,
            "{items} items"
        );
        for chunk in [1, 2, 3, 7, 1000] {
            let results = pool.map_chunked(square, 0..items, chunk).unwrap();
            assert_eq!(results, expected, "{items} items, chunk {chunk}");
        }
    }
}

pub(super) fn empty_map(context: Context) {
    let pool = context.pool(1).unwrap();
    assert!(pool.map(square, []).unwrap().is_empty());
    let result = pool.map_async(square, []).unwrap();
    assert!(result.is_ready() && result.is_successful().unwrap());
    assert_eq!(pool.imap(square, [], 1).unwrap().count(), 0);
}

pub(super) fn many_tasks(context: Context) {
    let pool = context.pool(2).unwrap();
    let expected: Vec<i64> = (0..20_000).map(square).collect();
    let first = pool.map_async(square, 0..20_000).unwrap();
    let results = pool.map_chunked(square, 0..20_000, 1).unwrap();
    assert_eq!(results, expected);
    assert_eq!(first.get(LATE).unwrap(), expected);
}

/// How many tasks this process has begun.
static TURNS: AtomicUsize = AtomicUsize::new(0);

fn turn(_: usize) -> usize {
    TURNS.fetch_add(1, Ordering::Relaxed)
}

/// The only worker waits until all calls are made, the first of which fills the ring.
pub(super) fn calls_in_order(context: Context) {
    let pool = context.pool(1).unwrap();
    let gate = context.semaphore(0).unwrap();
    let first = pool.apply_async(wait_for, gate.clone()).unwrap();
    let calls = [20_000, 100, 1].map(|count| {
        let call = pool.map_async_with(turn, 0..count, Some(1), |_| (), |_| ());
        call.unwrap()
    });
    let last = pool.apply_async(turn, 0).unwrap();
    gate.release().unwrap();
    assert_eq!(first.get(LATE).unwrap(), 9);
    let mut turns: Vec<_> = calls.map(|call| call.get(LATE).unwrap()).concat();
    turns.push(last.get(LATE).unwrap());
    assert!(
        turns.is_sorted(),
        "a task began before one of an older call"
    );
}

fn reversed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.reverse();
    bytes
}

fn reversed_at_once(mut bytes: ByteBuf) -> ByteBuf {
    bytes.reverse();
    bytes
}

pub(super) fn large_values(context: Context) {
    let pool = context.pool(2).unwrap();
    let counted = |length: usize| (0..length).map(|byte| (byte % 251) as u8);
    for length in [39, 40, 41, 1000, 70_000, 300_000] {
        let bytes: Vec<u8> = counted(length).collect();
        let expected = reversed(bytes.clone());
        let results = pool.map_chunked(reversed, vec![bytes; 3], 1).unwrap();
        assert!(
            results.iter().all(|result| *result == expected),
            "{length} bytes"
        );
    }
    // Together they are more than the pool's memory; one by one these bytes would take seconds.
    let bytes = ByteBuf::from(counted(6 << 20).collect::<Vec<_>>());
    let expected = reversed_at_once(bytes.clone());
    let results = pool
        .map_chunked(reversed_at_once, vec![bytes; 3], 1)
        .unwrap();
    assert!(results.iter().all(|result| *result == expected));
}

fn repeated((length, byte): (usize, u8)) -> Vec<u8> {
    vec![byte; length]
}

/// Of a type whose bytes cost one copy: one by one these would take seconds.
fn resized((bytes, length): (ByteBuf, usize)) -> ByteBuf {
    ByteBuf::from(vec![bytes[0]; length])
}

/// A result may take the place of its arguments where it fits, and no other's.
pub(super) fn results_beside_arguments(context: Context) {
    let pool = context.pool(2).unwrap();
    // On both sides of what fits, with three bytes for the length, into whole lines of 64 bytes.
    let lengths = [
        0, 1, 4095, 4096, 100_000, 100_029, 100_030, 100_093, 300_000,
    ];
    let items = lengths.iter().cycle().take(45).zip(0_u8..);
    let items: Vec<_> = items
        .map(|(length, byte)| (ByteBuf::from(vec![byte; 100_000]), *length))
        .collect();
    let results = pool.map_chunked(resized, items, 1).unwrap();
    for ((result, length), byte) in results.iter().zip(lengths.iter().cycle()).zip(0_u8..) {
        assert!(*result == repeated((*length, byte)), "{length} bytes");
    }
}

pub(super) fn lists(context: Context) {
    let pool = context.pool(2).unwrap();
    let lengths: Vec<_> = (0..100).zip(0_u8..).collect();
    let bytes: Vec<Vec<u8>> = pool.map_chunked(repeated, lengths.clone(), 7).unwrap();
    assert!(
        bytes
            .iter()
            .zip(&lengths)
            .all(|(bytes, item)| *bytes == repeated(*item))
    );
    let sums = pool.map_chunked(
        |numbers: Vec<f64>| numbers.iter().sum::<f64>(),
        vec![vec![0.5; 10_000]; 5],
        2,
    );
    assert_eq!(sums.unwrap(), [5000.0; 5]);
    let bits = |x: u16| (u8::try_from(x % 256).unwrap(), x.is_multiple_of(2));
    assert_eq!(pool.map(bits, [256, 3]).unwrap(), [(0, true), (3, false)]);
}

fn say(sender: mp::Sender<i64>) {
    sender.send(&7).unwrap();
}

pub(super) fn handles_in_tasks(context: Context) {
    let pool = context.pool(2).unwrap();
    let (receiver, sender) = context.one_way::<i64>().unwrap();
    pool.apply(say, sender).unwrap();
    assert_eq!(receiver.recv().unwrap(), 7);
}

/// A pipe whose one end holds a value, beside so many bytes.
fn filled(length: usize) -> (mp::Receiver<usize>, Vec<u8>) {
    let (receiver, sender) = Context::default().one_way().unwrap();
    sender.send(&length).unwrap();
    (receiver, vec![7; length])
}

pub(super) fn handles_in_results(context: Context) {
    let pool = context.pool(2).unwrap();
    let check = |length: usize, (receiver, bytes): (mp::Receiver<usize>, Vec<u8>)| {
        assert_eq!(receiver.recv().unwrap(), length);
        assert_eq!(bytes, vec![7; length]);
        assert!(receiver.recv().unwrap_err().is_eof());
    };
    for length in [0, 1000, 1 << 20] {
        check(length, pool.apply(filled, length).unwrap());
    }
    for chunk in [1, 4] {
        let results = pool.map_chunked(filled, 0..10, chunk).unwrap();
        for (length, result) in results.into_iter().enumerate() {
            check(length, result);
        }
        let results = pool.imap(filled, 0..10, chunk).unwrap();
        for (length, result) in results.enumerate() {
            check(length, result.unwrap());
        }
    }
    let pool = context.pool_builder(1).max_tasks_per_child(1);
    let pool = pool.start().unwrap();
    for length in 0..4 {
        check(length, pool.apply(filled, length).unwrap());
    }
}

pub(super) fn a_panic(context: Context) {
    let pool = context.pool(1).unwrap();
    let error = pool.apply(odd_only, 4).unwrap_err();
    assert!(error.is_remote());
    let text = error.to_string();
    assert!(
        text.contains("4 is even") && text.contains("pool.rs:"),
        "{text}"
    );
    assert_eq!(pool.apply(odd_only, 5).unwrap(), 5);
    assert!(pool.map(odd_only, [1, 2, 3]).unwrap_err().is_remote());
}

fn refuse(x: i64) -> i64 {
    if x > 1 {
        mp::fail(&("too large".to_owned(), x));
    }
    x
}

pub(super) fn own_error(context: Context) {
    let pool = context.pool(2).unwrap();
    let error = pool.map_chunked(refuse, [0, 1, 2], 3).unwrap_err();
    assert!(error.is_remote());
    assert_eq!(error.payload(), Some(("too large".to_owned(), 2_i64)));
    assert_eq!(error.payload::<Vec<String>>(), None);
    assert_eq!(pool.apply(refuse, 1).unwrap(), 1);
}

fn fail_or_release((lock, fails): (mp::Semaphore, bool)) {
    if fails {
        panic!("asked to");
    }
    assert!(lock.acquire_raw(LATE).unwrap());
}

pub(super) fn map_waits(context: Context) {
    let semaphore = context.semaphore(0).unwrap();
    let pool = context.pool(2).unwrap();
    let items = [(semaphore.clone(), true), (semaphore.clone(), false)];
    let result = pool
        .map_async_with(fail_or_release, items, Some(1), |_| (), |_| ())
        .unwrap();
    // The first has failed as soon as the other worker serves two tasks in a row.
    assert!(!result.wait(Some(Duration::from_millis(50))));
    semaphore.release().unwrap();
    assert!(result.get(LATE).unwrap_err().is_remote());
}

fn count(item: (mp::Semaphore, i64)) {
    if item.1 == 1 {
        panic!("asked to");
    }
    item.0.release().unwrap();
}

pub(super) fn failure_skips(context: Context) {
    let ran = context.semaphore(0).unwrap();
    let pool = context.pool(2).unwrap();
    let items: Vec<_> = (0..6).map(|item| (ran.clone(), item)).collect();
    assert!(pool.map_chunked(count, items, 3).is_err());
    let mut times = 0;
    while ran.try_acquire() {
        times += 1;
    }
    // 0 of the first chunk, and 3, 4 and 5.
    assert_eq!(times, 4);
}

pub(super) fn async_results(context: Context) {
    let semaphore = context.semaphore(0).unwrap();
    let pool = context.pool(1).unwrap();
    let result = pool.apply_async(wait_for, semaphore.clone()).unwrap();
    assert!(
        result
            .get(Some(Duration::from_millis(20)))
            .unwrap_err()
            .is_timeout()
    );
    assert!(!result.wait(Some(Duration::ZERO)) && !result.is_ready());
    assert!(result.is_successful().unwrap_err().is_usage());
    semaphore.release().unwrap();
    assert!(result.wait(LATE) && result.is_ready() && result.is_successful().unwrap());
    assert_eq!(result.get(None).unwrap(), 9);
    assert_eq!(result.get(None).unwrap(), 9, "a result stays");
    let failed = pool.apply_async(odd_only, 2).unwrap();
    assert!(failed.wait(LATE) && !failed.is_successful().unwrap());
    assert!(failed.get(None).unwrap_err().is_remote() && failed.get(None).is_err());
}

/// A panic skips the rest of its chunk, which tells how long that was.
pub(super) fn good_chunks(context: Context) {
    for (workers, items, chunk) in [(1, 12, 3), (1, 13, 4), (2, 40, 5), (3, 11, 1)] {
        let ran = context.semaphore(0).unwrap();
        let pool = context.pool(workers).unwrap();
        let all = (1..=items).map(|item| (ran.clone(), item));
        assert!(pool.map(count, all).is_err());
        let times = std::iter::from_fn(|| ran.try_acquire().then_some(())).count();
        assert_eq!(times as i64, items - chunk, "{items} for {workers}");
    }
}

/// A value that refuses to be encoded, or to be decoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stubborn {
    pub(super) leaves: bool,
}

impl serde::Serialize for Stubborn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.leaves {
            true => serializer.serialize_bool(true),
            false => Err(serde::ser::Error::custom("it stays here")),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Stubborn {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Stubborn, D::Error> {
        Err(serde::de::Error::custom("it does not arrive"))
    }
}

fn take_stubborn(_: Stubborn) -> i64 {
    1
}

fn give_stubborn(leaves: bool) -> Stubborn {
    Stubborn { leaves }
}

pub(super) fn unsendable(context: Context) {
    let pool = context.pool(1).unwrap();
    let stays = Stubborn { leaves: false };
    let leaves = Stubborn { leaves: true };
    assert!(pool.apply(take_stubborn, stays).unwrap_err().is_serialize());
    assert!(
        pool.apply(take_stubborn, leaves)
            .unwrap_err()
            .is_deserialize()
    );
    assert!(pool.map_chunked(take_stubborn, [leaves, stays], 1).is_err());
    assert!(pool.apply(give_stubborn, false).unwrap_err().is_serialize());
    assert!(
        pool.apply(give_stubborn, true)
            .unwrap_err()
            .is_deserialize()
    );
    assert_eq!(pool.apply(square, 3).unwrap(), 9);
}

pub(super) fn panicking_input(context: Context) {
    let gate = context.semaphore(0).unwrap();
    let pool = context.pool(1).unwrap();
    let first = pool.apply_async(wait_for, gate.clone()).unwrap();
    // More than the ring holds, so that the jobs behind it wait for each other.
    let many = pool.map_async_with(square, 0..6000, Some(1), |_| (), |_| ());
    let input = (0..5).map(|x| match x {
        3 => panic!("the input panics"),
        x => x,
    });
    let broken = pool.imap(square, input, 1).unwrap();
    let last = pool.map_async(square, 0..10).unwrap();
    gate.release().unwrap();
    assert_eq!(first.get(LATE).unwrap(), 9);
    assert_eq!(many.unwrap().get(LATE).unwrap().len(), 6000);
    let results: Vec<_> = broken.collect();
    assert!(matches!(&results[..], [Ok(0), Ok(1), Ok(4), Err(error)] if error.is_remote()));
    let expected: Vec<i64> = (0..10).map(square).collect();
    assert_eq!(last.get(LATE).unwrap(), expected);
}
