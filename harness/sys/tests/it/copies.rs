//! Copies of this process, and of a server.

use std::io::ErrorKind;

use poolproof_sys::exit::leave;
use poolproof_sys::process::{self, Ending, Lost, Signal};
use poolproof_sys::{channel::Channel, pipe, zygote};
use rustix::process::{Resource, Rlimit};

use crate::{Fact, Outcome, expect, soon};

pub(crate) const TRIALS: &[Fact] = &[
    ("fork/a_copy_goes_on_from_here", copy),
    ("fork/another_thread_refuses_it", foreign_thread),
    ("zygote/copies_are_reaped_by_the_server_alone", served),
    (
        "zygote/a_copy_outlives_its_server_and_its_ending_is_unknown",
        orphan,
    ),
    (
        "zygote/a_request_with_more_handles_than_there_is_room_for_is_refused_alone",
        narrow,
    ),
];

fn copy() -> Outcome {
    let number = 20;
    let child = match process::fork(0)? {
        None => leave(number + 1),
        Some(child) => child,
    };
    expect(child.wait(soon())?, Some(Ending::Exit(21)))
}

fn foreign_thread() -> Outcome {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || stopped.recv());
    let outcome = process::fork(0);
    drop(stop);
    let _ = thread.join();
    match outcome {
        Ok(None) => leave(1),
        Ok(Some(_)) => Err("it was copied".into()),
        Err(error) => expect(error.kind(), ErrorKind::ResourceBusy),
    }
}

/// A server that is itself a copy; its copies leave with the code that they are told, at once or
/// over a stream that they are given.
fn start_server(before: impl FnOnce()) -> std::io::Result<(process::Child, Channel)> {
    let (ours, theirs) = Channel::pair()?;
    if let Some(server) = process::fork(0)? {
        return Ok((server, ours));
    }
    drop(ours);
    before();
    let code = match zygote::serve(theirs, |bytes, streams| (bytes, streams)) {
        Ok(None) => 0,
        Err(_) => 1,
        Ok(Some((mut bytes, streams))) => {
            for stream in streams {
                let _ = pipe::read(&stream, &mut bytes);
            }
            i32::from(bytes[0])
        }
    };
    leave(code)
}

fn served() -> Outcome {
    let (server, requests) = start_server(|| {})?;
    let copies: Vec<_> = (0..20)
        .map(|code| zygote::request(&requests, &[code], &mut Vec::new()))
        .collect::<Result<_, _>>()?;
    for (code, child) in (0..).zip(&copies) {
        expect(child.wait(soon())?, Some(Ending::Exit(code)))?;
    }
    let long = vec![21; 300_000];
    let copy = zygote::request(&requests, &long, &mut Vec::new())?;
    expect(copy.wait(soon())?, Some(Ending::Exit(21)))?;
    let (_ours, theirs) = pipe::duplex()?;
    let killed = zygote::request(&requests, &[1], &mut vec![theirs])?;
    killed.signal(Signal::Kill)?;
    expect(killed.wait(soon())?, Some(Ending::Signal(9)))?;
    drop(requests);
    expect(server.wait(soon())?, Some(Ending::Exit(0)))
}

fn orphan() -> Outcome {
    let (server, requests) = start_server(|| {})?;
    let (ours, theirs) = pipe::duplex()?;
    let copy = zygote::request(&requests, &[1], &mut vec![theirs])?;
    server.signal(Signal::Kill)?;
    expect(server.wait(soon())?, Some(Ending::Signal(9)))?;
    expect(
        zygote::request(&requests, &[1], &mut Vec::new()).is_err(),
        true,
    )?;
    expect(
        pipe::wait_readable(copy.sentinel(), Some(std::time::Instant::now()))?,
        false,
    )?;
    pipe::write(&ours, &[3])?;
    expect(copy.wait(soon())?, Some(Ending::Unknown(Lost::ServerDied)))
}

fn narrow() -> Outcome {
    const ROOM: usize = 3;
    let (server, requests) = start_server(|| {
        let most = rustix::process::getrlimit(Resource::Nofile).maximum;
        let few = Rlimit {
            current: Some(256),
            maximum: most,
        };
        rustix::process::setrlimit(Resource::Nofile, few).unwrap();
        let null = rustix::stdio::stdin();
        let mut filling: Vec<_> = std::iter::from_fn(|| rustix::io::dup(null).ok()).collect();
        filling.truncate(filling.len() - ROOM);
        // For as long as the server lives, and its copies.
        std::mem::forget(filling);
    })?;
    let (_ours, theirs) = pipe::duplex()?;
    let mut many: Vec<_> = (0..ROOM)
        .map(|_| theirs.duplicate())
        .collect::<Result<_, _>>()?;
    let refused = zygote::request(&requests, &[1], &mut many);
    expect(
        refused.err().map(|error| error.kind()),
        Some(ErrorKind::BrokenPipe),
    )?;
    let copy = zygote::request(&requests, &[23], &mut Vec::new())?;
    expect(copy.wait(soon())?, Some(Ending::Exit(23)))?;
    drop(requests);
    expect(server.wait(soon())?, Some(Ending::Exit(0)))
}
