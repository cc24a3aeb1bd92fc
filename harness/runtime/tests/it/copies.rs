//! Start methods that only some systems have: copies of this process, and of a server.

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use crate::start::{Reply, itself, start_living};
use crate::{Outcome, ended, expect, hold};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("fork/a_foreign_thread_refuses_it", foreign_thread),
        Trial::test("fork/any_closure_can_be_forked", forks_closure),
        Trial::test(
            "fork/a_copy_is_refused_what_another_thread_was_receiving_from",
            beside_receiver,
        ),
        Trial::test("forkserver/a_dead_server_is_replaced", dead_server),
    ]
}

fn foreign_thread() -> Outcome {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || stopped.recv());
    let context = mp::Context::new(mp::StartMethod::Fork)?;
    let outcome = context.process(itself, 0).start();
    drop(stop);
    hold(thread.join().is_ok(), "the thread panicked")?;
    let error = outcome.unwrap_err();
    hold(error.is_usage(), "another error")?;
    hold(
        error.to_string().contains("forkserver"),
        "it does not say the way out",
    )?;
    // A thread that was joined is in nobody's way.
    expect(ended(&context.process(itself, 5).start()?)?, Some(5))
}

fn forks_closure() -> Outcome {
    let context = mp::Context::new(mp::StartMethod::Fork)?;
    let captured = std::rc::Rc::new(4);
    let process = context.fork(|| *captured + 1)?;
    expect(ended(&process)?, Some(5))?;
    let other = mp::Context::new(mp::StartMethod::Spawn)?;
    hold(other.fork(|| 0).unwrap_err().is_usage(), "spawn forked")
}

fn beside_receiver() -> Outcome {
    let context = mp::Context::new(mp::StartMethod::Fork)?;
    let (receiver, sender) = context.one_way::<u8>()?;
    let receiver = std::sync::Arc::new(receiver);
    let receiving = std::sync::Arc::clone(&receiver);
    let thread = std::thread::spawn(move || receiving.recv());
    let deadline = std::time::Instant::now() + crate::SOON;
    let process = loop {
        // It is refused until the thread waits for the message.
        let is_refused = || i32::from(receiver.poll(None).is_err_and(|error| error.is_usage()));
        match context.fork(is_refused) {
            Err(error) if error.is_usage() && std::time::Instant::now() < deadline => {}
            outcome => break outcome?,
        }
    };
    expect(ended(&process)?, Some(1))?;
    sender.send(&3)?;
    expect(thread.join().map_err(|_| "the thread panicked")??, 3)
}

/// A server is the parent of its copies.
fn tells_system_parent(reply: Reply<u32>) -> mp::Result<()> {
    reply.send(&std::os::unix::process::parent_id())
}

fn dead_server() -> Outcome {
    let context = mp::Context::new(mp::StartMethod::Forkserver)?;
    let (receiver, sender) = context.one_way()?;
    let first = context.process(tells_system_parent, sender).start()?;
    let server = receiver.recv()?;
    expect(ended(&first)?, Some(0))?;
    let (living, peer) = start_living(context)?;
    let killed = std::process::Command::new("kill")
        .args(["-9", &server.to_string()])
        .status()?;
    hold(killed.success(), "the server could not be killed")?;
    hold(
        living.is_alive()?,
        "a running process seems dead without its server",
    )?;
    let deadline = std::time::Instant::now() + crate::SOON;
    let second = loop {
        let (receiver, sender) = context.one_way()?;
        let process = context.process(tells_system_parent, sender).start()?;
        let now = receiver.recv()?;
        expect(ended(&process)?, Some(0))?;
        if now != server || std::time::Instant::now() > deadline {
            break now;
        }
    };
    hold(second != server, "the dead server still serves")?;
    peer.send(&())?;
    hold(living.join(Some(crate::SOON))?, "it does not end")?;
    hold(
        living.exit_code().is_err(),
        "an exit code that nobody can know",
    )
}
