//! Processes that are started by `#[test]`s, whose `main` is Rust's own test runner.

#![forbid(unsafe_code)]

use std::time::Duration;

use poolproof_runtime as mp;

mp::in_tests!();

const SOON: Option<Duration> = Some(Duration::from_secs(20));

fn methods() -> impl Iterator<Item = mp::StartMethod> {
    let all = mp::StartMethod::all().iter().copied();
    all.filter(|method| *method != mp::StartMethod::Fork)
}

fn answers((number, reply): (i64, mp::Sender<String>)) -> mp::Result<()> {
    reply.send(&format!(
        "{} in {}",
        number + 1,
        mp::current_process().name()
    ))
}

#[test]
fn a_test_can_start_processes() {
    for method in methods() {
        let context = mp::Context::new(method).unwrap();
        let (receiver, sender) = context.one_way().unwrap();
        let process = context.process(answers, (41, sender)).name("Ada");
        let process = process.start().unwrap();
        assert_eq!(receiver.recv().unwrap(), "42 in Ada");
        assert!(process.join(SOON).unwrap());
        assert_eq!(process.exit_code().unwrap(), Some(0));
    }
}

#[test]
fn a_test_can_have_a_pool() {
    for method in methods() {
        let pool = mp::Context::new(method).unwrap().pool(2).unwrap();
        let squares: Vec<i64> = pool.map(|x| x * x, 0..20).unwrap();
        assert_eq!(squares, (0..20).map(|x| x * x).collect::<Vec<_>>());
    }
}

/// The pipe's reader is gone: that is an error, not the end of the process.
fn writes_into_nothing(sender: mp::Sender<()>) -> i32 {
    let outcome = (0..).find_map(|_| sender.send(&()).err());
    i32::from(!outcome.is_some_and(|error| error.is_broken_pipe()))
}

#[test]
fn a_child_of_a_test_survives_a_closed_pipe() {
    let context = mp::Context::new(mp::StartMethod::Spawn).unwrap();
    let (receiver, sender) = context.one_way::<()>().unwrap();
    let process = context
        .process(writes_into_nothing, sender)
        .start()
        .unwrap();
    drop(receiver);
    assert!(process.join(SOON).unwrap());
    assert_eq!(process.exit_code().unwrap(), Some(0));
}

#[test]
fn a_fork_beside_the_runner_is_refused() {
    if let Ok(context) = mp::Context::new(mp::StartMethod::Fork) {
        let error = context.process(|()| (), ()).start().unwrap_err();
        assert!(error.is_usage(), "{error}");
    }
}
