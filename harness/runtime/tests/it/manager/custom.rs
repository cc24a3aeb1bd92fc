//! The program's own types and functions in a manager.

use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use super::{LATE, SOON, run};
use mp::Context;

struct Counter(i64);

#[derive(Serialize, Deserialize)]
enum Ask {
    Add(i64),
    Panic,
}

impl mp::Custom for Counter {
    const NAME: &'static str = "Counter";
    type Init = i64;
    type Call = Ask;
    type Answer = i64;

    fn make(start: i64) -> Counter {
        assert!(start >= 0, "it starts below nothing");
        Counter(start)
    }

    fn call(&mut self, ask: Ask) -> i64 {
        match ask {
            Ask::Add(number) => self.0 += number,
            Ask::Panic => panic!("as it was asked to"),
        }
        self.0
    }
}

fn manager(context: Context) -> mp::Manager {
    let local = "127.0.0.1:0".parse().unwrap();
    let builder = context.manager_builder().address(&local).key(b"secret");
    builder.register::<Counter>().start().unwrap()
}

pub(super) fn counter(context: Context) {
    fn add(counter: mp::CustomProxy<Counter>) {
        for _ in 0..10 {
            counter.call(&Ask::Add(1)).unwrap();
        }
    }
    fn add_by_name(address: mp::Address) {
        let manager = mp::Manager::connect(&address, b"secret").unwrap();
        add(manager.shared("counter").unwrap());
        assert!(
            manager
                .shared::<mp::ListProxy<u8>>("counter")
                .unwrap_err()
                .is_usage()
        );
        // Another of its own, made by who only knows the address and the key.
        let another = manager.create::<Counter>(&5).unwrap();
        assert_eq!(another.call(&Ask::Add(1)).unwrap(), 6);
    }
    let manager = manager(context);
    let counter = manager.create::<Counter>(&100).unwrap();
    manager.share("counter", &counter).unwrap();
    run(context, add, counter.clone());
    run(context, add_by_name, manager.address());
    assert_eq!(counter.call(&Ask::Add(0)).unwrap(), 120);
}

pub(super) fn panics(context: Context) {
    let manager = manager(context);
    let counter = manager.create::<Counter>(&1).unwrap();
    let error = counter.call(&Ask::Panic).unwrap_err();
    assert!(
        error.is_remote() && error.to_string().contains("as it was asked to"),
        "{error}"
    );
    assert_eq!(counter.call(&Ask::Add(1)).unwrap(), 2);
    let error = manager.create::<Counter>(&-1).unwrap_err();
    assert!(
        error.is_remote() && error.to_string().contains("below nothing"),
        "{error}"
    );
}

pub(super) fn unknown(context: Context) {
    let manager = context.manager().unwrap();
    let error = manager.create::<Counter>(&1).unwrap_err();
    assert!(
        error.is_missing() && error.to_string().contains("`Counter`"),
        "{error}"
    );
    assert!(manager.pool(1, None).unwrap_err().is_missing());
    let manager = pooling(context);
    let pool = manager.pool(1, None).unwrap();
    let error = pool.apply::<u8, u8>("cube", &1).unwrap_err();
    assert!(
        error.is_missing() && error.to_string().contains("there are `die`"),
        "{error}"
    );
    assert!(manager.pool(1 << 40, None).unwrap_err().is_value());
    assert!(manager.pool(0, None).unwrap_err().is_usage());
}

/// Keeps proxies of objects of the same manager, and gives them out.
struct Shelf(Vec<mp::ListProxy<u8>>);

impl mp::Custom for Shelf {
    const NAME: &'static str = "Shelf";
    type Init = mp::ListProxy<u8>;
    type Call = usize;
    type Answer = Option<mp::ListProxy<u8>>;

    fn make(first: mp::ListProxy<u8>) -> Shelf {
        Shelf(vec![first])
    }

    fn call(&mut self, place: usize) -> Option<mp::ListProxy<u8>> {
        self.0.get(place).cloned()
    }
}

pub(super) fn proxies(context: Context) {
    fn take((shelf, list): (mp::CustomProxy<Shelf>, mp::ListProxy<u8>)) {
        let found = shelf.call(&0).unwrap().unwrap();
        assert_eq!(found, list);
        found.push(&7).unwrap();
        assert!(shelf.call(&1).unwrap().is_none());
    }
    let manager = context
        .manager_builder()
        .register::<Shelf>()
        .start()
        .unwrap();
    let list = manager.list().unwrap();
    let shelf = manager.create::<Shelf>(&list).unwrap();
    run(context, take, (shelf, list.clone()));
    assert_eq!(list.items().unwrap(), [7]);
}

fn square(number: i64) -> i64 {
    number * number
}

fn refuse(number: i64) -> i64 {
    panic!("{number} is refused")
}

fn die(_: ()) {
    std::process::abort()
}

fn wait((event, number): (mp::EventProxy, i64)) -> i64 {
    event.wait(LATE).unwrap();
    number
}

fn pooling(context: Context) -> mp::Manager {
    let builder = context.manager_builder().function("square", square);
    builder
        .function("wait", wait)
        .function("refuse", refuse)
        .function("die", die)
        .start()
        .unwrap()
}

pub(super) fn pool(context: Context) {
    fn use_it(pool: mp::PoolProxy) {
        assert_eq!(pool.apply::<i64, i64>("square", &5).unwrap(), 25);
    }
    let manager = pooling(context);
    let pool = manager.pool(2, None).unwrap();
    assert_eq!(pool.workers().unwrap(), 2);
    run(context, use_it, pool.clone());
    let items: Vec<i64> = (0..50).collect();
    let squares: Vec<i64> = items.iter().map(|item| item * item).collect();
    assert_eq!(pool.map::<_, i64>("square", &items, None).unwrap(), squares);
    assert_eq!(
        pool.map::<_, i64>("square", &items, Some(7)).unwrap(),
        squares
    );
    assert_eq!(pool.map::<i64, i64>("square", &[], None).unwrap(), []);
    assert!(
        pool.map::<_, i64>("square", &items, Some(0))
            .unwrap_err()
            .is_usage()
    );
    let later = pool.apply_async::<i64, i64>("square", &6).unwrap();
    assert!(later.wait(LATE).unwrap() && later.is_ready().unwrap());
    assert!(later.is_successful().unwrap());
    assert_eq!(
        (later.get(LATE).unwrap(), later.get(None).unwrap()),
        (36, 36)
    );
    let error = pool.apply::<i64, i64>("refuse", &6).unwrap_err();
    assert!(
        error.is_remote() && error.to_string().contains("6 is refused"),
        "{error}"
    );
    let error = pool.map::<i64, String>("square", &[1], None).unwrap_err();
    assert!(error.is_deserialize(), "{error}");
    assert!(pool.join().unwrap_err().is_usage());
    pool.close().unwrap();
    assert!(pool.apply::<i64, i64>("square", &5).is_err());
    pool.join().unwrap();
}

pub(super) fn one_by_one(context: Context) {
    fn take_one(results: mp::PoolResultsProxy<i64>) {
        assert_eq!(results.next_timeout(LATE).unwrap().unwrap(), 0);
    }
    let manager = pooling(context);
    let pool = manager.pool(2, None).unwrap();
    let items: Vec<i64> = (0..50).collect();
    let squares: Vec<i64> = items.iter().map(|item| item * item).collect();
    let results = pool.imap("square", &items, 3).unwrap();
    let found: mp::Result<Vec<i64>> = results.into_iter().collect();
    assert_eq!(found.unwrap(), squares);
    let results = pool.imap_unordered("square", &items, 1).unwrap();
    let mut found: Vec<i64> = results.into_iter().map(Result::unwrap).collect();
    found.sort_unstable();
    assert_eq!(found, squares);

    // Whoever asks next gets the next, in whatever process.
    let results = pool.imap("square", &items[..2], 1).unwrap();
    run(context, take_one, results.clone());
    assert_eq!(results.next_timeout(LATE).unwrap().unwrap(), 1);
    assert!(results.next_timeout(LATE).is_none());

    for chunk in [1, 2, 5] {
        let refused = pool.imap::<i64, i64>("refuse", &[1, 2, 3], chunk).unwrap();
        let refused: Vec<_> = refused.into_iter().map(Result::unwrap_err).collect();
        assert_eq!(refused.len(), 3, "{chunk}");
        assert!(refused.iter().all(mp::Error::is_remote), "{refused:?}");
    }
    let senseless = pool.imap::<i64, i64>("square", &[1], 0).unwrap_err();
    assert!(senseless.is_usage(), "{senseless}");

    let event = manager.event().unwrap();
    let results: mp::PoolResultsProxy<i64> = pool.imap("wait", &[(event.clone(), 7)], 1).unwrap();
    let early: mp::Error = results.next_timeout(SOON).unwrap().unwrap_err();
    assert!(early.is_timeout(), "{early}");
    event.set().unwrap();
    assert_eq!(results.next_timeout(LATE).unwrap().unwrap(), 7_i64);

    let mut results = pool
        .imap::<_, i64>("square", &items, 1)
        .unwrap()
        .into_iter();
    manager.shutdown();
    assert!(results.next().unwrap().unwrap_err().is_broken_pipe());
    assert!(results.next().is_none());
}

pub(super) fn lost_worker(context: Context) {
    if context.start_method() == mp::StartMethod::Threads {
        return;
    }
    let manager = pooling(context);
    let pool = manager.pool(1, None).unwrap();
    assert!(
        pool.apply::<(), ()>("die", &())
            .unwrap_err()
            .is_worker_lost()
    );
    assert_eq!(pool.apply::<i64, i64>("square", &3).unwrap(), 9);
    pool.terminate().unwrap();
    pool.join().unwrap();
}

pub(super) fn initializer(context: Context) {
    fn write(path: std::path::PathBuf) {
        std::fs::write(path, b"here").unwrap();
    }
    fn panics(_: ()) {
        panic!("it cannot begin")
    }
    fn refuses(_: ()) -> Result<(), String> {
        Err("it cannot begin".into())
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mark");
    let builder = context.manager_builder().initializer(write, &path);
    let manager = builder.start().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"here");
    manager.list::<u8>().unwrap().push(&1).unwrap();
    let builder = || context.manager_builder();
    for broken in [
        builder().initializer(panics, &()),
        builder().initializer(refuses, &()),
    ] {
        let error = broken.start().unwrap_err();
        assert!(
            error.is_remote() && error.to_string().contains("cannot begin"),
            "{error}"
        );
    }
}
