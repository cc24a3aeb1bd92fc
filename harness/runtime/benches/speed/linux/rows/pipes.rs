//! Pipes: 64 bytes there and back, 64 bytes one way, a mebibyte one way.

use ipc_channel::ipc::bytes_channel;
use poolproof_runtime as mp;
use rustix::fd::OwnedFd;
use rustix::io::{read, write};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::linux::Outcome;
use crate::linux::bench::{Bench, LIMIT, OURS};
use crate::linux::peer::{round_trips, stream};
use crate::linux::place::Place;

pub(super) const IPC_CHANNEL: &str = "ipc-channel";

/// A small message.
const SMALL: [u8; 64] = [7; 64];
/// The bytes of a large one.
const LARGE: usize = 1 << 20;

const TRIPS: u32 = 3_000;
pub(super) const SMALL_MESSAGES: u32 = 100_000;
const LARGE_MESSAGES: u32 = 200;

pub(super) fn all() -> Vec<Bench> {
    let trips = |name, place| {
        Bench::new(name, "µs", "64 B there and back over a duplex pipe")
            .on(place)
            .by(OURS, ours_trips)
            .by(LIMIT, limit_trips)
            .by(IPC_CHANNEL, ipc_channel_trips)
            .by_python("pipes.round_trip")
            .at_most(1.15, LIMIT)
    };
    let one_way = |name, place| {
        Bench::new(name, "messages/s", "64 B messages through a one-way pipe")
            .on(place)
            .by(OURS, ours_stream)
            .by(LIMIT, limit_stream)
            .by(IPC_CHANNEL, ipc_channel_stream)
            .by_python("pipes.one_way")
            .at_least(0.8, LIMIT)
    };
    let large = |name, place| {
        Bench::new(name, "MiB/s", "1 MiB of bytes one way over a duplex pipe")
            .on(place)
            .by(OURS, ours_large)
            .by(LIMIT, limit_large)
            .by(IPC_CHANNEL, ipc_channel_large)
            .by_python("pipes.large")
            .at_least(0.8, LIMIT)
    };
    vec![
        trips("pipe-round-trip/one-cpu", Place::OneCpu),
        trips("pipe-round-trip/two-cpus", Place::TwoCpus),
        one_way("pipe-one-way/one-cpu", Place::OneCpu),
        one_way("pipe-one-way/two-cpus", Place::TwoCpus),
        large("pipe-1MiB/one-cpu", Place::OneCpu),
        large("pipe-1MiB/two-cpus", Place::TwoCpus),
    ]
}

fn ours_trips(place: Place) -> Outcome<Vec<f64>> {
    let (one, other) = mp::Context::default().pipe::<(), ()>()?;
    let (mut there, mut back) = (Vec::new(), Vec::new());
    let answer = || {
        there.clear();
        other.recv_bytes_into(&mut there)?;
        Ok(other.send_bytes(&there)?)
    };
    let trip = || {
        one.send_bytes(&SMALL)?;
        back.clear();
        one.recv_bytes_into(&mut back)?;
        Ok(())
    };
    round_trips(place, TRIPS, answer, trip)
}

/// A socketpair with a length of four bytes before each message; one call sends both.
fn limit_trips(place: Place) -> Outcome<Vec<f64>> {
    let (one, other) = stream_sockets()?;
    let answer = || {
        let mut message = [0; 4 + SMALL.len()];
        read_framed(&other, &mut message)?;
        write_all(&other, &message)
    };
    let trip = || {
        let mut message = [0; 4 + SMALL.len()];
        message[..4].copy_from_slice(&(SMALL.len() as u32).to_be_bytes());
        message[4..].copy_from_slice(&SMALL);
        write_all(&one, &message)?;
        read_framed(&one, &mut message)
    };
    round_trips(place, TRIPS, answer, trip)
}

/// Reads one message with the length before it.
fn read_framed(stream: &OwnedFd, message: &mut [u8]) -> Outcome {
    let mut filled = 0;
    while filled < 4 || filled < 4 + length(message) {
        match read(stream, &mut message[filled..])? {
            0 => return Err("the stream has ended".into()),
            count => filled += count,
        }
    }
    Ok(())
}

fn length(message: &[u8]) -> usize {
    u32::from_be_bytes([message[0], message[1], message[2], message[3]]) as usize
}

fn ipc_channel_trips(place: Place) -> Outcome<Vec<f64>> {
    let (there, from_main) = bytes_channel()?;
    let (back, from_peer) = bytes_channel()?;
    let answer = || Ok(back.send(&from_main.recv()?)?);
    let trip = || {
        there.send(&SMALL)?;
        from_peer.recv()?;
        Ok(())
    };
    round_trips(place, TRIPS, answer, trip)
}

fn ours_stream(place: Place) -> Outcome<Vec<f64>> {
    let (receiver, sender) = mp::Context::default().one_way::<()>()?;
    let mut bytes = Vec::new();
    let receive = || {
        bytes.clear();
        receiver.recv_bytes_into(&mut bytes)?;
        Ok(1)
    };
    stream(
        place,
        SMALL_MESSAGES,
        || Ok(sender.send_bytes(&SMALL)?),
        receive,
    )
}

/// A pipe with one call a message, read as much at a time as there is.
pub(super) fn limit_stream(place: Place) -> Outcome<Vec<f64>> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let mut bytes = vec![0; 1 << 16];
    let mut rest = 0;
    let receive = || {
        rest += read(&reader, &mut bytes[..])?;
        let whole = rest / SMALL.len();
        rest %= SMALL.len();
        Ok(u32::try_from(whole)?)
    };
    stream(
        place,
        SMALL_MESSAGES,
        || write_all(&writer, &SMALL),
        receive,
    )
}

fn ipc_channel_stream(place: Place) -> Outcome<Vec<f64>> {
    let (sender, receiver) = bytes_channel()?;
    let receive = || {
        receiver.recv()?;
        Ok(1)
    };
    stream(place, SMALL_MESSAGES, || Ok(sender.send(&SMALL)?), receive)
}

fn ours_large(place: Place) -> Outcome<Vec<f64>> {
    let (one, other) = mp::Context::default().pipe::<(), ()>()?;
    let message = vec![7; LARGE];
    let mut bytes = Vec::new();
    let receive = || {
        bytes.clear();
        one.recv_bytes_into(&mut bytes)?;
        Ok(1)
    };
    stream(
        place,
        LARGE_MESSAGES,
        || Ok(other.send_bytes(&message)?),
        receive,
    )
}

fn limit_large(place: Place) -> Outcome<Vec<f64>> {
    let (one, other) = stream_sockets()?;
    let message = vec![7; LARGE];
    let mut bytes = vec![0; LARGE];
    let receive = || {
        let mut filled = 0;
        while filled < LARGE {
            filled += read(&one, &mut bytes[filled..])?;
        }
        Ok(1)
    };
    stream(
        place,
        LARGE_MESSAGES,
        || write_all(&other, &message),
        receive,
    )
}

fn ipc_channel_large(place: Place) -> Outcome<Vec<f64>> {
    let (sender, receiver) = bytes_channel()?;
    let message = vec![7; LARGE];
    let receive = || {
        receiver.recv()?;
        Ok(1)
    };
    stream(
        place,
        LARGE_MESSAGES,
        || Ok(sender.send(&message)?),
        receive,
    )
}

pub(super) fn stream_sockets() -> Outcome<(OwnedFd, OwnedFd)> {
    let kind = SocketType::STREAM;
    Ok(socketpair(
        AddressFamily::UNIX,
        kind,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

pub(super) fn write_all(stream: &OwnedFd, mut bytes: &[u8]) -> Outcome {
    while !bytes.is_empty() {
        bytes = &bytes[write(stream, bytes)?..];
    }
    Ok(())
}
