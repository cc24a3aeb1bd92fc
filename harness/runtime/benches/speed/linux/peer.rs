//! A second process, and the two jobs that most benches are: answers, and a stream.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use poolproof_runtime as mp;

use super::Outcome;
use super::place::Place;

/// How long a peer has to end when its work is done.
const SOON: Duration = Duration::from_secs(20);

/// Runs `work` in a copy of this process, on the peer's processor.
pub(crate) fn start(place: Place, work: impl FnOnce() -> Outcome) -> Outcome<mp::Process> {
    place.enter_peer()?;
    let context = mp::Context::new(mp::StartMethod::Fork)?;
    let process = context.fork(|| match work() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("the peer: {error}");
            1
        }
    });
    place.enter_main()?;
    Ok(process?)
}

/// Waits for a peer that must have done its work.
pub(crate) fn end(process: &mp::Process) -> Outcome {
    match (process.join(Some(SOON))?, process.exit_code()?) {
        (true, Some(0)) => Ok(()),
        (true, code) => Err(format!("the peer failed: {code:?}").into()),
        (false, _) => Err("the peer does not end".into()),
    }
}

/// Microseconds for each of `count` calls of `trip`, each of which `answer` answers in a peer.
pub(crate) fn round_trips(
    place: Place,
    count: u32,
    mut answer: impl FnMut() -> Outcome,
    mut trip: impl FnMut() -> Outcome,
) -> Outcome<Vec<f64>> {
    let warm_up = count / 10;
    let peer = start(place, || (0..count + warm_up).try_for_each(|_| answer()))?;
    (0..warm_up).try_for_each(|_| trip())?;
    let start = Instant::now();
    (0..count).try_for_each(|_| trip())?;
    let micros = start.elapsed().as_secs_f64() * 1e6;
    end(&peer)?;
    Ok(vec![micros / f64::from(count)])
}

/// How many of `count` things a second `receive` gets from a peer that calls `send` for each;
/// `receive` says how many it got.
pub(crate) fn stream(
    place: Place,
    count: u32,
    mut send: impl FnMut() -> Outcome,
    mut receive: impl FnMut() -> Outcome<u32>,
) -> Outcome<Vec<f64>> {
    let (mut gate, mut starter) = std::io::pipe()?;
    let peer = start(place, || {
        gate.read_exact(&mut [0])?;
        (0..count).try_for_each(|_| send())
    })?;
    let start = Instant::now();
    starter.write_all(&[1])?;
    let mut received = 0;
    while received < count {
        received += receive()?;
    }
    let seconds = start.elapsed().as_secs_f64();
    end(&peer)?;
    Ok(vec![f64::from(count) / seconds])
}
