//! A way through TCP on which each piece is for a while, as if its ends were far from each other.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A place that leads to another, where each piece comes after `delay`, either way.
pub(crate) fn relay(place: SocketAddr, delay: Duration) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let near = listener.local_addr()?;
    thread::spawn(move || {
        for ours in listener.incoming().flatten() {
            let Ok(theirs) = TcpStream::connect(place) else {
                continue;
            };
            if let (Ok(from), Ok(to)) = (ours.try_clone(), theirs.try_clone()) {
                thread::spawn(move || carry(from, to, delay));
                thread::spawn(move || carry(theirs, ours, delay));
            }
        }
    });
    Ok(near)
}

/// Carries what comes, and the end, each when its time has come.
fn carry(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (sender, under_way) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        for (due, bytes) in under_way {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            // Where nobody is there any more, nothing needs to come.
            let _ = match bytes.is_empty() {
                true => to.shutdown(Shutdown::Write),
                false => to.write_all(&bytes),
            };
        }
    });
    let mut room = [0; 4096];
    loop {
        let read = from.read(&mut room).unwrap_or(0);
        let is_gone = sender
            .send((Instant::now() + delay, room[..read].to_vec()))
            .is_err();
        if read == 0 || is_gone {
            return;
        }
    }
}
