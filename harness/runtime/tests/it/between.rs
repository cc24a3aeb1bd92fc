//! Whoever is in between two right ends and does not know the key.

mod handshake;
mod messages;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use libtest_mimic::Trial;
use poolproof_runtime as mp;

const KEY: Option<&[u8]> = Some(b"secret");
const LATE: Option<Duration> = Some(Duration::from_secs(20));

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(name, run): (&'static str, fn())| {
        Trial::test(format!("between/{name}"), move || {
            run();
            Ok(())
        })
    };
    let all = handshake::TRIALS.iter().chain(messages::TRIALS);
    all.copied().map(trial).collect()
}

/// What is heard of the other end; none once it has hung up.
type Heard<T = Vec<u8>> = Option<T>;

fn hear(mut from: &TcpStream) -> Heard {
    let mut head = [0; 4];
    from.read_exact(&mut head).ok()?;
    let mut message = vec![0; u32::from_be_bytes(head) as usize];
    from.read_exact(&mut message).ok()?;
    Some(message)
}

fn say(mut to: &TcpStream, message: &[u8]) -> Heard<()> {
    let head = (message.len() as u32).to_be_bytes();
    to.write_all(&[&head[..], message].concat()).ok()
}

/// A wrong server.
fn server() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

type Client = mp::Result<mp::Connection<u8, u8>>;

/// A right client that connects to a wrong server: the server's end, and how it ends.
fn client(server: &TcpListener) -> (TcpStream, JoinHandle<Client>) {
    let address = mp::Address::from(server.local_addr().unwrap());
    let connecting = thread::spawn(move || mp::Client::connect::<u8, u8>(&address, KEY));
    let stream = server.accept().unwrap().0;
    stream.set_read_timeout(LATE).unwrap();
    (stream, connecting)
}
