//! A program that starts something, gives up rights, and starts something more.

use libtest_mimic::Trial;
use poolproof_runtime as mp;
use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_thread_gid, set_thread_res_uid, set_thread_uid};

use super::{HELPER, all_works, does, is_root};
use crate::start::{Reply, itself};
use crate::tree::{all_end, start_root};
use crate::{Outcome, each_process, ended, expect, hold};

pub(super) fn trials() -> Vec<Trial> {
    [
        each_process(
            "who_has_dropped_privileges_starts_more_without_them",
            |context| changed(context, "uid"),
        ),
        each_process(
            "who_acts_for_another_user_starts_more_for_that_one",
            |context| changed(context, "euid"),
        ),
        each_process("who_takes_no_new_privileges_starts_more", |context| {
            does(context, "privileges-none_new")
        }),
        each_process(
            "a_root_without_privileges_still_takes_all_with_it",
            root_dies,
        ),
        each_process("a_daemon_with_more_privileges_hangs_nobody", keeps_daemon),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const NOBODY: u32 = 65534;

fn changed(context: mp::Context, what: &str) -> Outcome {
    match is_root() {
        true => does(context, &format!("privileges-{what}")),
        false => Ok(()),
    }
}

pub(super) fn helps(context: mp::Context, what: &str) -> Outcome {
    expect(ended(&context.process(itself, 7).start()?)?, Some(7))?;
    match what {
        "daemon" => {
            let (receiver, sender) = context.one_way()?;
            let daemon = context
                .process(tells_and_stays, sender)
                .daemon(true)
                .start()?;
            receiver.recv()?;
            be_nobody()?;
            return hold(daemon.is_alive()?, "it has ended");
        }
        "euid" => set_thread_res_uid(None, Some(Uid::from_raw(NOBODY)), None)?,
        "none_new" => rustix::thread::set_no_new_privs(true)?,
        _ => be_nobody()?,
    }
    let (receiver, sender) = context.one_way()?;
    let process = context.process(tells_rights, sender).start()?;
    expect(receiver.recv()?, rights())?;
    expect(ended(&process)?, Some(0))?;
    if what == "stay" {
        return stay(context);
    }
    all_works(context)
}

fn be_nobody() -> std::io::Result<()> {
    set_thread_gid(Gid::from_raw(NOBODY))?;
    Ok(set_thread_uid(Uid::from_raw(NOBODY))?)
}

/// The user of a process, and whether it has given up new privileges.
fn rights() -> (u32, bool) {
    let is_none_new = rustix::thread::no_new_privs().unwrap_or_default();
    (geteuid().as_raw(), is_none_new)
}

fn tells_rights(reply: Reply<(u32, bool)>) -> mp::Result<()> {
    reply.send(&rights())
}

fn tells_and_stays(tell: mp::Sender<()>) {
    let _ = tell.send(&());
    stays(());
}

fn stays((): ()) {
    loop {
        std::hint::spin_loop();
    }
}

/// A child, and a child of that one, each busy.
fn starts_one(method: String) -> mp::Result<()> {
    let context = mp::Context::new(method.parse()?)?;
    let process = context.process(stays, ()).start()?;
    println!("{}", process.pid().unwrap_or(0));
    println!("{}", std::process::id());
    println!("all");
    process.join(None).map(drop)
}

fn stay(context: mp::Context) -> Outcome {
    let method = context.start_method().name().to_owned();
    let process = context.process(starts_one, method).start()?;
    process.join(None)?;
    Ok(())
}

fn root_dies(context: mp::Context) -> Outcome {
    if !is_root() {
        return Ok(());
    }
    let (mut root, pids) = start_root(HELPER.command(context, "privileges-stay")?)?;
    root.kill()?;
    root.wait()?;
    expect(pids.len(), 2)?;
    all_end(&pids)
}

fn keeps_daemon(context: mp::Context) -> Outcome {
    changed(context, "daemon")
}
