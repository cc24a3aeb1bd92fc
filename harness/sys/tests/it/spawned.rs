//! Starting this program again, and the end of what was started.

use std::io::Read;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use poolproof_sys::channel::Channel;
use poolproof_sys::process::{self, Child, Ending, Signal};
use poolproof_sys::socket::{self, Listener, Place};
use poolproof_sys::{environment, exit, lifeline, pipe};

use crate::{Fact, Outcome, accepted, expect, late, soon};

const MARKER: &str = "POOLPROOF_SYS_TEST";

pub(crate) const TRIALS: &[Fact] = &[
    ("spawn/a_message_with_handles_reaches_the_child", message),
    ("spawn/five_hundred_handles_arrive_in_order", many_handles),
    ("spawn/stdin_of_the_child_is_empty", empty_stdin),
    ("spawn/an_exit_code_comes_back", exit_code),
    ("spawn/a_wait_ends_at_its_deadline", deadline),
    ("spawn/many_waiters_get_the_same_ending", waiters),
    ("spawn/a_stopped_process_goes_on_when_told", stopped),
    ("spawn/an_open_handle_is_not_inherited", not_inherited),
    (
        "watch/a_stranger_s_end_is_seen_and_then_nobody_is_there",
        watched,
    ),
    (
        "lifeline/a_busy_process_dies_with_the_root_s_end",
        lifeline_kills,
    ),
    ("socket/what_was_sent_before_the_end_arrives", sent_and_left),
];

/// In a process that a trial has started: does what it is told.
pub(crate) fn be_child() -> Option<ExitCode> {
    let marker = environment::take(MARKER).ok().flatten()?;
    let told = marker.to_string_lossy().into_owned();
    Some(match act(&told) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{told}: {error}");
            ExitCode::from(99)
        }
    })
}

fn act(told: &str) -> std::io::Result<u8> {
    let channel = process::take_channel()?;
    let Some((message, handles)) = channel.receive()? else {
        return Ok(0);
    };
    match told {
        "write numbers" => {
            for (number, handle) in handles.iter().enumerate() {
                pipe::write(handle, &(number as u32).to_ne_bytes())?;
            }
        }
        "read stdin" => {
            let mut rest = Vec::new();
            std::io::stdin().read_to_end(&mut rest)?;
            channel.send(&rest, &[])?;
        }
        "be busy" => {
            let _tied = handles.into_iter().next().map(lifeline::tie).transpose()?;
            channel.send(b"tied", &[])?;
            loop {
                std::hint::spin_loop();
            }
        }
        "send and return" | "send and leave" => {
            let address = String::from_utf8_lossy(&message).parse();
            let stream =
                socket::connect(Place::Tcp(address.map_err(std::io::Error::other)?), late())?;
            pipe::write(&stream, &SENT)?;
            if told.ends_with("leave") {
                exit::leave(0);
            }
            // It is still open when main returns.
            std::mem::forget(stream);
            return Ok(0);
        }
        _ => channel.send(&message, &handles)?,
    }
    // Until the other side has heard enough, or is gone.
    let last = channel.receive()?;
    Ok(last
        .and_then(|(code, _)| code.first().copied())
        .unwrap_or(0))
}

fn start(what: &str) -> std::io::Result<(Child, Channel)> {
    process::spawn((MARKER, what))
}

fn finish(child: &Child, channel: &Channel, code: u8) -> Outcome {
    channel.send(&[code], &[])?;
    expect(child.wait(soon())?, Some(Ending::Exit(code.into())))
}

fn message() -> Outcome {
    let (child, channel) = start("echo")?;
    let (reader, writer) = pipe::one_way()?;
    let large = vec![7; 1 << 20];
    channel.send(&large, &[writer])?;
    let (message, handles) = channel.receive()?.ok_or("it is gone")?;
    expect((message == large, handles.len()), (true, 1))?;
    pipe::write(&handles[0], b"x")?;
    let mut byte = [0];
    expect(pipe::read(&reader, &mut byte)?, 1)?;
    finish(&child, &channel, 0)
}

fn many_handles() -> Outcome {
    let (child, channel) = start("write numbers")?;
    let pipes: Vec<_> = (0..500)
        .map(|_| pipe::one_way())
        .collect::<Result<_, _>>()?;
    let (readers, writers): (Vec<_>, Vec<_>) = pipes.into_iter().unzip();
    channel.send(b"", &writers)?;
    drop(writers);
    finish(&child, &channel, 0)?;
    for (number, reader) in (0u32..).zip(&readers) {
        let mut bytes = Vec::new();
        pipe::read_onto(reader, &mut bytes, 5)?;
        expect(bytes, number.to_ne_bytes().to_vec())?;
    }
    Ok(())
}

fn empty_stdin() -> Outcome {
    let (child, channel) = start("read stdin")?;
    channel.send(b"", &[])?;
    let (rest, _) = channel.receive()?.ok_or("it is gone")?;
    expect(rest, Vec::new())?;
    finish(&child, &channel, 0)
}

fn started() -> std::io::Result<(Child, Channel)> {
    let (child, channel) = start("echo")?;
    channel.send(b"hello", &[])?;
    channel.receive()?;
    Ok((child, channel))
}

fn exit_code() -> Outcome {
    let (child, channel) = started()?;
    finish(&child, &channel, 43)?;
    child.signal(Signal::Kill)?;
    expect(child.wait(soon())?, Some(Ending::Exit(43)))
}

fn deadline() -> Outcome {
    let (child, channel) = started()?;
    let pause = Duration::from_millis(20);
    let start = Instant::now();
    expect(child.wait(Some(start + pause))?, None)?;
    expect(start.elapsed() >= pause, true)?;
    expect(
        pipe::wait_readable(child.sentinel(), Some(Instant::now()))?,
        false,
    )?;
    finish(&child, &channel, 0)
}

fn waiters() -> Outcome {
    let (child, channel) = started()?;
    let endings: Vec<_> = std::thread::scope(|scope| {
        let waiters: Vec<_> = (0..8).map(|_| scope.spawn(|| child.wait(soon()))).collect();
        channel.send(&[5], &[])?;
        let endings = waiters.into_iter().map(|waiter| waiter.join());
        endings
            .map(|ending| ending.unwrap_or(Ok(None)))
            .collect::<std::io::Result<_>>()
    })?;
    expect(endings, vec![Some(Ending::Exit(5)); 8])
}

fn stopped() -> Outcome {
    let (child, channel) = started()?;
    child.signal(Signal::Stop)?;
    channel.send(&[6], &[])?;
    let pause = Instant::now() + Duration::from_millis(50);
    expect(child.wait(Some(pause))?, None)?;
    child.signal(Signal::Continue)?;
    expect(child.wait(soon())?, Some(Ending::Exit(6)))
}

fn not_inherited() -> Outcome {
    let (reader, writer) = pipe::one_way()?;
    let (child, channel) = started()?;
    drop(writer);
    expect(pipe::wait_readable(&reader, soon())?, true)?;
    expect(pipe::read(&reader, &mut [0])?, 0)?;
    finish(&child, &channel, 0)
}

/// More than fits into what the system keeps for a stream.
static SENT: [u8; 1 << 20] = [7; 1 << 20];

fn sent_and_left() -> Outcome {
    for how in ["send and return", "send and leave"] {
        let listener = Listener::bind(Place::Tcp(([127, 0, 0, 1], 0).into()))?;
        let address = listener.tcp_address().ok_or("it has no address")?;
        let (child, channel) = start(how)?;
        channel.send(address.to_string().as_bytes(), &[])?;
        let stream = accepted(&listener)?;
        let mut bytes = Vec::new();
        expect(
            pipe::read_onto(&stream, &mut bytes, SENT.len() + 1)?,
            SENT.len(),
        )?;
        expect(child.wait(soon())?, Some(Ending::Exit(0)))?;
    }
    Ok(())
}

fn watched() -> Outcome {
    let (child, channel) = start("be busy")?;
    channel.send(b"", &[])?;
    channel.receive()?.ok_or("it is gone")?;
    let sentinel = process::watch(child.pid())?;
    expect(pipe::wait_readable(&sentinel, Some(Instant::now()))?, false)?;
    child.signal(process::Signal::Kill)?;
    expect(pipe::wait_readable(&sentinel, soon())?, true)?;
    child.wait(soon())?.ok_or("it lives on")?;
    let gone = process::watch(child.pid()).err().map(|error| error.kind());
    expect(gone, Some(std::io::ErrorKind::NotFound))
}

fn lifeline_kills() -> Outcome {
    let (end, root) = lifeline::new()?;
    let (child, channel) = start("be busy")?;
    channel.send(b"", &[end])?;
    channel.receive()?.ok_or("it is gone")?;
    expect(child.wait(Some(Instant::now()))?, None)?;
    drop(root);
    let ending = child.wait(soon())?;
    expect(
        matches!(ending, Some(Ending::Signal(_) | Ending::Exit(_))),
        true,
    )
}
