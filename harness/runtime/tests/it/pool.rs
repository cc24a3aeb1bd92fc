//! Pools of real workers, under each start method: how they start, close and end.

mod callbacks;
mod deaths;
mod each;
mod endings;
mod executor;
mod hanging;
mod input;
mod one_each;
mod patience;
mod results;

use std::time::Duration;

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use mp::{Context, StartMethod};

/// Longer than anything here takes; a test that waits so long has failed.
const LATE: Option<Duration> = Some(Duration::from_secs(20));

type Body = fn(Context);

const TRIALS: &[(&str, Body)] = &[
    (
        "map_keeps_the_order_of_its_items_for_each_chunk_size",
        results::map_keeps_order,
    ),
    ("an_empty_map_is_ready_at_once", results::empty_map),
    (
        "a_pool_does_more_tasks_than_its_ring_holds",
        results::many_tasks,
    ),
    (
        "tasks_begin_in_the_order_of_their_calls",
        results::calls_in_order,
    ),
    (
        "large_arguments_and_results_come_through",
        results::large_values,
    ),
    (
        "a_large_result_of_any_length_comes_through_beside_its_arguments",
        results::results_beside_arguments,
    ),
    (
        "lists_of_numbers_and_of_byte_vectors_come_through",
        results::lists,
    ),
    (
        "handles_travel_in_a_task_s_arguments",
        results::handles_in_tasks,
    ),
    (
        "handles_travel_in_a_task_s_result",
        results::handles_in_results,
    ),
    ("a_panic_is_an_error_and_the_worker_lives", results::a_panic),
    (
        "a_task_fails_with_an_error_of_the_caller_s_type",
        results::own_error,
    ),
    (
        "an_error_that_cannot_travel_fails_its_call_only",
        hanging::stubborn_errors,
    ),
    (
        "map_waits_for_every_chunk_before_it_fails",
        results::map_waits,
    ),
    (
        "a_failure_skips_the_rest_of_its_chunk_only",
        results::failure_skips,
    ),
    (
        "a_result_can_be_waited_for_and_asked_again",
        results::async_results,
    ),
    (
        "a_map_has_four_chunks_for_each_worker",
        results::good_chunks,
    ),
    (
        "a_value_that_cannot_be_sent_is_an_error_of_its_call",
        results::unsendable,
    ),
    ("callbacks_run_before_get_returns", callbacks::callbacks),
    (
        "a_callback_that_panics_does_not_stop_the_pool",
        callbacks::panicking_callback,
    ),
    (
        "imap_gives_results_in_order_and_errors_at_their_place",
        each::in_order,
    ),
    ("imap_unordered_gives_every_result_once", each::unordered),
    (
        "each_item_of_an_imap_has_one_result_or_one_error_for_each_chunk_size",
        one_each::errors_at_their_places,
    ),
    (
        "a_chunk_that_is_lost_with_its_worker_is_an_error_for_each_item",
        one_each::lost_chunks,
    ),
    (
        "numbers_and_handles_of_an_imap_come_one_by_one",
        one_each::numbers_and_handles,
    ),
    (
        "only_imap_unordered_gives_a_result_before_one_that_is_late",
        each::late_first,
    ),
    (
        "imap_asks_for_no_more_input_than_is_needed",
        each::back_pressure,
    ),
    (
        "an_input_may_wait_for_the_results_of_its_own_tasks",
        input::of_own_results,
    ),
    (
        "other_tasks_are_done_while_an_input_waits",
        input::beside_others,
    ),
    ("a_pool_ends_while_its_input_waits", input::of_an_ended_pool),
    (
        "results_that_nobody_takes_any_more_keep_no_pool_open",
        each::forgotten,
    ),
    (
        "a_closed_pool_ends_where_its_input_ends_later",
        each::input_ends_late,
    ),
    (
        "room_for_results_is_seen_beside_another_call",
        each::room_made_meanwhile,
    ),
    ("each_worker_runs_the_initializer_once", initializer),
    (
        "an_initializer_that_always_fails_breaks_the_pool",
        failing_initializer,
    ),
    (
        "a_closed_pool_refuses_tasks_and_finishes_what_it_has",
        endings::close_and_join,
    ),
    (
        "a_terminated_pool_fails_what_is_pending",
        endings::terminate,
    ),
    ("a_dropped_pool_ends_its_workers", endings::dropped),
    (
        "many_pools_in_a_row_are_terminated",
        endings::terminate_many,
    ),
    (
        "a_callback_may_terminate_its_pool",
        callbacks::terminating_callback,
    ),
    (
        "input_that_panics_ends_its_own_job_only",
        results::panicking_input,
    ),
    ("no_task_waits_beside_an_idle_worker", tasks_that_meet),
    ("senseless_pools_are_refused", senseless),
    ("a_future_is_a_result_or_an_error", executor::futures),
    (
        "a_future_that_waits_is_cancelled_and_never_runs",
        executor::cancelled,
    ),
    (
        "an_executor_cancels_all_that_waits",
        executor::cancelled_by_thousands,
    ),
    ("futures_are_waited_for_as_they_are_done", executor::waits),
    (
        "futures_are_given_in_the_order_in_which_they_are_done",
        executor::as_they_are_done,
    ),
    ("done_callbacks_may_use_their_executor", executor::callbacks),
    ("a_dropped_executor_finishes_what_it_has", executor::dropped),
    (
        "an_executor_whose_initializer_always_fails_is_broken",
        executor::broken,
    ),
    (
        "an_executor_goes_on_after_its_workers_last_tasks",
        executor::replaced,
    ),
    (
        "an_executor_gives_a_hundred_thousand_results_in_order",
        executor::many_futures,
    ),
    (
        "an_executor_goes_on_after_thousands_of_cancels",
        executor::after_cancels,
    ),
    (
        "a_terminated_executor_fails_what_is_pending",
        executor::terminated,
    ),
    ("a_task_of_an_executor_may_have_a_pool", executor::nested),
];

const PROCESS_TRIALS: &[(&str, Body)] = &[
    ("workers_are_other_processes", deaths::workers_are_processes),
    (
        "a_worker_that_dies_fails_its_own_task_at_once",
        deaths::dying_worker,
    ),
    (
        "a_task_that_hangs_is_waited_for_so_long_and_its_worker_killed",
        hanging::time_limit,
    ),
    (
        "a_worker_that_exits_fails_its_own_task",
        deaths::exiting_worker,
    ),
    (
        "an_interrupted_worker_fails_its_own_task",
        deaths::interrupted_worker,
    ),
    (
        "a_task_that_takes_too_long_is_ended_with_its_worker_alone",
        deaths::overdue,
    ),
    (
        "a_killed_idle_worker_leaves_the_pool_usable",
        deaths::killed_idle,
    ),
    (
        "workers_killed_while_they_start_leave_the_others_at_work",
        deaths::killed_starting,
    ),
    (
        "random_kills_fail_tasks_and_never_hang",
        deaths::random_kills,
    ),
    ("a_worker_is_replaced_after_its_tasks", deaths::max_tasks),
    (
        "a_worker_is_replaced_while_main_receives",
        patience::receives,
    ),
    ("a_worker_is_replaced_while_main_polls", patience::polls),
    (
        "a_worker_is_replaced_while_main_waits_for_many",
        patience::waits,
    ),
    (
        "a_worker_is_replaced_while_main_joins_a_feeder",
        patience::joins_a_feeder,
    ),
    (
        "a_worker_is_replaced_beside_an_input_that_waited",
        input::of_a_dying_worker,
    ),
    (
        "processes_are_started_beside_a_callback",
        callbacks::beside_a_start,
    ),
    (
        "processes_are_started_beside_an_input",
        input::beside_a_start,
    ),
    ("terminate_ends_a_stopped_worker", deaths::terminate_stopped),
    (
        "a_dying_worker_of_an_executor_fails_its_own_future",
        executor::dying_worker,
    ),
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

fn odd_only(x: i64) -> i64 {
    assert!(x % 2 == 1, "{x} is even");
    x
}

fn wait_for(semaphore: mp::Semaphore) -> i64 {
    assert!(semaphore.acquire_raw(LATE).unwrap());
    9
}

/// Starts a process and waits for its end.
fn start_one(context: &Context) -> mp::Result<bool> {
    context.process(|()| (), ()).start()?.join(LATE)
}

/// A fork is refused beside code of the program that waits.
fn check_refusal(context: &Context) {
    let started = start_one(context).map_err(|error| error.is_usage());
    let is_fork = context.start_method() == StartMethod::Fork;
    assert_eq!(started, if is_fork { Err(true) } else { Ok(true) });
}

/// Gives the number once the gate is open.
fn pass((gate, x): (mp::Semaphore, i64)) -> i64 {
    wait_for(gate);
    x
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

fn refuse_always((): ()) -> Result<(), &'static str> {
    Err("no licence")
}

fn failing_initializer(context: Context) {
    let builder = || context.pool_builder(2);
    is_broken(builder().initializer(fail_always, ()));
    is_broken(builder().initializer(refuse_always, ()));
}

fn is_broken(builder: mp::PoolBuilder) {
    let pool = builder.start().unwrap();
    let error = match pool.apply_async(square, 3) {
        Ok(result) => result.get(LATE).unwrap_err(),
        Err(error) => error,
    };
    assert!(error.is_broken_pool(), "{error}");
    assert!(error.to_string().contains("no licence"), "{error}");
    assert!(pool.apply(square, 3).unwrap_err().is_broken_pool());
    pool.join().unwrap();
}

fn meet(barrier: mp::Barrier) -> i64 {
    barrier.wait(LATE).unwrap();
    1
}

fn tasks_that_meet(context: Context) {
    tasks_that_meet_in(&context.pool(2).unwrap(), context);
}

/// Ends only when two workers are at work.
fn tasks_that_meet_in(pool: &mp::Pool, context: Context) {
    let barrier = context.barrier(2).unwrap();
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
    let unordered = pool.imap_unordered(square, [1], 0);
    assert!(unordered.unwrap_err().is_usage());
    let later = pool.map_async_with(square, [1], Some(0), |_| (), |_| ());
    assert!(later.unwrap_err().is_usage());
    let executor = context.executor(1).unwrap();
    assert!(executor.map(square, [1], 0).unwrap_err().is_usage());
}
