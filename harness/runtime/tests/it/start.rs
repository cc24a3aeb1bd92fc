//! Starting processes: what reaches the child, what comes back, what is refused.

use std::time::Duration;

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use crate::{Outcome, each, each_process, ended, expect, hold};

pub(crate) type Reply<T> = mp::Sender<T>;

pub(crate) fn trials() -> Vec<Trial> {
    [
        each("a_function_gets_its_argument", gets_its_argument),
        each("a_generic_function_is_passed", generic),
        each_process("a_result_becomes_the_exit_code", exit_codes),
        each_process("a_panic_is_exit_code_1", panics),
        each_process("a_signal_is_a_negative_exit_code", signals),
        each_process("a_paused_process_does_not_go_on", pauses),
        each_process("children_are_numbered_and_know_their_parent", names),
        each_process("a_daemon_may_not_start_processes", daemon),
        each_process("a_process_that_ends_joins_its_children", nested),
        each_process("a_process_that_ends_ends_its_daemons", ends_daemons),
        each_process("a_large_argument_arrives", large_argument),
        each_process(
            "an_argument_that_cannot_be_sent_starts_nothing",
            refuses_argument,
        ),
        each_process(
            "an_argument_that_cannot_be_received_is_exit_code_1",
            bad_argument,
        ),
        each_process("starting_while_bootstrapping_is_an_error", bootstraps),
        each_process("a_working_directory_reaches_the_child", directory),
        each_process("the_marker_of_a_child_is_gone", marker),
        each_process("a_closed_process_answers_with_an_error", closes),
        each_process(
            "a_child_in_a_child_can_start_children",
            names_of_grandchildren,
        ),
        each_process("active_children_are_those_that_run", active),
        each("a_child_is_no_child_of_its_own", counts_children),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn double((x, reply): (i64, Reply<i64>)) -> mp::Result<()> {
    reply.send(&(x * 2))
}

fn gets_its_argument(context: mp::Context) -> Outcome {
    let (receiver, sender) = context.one_way::<i64>()?;
    let process = context.process(double, (21, sender)).start()?;
    expect(receiver.recv()?, 42)?;
    expect(ended(&process)?, Some(0))?;
    hold(
        receiver.recv().unwrap_err().is_eof(),
        "the pipe is still open",
    )
}

fn debug<T: std::fmt::Debug>((value, reply): (T, Reply<String>)) -> mp::Result<()> {
    reply.send(&format!("{value:?}"))
}

fn generic(context: mp::Context) -> Outcome {
    let (receiver, sender) = context.one_way::<String>()?;
    let process = context
        .process(debug::<Vec<u8>>, (vec![1, 2], sender))
        .start()?;
    expect(receiver.recv()?.as_str(), "[1, 2]")?;
    ended(&process)?;
    let (receiver, sender) = context.one_way::<String>()?;
    let process = context
        .process(debug::<Option<char>>, (Some('x'), sender))
        .start()?;
    expect(receiver.recv()?.as_str(), "Some('x')")?;
    ended(&process)?;
    Ok(())
}

pub(crate) fn itself(code: i32) -> i32 {
    code
}

fn fails(text: String) -> Result<(), String> {
    Err(text)
}

fn exit_codes(context: mp::Context) -> Outcome {
    for code in [0, 3, 255, 256] {
        let process = context.process(itself, code).start()?;
        expect(ended(&process)?, Some(code % 256))?;
    }
    let process = context.process(fails, "on purpose".into()).start()?;
    expect(ended(&process)?, Some(1))
}

fn panics(context: mp::Context) -> Outcome {
    let process = context
        .process(|()| -> i32 { panic!("on purpose") }, ())
        .start()?;
    expect(ended(&process)?, Some(1))
}

/// Lives until it is told to end. (A copy holds both ends of its pipe, so it sees no end of file.)
fn lives(peer: mp::Connection<(), ()>) -> i32 {
    let started = peer.send(&());
    i32::from(started.is_err() || peer.recv().is_err())
}

pub(crate) fn start_living(
    context: mp::Context,
) -> mp::Result<(mp::Process, mp::Connection<(), ()>)> {
    let (ours, theirs) = context.pipe()?;
    let process = context.process(lives, theirs).start()?;
    ours.recv()?;
    Ok((process, ours))
}

fn signals(context: mp::Context) -> Outcome {
    let (process, _peer) = start_living(context)?;
    expect(process.exit_code()?, None)?;
    hold(!process.join(Some(Duration::ZERO))?, "it has ended")?;
    process.terminate()?;
    expect(ended(&process)?, Some(-15))?;
    process.terminate()?;
    let (process, _peer) = start_living(context)?;
    process.kill()?;
    expect(ended(&process)?, Some(-9))?;
    expect(ended(&process)?, Some(-9))
}

fn echoes(peer: mp::Connection<u8, u8>) -> mp::Result<()> {
    loop {
        match peer.recv()? {
            0 => return Ok(()),
            value => peer.send(&value)?,
        }
    }
}

fn pauses(context: mp::Context) -> Outcome {
    let (ours, theirs) = context.pipe()?;
    let process = context.process(echoes, theirs).start()?;
    ours.send(&1)?;
    expect(ours.recv()?, 1)?;
    process.pause()?;
    ours.send(&2)?;
    hold(!ours.poll(Some(Duration::from_millis(100)))?, "it goes on")?;
    process.resume()?;
    expect(ours.recv()?, 2)?;
    ours.send(&0)?;
    expect(ended(&process)?, Some(0))
}

type Names = (String, String, u32, bool);

fn tells_names(reply: Reply<Names>) -> mp::Result<()> {
    let own = mp::current_process();
    let parent = mp::parent_process();
    let (parent, pid) = parent
        .map(|it| (it.name().to_owned(), it.pid()))
        .unwrap_or_default();
    let is_alive = mp::parent_process().is_some_and(|it| it.is_alive());
    reply.send(&(own.name().to_owned(), parent, pid, is_alive))
}

fn names(context: mp::Context) -> Outcome {
    let class = match context.start_method() {
        mp::StartMethod::Spawn => "SpawnProcess-",
        mp::StartMethod::Fork => "ForkProcess-",
        _ => "ForkServerProcess-",
    };
    hold(mp::parent_process().is_none(), "main has a parent")?;
    let (receiver, sender) = context.one_way()?;
    let process = context.process(tells_names, sender).start()?;
    let (name, parent, pid, is_alive) = receiver.recv()?;
    hold(name.starts_with(class), &name)?;
    expect(name.as_str(), process.name())?;
    expect((parent.as_str(), pid), ("MainProcess", std::process::id()))?;
    hold(is_alive, "the parent seems dead")?;
    ended(&process)?;
    let (receiver, sender) = context.one_way()?;
    let process = context.process(tells_names, sender).name("Ada").start()?;
    expect(receiver.recv()?.0.as_str(), "Ada")?;
    ended(&process)?;
    Ok(())
}

fn starts_one(reply: Reply<Names>) -> mp::Result<()> {
    let process = mp::Context::default().process(tells_names, reply).start()?;
    process.join(None).map(drop)
}

fn names_of_grandchildren(context: mp::Context) -> Outcome {
    let (receiver, sender) = context.one_way()?;
    let process = context.process(starts_one, sender).start()?;
    let (name, parent, pid, _) = receiver.recv()?;
    expect(parent.as_str(), process.name())?;
    expect(Some(pid), process.pid())?;
    expect(name, format!("{}:1", process.name()))?;
    expect(ended(&process)?, Some(0))
}

fn tries_to_start(reply: Reply<(bool, bool)>) -> mp::Result<()> {
    let is_daemon = mp::current_process().daemon();
    let outcome = mp::Context::default().process(itself, 0).start();
    reply.send(&(is_daemon, outcome.is_err_and(|error| error.is_usage())))
}

fn daemon(context: mp::Context) -> Outcome {
    let (receiver, sender) = context.one_way()?;
    let process = context
        .process(tries_to_start, sender)
        .daemon(true)
        .start()?;
    hold(process.daemon(), "it is no daemon")?;
    expect(receiver.recv()?, (true, true))?;
    expect(ended(&process)?, Some(0))
}

fn leaves_one(theirs: mp::Connection<(), ()>) -> mp::Result<()> {
    mp::Context::default()
        .process(lives, theirs)
        .start()
        .map(drop)
}

fn nested(context: mp::Context) -> Outcome {
    let (ours, theirs) = context.pipe()?;
    let process = context.process(leaves_one, theirs).start()?;
    ours.recv()?;
    hold(
        !process.join(Some(Duration::from_millis(50)))?,
        "it did not wait for its child",
    )?;
    ours.send(&())?;
    expect(ended(&process)?, Some(0))
}

fn leaves_daemon(theirs: mp::Connection<(), ()>) -> mp::Result<()> {
    mp::Context::default()
        .process(lives, theirs)
        .daemon(true)
        .start()
        .map(drop)
}

fn ends_daemons(context: mp::Context) -> Outcome {
    let (ours, theirs) = context.pipe()?;
    let process = context.process(leaves_daemon, theirs).start()?;
    expect(ended(&process)?, Some(0))?;
    // The daemon may have been ended before it said that it lives.
    let end = ours.recv().and_then(|()| ours.recv());
    hold(end.unwrap_err().is_eof(), "the daemon still lives")
}

fn sums((numbers, reply): (Vec<u64>, Reply<u64>)) -> mp::Result<()> {
    reply.send(&numbers.iter().sum())
}

fn large_argument(context: mp::Context) -> Outcome {
    let numbers: Vec<u64> = (0..1_000_000).collect();
    let (receiver, sender) = context.one_way()?;
    let process = context.process(sums, (numbers, sender)).start()?;
    expect(receiver.recv()?, 499_999_500_000)?;
    expect(ended(&process)?, Some(0))
}

#[derive(Debug)]
struct Probe {
    is_sent: bool,
}

impl serde::Serialize for Probe {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.is_sent {
            true => serializer.serialize_u8(7),
            false => Err(serde::ser::Error::custom("on purpose")),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Probe {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Probe, D::Error> {
        Err(serde::de::Error::custom("on purpose"))
    }
}

fn probed(_probe: Probe) {}

fn refuses_argument(context: mp::Context) -> Outcome {
    let before = mp::active_children().len();
    let outcome = context.process(probed, Probe { is_sent: false }).start();
    if context.start_method() == mp::StartMethod::Fork {
        // Nothing is sent to a copy.
        return expect(ended(&outcome?)?, Some(0));
    }
    hold(outcome.unwrap_err().is_serialize(), "another error")?;
    expect(mp::active_children().len(), before)
}

fn bad_argument(context: mp::Context) -> Outcome {
    let process = context.process(probed, Probe { is_sent: true }).start()?;
    let wanted = i32::from(context.start_method() != mp::StartMethod::Fork);
    expect(ended(&process)?, Some(wanted))
}

fn bootstraps(context: mp::Context) -> Outcome {
    let outcome = mp::bootstrapping(|| context.process(itself, 0).start());
    let error = outcome.unwrap_err();
    hold(error.is_bootstrapping(), &error.to_string())?;
    expect(ended(&context.process(itself, 0).start()?)?, Some(0))
}

fn tells_directory(reply: Reply<std::path::PathBuf>) -> Result<(), String> {
    let directory = std::env::current_dir().map_err(|error| error.to_string())?;
    reply.send(&directory).map_err(|error| error.to_string())
}

fn directory(context: mp::Context) -> Outcome {
    // So that a fork server runs already, which has the directory of now.
    expect(ended(&context.process(itself, 0).start()?)?, Some(0))?;
    let before = std::env::current_dir()?;
    let wanted = before.parent().unwrap_or(&before).to_owned();
    let (receiver, sender) = context.one_way()?;
    std::env::set_current_dir(&wanted)?;
    let process = context.process(tells_directory, sender).start();
    std::env::set_current_dir(&before)?;
    let process = process?;
    expect(receiver.recv()?, wanted)?;
    expect(ended(&process)?, Some(0))
}

fn counts_markers(reply: Reply<usize>) -> mp::Result<()> {
    let names = std::env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("POOLPROOF_RUNTIME"));
    reply.send(&names.count())
}

fn marker(context: mp::Context) -> Outcome {
    let (receiver, sender) = context.one_way()?;
    let process = context.process(counts_markers, sender).start()?;
    expect(receiver.recv()?, 0)?;
    expect(ended(&process)?, Some(0))
}

fn closes(context: mp::Context) -> Outcome {
    let (process, peer) = start_living(context)?;
    hold(
        process.close().unwrap_err().is_usage(),
        "a running process was closed",
    )?;
    peer.send(&())?;
    expect(ended(&process)?, Some(0))?;
    process.close()?;
    process.close()?;
    hold(process.join(None).unwrap_err().is_closed(), "join")?;
    hold(process.is_alive().unwrap_err().is_closed(), "is_alive")?;
    hold(process.exit_code().unwrap_err().is_closed(), "exit_code")?;
    hold(process.terminate().unwrap_err().is_closed(), "terminate")
}

fn count_children(reply: Reply<usize>) -> mp::Result<()> {
    reply.send(&mp::active_children().len())
}

fn counts_children(context: mp::Context) -> Outcome {
    let (receiver, sender) = context.one_way::<usize>()?;
    let process = context.process(count_children, sender).start()?;
    expect(receiver.recv()?, 0)?;
    expect(ended(&process)?, Some(0))
}

fn active(context: mp::Context) -> Outcome {
    let (process, peer) = start_living(context)?;
    let names = || -> Vec<String> {
        let children = mp::active_children();
        children
            .iter()
            .map(|child| child.name().to_owned())
            .collect()
    };
    hold(
        names().contains(&process.name().to_owned()),
        "it is not among them",
    )?;
    peer.send(&())?;
    // Nobody joins it before.
    expect(
        mp::wait(&[&process.sentinel()?], Some(crate::SOON))?,
        vec![0],
    )?;
    hold(
        !names().contains(&process.name().to_owned()),
        "it is still among them",
    )
}
