//! Queues: 64 bytes from one producer to one consumer, and there and back.

use poolproof_runtime as mp;
use rustix::io::read;
use rustix::pipe::{PipeFlags, pipe_with};
use serde_bytes::ByteArray;

use super::pipes::{IPC_CHANNEL, SMALL_MESSAGES, limit_stream, write_all};
use crate::linux::Outcome;
use crate::linux::bench::{Bench, CPYTHON, LIMIT, OURS};
use crate::linux::peer::{round_trips, stream};
use crate::linux::place::Place;

/// What goes through the queues: as bytes on the wire, 64 of them.
type Small = ByteArray<64>;

const SMALL: Small = ByteArray::new([7; 64]);
/// The runtime's own pipe, which its queue is held against.
const OUR_PIPE: &str = "our-pipe";
const TRIPS: u32 = 3_000;

pub(super) fn all() -> Vec<Bench> {
    let one_way = |name, place, what| Bench::new(name, "items/s", what).on(place);
    let ring = |name, place| {
        one_way(
            name,
            place,
            "64 B values through a Queue of the default transport",
        )
        .by(OURS, |place| ours(place, &context().queue(None)?))
        .by(LIMIT, limit_stream)
        .by(IPC_CHANNEL, ipc_channel)
        .by_python("queues.queue")
        .at_least(5.0, LIMIT)
        .at_least(50.0, CPYTHON)
    };
    let pipe = |name, place| {
        one_way(
            name,
            place,
            "64 B values through a Queue over a pipe, with a feeder",
        )
        .by(OURS, |place| {
            ours(place, &context().queue_over(mp::Transport::Pipe, None)?)
        })
        .by(LIMIT, limit_stream)
        .by_python("queues.queue")
        .at_least(0.8, LIMIT)
        .at_least(8.0, CPYTHON)
    };
    let trips = |name, place| {
        Bench::new(
            name,
            "µs",
            "64 B through one queue and back through another",
        )
        .on(place)
        .by(OURS, ours_trips)
        .by(OUR_PIPE, our_pipe_trips)
        .by(LIMIT, limit_trips)
        .by_python("queues.round_trip")
        .at_most(1.0, OUR_PIPE)
    };
    vec![
        ring("queue-ring/one-cpu", Place::OneCpu),
        ring("queue-ring/two-cpus", Place::TwoCpus),
        pipe("queue-pipe/one-cpu", Place::OneCpu),
        pipe("queue-pipe/two-cpus", Place::TwoCpus),
        one_way(
            "queue-simple",
            Place::TwoCpus,
            "64 B values through a SimpleQueue",
        )
        .by(OURS, ours_simple)
        .by(LIMIT, limit_stream)
        .by_python("queues.simple")
        .at_least(5.0, CPYTHON),
        one_way(
            "queue-joinable",
            Place::TwoCpus,
            "64 B values through a JoinableQueue",
        )
        .by(OURS, ours_joinable)
        .by(LIMIT, limit_stream)
        .by_python("queues.joinable")
        .at_least(5.0, CPYTHON),
        trips("queue-round-trip/one-cpu", Place::OneCpu),
        trips("queue-round-trip/two-cpus", Place::TwoCpus),
    ]
}

fn context() -> mp::Context {
    mp::Context::default()
}

fn check(value: &Small) -> Outcome {
    match *value == SMALL {
        true => Ok(()),
        false => Err("another value came out".into()),
    }
}

fn ours(place: Place, queue: &mp::Queue<Small>) -> Outcome<Vec<f64>> {
    let receive = || {
        check(&queue.get()?)?;
        Ok(1)
    };
    stream(place, SMALL_MESSAGES, || Ok(queue.put(SMALL)?), receive)
}

fn ours_simple(place: Place) -> Outcome<Vec<f64>> {
    let queue = context().simple_queue::<Small>()?;
    let receive = || {
        check(&queue.get()?)?;
        Ok(1)
    };
    stream(place, SMALL_MESSAGES, || Ok(queue.put(SMALL)?), receive)
}

fn ours_joinable(place: Place) -> Outcome<Vec<f64>> {
    let queue = context().joinable_queue::<Small>(None)?;
    let receive = || {
        check(&queue.queue().get()?)?;
        queue.task_done()?;
        Ok(1)
    };
    stream(place, SMALL_MESSAGES, || Ok(queue.put(SMALL)?), receive)
}

fn ipc_channel(place: Place) -> Outcome<Vec<f64>> {
    let (sender, receiver) = ipc_channel::ipc::channel::<Small>()?;
    let receive = || {
        check(&receiver.recv()?)?;
        Ok(1)
    };
    stream(place, SMALL_MESSAGES, || Ok(sender.send(SMALL)?), receive)
}

fn ours_trips(place: Place) -> Outcome<Vec<f64>> {
    let there = context().queue::<Small>(None)?;
    let back = context().queue::<Small>(None)?;
    let answer = || Ok(back.put(there.get()?)?);
    let trip = || {
        there.put(SMALL)?;
        check(&back.get()?)
    };
    round_trips(place, TRIPS, answer, trip)
}

fn our_pipe_trips(place: Place) -> Outcome<Vec<f64>> {
    let (one, other) = context().pipe::<Small, Small>()?;
    let answer = || Ok(other.send(&other.recv()?)?);
    let trip = || {
        one.send(&SMALL)?;
        check(&one.recv()?)
    };
    round_trips(place, TRIPS, answer, trip)
}

/// Two pipes, one call for each message and end.
fn limit_trips(place: Place) -> Outcome<Vec<f64>> {
    let (from_main, there) = pipe_with(PipeFlags::CLOEXEC)?;
    let (from_peer, back) = pipe_with(PipeFlags::CLOEXEC)?;
    let answer = || {
        let mut bytes = [0; 64];
        let count = read(&from_main, &mut bytes)?;
        write_all(&back, &bytes[..count])
    };
    let trip = || {
        write_all(&there, &SMALL[..])?;
        let mut bytes = [0; 64];
        match read(&from_peer, &mut bytes)? == bytes.len() {
            true => Ok(()),
            false => Err("half a message came back".into()),
        }
    };
    round_trips(place, TRIPS, answer, trip)
}
