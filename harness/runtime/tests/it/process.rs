//! What a process is beside its function: its key, its end as something to wait for, its ties to
//! the others of its tree.

#[cfg(unix)]
pub(crate) mod detached;

use std::time::Duration;

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use crate::start::{Reply, start_living};
use crate::{Outcome, SOON, each, each_process, ended, expect, hold};

pub(crate) fn trials() -> Vec<Trial> {
    [
        each("a_key_reaches_children_and_their_children", keys),
        each_process("a_sentinel_is_ready_when_its_process_has_ended", sentinel),
        each_process("a_child_can_wait_for_its_parent_beside_a_pipe", parent),
        each("a_daemon_cannot_be_detached", detached_daemon),
    ]
    .into_iter()
    .flatten()
    .chain(system())
    .collect()
}

/// What a system has that the other refuses.
#[cfg(unix)]
fn system() -> Vec<Trial> {
    [
        each_process("an_interrupt_is_exit_code_minus_2", interrupts),
        detached::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(not(unix))]
fn system() -> Vec<Trial> {
    each_process(
        "an_interrupt_and_a_detached_process_are_refused",
        |context| {
            let (process, peer) = start_living(context)?;
            hold(process.interrupt().unwrap_err().is_system(), "it was sent")?;
            peer.send(&())?;
            expect(ended(&process)?, Some(0))?;
            let detached = context.process(|()| (), ()).detached(true).start();
            hold(
                detached.is_err_and(|error| error.is_usage()),
                "it has started",
            )
        },
    )
}

#[cfg(unix)]
fn does_not_care(peer: mp::Connection<(), ()>) -> Result<(), String> {
    crate::failures::end_when_interrupted().map_err(|error| error.to_string())?;
    let end = peer.send(&()).and_then(|()| peer.recv());
    end.map_err(|error| error.to_string())
}

#[cfg(unix)]
fn interrupts(context: mp::Context) -> Outcome {
    let (ours, theirs) = context.pipe::<(), ()>()?;
    let process = context.process(does_not_care, theirs).start()?;
    ours.recv()?;
    process.interrupt()?;
    expect(ended(&process)?, Some(-2))?;
    Ok(process.interrupt()?)
}

fn tells_key((depth, reply): (u32, Reply<Vec<u8>>)) -> mp::Result<()> {
    if depth == 0 {
        return reply.send(&mp::current_process().authkey()?);
    }
    let context = mp::Context::default();
    let child = context.process(tells_key, (depth - 1, reply)).start()?;
    child.join(None).map(drop)
}

fn keys(context: mp::Context) -> Outcome {
    let own = mp::current_process().authkey()?;
    expect(own.len(), 32)?;
    let (receiver, sender) = context.one_way()?;
    let process = context.process(tells_key, (1, sender)).start()?;
    hold(receiver.recv()? == own, "a grandchild has another key")?;
    ended(&process)?;
    mp::current_process().set_authkey(b"another");
    let (receiver, sender) = context.one_way()?;
    let process = context.process(tells_key, (0, sender)).start();
    mp::current_process().set_authkey(&own);
    hold(receiver.recv()? == b"another", "it was not set")?;
    ended(&process?)?;
    Ok(())
}

fn sentinel(context: mp::Context) -> Outcome {
    let (process, peer) = start_living(context)?;
    let sentinel = process.sentinel()?;
    let (receiver, _sender) = context.one_way::<()>()?;
    let watched: [&dyn mp::Waitable; 2] = [&receiver, &sentinel];
    expect(mp::wait(&watched, Some(Duration::ZERO))?, vec![])?;
    peer.send(&())?;
    expect(mp::wait(&watched, Some(SOON))?, vec![1])?;
    expect(ended(&process)?, Some(0))?;
    expect(mp::wait(&watched, Some(SOON))?, vec![1])?;
    process.close()?;
    hold(process.sentinel().unwrap_err().is_closed(), "it is open")
}

/// Lives as long as its parent, and says so.
fn waits_for_parent((go, reply): (mp::Receiver<()>, Reply<Vec<usize>>)) -> mp::Result<()> {
    let parent = mp::parent_process().map(|parent| parent.sentinel());
    let Some(parent) = parent.transpose()? else {
        return reply.send(&vec![]);
    };
    let watched: [&dyn mp::Waitable; 2] = [&go, &parent];
    reply.send(&mp::wait(&watched, Some(Duration::ZERO))?)?;
    reply.send(&mp::wait(&[&parent], Some(SOON))?)
}

fn starts_waiting((go, reply): (mp::Receiver<()>, Reply<Vec<usize>>)) -> mp::Result<()> {
    let context = mp::Context::default();
    let waiting = context.process(waits_for_parent, (go, reply)).start()?;
    waiting.join(None).map(drop)
}

fn parent(context: mp::Context) -> Outcome {
    let (go, _stop) = context.one_way::<()>()?;
    let (receiver, sender) = context.one_way()?;
    let process = context.process(starts_waiting, (go, sender)).start()?;
    expect(receiver.recv()?, vec![])?;
    process.kill()?;
    expect(receiver.recv()?, vec![0])?;
    ended(&process)?;
    Ok(())
}

fn detached_daemon(context: mp::Context) -> Outcome {
    let process = context.process(|()| (), ()).daemon(true).detached(true);
    let error = process.start().unwrap_err();
    hold(
        error.is_usage() && error.to_string().contains("detached"),
        "another error",
    )
}
