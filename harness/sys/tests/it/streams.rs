//! Streams within one process: bytes, handles, deadlines.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use poolproof_sys::handle;
use poolproof_sys::pipe;
use poolproof_sys::socket::{self, Listener, Place};

use crate::{Fact, Outcome, accepted, expect, late, soon};

pub(crate) const TRIALS: &[Fact] = &[
    ("pipe/head_and_body_arrive_as_one_stream", both),
    ("pipe/a_stream_without_readers_is_broken", broken),
    ("pipe/a_wait_ends_at_its_deadline", deadline),
    ("pipe/the_first_ready_of_many_is_told", any),
    ("pipe/handles_come_with_their_bytes", handles),
    ("pipe/too_many_handles_are_refused", too_many),
    ("pipe/fewer_bytes_than_asked_is_the_end", short),
    ("pipe/handles_that_nobody_can_fetch_are_closed", unfetched),
    ("socket/the_end_is_told_to_who_only_listens", ended),
    (
        "socket/a_connection_that_is_shut_down_has_ended_for_both_sides",
        shut_down,
    ),
    (
        "socket/a_place_is_free_as_soon_as_its_listener_is_gone",
        free,
    ),
];

fn both() -> Outcome {
    let (reader, writer) = pipe::one_way()?;
    let body = vec![9; 1 << 20];
    let read = std::thread::scope(|scope| {
        let writing = scope.spawn(|| pipe::write_both(&writer, b"head", &body));
        let mut read = Vec::new();
        pipe::read_onto(&reader, &mut read, 4 + body.len())?;
        writing.join().unwrap_or(Ok(()))?;
        Ok::<_, std::io::Error>(read)
    })?;
    expect((&read[..4], read[4..] == body), (b"head".as_slice(), true))
}

fn broken() -> Outcome {
    let (reader, writer) = pipe::one_way()?;
    drop(reader);
    let error = pipe::write(&writer, b"x").unwrap_err();
    expect(error.kind(), ErrorKind::BrokenPipe)?;
    let (one, other) = pipe::duplex()?;
    drop(one);
    let error = pipe::write_both(&other, b"x", b"y").unwrap_err();
    expect(error.kind(), ErrorKind::BrokenPipe)
}

fn deadline() -> Outcome {
    let (one, other) = pipe::duplex()?;
    let pause = Duration::from_millis(20);
    let start = Instant::now();
    expect(pipe::wait_readable(&one, Some(start + pause))?, false)?;
    expect(start.elapsed() >= pause, true)?;
    pipe::write(&other, b"x")?;
    expect(pipe::wait_readable(&one, None)?, true)
}

fn any() -> Outcome {
    let (one, _one) = pipe::duplex()?;
    let (two, writer) = pipe::one_way()?;
    expect(
        pipe::wait_any(&[&one, &two], Some(Instant::now()))?,
        vec![false, false],
    )?;
    drop(writer);
    expect(pipe::wait_any(&[&one, &two], soon())?, vec![false, true])
}

fn handles() -> Outcome {
    let (one, other) = pipe::duplex()?;
    let (reader, writer) = pipe::one_way()?;
    pipe::write(&one, b"ab")?;
    pipe::send(&one, b"cd", &[writer])?;
    pipe::write(&one, b"ef")?;
    drop(one);
    let (mut bytes, mut handles) = (Vec::new(), VecDeque::new());
    let mut buffer = [0; 16];
    loop {
        match pipe::receive(&other, &mut buffer, &mut handles)? {
            0 => break,
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
    expect((bytes.as_slice(), handles.len()), (b"abcdef".as_slice(), 1))?;
    drop(handles);
    expect(pipe::read(&reader, &mut buffer)?, 0)
}

fn too_many() -> Outcome {
    let (one, _other) = pipe::duplex()?;
    let handle = || one.duplicate();
    let handles: Vec<_> = (0..=pipe::HANDLES_MAX)
        .map(|_| handle())
        .collect::<Result<_, _>>()?;
    let error = pipe::send(&one, b"x", &handles).unwrap_err();
    expect(error.kind(), ErrorKind::InvalidInput)
}

fn short() -> Outcome {
    let (reader, writer) = pipe::one_way()?;
    pipe::write(&writer, b"abc")?;
    drop(writer);
    let mut bytes = Vec::new();
    expect(pipe::read_onto(&reader, &mut bytes, 1 << 40)?, 3)?;
    expect(bytes, b"abc".to_vec())
}

fn unfetched() -> Outcome {
    let send = || -> std::io::Result<()> {
        let (one, other) = pipe::duplex()?;
        drop(other);
        let pairs: std::io::Result<Vec<_>> = (0..20).map(|_| pipe::one_way()).collect();
        let (readers, writers): (Vec<_>, Vec<_>) = pairs?.into_iter().unzip();
        let error = pipe::send(&one, b"x", &writers).unwrap_err();
        drop((readers, writers));
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        Ok(())
    };
    // What is made once and kept is made now.
    send()?;
    let before = handle::open_count()?;
    send()?;
    expect(handle::open_count()?, before)
}

fn ended() -> Outcome {
    let listener = Listener::bind(Place::Tcp(([127, 0, 0, 1], 0).into()))?;
    let address = listener.tcp_address().ok_or("it has no address")?;
    let ours = socket::connect(Place::Tcp(address), late())?;
    let theirs = accepted(&listener)?;
    pipe::write(&theirs, b"last")?;
    drop(theirs);
    let mut bytes = Vec::new();
    while pipe::wait_readable(&ours, soon())? {
        if pipe::read_onto(&ours, &mut bytes, 1)? == 0 {
            return expect(bytes, b"last".to_vec());
        }
    }
    Err("the end was not told".into())
}

/// Shows a fact of a listener at each kind of place that this system has.
fn everywhere(show: fn(Listener, Place<'_>) -> Outcome) -> Outcome {
    let tcp = Listener::bind(Place::Tcp(([127, 0, 0, 1], 0).into()))?;
    let address = tcp.tcp_address().ok_or("it has no address")?;
    show(tcp, Place::Tcp(address))?;
    let name = format!("poolproof.test.{}", std::process::id());
    if socket::HAS_NAMES {
        show(Listener::bind(Place::Name(&name))?, Place::Name(&name))?;
    }
    let path = std::env::temp_dir().join(name);
    if socket::HAS_PATHS {
        show(Listener::bind(Place::Path(&path))?, Place::Path(&path))?;
    }
    Ok(())
}

fn shut_down() -> Outcome {
    everywhere(|listener, place| end_one(&listener, place))
}

fn free() -> Outcome {
    everywhere(|mut listener, place| {
        for _ in 0..50 {
            drop((socket::connect(place, late())?, accepted(&listener)?));
            drop(listener);
            listener = Listener::bind(place)?;
        }
        Ok(())
    })
}

/// Shuts a connection to a listener down, after bytes that went over it.
fn end_one(listener: &Listener, place: Place<'_>) -> Outcome {
    let client = socket::connect(place, late())?;
    let server = accepted(listener)?;
    pipe::write(&client, b"hello")?;
    let mut bytes = Vec::new();
    pipe::read_onto(&server, &mut bytes, 5)?;
    expect(bytes, b"hello".to_vec())?;
    let seen = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| pipe::wait_readable(&server, soon()));
        socket::shut_down(&server)?;
        waiting.join().unwrap()
    })?;
    expect((seen, pipe::unread(&server)?), (true, 0))?;
    for side in [&server, &client, &server, &client] {
        expect(pipe::wait_readable(side, soon())?, true)?;
        expect(pipe::read(side, &mut [0])?, 0)?;
    }
    expect(pipe::write(&server, b"too late").is_err(), true)
}
