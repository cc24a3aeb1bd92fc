//! Who has carried the whole handshake from one right end to the other, and then goes on in the
//! place of one of them, or changes what they say.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use poolproof_runtime as mp;

use super::{KEY, LATE, client, server};
use crate::listener::local;

pub(super) const TRIALS: &[(&str, fn())] = &[
    (
        "who_is_in_between_says_nothing_in_the_place_of_an_end",
        injected,
    ),
    ("a_message_that_was_changed_is_refused", changed),
    (
        "a_message_comes_once_in_its_turn_and_never_back",
        out_of_turn,
    ),
    (
        "a_length_that_nobody_sent_is_refused_before_what_it_announces",
        announced,
    ),
    ("a_call_that_was_changed_reaches_no_object", call),
];

/// How long what stands behind a message is.
const TAG: usize = 16;

/// Two right ends, and who is in between.
struct Between {
    client: mp::Connection<u8, u8>,
    listener: mp::Connection<u8, u8>,
    near: TcpStream,
    far: TcpStream,
}

/// Carries a handshake, whatever is said in it.
fn between() -> Between {
    let listener = mp::Listener::bind(&local(), KEY).unwrap();
    let server = server();
    let (near, connecting) = client(&server);
    let far = TcpStream::connect(listener.address().to_string()).unwrap();
    let accepting = thread::spawn(move || listener.accept::<u8, u8>());
    for stream in [&near, &far] {
        let brief = Some(Duration::from_millis(1));
        stream.set_read_timeout(brief).unwrap();
    }
    while !(connecting.is_finished() && accepting.is_finished()) {
        pass(&near, &far);
        pass(&far, &near);
    }
    for stream in [&near, &far] {
        stream.set_read_timeout(LATE).unwrap();
    }
    Between {
        client: connecting.join().unwrap().unwrap(),
        listener: accepting.join().unwrap().unwrap(),
        near,
        far,
    }
}

/// Carries what is there.
fn pass(mut from: &TcpStream, mut to: &TcpStream) {
    let mut room = [0; 1024];
    if let Ok(count) = from.read(&mut room) {
        to.write_all(&room[..count]).unwrap();
    }
}

impl Between {
    /// What the client sends as one message of a byte.
    fn sent(&self, value: u8) -> Vec<u8> {
        self.client.send_bytes(&[value]).unwrap();
        let mut frame = vec![0; 4 + 1 + TAG];
        (&self.near).read_exact(&mut frame).unwrap();
        frame
    }

    fn give(&self, bytes: &[u8]) {
        (&self.far).write_all(bytes).unwrap();
    }

    /// What the listener's end receives.
    fn received(&self) -> mp::Result<Vec<u8>> {
        assert!(self.listener.poll(LATE).unwrap(), "it waits");
        self.listener.recv_bytes()
    }

    /// The listener's end refuses what it was given, and all that comes.
    fn is_refused(&self) {
        for _ in 0..3 {
            assert!(self.received().unwrap_err().is_auth());
        }
    }
}

fn injected() {
    let between = between();
    let said = [&[0, 0, 0, 1, 7][..], &[7; TAG]].concat();
    between.give(&said);
    (&between.near).write_all(&said).unwrap();
    between.is_refused();
    assert!(between.client.recv().unwrap_err().is_auth());
}

fn changed() {
    let right = between();
    let frame = right.sent(7);
    right.give(&frame);
    assert_eq!(right.received().unwrap(), [7]);
    for place in 0..frame.len() {
        let between = between();
        let mut frame = between.sent(7);
        frame[place] ^= 1;
        // As much as would be there if it were longer.
        between.give(&frame.repeat(20));
        between.is_refused();
    }
}

fn out_of_turn() {
    // Twice.
    let one = between();
    let frame = one.sent(7);
    one.give(&frame.repeat(2));
    assert_eq!(one.received().unwrap(), [7]);
    one.is_refused();
    // One before the other, or without it.
    let one = between();
    let frames = [7, 8].map(|value| one.sent(value));
    one.give(&frames[1]);
    one.give(&frames[0]);
    one.is_refused();
    // Back to where it came from.
    let one = between();
    let frame = one.sent(7);
    (&one.near).write_all(&frame).unwrap();
    assert!(one.client.recv().unwrap_err().is_auth());
    // On another connection between the same ends.
    let another = between();
    another.sent(7);
    another.give(&frame);
    another.is_refused();
}

/// Nobody waits for what is announced, or makes room for it.
fn announced() {
    let lengths: [&[u8]; 4] = [
        &[0x7f, 255, 255, 255],
        &[0, 1, 0, 0],
        &[255, 255, 255, 255, 0, 0, 1, 0, 0, 0, 0, 0],
        &[255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
    ];
    for length in lengths {
        let between = between();
        between.give(&[length, &[7; TAG]].concat());
        between.is_refused();
    }
}

fn call() {
    let manager = mp::Manager::serve(&local(), b"secret").unwrap();
    let list = manager.list::<u64>().unwrap();
    list.push(&1).unwrap();
    manager.share("list", &list).unwrap();
    let server = server();
    let near = mp::Address::from(server.local_addr().unwrap());
    let place = manager.address().to_string();
    let is_over = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&is_over);
    // Carries each way what comes; from the tenth piece on, the last byte is another.
    let carrying = thread::spawn(move || {
        while let Ok((ours, _)) = server.accept() {
            if ended.load(Ordering::SeqCst) {
                break;
            }
            let theirs = TcpStream::connect(&place).unwrap();
            let (from, to) = (ours.try_clone().unwrap(), theirs.try_clone().unwrap());
            thread::spawn(move || carry(&from, &to, 10));
            thread::spawn(move || carry(&theirs, &ours, usize::MAX));
        }
    });
    let client = mp::Manager::connect(&near, b"secret").unwrap();
    let proxy = client.shared_list::<u64>("list").unwrap();
    let failed = (0..100).map_while(|value| proxy.push(&value).ok()).count();
    assert!(failed < 10, "a changed call is done");
    let items = list.items().unwrap();
    let pushed: Vec<u64> = (0..failed as u64).collect();
    assert_eq!(items, [&[1], &pushed[..]].concat());
    drop((proxy, client));
    is_over.store(true, Ordering::SeqCst);
    TcpStream::connect(near.to_string()).unwrap();
    carrying.join().unwrap();
}

fn carry(mut from: &TcpStream, mut to: &TcpStream, changed_from: usize) {
    let mut room = [0; 4096];
    for piece in 0.. {
        let Ok(count @ 1..) = from.read(&mut room) else {
            break;
        };
        if piece >= changed_from {
            room[count - 1] ^= 1;
        }
        if to.write_all(&room[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
