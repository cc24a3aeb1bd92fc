//! When what was put can be taken: at once, and after its putter has ended.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use crate::{Outcome, SOON, ended, expect, hold, with};

pub(super) fn trials() -> Vec<Trial> {
    let methods = mp::StartMethod::all().iter().copied();
    let processes: Vec<_> = methods
        .filter(|method| *method != mp::StartMethod::Threads)
        .collect();
    [
        with(
            &processes,
            "what_was_put_is_there_without_a_wait",
            seen_at_once,
        ),
        with(
            &processes,
            "a_process_can_be_joined_before_its_values_are_taken",
            joined_first,
        ),
        vec![Trial::test(
            "a_process_that_waits_for_its_queue_to_be_taken_says_so",
            says_so,
        )],
    ]
    .into_iter()
    .flatten()
    .collect()
}

type Numbers = mp::Queue<u32>;
type Turns = mp::Connection<u32, u32>;

const TURNS: u32 = 1000;

/// Puts what it is told, and says when that is done.
fn put_when_told((queue, turns): (Numbers, Turns)) -> mp::Result<()> {
    for _ in 0..TURNS {
        let number = turns.recv()?;
        queue.put(number)?;
        turns.send(&number)?;
    }
    Ok(())
}

/// In CPython `empty()` may be true, and `get_nowait()` may fail, right after a put; here over a
/// pipe too, whose feeder writes later.
fn seen_at_once(context: mp::Context) -> Outcome {
    let queue = context.queue_over(mp::Transport::Ring, None)?;
    let (ours, theirs) = context.pipe()?;
    let process = context.process(put_when_told, (queue.clone(), theirs));
    let process = process.start()?;
    for number in 0..TURNS {
        queue.put(number)?;
        hold(!queue.is_empty()?, "what was put here is not there")?;
        expect(queue.try_get()?, number)?;
        ours.send(&number)?;
        expect(ours.recv()?, number)?;
        hold(!queue.is_empty()?, "what was put there is not there")?;
        expect(queue.try_get()?, number)?;
    }
    expect(ended(&process)?, Some(0))
}

/// More than any pipe holds, and a few small ones.
fn put_before_the_end(queue: mp::Queue<Vec<u8>>) -> mp::Result<()> {
    queue.put(vec![7; 4 << 20])?;
    for number in 0..50 {
        queue.put(vec![number; 100])?;
    }
    Ok(())
}

/// In CPython the join waits for ever.
fn joined_first(context: mp::Context) -> Outcome {
    let queue = context.queue(None)?;
    let process = context.process(put_before_the_end, queue.clone()).start()?;
    expect(ended(&process)?, Some(0))?;
    hold(
        queue.try_get()? == vec![7; 4 << 20],
        "a large value is lost",
    )?;
    for number in 0..50 {
        expect(queue.try_get()?, vec![number; 100])?;
    }
    Ok(())
}

/// Set for a process of ours whose child puts more than its queue can hold unread.
const HELPER: &str = "POOLPROOF_TEST_OVERFULL";

const MANY: u32 = 2000;

fn put_many(queue: mp::Queue<(u32, Vec<u8>)>) -> mp::Result<()> {
    for number in 0..MANY {
        queue.put((number, vec![0; 1000]))?;
    }
    Ok(())
}

/// In the helper: takes the values once it is told to, after the join that was too early.
pub(crate) fn be_helper() {
    if std::env::var_os(HELPER).is_none() {
        return;
    }
    // A helper that hangs is a trial that has failed, not one that hangs.
    std::thread::spawn(|| {
        std::thread::sleep(2 * SOON);
        std::process::exit(2);
    });
    let run = || -> Outcome {
        let context = mp::Context::new(mp::StartMethod::Spawn)?;
        let queue = context.queue(None)?;
        let process = context.process(put_many, queue.clone()).start()?;
        std::io::stdin().read_exact(&mut [0])?;
        hold(!process.join(Some(Duration::ZERO))?, "it has ended")?;
        for number in 0..MANY {
            expect(queue.get_timeout(SOON)?.0, number)?;
        }
        expect(ended(&process)?, Some(0))
    };
    let outcome = run();
    if let Err(failed) = &outcome {
        eprintln!("{}", failed.message().unwrap_or_default());
    }
    std::process::exit(i32::from(outcome.is_err()))
}

/// What does not fit waits for its taker, as documented; nothing tells of it in CPython.
fn says_so() -> Outcome {
    let mut helper = Command::new(std::env::current_exe()?)
        .env(HELPER, "1")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stderr = helper.stderr.take().ok_or("it has no stderr")?;
    let mut said = String::new();
    let mut lines = BufReader::new(stderr);
    while !said.contains("waits to end until what it has put into a queue is taken") {
        hold(lines.read_line(&mut said)? > 0, &said)?;
    }
    let mut stdin = helper.stdin.take().ok_or("it has no stdin")?;
    stdin.write_all(b"!")?;
    lines.read_to_string(&mut said)?;
    hold(helper.wait()?.success(), &said)
}
