//! Managers: every class of object used by two processes, under each start method; over TCP with
//! a key; and what a stranger cannot do.

use std::io::{Read, Write};
use std::net::TcpStream;
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
    ("a_namespace_is_one_for_two_processes", namespace),
    ("a_lock_excludes_another_process", lock),
    ("an_rlock_knows_its_owner", rlock),
    ("a_semaphore_counts_for_two_processes", semaphore),
    ("a_condition_wakes_another_process", condition),
    ("an_event_is_seen_by_another_process", event),
    ("a_barrier_lets_two_processes_meet", barrier),
    ("a_barrier_breaks_for_those_who_wait", broken_barrier),
    ("a_queue_goes_between_two_processes", queue),
    ("a_joinable_queue_waits_for_its_tasks", joinable),
    (
        "a_value_and_an_array_are_changed_by_another_process",
        value_and_array,
    ),
    ("proxies_can_lie_in_managed_objects", nested),
    ("an_object_goes_with_its_last_proxy", counted),
    (
        "objects_are_found_by_name_with_address_and_key_alone",
        remote,
    ),
    ("a_wrong_key_is_refused_on_both_sides", wrong_key),
    (
        "a_stranger_who_stops_in_the_middle_keeps_nobody_waiting",
        silent_stranger,
    ),
    ("nonsense_is_refused_and_the_manager_goes_on", nonsense),
    ("a_manager_that_has_ended_is_an_error_that_says_so", ended),
    ("a_manager_goes_with_its_last_clone", dropped),
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

fn lock(context: Context) {
    fn try_and_release(lock: mp::LockProxy) {
        assert!(!lock.try_acquire().unwrap());
        assert!(!lock.acquire_raw(SOON).unwrap());
        lock.release().unwrap();
    }
    let manager = context.manager().unwrap();
    let lock = manager.lock().unwrap();
    assert!(lock.acquire_raw(None).unwrap());
    run(context, try_and_release, lock.clone());
    drop(lock.acquire().unwrap());
    assert!(lock.try_acquire().unwrap());
    lock.release().unwrap();
    assert!(lock.release().unwrap_err().is_over_release());
}

fn rlock(context: Context) {
    fn not_mine(lock: mp::RLockProxy) {
        assert!(!lock.try_acquire().unwrap());
        assert!(lock.release().unwrap_err().is_not_owner());
    }
    let manager = context.manager().unwrap();
    let lock = manager.rlock().unwrap();
    let once = lock.acquire().unwrap();
    let twice = lock.acquire().unwrap();
    run(context, not_mine, lock.clone());
    drop(twice);
    run(context, not_mine, lock.clone());
    drop(once);
    assert!(lock.release().unwrap_err().is_not_owner());
}

fn semaphore(context: Context) {
    fn take(semaphore: mp::SemaphoreProxy) {
        assert!(semaphore.try_acquire().unwrap());
        assert!(!semaphore.acquire_raw(SOON).unwrap());
    }
    let manager = context.manager().unwrap();
    let semaphore = manager.semaphore(2).unwrap();
    assert!(semaphore.try_acquire().unwrap());
    run(context, take, semaphore.clone());
    for _ in 0..3 {
        semaphore.release().unwrap();
    }
    let bounded = manager.bounded_semaphore(1).unwrap();
    assert!(bounded.release().unwrap_err().is_over_release());
    assert!(bounded.try_acquire().unwrap() && !bounded.try_acquire().unwrap());
    bounded.release().unwrap();
}

fn condition(context: Context) {
    fn answer((condition, value): (mp::ConditionProxy, mp::ValueProxy<u32>)) {
        let held = condition.acquire().unwrap();
        assert!(
            condition
                .wait_for(|| value.get().unwrap() == 1, LATE)
                .unwrap()
        );
        value.set(&2).unwrap();
        condition.notify_all().unwrap();
        drop(held);
    }
    let manager = context.manager().unwrap();
    let condition = manager.condition().unwrap();
    let value = manager.value(&0).unwrap();
    assert!(condition.notify(1).unwrap_err().is_not_owner());
    assert!(condition.wait(SOON).unwrap_err().is_not_owner());
    let process = context
        .process(answer, (condition.clone(), value.clone()))
        .start()
        .unwrap();
    let held = condition.acquire().unwrap();
    assert!(!condition.wait(SOON).unwrap());
    value.set(&1).unwrap();
    condition.notify(1).unwrap();
    assert!(
        condition
            .wait_for(|| value.get().unwrap() == 2, LATE)
            .unwrap()
    );
    drop(held);
    assert!(process.join(LATE).unwrap());
    assert_eq!(process.exit_code().unwrap(), Some(0));
}

fn event(context: Context) {
    fn wait_and_clear((event, seen): (mp::EventProxy, mp::EventProxy)) {
        assert!(event.wait(LATE).unwrap());
        event.clear().unwrap();
        seen.set().unwrap();
    }
    let manager = context.manager().unwrap();
    let (event, seen) = (manager.event().unwrap(), manager.event().unwrap());
    assert!(!event.is_set().unwrap() && !event.wait(SOON).unwrap());
    let pair = (event.clone(), seen.clone());
    let process = context.process(wait_and_clear, pair).start().unwrap();
    event.set().unwrap();
    assert!(seen.wait(LATE).unwrap());
    assert!(!event.is_set().unwrap());
    assert!(process.join(LATE).unwrap());
}

fn barrier(context: Context) {
    fn meet((barrier, sum): (mp::BarrierProxy, mp::QueueProxy<usize>)) {
        for _ in 0..3 {
            sum.put(&barrier.wait(LATE).unwrap()).unwrap();
        }
    }
    let manager = context.manager().unwrap();
    let barrier = manager.barrier(2).unwrap();
    let numbers = manager.queue(None).unwrap();
    let pair = (barrier.clone(), numbers.clone());
    let process = context.process(meet, pair.clone()).start().unwrap();
    meet(pair);
    assert!(process.join(LATE).unwrap());
    let sum: usize = (0..6).map(|_| numbers.try_get().unwrap()).sum();
    assert_eq!(sum, 3, "each time one is 0 and one is 1");
    assert_eq!(barrier.parties().unwrap(), 2);
    assert!(manager.barrier(0).unwrap_err().is_usage());
}

fn broken_barrier(context: Context) {
    fn fail_to_meet(barrier: mp::BarrierProxy) {
        assert!(barrier.wait(LATE).unwrap_err().is_broken_barrier());
    }
    let manager = context.manager().unwrap();
    let barrier = manager.barrier(2).unwrap();
    for ending in [mp::BarrierProxy::abort, mp::BarrierProxy::reset] {
        let process = context
            .process(fail_to_meet, barrier.clone())
            .start()
            .unwrap();
        let deadline = Instant::now() + LATE.unwrap();
        while barrier.waiting().unwrap() == 0 {
            assert!(Instant::now() < deadline, "nobody comes");
            std::thread::yield_now();
        }
        ending(&barrier).unwrap();
        assert!(process.join(LATE).unwrap());
        assert_eq!(process.exit_code().unwrap(), Some(0));
        barrier.reset().unwrap();
    }
    assert!(barrier.wait(SOON).unwrap_err().is_broken_barrier());
    assert!(barrier.is_broken().unwrap());
    assert!(barrier.wait(None).unwrap_err().is_broken_barrier());
}

fn queue(context: Context) {
    fn echo((inbox, outbox): (mp::QueueProxy<i64>, mp::QueueProxy<i64>)) {
        for _ in 0..3 {
            outbox
                .put(&(inbox.get_timeout(LATE.unwrap()).unwrap() * 2))
                .unwrap();
        }
    }
    let manager = context.manager().unwrap();
    let (inbox, outbox) = (manager.queue(None).unwrap(), manager.queue(None).unwrap());
    let process = context
        .process(echo, (inbox.clone(), outbox.clone()))
        .start()
        .unwrap();
    for item in 1..=3 {
        inbox.put(&item).unwrap();
        assert_eq!(outbox.get().unwrap(), item * 2);
    }
    assert!(process.join(LATE).unwrap());
    assert!(outbox.try_get().unwrap_err().is_empty());
    assert!(outbox.get_timeout(SOON.unwrap()).unwrap_err().is_empty());
    let bounded = manager.queue(Some(1)).unwrap();
    bounded.try_put(&"one".to_owned()).unwrap();
    assert!(bounded.is_full().unwrap() && bounded.len().unwrap() == 1);
    assert!(bounded.try_put(&"two".to_owned()).unwrap_err().is_full());
    assert!(
        bounded
            .put_timeout(&"two".to_owned(), SOON.unwrap())
            .unwrap_err()
            .is_full()
    );
    assert_eq!(bounded.get().unwrap(), "one");
}

fn joinable(context: Context) {
    fn work(queue: mp::JoinableQueueProxy<u8>) {
        for _ in 0..2 {
            queue.get().unwrap();
            queue.task_done().unwrap();
        }
    }
    let manager = context.manager().unwrap();
    let queue = manager.joinable_queue(None).unwrap();
    queue.put(&1).unwrap();
    queue.put(&2).unwrap();
    assert!(!queue.join(SOON).unwrap());
    let process = context.process(work, queue.clone()).start().unwrap();
    assert!(queue.join(LATE).unwrap());
    assert!(process.join(LATE).unwrap());
    assert!(queue.task_done().unwrap_err().is_over_release());
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
    assert_eq!(manager.count().unwrap(), 0);
}

fn local() -> mp::Address {
    "127.0.0.1:0".parse().unwrap()
}

fn remote(context: Context) {
    fn by_name(address: mp::Address) {
        let manager = mp::Manager::connect(&address, b"secret").unwrap();
        let list = manager.shared_list::<i64>("numbers").unwrap();
        assert_eq!(list.items().unwrap(), [1]);
        list.push(&2).unwrap();
        assert!(
            manager
                .shared_dict::<u8, u8>("numbers")
                .unwrap_err()
                .is_usage()
        );
        assert!(
            manager
                .shared_list::<i64>("letters")
                .unwrap_err()
                .is_missing()
        );
    }
    let manager = context.manager_at(&local(), b"secret").unwrap();
    assert!(matches!(manager.address(), mp::Address::Tcp(address) if address.port() != 0));
    let list = manager.list().unwrap();
    list.push(&1).unwrap();
    manager.share("numbers", &list).unwrap();
    run(context, by_name, manager.address());
    assert_eq!(list.items().unwrap(), [1, 2]);
    let another = context.manager().unwrap();
    assert!(another.share("numbers", &list).unwrap_err().is_usage());
}

fn wrong_key(context: Context) {
    let manager = context.manager_at(&local(), b"secret").unwrap();
    for guess in [&b"guess"[..], b"", b"secret "] {
        assert!(
            mp::Manager::connect(&manager.address(), guess)
                .unwrap_err()
                .is_auth()
        );
    }
    let listener = mp::Listener::bind(&local(), Some(b"secret")).unwrap();
    let address = listener.address().clone();
    fn guess(address: mp::Address) {
        let error = mp::Client::connect::<u8, u8>(&address, Some(b"guess")).unwrap_err();
        assert!(error.is_auth());
    }
    let process = context.process(guess, address).start().unwrap();
    assert!(listener.accept::<u8, u8>().unwrap_err().is_auth());
    assert!(process.join(LATE).unwrap());
    assert_eq!(process.exit_code().unwrap(), Some(0));
}

fn tcp(address: &mp::Address) -> TcpStream {
    let stream = TcpStream::connect(address.to_string()).unwrap();
    stream.set_read_timeout(LATE).unwrap();
    stream
}

fn silent_stranger(context: Context) {
    let manager = context.manager_at(&local(), b"secret").unwrap();
    let mut strangers: Vec<_> = (0..20).map(|_| tcp(&manager.address())).collect();
    let start = Instant::now();
    let friend = mp::Manager::connect(&manager.address(), b"secret").unwrap();
    friend.list::<u8>().unwrap().push(&1).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
    // Each was only asked, and nothing that it says instead of an answer is believed.
    let mut first = [0; 15];
    strangers[0].read_exact(&mut first).unwrap();
    assert_eq!(&first[4..], b"#CHALLENGE#");
}

fn nonsense(context: Context) {
    let manager = context.manager_at(&local(), b"secret").unwrap();
    let long = [&[255_u8; 4][..], &(1_u64 << 62).to_be_bytes()].concat();
    for said in [
        &long[..],
        &[0x7f, 255, 255, 255],
        &[0, 0, 0, 0],
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let mut stream = tcp(&manager.address());
        stream.write_all(said).unwrap();
        // It is told that it failed, or nothing, and then the end.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    // One who knows the key and then talks nonsense loses its own connection only.
    for said in [&long[..], &[0, 0, 0, 3, 9, 9, 9], &[0, 0, 0, 0]] {
        let mp::Address::Tcp(address) = manager.address() else {
            panic!("it is on TCP");
        };
        let client = mp::Client::connect::<u8, u8>(&address.into(), Some(b"secret")).unwrap();
        client.send_bytes(said).unwrap();
        assert!(client.poll(LATE).unwrap());
        assert!(client.recv_bytes().is_err());
    }
    manager.list::<u8>().unwrap().push(&1).unwrap();
}

fn ended(context: Context) {
    let manager = context.manager().unwrap();
    let list = manager.list::<u8>().unwrap();
    list.push(&1).unwrap();
    manager.shutdown();
    manager.shutdown();
    assert!(list.push(&2).unwrap_err().is_broken_pipe());
    assert!(list.len().unwrap_err().is_broken_pipe());
    assert!(manager.dict::<u8, u8>().unwrap_err().is_broken_pipe());
    let nobody = "127.0.0.1:1".parse().unwrap();
    assert!(
        mp::Manager::connect(&nobody, b"secret")
            .unwrap_err()
            .is_broken_pipe()
    );
}

fn dropped(context: Context) {
    let before = mp::active_children().len();
    let manager = context.manager().unwrap();
    let list = manager.clone().list::<u8>().unwrap();
    list.push(&1).unwrap();
    drop(manager);
    assert!(list.push(&2).unwrap_err().is_broken_pipe());
    if context.start_method() != StartMethod::Threads {
        assert_eq!(mp::active_children().len(), before);
    }
}
