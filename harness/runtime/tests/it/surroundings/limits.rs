//! Limits of the system: on processes and threads, on files, on memory.

use libtest_mimic::Trial;
use poolproof_runtime as mp;
use rustix::process::{Gid, Resource, Rlimit, Uid, getrlimit, setrlimit};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};

use super::{does, is_root, through, well};
use crate::start::itself;
use crate::{Outcome, SOON, each_process, expect, hold};

pub(super) fn trials() -> Vec<Trial> {
    [
        each_process(
            "who_may_start_no_thread_is_told_of_the_limit_and_leaves_nothing",
            few_threads,
        ),
        each_process(
            "memory_that_is_larger_than_a_file_may_be_is_an_error",
            small_files,
        ),
        each_process(
            "memory_that_there_is_no_room_for_is_an_error",
            little_memory,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn helps(context: mp::Context, what: &str) -> Outcome {
    match what {
        "threads" => start_few(context),
        "files" => share_too_much(context, "ulimit -f"),
        _ => share_too_much(context, "ulimit -v"),
    }
}

fn few_threads(context: mp::Context) -> Outcome {
    match is_root() {
        true => does(context, "limits-threads"),
        false => Ok(()),
    }
}

/// Makes this process one of a user that has no other.
fn be_nobody_else() -> std::io::Result<()> {
    let number = 1_000_000 + std::process::id();
    set_thread_groups(&[])?;
    set_thread_gid(Gid::from_raw(number))?;
    Ok(set_thread_uid(Uid::from_raw(number))?)
}

fn limit(resource: Resource, most: u64) -> std::io::Result<()> {
    let current = Some(most);
    let maximum = getrlimit(resource).maximum;
    Ok(setrlimit(resource, Rlimit { current, maximum })?)
}

/// Whether it worked, or why not.
type Attempt = fn(mp::Context) -> mp::Result<()>;

const ATTEMPTS: [(&str, Attempt); 5] = [
    ("pool", |context| context.pool(2).map(drop)),
    ("executor", |context| context.executor(2).map(drop)),
    ("manager", |context| context.manager().map(drop)),
    ("queue", |context| {
        let queue = context.queue_over(mp::Transport::Pipe, None)?;
        queue.put(1)?;
        expect_one(queue.get_timeout(SOON)?)
    }),
    ("imap", |context| {
        let pool = context.pool(1)?;
        let results = pool.imap(itself, 1..2, 1)?;
        expect_one(results.map_while(Result::ok).sum())
    }),
];

fn expect_one(found: i32) -> mp::Result<()> {
    assert_eq!(found, 1, "a value that was never put");
    Ok(())
}

fn start_few(context: mp::Context) -> Outcome {
    be_nobody_else()?;
    for (name, attempt) in ATTEMPTS {
        let mut refusals = 0;
        for most in 1..=9 {
            limit(Resource::Nproc, most)?;
            if let Err(error) = attempt(context) {
                refusals += 1;
                let text = error.to_string();
                hold(
                    text.contains("ulimit -u"),
                    &format!("{name}, {most}: {text}"),
                )?;
            }
            expect(mp::active_children().len(), 0)?;
        }
        hold(refusals > 0, &format!("{name} was never refused"))?;
        limit(Resource::Nproc, 1000)?;
        if context.start_method() == mp::StartMethod::Forkserver {
            // The server has the limits that it was started with.
            continue;
        }
        let worked = attempt(context).map_err(|error| error.to_string());
        hold(worked.is_ok(), &format!("{name}: {worked:?}"))?;
    }
    Ok(())
}

fn share_too_much(context: mp::Context, limit: &str) -> Outcome {
    let said = |error: &mp::Error| {
        let text = error.to_string();
        hold(error.is_system() && text.contains(limit), &text)
    };
    let refused = context.shared_memory(1 << 34);
    said(&refused.expect_err("there was room for it"))?;
    let name = format!("test-limit-{}", std::process::id());
    let refused = mp::SharedMemory::create(Some(&name), 1 << 34);
    said(&refused.expect_err("there was room for it"))?;
    if limit.ends_with("-f") {
        said(&context.pool(1).expect_err("there was room for a pool"))?;
    }
    expect(context.value(7)?.get()?, 7)
}

fn small_files(context: mp::Context) -> Outcome {
    well(through(
        context,
        "ulimit -f 1000 && exec \"$0\"",
        "limits-files",
    )?)
}

fn little_memory(context: mp::Context) -> Outcome {
    well(through(
        context,
        "ulimit -v 2000000 && exec \"$0\"",
        "limits-memory",
    )?)
}
