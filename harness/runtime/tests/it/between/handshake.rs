//! Servers that do not know the key and have right ends talk to each other. Each says what it has
//! heard elsewhere, in the protocol of this library or in CPython's.

use std::net::TcpStream;
use std::thread;

use poolproof_runtime as mp;

use super::{Heard, KEY, client, hear, say, server};
use crate::listener::local;

pub(super) const TRIALS: &[(&str, fn())] = &[
    (
        "two_right_clients_prove_nothing_to_each_other_through_a_wrong_server",
        two_clients,
    ),
    ("a_right_client_is_not_convinced_by_its_own_words", mirror),
    ("what_right_ends_have_said_opens_nothing_later", replay),
];

/// How a wrong server has one client convinced by what another one says.
type Way = fn(&TcpStream, &TcpStream) -> Heard<()>;

const WELCOME: &[u8] = b"#WELCOME#";

/// A CPython's challenge of the one is given to the other, and its answer back.
fn as_cpython(one: &TcpStream, other: &TcpStream) -> Heard<()> {
    say(one, &[b"#CHALLENGE#{sha256}", &[7; 40][..]].concat())?;
    hear(one)?;
    say(one, WELCOME)?;
    say(other, &hear(one)?)?;
    say(one, &hear(other)?)?;
    hear(one).map(drop)
}

/// Both are greeted alike, and the one's proof is given to the other.
fn as_ours(one: &TcpStream, other: &TcpStream) -> Heard<()> {
    let greeting = [b"#POOLPROOF-1#", &[7; 32][..]].concat();
    say(one, &greeting)?;
    say(other, &greeting)?;
    hear(one)?;
    let proof = hear(other)?;
    say(one, &[WELCOME, &proof[proof.len() - 32..]].concat())
}

/// The one's number is what the other is greeted with.
fn crosswise(one: &TcpStream, other: &TcpStream) -> Heard<()> {
    say(one, &[b"#POOLPROOF-1#", &[7; 32][..]].concat())?;
    let answer = hear(one)?;
    let said = &answer[answer.len() - 64..answer.len() - 32];
    say(other, &[b"#POOLPROOF-1#", said].concat())?;
    let proof = hear(other)?;
    say(one, &[WELCOME, &proof[proof.len() - 32..]].concat())
}

/// The one's own proof is given back to it.
fn back(one: &TcpStream, _: &TcpStream) -> Heard<()> {
    say(one, &[b"#POOLPROOF-1#", &[7; 32][..]].concat())?;
    let answer = hear(one)?;
    say(one, &[WELCOME, &answer[answer.len() - 32..]].concat())
}

const WAYS: [Way; 4] = [as_cpython, as_ours, crosswise, back];

fn two_clients() {
    for way in WAYS {
        let server = server();
        let (one, convinced) = client(&server);
        let (other, helping) = client(&server);
        let _ = way(&one, &other);
        drop((one, other, server));
        assert!(convinced.join().unwrap().is_err(), "it is convinced");
        assert!(helping.join().unwrap().is_err(), "it is convinced");
    }
}

/// One who is asked what it has asked itself, and told what it has answered.
fn mirror() {
    for way in WAYS {
        let server = server();
        let (stream, convinced) = client(&server);
        let _ = way(&stream, &stream);
        drop((stream, server));
        assert!(convinced.join().unwrap().is_err(), "it is convinced");
    }
}

/// Carries a whole handshake, and gives what each end has said.
fn overhear(listener: &mp::Listener) -> [Vec<Vec<u8>>; 2] {
    let server = server();
    let (near, connecting) = client(&server);
    let far = TcpStream::connect(listener.address().to_string()).unwrap();
    thread::scope(|scope| {
        let accepting = scope.spawn(|| listener.accept::<u8, u8>().map(drop));
        let mut said = [Vec::new(), Vec::new()];
        for turn in 0..3 {
            let (from, to, said) = match turn % 2 {
                0 => (&far, &near, &mut said[0]),
                _ => (&near, &far, &mut said[1]),
            };
            let message = hear(from).unwrap();
            say(to, &message).unwrap();
            said.push(message);
        }
        connecting.join().unwrap().unwrap();
        accepting.join().unwrap().unwrap();
        said
    })
}

fn replay() {
    let listener = mp::Listener::bind(&local(), KEY).unwrap();
    let [by_listener, by_client] = overhear(&listener);

    let again = TcpStream::connect(listener.address().to_string()).unwrap();
    let replayed = thread::scope(|scope| {
        let accepting = scope.spawn(|| listener.accept::<u8, u8>().map(drop));
        hear(&again).unwrap();
        by_client.iter().for_each(|said| say(&again, said).unwrap());
        accepting.join().unwrap()
    });
    assert!(replayed.unwrap_err().is_auth());

    let server = server();
    let (stream, convinced) = client(&server);
    for said in &by_listener {
        say(&stream, said).unwrap();
    }
    assert!(convinced.join().unwrap().unwrap_err().is_auth());
}
