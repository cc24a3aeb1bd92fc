//! Strangers and mad clients at a listener's and a manager's door. What they can say is looked
//! through far more closely by the crate's own tests (`fuzzing`).

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use super::listener::local;

const SEED: u64 = 0x5eed_0004;
const KEY: Option<&[u8]> = Some(b"secret");
const LATE: Option<Duration> = Some(Duration::from_secs(20));

pub(crate) fn trials() -> Vec<Trial> {
    let trials: [(&str, fn()); 10] = [
        ("silent_strangers_beyond_number_keep_nobody_out", silent),
        ("who_is_far_away_gets_in_beside_strangers_in_numbers", far),
        ("who_is_sent_away_unheard_comes_again", sent_away),
        ("a_stranger_who_says_anything_is_refused", anything),
        (
            "who_is_refused_is_named_to_the_listener_with_the_reason",
            named_to_listener,
        ),
        (
            "a_listener_that_is_none_is_named_to_the_client_with_the_reason",
            named_to_client,
        ),
        ("who_never_stops_talking_is_not_listened_to", endless),
        ("nobody_listens_with_an_empty_key", empty_key),
        ("a_client_gone_mad_loses_its_own_connection_only", mad),
        ("a_client_without_a_name_is_not_served", nameless),
    ];
    let trial = |(name, run): (&str, fn())| {
        Trial::test(format!("hostile/{name}"), move || {
            run();
            Ok(())
        })
    };
    trials.into_iter().map(trial).collect()
}

/// The same bytes each time for the same number.
fn noise(number: u64, most: usize) -> Vec<u8> {
    let mut state = SEED ^ (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    };
    let length = next() as usize % (most + 1);
    (0..length).map(|_| next() as u8).collect()
}

fn stranger(address: &mp::Address) -> TcpStream {
    let stream = TcpStream::connect(address.to_string()).unwrap();
    stream.set_read_timeout(LATE).unwrap();
    stream
}

/// More of them than handshakes may go on at once, and none is ever given up by itself.
fn silent() {
    let listener = mp::Listener::bind(&local(), KEY).unwrap();
    let address = listener.address().clone();
    let client = std::thread::spawn(move || {
        let strangers: Vec<_> = (0..150).map(|_| stranger(&address)).collect();
        let friend = mp::Client::connect::<u8, u8>(&address, KEY).unwrap();
        friend.send(&5).unwrap();
        drop(strangers);
    });
    assert_eq!(accept_friend(&listener).recv().unwrap(), 5);
    client.join().unwrap();
}

/// What lies between a listener and a client that is far away: while a message of their handshake
/// is on its way that the listener waits for in the end, so many strangers come, and are greeted.
fn carry_far(near: &TcpStream, place: &mp::Address, messages: usize) {
    const STRANGERS: usize = 50;
    let far = stranger(place);
    let mut strangers = Vec::new();
    let ways = [(&far, near), (near, &far)];
    // Each waits for what the other says.
    for (mut from, mut to) in ways.into_iter().cycle().take(messages) {
        let mut head = [0; 4];
        from.read_exact(&mut head).unwrap();
        let mut message = vec![0; u32::from_be_bytes(head) as usize];
        from.read_exact(&mut message).unwrap();
        for _ in 0..STRANGERS {
            let mut one = stranger(place);
            one.read_exact(&mut [0]).unwrap();
            strangers.push(one);
        }
        to.write_all(&[&head[..], &message].concat()).unwrap();
    }
    carry(near, &far);
}

/// As many between two messages, with each protocol.
fn far() {
    for (protocol, messages) in [(mp::Protocol::Poolproof, 2), (mp::Protocol::Python, 6)] {
        let listener = mp::Listener::bind_with(&local(), KEY, protocol).unwrap();
        let place = listener.address().clone();
        let way = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = way.local_addr().unwrap().into();
        let carrying = std::thread::spawn(move || {
            carry_far(&way.accept().unwrap().0, &place, messages);
        });
        let client = std::thread::spawn(move || {
            let friend = mp::Client::connect_with::<u8, u8>(&near, KEY, protocol).unwrap();
            friend.send(&5).unwrap();
        });
        assert_eq!(accept_friend(&listener).recv().unwrap(), 5);
        client.join().unwrap();
        carrying.join().unwrap();
    }
}

/// Strangers that were given up are errors of their own.
fn accept_friend(listener: &mp::Listener) -> mp::Connection<u8, u8> {
    loop {
        if let Ok(friend) = listener.accept() {
            return friend;
        }
    }
}

/// Twice, before and after it was greeted.
fn sent_away() {
    let listener = mp::Listener::bind(&local(), KEY).unwrap();
    let place = listener.address().clone();
    let way = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = way.local_addr().unwrap().into();
    let carrying = std::thread::spawn(move || {
        drop(way.accept().unwrap());
        let mut one = way.accept().unwrap().0;
        let greeting = [&[0, 0, 0, 45][..], b"#POOLPROOF-1#", &[7; 32]].concat();
        one.write_all(&greeting).unwrap();
        drop(one);
        carry(&way.accept().unwrap().0, &stranger(&place));
    });
    let client = std::thread::spawn(move || {
        let friend = mp::Client::connect::<u8, u8>(&near, KEY).unwrap();
        friend.send(&5).unwrap();
    });
    assert_eq!(accept_friend(&listener).recv().unwrap(), 5);
    client.join().unwrap();
    carrying.join().unwrap();
}

/// Carries all that is said, until the one has ended.
fn carry(one: &TcpStream, other: &TcpStream) {
    std::thread::scope(|scope| {
        scope.spawn(|| std::io::copy(&mut &*other, &mut &*one));
        let _ = std::io::copy(&mut &*one, &mut &*other);
        let _ = other.shutdown(Shutdown::Both);
    });
}

fn anything() {
    let listener = mp::Listener::bind(&local(), KEY).unwrap();
    for number in 0..200 {
        let mut said = noise(number, 300);
        if number % 2 == 0 {
            // A length that makes sense, so that the rest is looked at.
            let length = (said.len() as u32).to_be_bytes();
            said.splice(0..0, length);
        }
        let mut stream = stranger(listener.address());
        // It fails for who is sent away before everything is said.
        let _ = stream.write_all(&said);
        let _ = stream.shutdown(Shutdown::Write);
        let outcome = listener.accept::<u8, u8>();
        assert!(outcome.is_err(), "{number} of seed {SEED:#x} is let in");
    }
    let address = listener.address().clone();
    let client = std::thread::spawn(move || mp::Client::connect::<u8, u8>(&address, KEY).unwrap());
    listener.accept::<u8, u8>().unwrap();
    client.join().unwrap();
}

/// A message that makes sense as one.
fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u32).to_be_bytes()[..], message].concat()
}

fn named_to_listener() {
    let proof = [b"#PROOF#", &[7; 64][..]].concat();
    for (said, why) in [
        (Vec::new(), "it hung up before it proved"),
        (framed(&proof)[..40].to_vec(), "it hung up before it proved"),
        (framed(&proof), "it does not know the key"),
        (framed(b"hello"), "it speaks another protocol"),
        (framed(b"#CHALLENGE#{sha256}"), "it speaks another protocol"),
        (
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            "it announces a message of 1195725856 bytes, where 256 are the most",
        ),
    ] {
        let listener = mp::Listener::bind(&local(), KEY).unwrap();
        let mut stream = stranger(listener.address());
        stream.write_all(&said).unwrap();
        let (who, place) = (stream.local_addr().unwrap(), listener.address());
        // Else it waits for what it is answered.
        if why.starts_with("it hung up") {
            stream.shutdown(Shutdown::Both).unwrap();
        }
        let error = listener.accept::<u8, u8>().unwrap_err().to_string();
        let expected = format!("authenticate {who} at {place}: {why}");
        assert!(error.starts_with(&expected), "{error}");
    }
}

fn named_to_client() {
    for (said, why) in [
        (Vec::new(), "it hung up"),
        (framed(b"#POOLPROOF-1#")[..9].to_vec(), "it hung up"),
        (
            framed(&[b"#POOLPROOF-2#", &[7; 32][..]].concat()),
            "it speaks version 2 of the protocol, and this is version 1",
        ),
        (
            framed(b"#CHALLENGE#{sha256}"),
            "it speaks CPython's protocol",
        ),
        (framed(b""), "it is no listener of this library"),
        (
            b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(),
            "it announces a message of 1397966893 bytes",
        ),
    ] {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let place: mp::Address = server.local_addr().unwrap().into();
        let near = place.clone();
        let client = std::thread::spawn(move || mp::Client::connect::<u8, u8>(&near, KEY));
        server.set_nonblocking(true).unwrap();
        // It comes again where it has not been heard.
        while !client.is_finished() {
            match server.accept() {
                Ok((mut stream, _)) => {
                    stream.set_nonblocking(false).unwrap();
                    let _ = stream.write_all(&said);
                }
                Err(_) => std::thread::yield_now(),
            }
        }
        let error = client.join().unwrap().unwrap_err().to_string();
        let expected = format!("connect to {place}: {why}");
        assert!(error.starts_with(&expected), "{error}");
    }
    let nobody = "127.0.0.1:1".parse().unwrap();
    let error = mp::Client::connect::<u8, u8>(&nobody, KEY).unwrap_err();
    assert!(error.is_broken_pipe());
    let text = error.to_string();
    assert!(
        text.starts_with("connect to 127.0.0.1:1: nobody listens there"),
        "{text}"
    );
}

/// Whoever it is, and however long it would go on.
fn endless() {
    let listener = mp::Listener::bind(&local(), KEY).unwrap();
    for piece in [&b"x"[..], &framed(b"hello"), &framed(b""), &[0; 4096]] {
        let mut stream = stranger(listener.address());
        stream.set_write_timeout(LATE).unwrap();
        let talking = std::thread::spawn({
            let piece = piece.repeat(100);
            move || while stream.write_all(&piece).is_ok() {}
        });
        assert!(listener.accept::<u8, u8>().is_err());
        talking.join().unwrap();
    }
}

fn empty_key() {
    let refused = [
        mp::Listener::bind(&local(), Some(b"")).unwrap_err(),
        mp::Listener::bind_with(&local(), Some(b""), mp::Protocol::Python).unwrap_err(),
        mp::Listener::private(Some(b"")).unwrap_err(),
        mp::Manager::serve(&local(), b"").unwrap_err(),
        mp::Context::default()
            .manager_builder()
            .key(b"")
            .server()
            .unwrap_err(),
    ];
    for error in refused {
        assert!(error.is_value(), "{error}");
        assert!(error.to_string().contains("the key is empty"), "{error}");
    }
}

fn manager() -> mp::Manager {
    let manager = mp::Context::default()
        .manager_at(&local(), b"secret")
        .unwrap();
    mp::Manager::connect(&manager.address(), b"secret").unwrap();
    manager
}

fn mad() {
    let manager = manager();
    let list = manager.list::<u8>().unwrap();
    for number in 0..100 {
        let client = mp::Client::connect::<u8, u8>(&manager.address(), KEY).unwrap();
        // A name first, as every client says one.
        client
            .send_bytes(&[[0].as_slice(), &[7; 16]].concat())
            .unwrap();
        for request in 0..10 {
            // It fails as soon as the manager has had enough.
            let _ = client.send_bytes(&noise(number * 10 + request, 12));
        }
    }
    list.push(&1).unwrap();
    assert_eq!(list.items().unwrap(), [1]);
}

fn nameless() {
    let manager = manager();
    let client = mp::Client::connect::<u8, u8>(&manager.address(), KEY).unwrap();
    // What asks for the number of objects, which a client with a name is told.
    client.send_bytes(&[7]).unwrap();
    assert!(client.poll(LATE).unwrap());
    assert!(client.recv_bytes().unwrap_err().is_eof());
    let client = mp::Client::connect::<u8, u8>(&manager.address(), KEY).unwrap();
    client
        .send_bytes(&[[0].as_slice(), &[7; 16]].concat())
        .unwrap();
    client.send_bytes(&[7]).unwrap();
    assert!(!client.recv_bytes().unwrap().is_empty());
}
