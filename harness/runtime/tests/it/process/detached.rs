//! Processes that go on without the one that has started them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use crate::helper::Helper;
use crate::start::Reply;
use crate::tree::all_end;
use crate::{Outcome, SOON, each_process, ended, expect};

/// Starts a process that goes on without it.
pub(crate) const HELPER: Helper = Helper {
    variable: "POOLPROOF_TEST_DETACHES",
    work: helps,
};

pub(crate) fn trials() -> Vec<Trial> {
    [
        each_process("a_detached_process_outlives_its_killed_root", outlives),
        each_process("a_process_does_not_join_a_detached_child", not_joined),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Starts a detached process and one that is not, and lives on.
fn helps(context: mp::Context, _: &str) -> Outcome {
    let detached = context.process(serves, ()).name("Hermit").detached(true);
    detached.start()?;
    let (receiver, sender) = context.one_way::<()>()?;
    let tied = context.process(|it: mp::Receiver<()>| drop(it.recv()), receiver);
    let tied = tied.start()?;
    println!("tied {}", tied.pid().unwrap_or_default());
    tied.join(None)?;
    drop(sender);
    Ok(())
}

/// Tells its port, answers one who comes there, and ends; or ends when nobody comes.
fn serves((): ()) -> Result<(), String> {
    serve().map_err(|error| error.to_string())
}

fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("port {}", listener.local_addr()?.port());
    println!("pid {}", std::process::id());
    listener.set_nonblocking(true)?;
    let deadline = Instant::now() + 3 * SOON;
    let mut peer = loop {
        match listener.accept() {
            Ok((peer, _)) => break peer,
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    peer.set_nonblocking(false)?;
    peer.set_read_timeout(Some(SOON))?;
    peer.read_exact(&mut [0])?;
    // Its own tree works: it is the root now.
    let child = mp::Context::default().process(|()| 7, ()).start()?;
    child.join(Some(SOON))?;
    let code = child.exit_code()?.unwrap_or(0);
    peer.write_all(&[u8::try_from(code)?])?;
    Ok(())
}

fn outlives(context: mp::Context) -> Outcome {
    let mut root = HELPER
        .command(context, "")?
        .stdout(Stdio::piped())
        .spawn()?;
    let mut told = BTreeMap::new();
    let output = root.stdout.take().ok_or("it has no stdout")?;
    for line in BufReader::new(output).lines().take(3) {
        let line = line?;
        let (name, number) = line.split_once(' ').ok_or("a line without a number")?;
        told.insert(name.to_owned(), number.parse::<u32>()?);
    }
    root.kill()?;
    root.wait()?;
    let number = |name| {
        told.get(name)
            .copied()
            .ok_or(format!("no {name} in {told:?}"))
    };
    // Both were told of the root's end at the same moment.
    all_end(&[number("tied")?])?;
    let port = u16::try_from(number("port")?)?;
    let mut peer = TcpStream::connect(("127.0.0.1", port))?;
    peer.set_read_timeout(Some(SOON))?;
    peer.write_all(&[0])?;
    let mut code = [0];
    peer.read_exact(&mut code)?;
    expect(code, [7])?;
    all_end(&[number("pid")?])
}

fn waits((pid, go): (Reply<u32>, mp::Receiver<()>)) -> mp::Result<()> {
    pid.send(&std::process::id())?;
    go.recv()
}

fn leaves_detached(argument: (Reply<u32>, mp::Receiver<()>)) -> mp::Result<()> {
    let context = mp::Context::default();
    let detached = context.process(waits, argument).detached(true);
    detached.start().map(drop)
}

fn not_joined(context: mp::Context) -> Outcome {
    let (receiver, sender) = context.one_way()?;
    let (waiting, go) = context.one_way()?;
    let process = context
        .process(leaves_detached, (sender, waiting))
        .start()?;
    expect(ended(&process)?, Some(0))?;
    let pid = receiver.recv()?;
    go.send(&())?;
    all_end(&[pid])
}
