//! Copies that are made in what a pool or a manager calls, and come back from there.

use std::sync::mpsc;

use fork::Fork;
use libtest_mimic::Trial;
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use super::{copied, copy_ends};
use crate::start::itself;
use crate::{Outcome, SOON, each, each_process, expect, hold};

pub(crate) fn trials() -> Vec<Trial> {
    [
        each_process("a_task_that_copies_its_process_answers_once", in_task),
        each(
            "a_callback_that_copies_its_process_is_called_once",
            in_callback,
        ),
        each_process("a_worker_s_death_is_seen_beside_its_copy", beside_copy),
        each_process(
            "a_manager_s_object_that_copies_its_process_answers_once",
            in_manager,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Both come back.
fn doubles(item: i32) -> i32 {
    match fork::fork() {
        Ok(Fork::Child) => -1,
        Ok(Fork::Parent(pid)) => match copy_ends(pid, 0) {
            Ok(()) => 2 * item,
            Err(_) => -2,
        },
        Err(_) => -3,
    }
}

fn in_task(context: mp::Context) -> Outcome {
    let pool = context.pool(2)?;
    for _ in 0..5 {
        expect(pool.map_chunked(doubles, 0..6, 1)?, vec![0, 2, 4, 6, 8, 10])?;
        expect(
            pool.imap(doubles, 0..6, 3)?
                .collect::<mp::Result<Vec<_>>>()?
                .len(),
            6,
        )?;
    }
    Ok(())
}

fn in_callback(context: mp::Context) -> Outcome {
    let pool = context.pool(1)?;
    let (tell, told) = mpsc::channel();
    for item in 0..5 {
        let tell = tell.clone();
        let callback = move |_: &i32| {
            let _ = tell.send(match fork::fork() {
                Ok(Fork::Child) => return,
                Ok(Fork::Parent(pid)) => copy_ends(pid, 0).is_ok(),
                Err(_) => false,
            });
        };
        let result = pool.apply_async_with(itself, item, callback, |_| {})?;
        expect(result.get(Some(SOON))?, item)?;
        hold(told.recv_timeout(SOON)?, "the copy does not end")?;
    }
    expect(pool.map(itself, [3, 4])?, vec![3, 4])
}

/// Leaves a copy of its worker behind, which lives on.
fn leaves_copy(tell: mp::Sender<i32>) -> i32 {
    let copy = copied(|| {
        loop {
            std::thread::park();
        }
    });
    let sent = copy.map(|pid| tell.send(&pid));
    assert!(matches!(sent, Ok(Ok(()))), "it cannot be told of");
    poolproof_sys::exit::leave(7)
}

fn beside_copy(context: mp::Context) -> Outcome {
    let pool = context.pool(1)?;
    let (copies, tell) = context.one_way()?;
    let lost = pool.apply_async(leaves_copy, tell)?.get(Some(SOON));
    let copy = copies.recv()?;
    let after = pool.apply_async(itself, 5)?.get(Some(SOON));
    let killed = std::process::Command::new("kill")
        .args(["-9", &copy.to_string()])
        .status()?;
    hold(killed.success(), "the copy was gone")?;
    let error = lost.expect_err("a task without a worker has a result");
    hold(
        error.is_worker_lost() && error.to_string().contains("code 7"),
        &error.to_string(),
    )?;
    expect(after?, 5)
}

struct Counter(i32);

#[derive(Serialize, Deserialize)]
struct Add;

impl mp::Custom for Counter {
    type Init = i32;
    type Call = Add;
    type Answer = i32;
    const NAME: &'static str = "Counter";

    fn make(start: i32) -> Counter {
        Counter(start)
    }

    fn call(&mut self, _: Add) -> i32 {
        self.0 += 1;
        doubles(self.0)
    }
}

fn in_manager(context: mp::Context) -> Outcome {
    let manager = context.manager_builder().register::<Counter>().start()?;
    let counter: mp::CustomProxy<Counter> = manager.create(&10)?;
    for count in 11..16 {
        expect(counter.call(&Add)?, 2 * count)?;
    }
    Ok(())
}
