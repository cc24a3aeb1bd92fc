//! Pools of real workers, under each start method.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use mp::{Context, StartMethod};

/// Longer than anything here takes; a test that waits so long has failed.
const LATE: Option<Duration> = Some(Duration::from_secs(20));

type Body = fn(Context);

const TRIALS: &[(&str, Body)] = &[
    (
        "map_keeps_the_order_of_its_items_for_each_chunk_size",
        map_keeps_order,
    ),
    ("an_empty_map_is_ready_at_once", empty_map),
    ("a_pool_does_more_tasks_than_its_ring_holds", many_tasks),
    ("large_arguments_and_results_come_through", large_values),
    ("handles_travel_in_a_task_s_arguments", handles_in_tasks),
    ("a_panic_is_an_error_and_the_worker_lives", a_panic),
    ("a_task_fails_with_an_error_of_the_caller_s_type", own_error),
    ("map_waits_for_every_chunk_before_it_fails", map_waits),
    ("a_failure_skips_the_rest_of_its_chunk_only", failure_skips),
    ("a_result_can_be_waited_for_and_asked_again", async_results),
    (
        "a_value_that_cannot_be_sent_is_an_error_of_its_call",
        unsendable,
    ),
    ("callbacks_run_before_get_returns", callbacks),
    (
        "a_callback_that_panics_does_not_stop_the_pool",
        panicking_callback,
    ),
    (
        "imap_gives_results_in_order_and_errors_at_their_place",
        imap,
    ),
    ("imap_unordered_gives_every_result_once", imap_unordered),
    (
        "imap_asks_for_no_more_input_than_is_needed",
        imap_back_pressure,
    ),
    ("each_worker_runs_the_initializer_once", initializer),
    (
        "an_initializer_that_always_fails_breaks_the_pool",
        failing_initializer,
    ),
    (
        "a_closed_pool_refuses_tasks_and_finishes_what_it_has",
        close_and_join,
    ),
    ("a_terminated_pool_fails_what_is_pending", terminate),
    ("a_dropped_pool_ends_its_workers", dropped),
    ("fifty_pools_in_a_row_are_terminated", terminate_fifty),
    ("no_task_waits_beside_an_idle_worker", tasks_that_meet),
    ("senseless_pools_are_refused", senseless),
];

const PROCESS_TRIALS: &[(&str, Body)] = &[
    ("workers_are_other_processes", workers_are_processes),
    (
        "a_worker_that_dies_fails_its_own_task_at_once",
        dying_worker,
    ),
    ("a_worker_that_exits_fails_its_own_task", exiting_worker),
    ("a_killed_idle_worker_leaves_the_pool_usable", killed_idle),
    ("random_kills_fail_tasks_and_never_hang", random_kills),
    ("a_worker_is_replaced_after_its_tasks", max_tasks),
    ("terminate_ends_a_stopped_worker", terminate_stopped),
];

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |method: StartMethod, name: &str, body: Body| {
        Trial::test(format!("{method}/pool/{name}"), move || {
            body(Context::new(method)?);
            Ok(())
        })
    };
    let methods = StartMethod::all().iter();
    let trials = methods.flat_map(|method| {
        let is_process = *method != StartMethod::Threads;
        let all = TRIALS
            .iter()
            .chain(PROCESS_TRIALS.iter().filter(move |_| is_process));
        all.map(move |(name, body)| trial(*method, name, *body))
    });
    trials.collect()
}

fn square(x: i64) -> i64 {
    x * x
}

fn pid(_: ()) -> u32 {
    std::process::id()
}

fn map_keeps_order(context: Context) {
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

fn empty_map(context: Context) {
    let pool = context.pool(1).unwrap();
    assert!(pool.map(square, []).unwrap().is_empty());
    let result = pool.map_async(square, []).unwrap();
    assert!(result.is_ready() && result.is_successful().unwrap());
    assert_eq!(pool.imap(square, [], 1).unwrap().count(), 0);
}

fn many_tasks(context: Context) {
    let pool = context.pool(2).unwrap();
    let expected: Vec<i64> = (0..20_000).map(square).collect();
    let first = pool.map_async(square, 0..20_000).unwrap();
    let results = pool.map_chunked(square, 0..20_000, 1).unwrap();
    assert_eq!(results, expected);
    assert_eq!(first.get(LATE).unwrap(), expected);
}

fn reversed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.reverse();
    bytes
}

fn large_values(context: Context) {
    let pool = context.pool(2).unwrap();
    for length in [39, 40, 41, 1000, 70_000, 300_000, 6 << 20] {
        let bytes: Vec<u8> = (0..length).map(|byte| (byte % 251) as u8).collect();
        let expected = reversed(bytes.clone());
        let results = pool.map_chunked(reversed, vec![bytes; 3], 1).unwrap();
        assert!(
            results.iter().all(|result| *result == expected),
            "{length} bytes"
        );
    }
}

fn say(sender: mp::Sender<i64>) {
    sender.send(&7).unwrap();
}

fn handles_in_tasks(context: Context) {
    let pool = context.pool(2).unwrap();
    let (receiver, sender) = context.one_way::<i64>().unwrap();
    pool.apply(say, sender).unwrap();
    assert_eq!(receiver.recv().unwrap(), 7);
}

fn odd_only(x: i64) -> i64 {
    assert!(x % 2 == 1, "{x} is even");
    x
}

fn a_panic(context: Context) {
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

fn own_error(context: Context) {
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

fn map_waits(context: Context) {
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

fn failure_skips(context: Context) {
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

fn wait_for(semaphore: mp::Semaphore) -> i64 {
    assert!(semaphore.acquire_raw(LATE).unwrap());
    9
}

fn async_results(context: Context) {
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

/// A value that refuses to be encoded, or to be decoded.
#[derive(Debug, Clone, Copy)]
struct Stubborn {
    leaves: bool,
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

fn unsendable(context: Context) {
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

fn callbacks(context: Context) {
    let pool = context.pool(2).unwrap();
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
    let (good, bad) = (note("values"), note("error"));
    let result = pool.map_async_with(
        odd_only,
        [1, 2, 3, 4],
        Some(1),
        move |values| good(format!("{values:?}")),
        move |error| bad(error.is_remote().to_string()),
    );
    assert!(result.unwrap().get(LATE).is_err());
    assert_eq!(*seen.lock().unwrap(), ["value 9", "error true"]);
}

fn panicking_callback(context: Context) {
    let pool = context.pool(1).unwrap();
    let quiet = |_: &i64| std::panic::resume_unwind(Box::new("asked to"));
    let result = pool.apply_async_with(square, 3, quiet, |_| ()).unwrap();
    assert_eq!(result.get(LATE).unwrap(), 9);
    assert_eq!(pool.apply(square, 4).unwrap(), 16);
}

fn imap(context: Context) {
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

fn imap_unordered(context: Context) {
    let pool = context.pool(3).unwrap();
    for chunk in [1, 4] {
        let results = pool.imap_unordered(square, 0..100, chunk).unwrap();
        let mut results: Vec<i64> = results.map(Result::unwrap).collect();
        results.sort_unstable();
        assert_eq!(results, (0..100).map(square).collect::<Vec<_>>());
    }
}

fn imap_back_pressure(context: Context) {
    let pool = context.pool(2).unwrap();
    let asked = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&asked);
    let endless = (0..).inspect(move |_| *counter.lock().unwrap() += 1);
    let mut results = pool.imap(square, endless, 1).unwrap();
    for expected in 0..10_000 {
        assert_eq!(results.next().unwrap().unwrap(), square(expected));
    }
    assert!(*asked.lock().unwrap() < 10_000 + 20_000);
    pool.terminate();
}

fn count_start((started, name): (mp::Semaphore, String)) {
    assert_eq!(name, "initial");
    started.release().unwrap();
}

fn initializer(context: Context) {
    let started = context.semaphore(0).unwrap();
    let builder = context
        .pool_builder(3)
        .initializer(count_start, (started.clone(), "initial".into()));
    let pool = builder.start().unwrap();
    assert_eq!(pool.map_chunked(square, 0..100, 1).unwrap().len(), 100);
    pool.close();
    pool.join().unwrap();
    let mut times = 0;
    while started.try_acquire() {
        times += 1;
    }
    assert_eq!(times, 3);
}

fn fail_always((): ()) {
    panic!("no licence");
}

fn failing_initializer(context: Context) {
    let pool = context
        .pool_builder(2)
        .initializer(fail_always, ())
        .start()
        .unwrap();
    let error = match pool.apply_async(square, 3) {
        Ok(result) => result.get(LATE).unwrap_err(),
        Err(error) => error,
    };
    assert!(error.is_broken_pool(), "{error}");
    assert!(error.to_string().contains("no licence"), "{error}");
    assert!(pool.apply(square, 3).unwrap_err().is_broken_pool());
    pool.join().unwrap();
}

fn close_and_join(context: Context) {
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

fn terminate(context: Context) {
    let pool = context.pool(2).unwrap();
    let semaphore = context.semaphore(0).unwrap();
    let items: Vec<_> = (0..10).map(|_| semaphore.clone()).collect();
    let result = pool
        .map_async_with(wait_for, items, Some(1), |_| (), |_| ())
        .unwrap();
    let mut iterator = pool.imap(wait_for, [semaphore.clone()], 1).unwrap();
    assert!(!result.wait(Some(Duration::from_millis(20))));
    let start = Instant::now();
    pool.terminate();
    pool.terminate();
    assert!(result.get(LATE).unwrap_err().is_worker_lost());
    assert!(iterator.next().unwrap().unwrap_err().is_worker_lost());
    assert!(iterator.next().is_none());
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(pool.apply(square, 1).unwrap_err().is_closed());
    // Threads cannot be ended, so they have to be let go.
    for _ in 0..2 {
        semaphore.release().unwrap();
    }
    pool.join().unwrap();
}

fn dropped(context: Context) {
    let before = mp::active_children().len();
    let pool = context.pool(3).unwrap();
    let result = pool.apply_async(square, 3).unwrap();
    assert_eq!(result.get(LATE).unwrap(), 9);
    drop(pool);
    if context.start_method() != StartMethod::Threads {
        assert_eq!(mp::active_children().len(), before);
    }
}

fn terminate_fifty(context: Context) {
    for round in 0..50 {
        let pool = context.pool(2).unwrap();
        let result = pool.map_async(square, 0..round * 20).unwrap();
        if round % 2 == 0 {
            assert_eq!(result.get(LATE).unwrap().len() as i64, round * 20);
        }
        pool.terminate();
        pool.join().unwrap();
        assert!(result.wait(LATE));
    }
}

fn meet(barrier: mp::Barrier) -> i64 {
    barrier.wait(LATE).unwrap();
    1
}

fn tasks_that_meet(context: Context) {
    let barrier = context.barrier(2).unwrap();
    let pool = context.pool(2).unwrap();
    let items: Vec<_> = (0..64).map(|_| barrier.clone()).collect();
    assert_eq!(pool.map_chunked(meet, items, 1).unwrap().len(), 64);
}

fn senseless(context: Context) {
    assert!(context.pool(0).unwrap_err().is_usage());
    assert!(context.pool(1 << 20).unwrap_err().is_usage());
    assert!(
        context
            .pool_builder(1)
            .max_tasks_per_child(0)
            .start()
            .unwrap_err()
            .is_usage()
    );
    let pool = context.pool(1).unwrap();
    assert!(pool.map_chunked(square, [1], 0).unwrap_err().is_usage());
    assert!(pool.imap(square, [1], 0).unwrap_err().is_usage());
}

fn workers_are_processes(context: Context) {
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
fn die(_: ()) -> i64 {
    std::process::abort()
}

fn dying_worker(context: Context) {
    let semaphore = context.semaphore(0).unwrap();
    let pool = context.pool(2).unwrap();
    let other = pool.apply_async(wait_for, semaphore.clone()).unwrap();
    let start = Instant::now();
    let error = pool.apply(die, ()).unwrap_err();
    assert!(error.is_worker_lost(), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
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

fn exiting_worker(context: Context) {
    let pool = context.pool(1).unwrap();
    let error = pool.apply(exit_three, ()).unwrap_err();
    assert!(error.is_worker_lost());
    assert!(error.to_string().contains("exit code 3"), "{error}");
    assert_eq!(pool.apply(square, 5).unwrap(), 25);
}

fn worker_with(pid: u32) -> mp::Process {
    let mut children = mp::active_children().into_iter();
    children
        .find(|child| child.pid() == Some(pid))
        .expect("the worker lives")
}

fn killed_idle(context: Context) {
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

fn random_kills(context: Context) {
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

fn max_tasks(context: Context) {
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

fn terminate_stopped(context: Context) {
    let pool = context.pool(1).unwrap();
    let worker = worker_with(pool.apply(pid, ()).unwrap());
    worker.pause().unwrap();
    let result = pool.apply_async(square, 1).unwrap();
    pool.terminate();
    pool.join().unwrap();
    assert!(result.get(LATE).unwrap_err().is_worker_lost());
}
