//! A manager's dict, over a local socket and over TCP.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use poolproof_runtime as mp;

use crate::linux::Outcome;
use crate::linux::bench::{Bench, LIMIT, OURS};
use crate::linux::peer::round_trips;
use crate::linux::place::Place;

const TRIPS: u32 = 2_000;
/// About as many bytes as a request or a reply has.
const MESSAGE: usize = 32;

pub(super) fn all() -> Vec<Bench> {
    let figures = [("get", "µs"), ("set", "µs")];
    let local = |name, place| {
        Bench::new(
            name,
            "µs",
            "get and set an entry of a manager's dict, local socket",
        )
        .figures(&figures)
        .on(place)
        .by(OURS, |place| ours(place, || context().manager()))
        .by(LIMIT, limit_local)
        .by_python("managers.local")
        .at_most(1.3, LIMIT)
    };
    let tcp = |name, place| {
        Bench::new(name, "µs", "get and set an entry of a manager's dict, TCP")
            .figures(&figures)
            .on(place)
            .by(OURS, |place| ours(place, manager_over_tcp))
            .by(LIMIT, limit_tcp)
            .by_python("managers.tcp")
            .at_most(1.3, LIMIT)
    };
    vec![
        local("manager-local/one-cpu", Place::OneCpu),
        local("manager-local/two-cpus", Place::TwoCpus),
        tcp("manager-tcp/one-cpu", Place::OneCpu),
        tcp("manager-tcp/two-cpus", Place::TwoCpus),
    ]
}

fn context() -> mp::Context {
    mp::Context::default()
}

fn manager_over_tcp() -> mp::Result<mp::Manager> {
    context().manager_at(&"127.0.0.1:0".parse()?, b"a key of the benches")
}

fn ours(place: Place, manager: impl FnOnce() -> mp::Result<mp::Manager>) -> Outcome<Vec<f64>> {
    place.enter_peer()?;
    let manager = manager()?;
    place.enter_main()?;
    let dict = manager.dict::<u64, u64>()?;
    dict.insert(&1, &1)?;
    let get = each(|| match dict.get(&1)? {
        Some(_) => Ok(()),
        None => Err("the entry is gone".into()),
    })?;
    let set = each(|| Ok(dict.insert(&1, &2)?))?;
    Ok(vec![get, set])
}

/// Microseconds a call.
fn each(mut call: impl FnMut() -> Outcome) -> Outcome<f64> {
    (0..TRIPS / 10).try_for_each(|_| call())?;
    let start = Instant::now();
    (0..TRIPS).try_for_each(|_| call())?;
    Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(TRIPS))
}

fn limit_local(place: Place) -> Outcome<Vec<f64>> {
    let (ours, theirs) = UnixStream::pair()?;
    echoed(place, ours, theirs)
}

fn limit_tcp(place: Place) -> Outcome<Vec<f64>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let ours = TcpStream::connect(listener.local_addr()?)?;
    let (theirs, _) = listener.accept()?;
    ours.set_nodelay(true)?;
    theirs.set_nodelay(true)?;
    echoed(place, ours, theirs)
}

/// A round trip is the limit of both figures.
fn echoed<S: Read + Write>(place: Place, mut ours: S, mut theirs: S) -> Outcome<Vec<f64>> {
    let answer = || {
        let mut bytes = [0; MESSAGE];
        theirs.read_exact(&mut bytes)?;
        Ok(theirs.write_all(&bytes)?)
    };
    let trip = || {
        let mut bytes = [7; MESSAGE];
        ours.write_all(&bytes)?;
        Ok(ours.read_exact(&mut bytes)?)
    };
    let micros = round_trips(place, TRIPS, answer, trip)?;
    Ok([micros.clone(), micros].concat())
}
