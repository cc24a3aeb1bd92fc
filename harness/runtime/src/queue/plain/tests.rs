//! What a queue promises inside one process; between processes it is tested from outside.

use std::time::Duration;

use crate::{Context, Queue, StartMethod, Transport};

const LONG: Duration = Duration::from_secs(30);

/// A queue over each transport.
fn queues<T: crate::Message>(bound: Option<usize>) -> [Queue<T>; 2] {
    let context = Context::new(StartMethod::Spawn).unwrap();
    [Transport::Ring, Transport::Pipe]
        .map(|transport| context.queue_over(transport, bound).unwrap())
}

#[test]
fn values_come_out_in_the_order_they_were_put() {
    for queue in queues::<u32>(None) {
        for value in 0..10_000 {
            queue.put(value).unwrap();
        }
        for value in 0..10_000 {
            assert_eq!(queue.get_timeout(LONG).unwrap(), value);
        }
        assert!(queue.is_empty().unwrap());
        assert!(queue.try_get().unwrap_err().is_empty());
    }
}

#[test]
fn values_of_every_size_come_out_whole() {
    for queue in queues::<Vec<u8>>(None) {
        let sizes = [
            0,
            1,
            500,
            4084,
            4085,
            4086,
            4087,
            4088,
            4096,
            5000,
            70_000,
            3,
            1 << 20,
            17,
        ];
        for (fill, size) in sizes.into_iter().enumerate() {
            queue.put(vec![fill as u8; size]).unwrap();
        }
        for (fill, size) in sizes.into_iter().enumerate() {
            let value = queue.get_timeout(LONG).unwrap();
            assert!(value == vec![fill as u8; size], "{size} bytes");
        }
    }
}

#[test]
fn a_bounded_queue_is_full_until_a_value_is_taken() {
    for queue in queues::<u8>(Some(2)) {
        queue.put(1).unwrap();
        queue.try_put(2).unwrap();
        assert!(queue.is_full() && queue.len() == 2);
        assert!(queue.try_put(3).unwrap_err().is_full());
        let soon = Duration::from_millis(2);
        assert!(queue.put_timeout(3, soon).unwrap_err().is_full());
        assert_eq!(queue.get_timeout(LONG).unwrap(), 1);
        queue.try_put(3).unwrap();
        assert_eq!(queue.get_timeout(LONG).unwrap(), 2);
        assert_eq!(queue.get_timeout(LONG).unwrap(), 3);
        assert_eq!(queue.len(), 0);
    }
}

#[test]
fn nothing_is_put_or_taken_after_close_and_what_was_put_is_written() {
    for queue in queues::<u8>(None) {
        assert!(queue.join_thread().unwrap_err().is_usage());
        queue.put(1).unwrap();
        queue.close();
        queue.close();
        assert!(queue.put(2).unwrap_err().is_closed());
        assert!(queue.get().unwrap_err().is_closed());
        queue.join_thread().unwrap();
        assert!(!queue.is_empty().unwrap());
    }
}

#[test]
fn a_value_that_is_put_on_many_threads_is_taken_once() {
    for queue in queues::<u32>(Some(7)) {
        let mut taken: Vec<u32> = std::thread::scope(|scope| {
            for first in 0..4 {
                let queue = queue.clone();
                scope.spawn(move || {
                    for value in 0..500 {
                        queue.put_timeout(first * 1000 + value, LONG).unwrap();
                    }
                });
            }
            let getters: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let get = |_| queue.get_timeout(LONG).unwrap();
                        (0..500).map(get).collect::<Vec<_>>()
                    })
                })
                .collect();
            getters
                .into_iter()
                .flat_map(|getter| getter.join().unwrap())
                .collect()
        });
        taken.sort_unstable();
        let all: Vec<u32> = (0..4)
            .flat_map(|first| first * 1000..first * 1000 + 500)
            .collect();
        assert_eq!(taken, all);
    }
}

#[test]
fn values_of_any_size_that_many_take_come_out_whole_once_and_in_order() {
    // Small ones lie in the ring, the last size lies outside and has a handle.
    const SIZES: [usize; 5] = [0, 9, 300, 5_000, 40_000];
    const PUTTERS: u32 = 3;
    const EACH: u32 = 300;
    let value = |putter: u32, number: u32| {
        let size = SIZES[(putter + number) as usize % SIZES.len()];
        (putter, number, vec![(putter ^ number) as u8; size])
    };
    for queue in queues::<(u32, u32, Vec<u8>)>(None) {
        let take = || {
            let (putter, number, bytes) = queue.get_timeout(LONG).unwrap();
            assert_eq!(bytes, value(putter, number).2);
            (putter, number)
        };
        let taken: Vec<Vec<(u32, u32)>> = std::thread::scope(|scope| {
            for putter in 0..PUTTERS {
                let queue = queue.clone();
                let put = move |number| queue.put(value(putter, number)).unwrap();
                scope.spawn(move || (0..EACH).for_each(put));
            }
            let takers: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| (0..EACH).map(|_| take()).collect()))
                .collect();
            let joined = takers.into_iter().map(|taker| taker.join().unwrap());
            joined.collect()
        });
        for one in &taken {
            for putter in 0..PUTTERS {
                let own = one.iter().filter(|(from, _)| *from == putter);
                assert!(own.is_sorted(), "{one:?}");
            }
        }
        let mut all = taken.concat();
        all.sort_unstable();
        let put = (0..PUTTERS).flat_map(|putter| (0..EACH).map(move |number| (putter, number)));
        assert!(all.into_iter().eq(put));
        assert!(queue.is_empty().unwrap());
    }
}

#[test]
fn a_queue_travels_inside_a_queue_and_is_the_same_queue() {
    for (outer, inner) in queues::<Queue<u8>>(None)
        .into_iter()
        .zip(queues::<u8>(None))
    {
        outer.put(inner.clone()).unwrap();
        let arrived = outer.get_timeout(LONG).unwrap();
        arrived.put(5).unwrap();
        assert_eq!(inner.get_timeout(LONG).unwrap(), 5);
        assert!(std::sync::Arc::ptr_eq(&inner.outbox, &arrived.outbox));
    }
}

#[test]
fn values_of_every_size_come_out_with_their_own_handles() {
    let context = Context::new(StartMethod::Spawn).unwrap();
    // About what is one write of a pipe, what a ring holds, and what either has in pieces.
    let sizes = [
        0, 1, 490, 500, 4050, 4060, 4070, 4075, 4080, 4085, 4090, 32_700, 32_760, 100_000,
    ];
    for queue in queues::<(Vec<u8>, Vec<crate::RawValue<u32>>)>(None) {
        let mut expected = Vec::new();
        for (number, size) in (0_u32..).zip(sizes) {
            // Every third has none.
            let handles = (0..number % 3).map(|_| context.raw_value(number).unwrap());
            queue
                .put((vec![number as u8; size], handles.collect()))
                .unwrap();
            expected.push((number, size));
        }
        for (number, size) in expected {
            let (bytes, handles) = queue.get_timeout(LONG).unwrap();
            assert!(bytes == vec![number as u8; size], "{size} bytes");
            assert_eq!(handles.len(), number as usize % 3);
            assert!(handles.iter().all(|handle| handle.get() == number));
        }
    }
}
