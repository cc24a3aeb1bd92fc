//! Calls and files that a process may not use, as in a container, a jail or an emulator.

use std::path::PathBuf;

use libtest_mimic::{Failed, Trial};
use poolproof_runtime as mp;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use super::{all_works, does, is_root, processes_work};
use crate::start::{itself, start_living};
use crate::{Outcome, SOON, each_process, ended, expect, hold};

pub(super) fn trials() -> Vec<Trial> {
    [
        each_process(
            "memory_is_shared_where_memfd_create_is_forbidden",
            |context| does(context, "forbidden-memory"),
        ),
        each_process("ends_are_seen_where_pidfd_open_is_forbidden", |context| {
            does(context, "forbidden-handles")?;
            does(context, "forbidden-unknown_handles")
        }),
        each_process(
            "who_has_no_random_bytes_starts_processes_and_is_told_of_the_rest",
            |context| jailed(context, "random"),
        ),
        each_process(
            "without_proc_locks_hold_and_what_cannot_be_says_why",
            |context| jailed(context, "proc"),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn jailed(context: mp::Context, what: &str) -> Outcome {
    match is_root() {
        true => does(context, &format!("forbidden-{what}")),
        false => Ok(()),
    }
}

pub(super) fn helps(context: mp::Context, what: &str) -> Outcome {
    match what {
        "memory" => {
            forbid(&[libc::SYS_memfd_create], libc::EPERM)?;
            all_works(context)?;
            names_work(context)
        }
        "handles" => {
            forbid(
                &[libc::SYS_pidfd_open, libc::SYS_pidfd_send_signal],
                libc::EPERM,
            )?;
            ends_are_seen(context)
        }
        "unknown_handles" => {
            forbid(&[libc::SYS_pidfd_open], libc::ENOSYS)?;
            ends_are_seen(context)
        }
        "random" => without_random(context),
        _ => without_proc(context),
    }
}

/// Has these calls fail from now on, here and in whatever is started from here.
fn forbid(calls: &[i64], error: i32) -> Result<(), Failed> {
    let rules = calls.iter().map(|call| (*call, Vec::new())).collect();
    let refused = SeccompAction::Errno(error.cast_unsigned());
    let here = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, here)?;
    let program: BpfProgram = filter.try_into()?;
    Ok(apply_filter(&program)?)
}

/// A name is found by another process, is taken once, and goes.
fn names_work(context: mp::Context) -> Outcome {
    let name = format!("test-forbidden-{}", std::process::id());
    let block = mp::SharedMemory::create(Some(&name), 16)?;
    let taken = mp::SharedMemory::create(Some(&name), 16);
    hold(
        taken.is_err_and(|error| error.is_taken()),
        "it was made twice",
    )?;
    let finds = |name: String| -> mp::Result<()> { mp::SharedMemory::attach(&name)?.set(8, 7_u32) };
    expect(
        ended(&context.process(finds, name.clone()).start()?)?,
        Some(0),
    )?;
    expect(block.get::<u32>(8)?, 7)?;
    drop(block);
    let gone = mp::SharedMemory::attach(&name);
    hold(
        gone.is_err_and(|error| error.is_missing()),
        "it is there still",
    )
}

fn ends_are_seen(context: mp::Context) -> Outcome {
    let (living, peer) = start_living(context)?;
    hold(living.is_alive()?, "it seems dead")?;
    let none = mp::wait(&[&living], Some(std::time::Duration::from_millis(20)))?;
    expect(none, vec![])?;
    peer.send(&())?;
    expect(mp::wait(&[&living], Some(SOON))?, vec![0])?;
    expect(ended(&living)?, Some(0))?;
    for signal in [mp::Process::terminate, mp::Process::kill] {
        let process = context.process(stays, ()).start()?;
        signal(&process)?;
        hold(ended(&process)?.is_some_and(|code| code < 0), "it left")?;
        signal(&process)?;
    }
    let pool = context.pool(1)?;
    let lost = pool.apply_async(leaves, ())?;
    let error = lost
        .get(Some(SOON))
        .expect_err("a task without a worker has a result");
    hold(error.is_worker_lost(), &error.to_string())?;
    expect(pool.apply_async(itself, 3)?.get(Some(SOON))?, 3)?;
    drop(pool);
    all_works(context)
}

fn leaves((): ()) {
    poolproof_sys::exit::leave(3)
}

fn stays((): ()) {
    loop {
        std::thread::park();
    }
}

/// Makes an empty folder the root of all that this process sees.
fn jail() -> Result<(), Failed> {
    let name = format!("poolproof-jail-{}", std::process::id());
    let folder: PathBuf = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder)?;
    let entered = rustix::process::chdir(&folder);
    std::fs::remove_dir(&folder)?;
    entered?;
    Ok(rustix::process::chroot(".")?)
}

/// Whether an error says what is missing.
fn lacks<T>(outcome: mp::Result<T>, what: &str) -> Outcome {
    match outcome {
        Ok(_) => Err(format!("it worked without {what}").into()),
        Err(error) => hold(error.to_string().contains(what), &error.to_string()),
    }
}

fn without_random(context: mp::Context) -> Outcome {
    if context.start_method() != mp::StartMethod::Fork {
        forbid(&[libc::SYS_getrandom], libc::ENOSYS)?;
        // There is /dev/urandom still.
        hold(mp::current_process().authkey()?.len() == 32, "a short key")?;
        return all_works(context);
    }
    forbid(&[libc::SYS_getrandom], libc::ENOSYS)?;
    jail()?;
    let process = context.process(asks_key, ()).start()?;
    expect(ended(&process)?, Some(7))?;
    lacks(mp::current_process().authkey(), "/dev/urandom")?;
    lacks(context.manager(), "/dev/urandom")?;
    let pool = context.pool(1)?;
    expect(pool.map(itself, [3, 4])?, vec![3, 4])?;
    mp::current_process().set_authkey(b"key");
    expect(mp::current_process().authkey()?, b"key".to_vec())
}

fn asks_key((): ()) -> i32 {
    let key = mp::current_process().authkey();
    if key.is_err_and(|error| error.is_system()) {
        7
    } else {
        1
    }
}

fn without_proc(context: mp::Context) -> Outcome {
    // Whatever was found before is still known.
    expect(ended(&context.process(itself, 7).start()?)?, Some(7))?;
    jail()?;
    match context.start_method() {
        mp::StartMethod::Fork => {
            processes_work(context)?;
            let pool = context.pool(1)?;
            expect(pool.map(itself, [3, 4])?, vec![3, 4])?;
            // Threads beside this one cannot be counted, though they are the library's own.
            lacks(context.process(itself, 7).start(), "/proc")
        }
        _ => {
            lacks(context.process(itself, 7).start(), "/proc/self/exe")?;
            lacks(context.pool(1), "/proc/self/exe")
        }
    }
}
