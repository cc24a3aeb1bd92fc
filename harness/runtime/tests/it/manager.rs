//! Managers: every class of object used by two processes, under each start method; over TCP with
//! a key; and what a stranger cannot do.

mod custom;
mod deaths;
mod gate;
mod memory;
mod remote;
mod waits;

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use mp::{Context, StartMethod};

const LATE: Option<Duration> = Some(Duration::from_secs(20));
const SOON: Option<Duration> = Some(Duration::from_millis(20));

type Body = fn(Context);

const TRIALS: &[(&str, Body)] = &[
    ("a_dict_is_one_for_two_processes", dict),
    ("a_list_is_one_for_two_processes", list),
    ("a_set_is_one_for_two_processes", set),
    ("a_list_does_what_python_s_does", python_list),
    (
        "a_type_of_the_program_s_own_is_used_by_two_processes",
        custom::counter,
    ),
    (
        "a_panic_in_a_type_of_the_program_s_own_is_that_call_s_error",
        custom::panics,
    ),
    (
        "a_type_that_is_not_registered_is_an_error_that_says_so",
        custom::unknown,
    ),
    (
        "an_answer_can_be_a_proxy_that_works_in_any_process",
        custom::proxies,
    ),
    ("a_pool_runs_registered_functions", custom::pool),
    ("a_pool_gives_results_one_by_one", custom::one_by_one),
    (
        "a_worker_of_a_managed_pool_that_dies_fails_its_own_task",
        custom::lost_worker,
    ),
    ("an_initializer_comes_first", custom::initializer),
    (
        "a_managed_pool_starts_beside_a_call_that_waits",
        gate::beside,
    ),
    (
        "a_lock_whose_holder_dies_says_so_until_it_is_reset",
        deaths::lock,
    ),
    (
        "an_rlock_and_a_condition_whose_holder_dies_say_so_until_reset",
        deaths::owned,
    ),
    ("a_lock_outlives_the_thread_that_took_it", deaths::thread),
    (
        "a_waiter_that_dies_takes_no_notification",
        deaths::first_waiter,
    ),
    (
        "a_waiter_that_dies_does_not_block_notify_all",
        deaths::waiter,
    ),
    ("a_manager_restarts_at_its_address_at_once", remote::restart),
    (
        "objects_taken_out_again_leave_nothing_behind",
        counted_when_nested,
    ),
    (
        "shared_memory_has_its_name_until_its_manager_ends",
        memory::blocks,
    ),
    (
        "a_shareable_list_of_a_manager_is_changed_by_another_process",
        memory::list,
    ),
    ("an_interrupt_is_not_for_a_manager", deaths::interrupt),
    ("calls_of_several_clients_go_on_at_once", waits::concurrent),
    ("a_namespace_is_one_for_two_processes", namespace),
    ("a_lock_excludes_another_process", waits::lock),
    ("an_rlock_knows_its_owner", waits::rlock),
    ("a_semaphore_counts_for_two_processes", waits::semaphore),
    ("a_condition_wakes_another_process", waits::condition),
    ("an_event_is_seen_by_another_process", waits::event),
    ("a_barrier_lets_two_processes_meet", waits::barrier),
    ("a_barrier_breaks_for_those_who_wait", waits::broken_barrier),
    ("a_queue_goes_between_two_processes", waits::queue),
    ("a_joinable_queue_waits_for_its_tasks", waits::joinable),
    (
        "a_value_and_an_array_are_changed_by_another_process",
        value_and_array,
    ),
    ("proxies_can_lie_in_managed_objects", nested),
    ("an_object_goes_with_its_last_proxy", counted),
    (
        "objects_are_found_by_name_with_address_and_key_alone",
        remote::remote,
    ),
    ("a_wrong_key_is_refused_on_both_sides", remote::wrong_key),
    (
        "a_stranger_who_stops_in_the_middle_keeps_nobody_waiting",
        remote::silent_stranger,
    ),
    (
        "nonsense_is_refused_and_the_manager_goes_on",
        remote::nonsense,
    ),
    (
        "a_manager_that_has_ended_is_an_error_that_says_so",
        remote::ended,
    ),
    ("a_manager_goes_with_its_last_clone", remote::dropped),
];

pub(crate) fn trials() -> Vec<Trial> {
    let trials = StartMethod::all().iter().flat_map(|method| {
        TRIALS.iter().map(move |(name, body)| {
            Trial::test(format!("{method}/manager/{name}"), move || {
                body(Context::new(*method)?);
                Ok(())
            })
        })
    });
    trials.collect()
}

/// Runs a function in another process and waits for its good end.
fn run<A: mp::Message>(context: Context, function: fn(A), argument: A) {
    let process = context.process(function, argument).start().unwrap();
    assert!(process.join(LATE).unwrap(), "the process does not end");
    assert_eq!(process.exit_code().unwrap(), Some(0));
}

fn dict(context: Context) {
    fn fill(dict: mp::DictProxy<String, u32>) {
        dict.insert(&"two".into(), &2).unwrap();
        dict.insert(&"one".into(), &10).unwrap();
        assert_eq!(dict.get(&"none".into()).unwrap(), None);
    }
    let manager = context.manager().unwrap();
    let dict = manager.dict().unwrap();
    dict.insert(&"one".into(), &1).unwrap();
    run(context, fill, dict.clone());
    assert_eq!(
        dict.items().unwrap(),
        [("one".to_owned(), 10), ("two".to_owned(), 2)]
    );
    assert_eq!(dict.get_or_insert(&"three".into(), &3).unwrap(), 3);
    assert_eq!(dict.get_or_insert(&"three".into(), &4).unwrap(), 3);
    assert!(dict.contains_key(&"two".into()).unwrap());
    assert_eq!(dict.remove(&"two".into()).unwrap(), Some(2));
    assert_eq!(dict.remove(&"two".into()).unwrap(), None);
    dict.update([(&"one".to_owned(), &5), (&"four".to_owned(), &4)])
        .unwrap();
    assert_eq!(dict.keys().unwrap(), ["one", "three", "four"]);
    assert_eq!(dict.values().unwrap(), [5, 3, 4]);
    assert_eq!(dict.pop_last().unwrap(), Some(("four".to_owned(), 4)));
    assert_eq!(dict.len().unwrap(), 2);
    dict.clear().unwrap();
    assert!(dict.is_empty().unwrap() && dict.pop_last().unwrap().is_none());
}

fn list(context: Context) {
    fn reverse(list: mp::ListProxy<i64>) {
        list.reverse().unwrap();
        list.push(&7).unwrap();
    }
    let manager = context.manager().unwrap();
    let list = manager.list().unwrap();
    list.extend(&[1, 2, 3]).unwrap();
    run(context, reverse, list.clone());
    assert_eq!(list.items().unwrap(), [3, 2, 1, 7]);
    list.sort().unwrap();
    assert_eq!(list.items().unwrap(), [1, 2, 3, 7]);
    assert_eq!((list.get(0).unwrap(), list.get(-1).unwrap()), (1, 7));
    assert!(list.get(4).unwrap_err().is_index() && list.get(-5).unwrap_err().is_index());
    list.set(-1, &8).unwrap();
    list.insert(0, &0).unwrap();
    list.insert(99, &9).unwrap();
    list.insert(-1, &5).unwrap();
    assert_eq!(list.items().unwrap(), [0, 1, 2, 3, 8, 5, 9]);
    assert_eq!(list.pop(-1).unwrap(), 9);
    assert_eq!(list.position(|item| *item == 8).unwrap(), 4);
    assert_eq!(list.remove_first(|item| *item == 8).unwrap(), 8);
    assert!(list.position(|item| *item == 8).unwrap_err().is_value());
    list.replace_all(&[4]).unwrap();
    assert_eq!(list.len().unwrap(), 1);
    list.clear().unwrap();
    assert!(list.is_empty().unwrap() && list.pop(0).unwrap_err().is_index());
}

fn set(context: Context) {
    fn fill(set: mp::SetProxy<u8>) {
        assert!(set.insert(&2).unwrap() && !set.insert(&1).unwrap());
    }
    let manager = context.manager().unwrap();
    let set = manager.set().unwrap();
    assert!(set.insert(&1).unwrap());
    run(context, fill, set.clone());
    assert_eq!(set.items().unwrap(), [1, 2]);
    assert!(set.contains(&2).unwrap() && !set.contains(&3).unwrap());
    set.remove(&2).unwrap();
    assert!(set.remove(&2).unwrap_err().is_key() && !set.discard(&2).unwrap());
    set.update(&[3, 4, 5, 3]).unwrap();
    assert_eq!(set.items().unwrap(), [1, 3, 4, 5]);
    set.intersection_update(&[3, 4, 9]).unwrap();
    set.symmetric_difference_update(&[4, 7]).unwrap();
    assert_eq!(set.items().unwrap(), [3, 7]);
    set.difference_update(&[7]).unwrap();
    assert!(set.is_subset(&[3, 4]).unwrap() && !set.is_subset(&[4]).unwrap());
    assert!(set.is_superset(&[3]).unwrap() && !set.is_superset(&[3, 4]).unwrap());
    assert!(set.is_disjoint(&[4]).unwrap() && !set.is_disjoint(&[3]).unwrap());
    assert_eq!((set.len().unwrap(), set.pop().unwrap()), (1, 3));
    assert!(set.is_empty().unwrap() && set.pop().unwrap_err().is_key());
    set.insert(&1).unwrap();
    set.clear().unwrap();
    assert!(set.is_empty().unwrap());
}

fn python_list(context: Context) {
    let manager = context.manager().unwrap();
    let list = manager.list().unwrap();
    list.extend(&[0, 1, 2, 3, 1]).unwrap();
    assert_eq!(list.slice(Some(1), Some(-1)).unwrap(), [1, 2, 3]);
    assert_eq!(list.slice(None, Some(99)).unwrap(), [0, 1, 2, 3, 1]);
    assert_eq!(list.slice(Some(3), Some(1)).unwrap(), []);
    assert_eq!((list.count(&1).unwrap(), list.count(&7).unwrap()), (2, 0));
    assert!(list.contains(&3).unwrap() && !list.contains(&7).unwrap());
    assert_eq!(list.reversed().unwrap(), [1, 3, 2, 1, 0]);
    list.splice(Some(1), Some(3), &[8, 8, 8]).unwrap();
    assert_eq!(list.items().unwrap(), [0, 8, 8, 8, 3, 1]);
    list.splice(Some(-2), None, &[]).unwrap();
    list.remove(0).unwrap();
    assert!(list.remove(9).unwrap_err().is_index());
    list.repeat(2).unwrap();
    assert_eq!(list.items().unwrap(), [8; 6]);
    assert!(list.repeat(1 << 62).unwrap_err().is_value());
    list.repeat(0).unwrap();
    assert!(list.is_empty().unwrap());
    let dict = manager.dict::<u8, u8>().unwrap();
    assert!(dict.item(&1).unwrap_err().is_key() && dict.pop(&1).unwrap_err().is_key());
    dict.insert(&1, &2).unwrap();
    assert_eq!((dict.item(&1).unwrap(), dict.pop(&1).unwrap()), (2, 2));
}

fn namespace(context: Context) {
    fn set(namespace: mp::NamespaceProxy) {
        assert_eq!(namespace.get::<i32>("x").unwrap(), 1);
        namespace.set("y", &"text".to_owned()).unwrap();
    }
    let manager = context.manager().unwrap();
    let namespace = manager.namespace().unwrap();
    namespace.set("x", &1).unwrap();
    run(context, set, namespace.clone());
    assert_eq!(namespace.get::<String>("y").unwrap(), "text");
    assert_eq!(namespace.names().unwrap(), ["x", "y"]);
    namespace.remove("x").unwrap();
    assert!(namespace.get::<i32>("x").unwrap_err().is_missing());
    assert!(namespace.remove("x").unwrap_err().is_missing());
}

fn value_and_array(context: Context) {
    fn change((value, array): (mp::ValueProxy<f64>, mp::ArrayProxy<i32>)) {
        value.set(&2.5).unwrap();
        for index in 0..array.len().unwrap() as i64 {
            array.set(index, &-array.get(index).unwrap()).unwrap();
        }
    }
    let manager = context.manager().unwrap();
    let value = manager.value(&0.0).unwrap();
    let array = manager.array(&[0, 1, 2]).unwrap();
    run(context, change, (value.clone(), array.clone()));
    assert_eq!(value.get().unwrap(), 2.5);
    assert_eq!(array.items().unwrap(), [0, -1, -2]);
    assert!(array.get(3).unwrap_err().is_index());
}

fn nested(context: Context) {
    fn append(outer: mp::DictProxy<String, mp::ListProxy<u8>>) {
        let inner = outer.get(&"inner".into()).unwrap().unwrap();
        inner.push(&2).unwrap();
    }
    let manager = context.manager().unwrap();
    let outer = manager.dict().unwrap();
    let inner = manager.list().unwrap();
    inner.push(&1).unwrap();
    outer.insert(&"inner".to_owned(), &inner).unwrap();
    drop(inner);
    assert_eq!(manager.count().unwrap(), 2, "the dict keeps the list");
    run(context, append, outer.clone());
    let inner = outer.get(&"inner".to_owned()).unwrap().unwrap();
    assert_eq!(inner.items().unwrap(), [1, 2]);
}

fn counted(context: Context) {
    let manager = context.manager().unwrap();
    let list = manager.list::<u8>().unwrap();
    let same = list.clone();
    assert_eq!(manager.count().unwrap(), 1);
    fn pass(list: mp::ListProxy<u8>) {
        list.push(&1).unwrap();
    }
    run(context, pass, list.clone());
    drop(list);
    assert_eq!(same.items().unwrap(), [1]);
    drop(same);
    // A copy of this process has only borrowed the list, until the manager sees that it has ended:
    // that may be a moment after its parent has.
    let deadline = Instant::now() + LATE.unwrap();
    while manager.count().unwrap() > 0 {
        assert!(Instant::now() < deadline, "the object stays");
        std::thread::yield_now();
    }
}

/// CPython loses count of proxies that are put into an object and taken out again.
fn counted_when_nested(context: Context) {
    let manager = context.manager().unwrap();
    let outer = manager.list::<mp::ListProxy<u8>>().unwrap();
    for _ in 0..5 {
        let inner = manager.list::<u8>().unwrap();
        outer.push(&inner).unwrap();
        drop(inner);
        outer.get(0).unwrap().push(&1).unwrap();
        assert_eq!(manager.count().unwrap(), 2);
        drop(outer.pop(-1).unwrap());
        assert_eq!(manager.count().unwrap(), 1);
    }
}
