//! Who gets in while strangers connect by the thousand: a listener with a key, strangers who prove
//! nothing, and right clients from far away, whose every message is on its way for a while.
//!
//! `cargo bench -p poolproof-runtime --bench siege -- --rate 1000 --round-trip 50`; what it shows
//! is in `docs/performance.md`. It measures, and asserts nothing.

#![forbid(unsafe_code)]

mod delay;

use std::collections::VecDeque;
use std::error::Error;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use poolproof_runtime as mp;

const KEY: &[u8] = b"a key of the siege";

/// How many connections a stranger keeps open, as long as the listener does.
const HELD: usize = 400;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// What is asked for on the command line.
struct Siege {
    /// Strangers a second.
    rate: u32,
    /// How long a message and its answer are on their way together.
    round_trip: Duration,
    /// How many right clients try, one every 100 ms.
    clients: u32,
}

fn main() -> Outcome {
    mp::freeze_support();
    let siege = read(std::env::args().skip(1))?;
    let context = mp::Context::new(mp::StartMethod::Spawn)?;
    let (found, tell) = context.one_way::<SocketAddr>()?;
    let keeper = context.process(listen, tell).start()?;
    let place = found.recv()?;
    let (counted, count) = context.one_way::<u32>()?;
    let (stay, stop) = context.one_way::<()>()?;
    let strangers = (siege.rate > 0).then(|| {
        let work = (place, siege.rate, stay, count);
        context.process(besiege, work).start()
    });
    let strangers = strangers.transpose()?;
    // The siege has begun once the first strangers are there.
    let before = strangers.as_ref().map(|_| counted.recv()).transpose()?;
    let begun = Instant::now();
    let outcomes = try_all(&siege, place)?;
    let took = begun.elapsed();
    drop(stop);
    let arrived = match strangers {
        Some(strangers) => {
            let arrived = counted.recv()? - before.unwrap_or_default();
            strangers.join(None)?;
            arrived
        }
        None => 0,
    };
    keeper.kill()?;
    report(&siege, &outcomes, f64::from(arrived) / took.as_secs_f64());
    Ok(())
}

fn read(mut words: impl Iterator<Item = String>) -> Outcome<Siege> {
    let mut siege = Siege {
        rate: 1000,
        round_trip: Duration::from_millis(50),
        clients: 15,
    };
    while let Some(word) = words.next() {
        let mut number = || -> Outcome<u32> {
            let value = words
                .next()
                .ok_or_else(|| format!("{word} needs a number"))?;
            Ok(value.parse()?)
        };
        match word.as_str() {
            "--rate" => siege.rate = number()?,
            "--round-trip" => siege.round_trip = Duration::from_millis(number()?.into()),
            "--clients" => siege.clients = number()?,
            // What `cargo bench` says to every bench.
            "--bench" => {}
            _ => return Err(format!("{word}: --rate, --round-trip (ms), --clients").into()),
        }
    }
    Ok(siege)
}

/// The listener, which gives back what it is sent.
fn listen(tell: mp::Sender<SocketAddr>) -> mp::Result<()> {
    let listener = mp::Listener::bind(&"127.0.0.1:0".parse()?, Some(KEY))?;
    if let mp::Address::Tcp(place) = listener.address() {
        tell.send(place)?;
    }
    loop {
        // Each stranger that is sent away is an error.
        if let Ok(connection) = listener.accept::<u32, u32>() {
            std::thread::spawn(move || connection.send(&connection.recv()?));
        }
    }
}

type Strangers = (SocketAddr, u32, mp::Receiver<()>, mp::Sender<u32>);

/// Strangers who connect and say nothing, so many a second, until nobody wants any more.
fn besiege((place, rate, stay, count): Strangers) -> mp::Result<()> {
    let mut held = VecDeque::new();
    let begun = Instant::now();
    let mut arrived = 0;
    while !stay.poll(Some(Duration::ZERO))? {
        let due = (begun.elapsed().as_secs_f64() * f64::from(rate)) as u32;
        while arrived < due {
            // Where the system is short of something, that one stays away.
            held.extend(TcpStream::connect_timeout(&place, Duration::from_secs(1)));
            if held.len() > HELD {
                held.pop_front();
            }
            arrived += 1;
            if arrived == 200 {
                count.send(&arrived)?;
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    count.send(&arrived)
}

/// How each right client fared, and how long it took.
fn try_all(siege: &Siege, place: SocketAddr) -> Outcome<Vec<(mp::Result<()>, Duration)>> {
    let mut attempts = Vec::new();
    for number in 0..siege.clients {
        let far = delay::relay(place, siege.round_trip / 2)?;
        attempts.push(std::thread::spawn(move || {
            let begun = Instant::now();
            (call(&far.into(), number), begun.elapsed())
        }));
        std::thread::sleep(Duration::from_millis(100));
    }
    let end = |attempt: std::thread::JoinHandle<_>| attempt.join().expect("it does not panic");
    Ok(attempts.into_iter().map(end).collect())
}

fn call(far: &mp::Address, number: u32) -> mp::Result<()> {
    let connection = mp::Client::connect::<u32, u32>(far, Some(KEY))?;
    connection.send(&number)?;
    connection.recv().map(drop)
}

fn report(siege: &Siege, outcomes: &[(mp::Result<()>, Duration)], rate: f64) {
    let served: Vec<_> = outcomes
        .iter()
        .filter(|(outcome, _)| outcome.is_ok())
        .collect();
    println!(
        "{} of {} right clients served, {} ms round trip, beside {rate:.0} strangers a second",
        served.len(),
        outcomes.len(),
        siege.round_trip.as_millis(),
    );
    let longest = outcomes.iter().map(|(_, took)| took).max();
    println!(
        "the longest of them took {:?}",
        longest.unwrap_or(&Duration::ZERO)
    );
    for (outcome, took) in outcomes {
        if let Err(error) = outcome {
            println!("  after {took:?}: {error}");
        }
    }
}
