//! Whoever is in between: servers that do not know the key and have right ends talk to each other.
//! Each says what it has heard elsewhere, in the protocol of this library or in CPython's.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use libtest_mimic::Trial;
use poolproof_runtime as mp;

use super::listener::local;

const KEY: Option<&[u8]> = Some(b"secret");
const LATE: Option<Duration> = Some(Duration::from_secs(20));

pub(crate) fn trials() -> Vec<Trial> {
    let trials: [(&str, fn()); 3] = [
        (
            "two_right_clients_prove_nothing_to_each_other_through_a_wrong_server",
            two_clients,
        ),
        ("a_right_client_is_not_convinced_by_its_own_words", mirror),
        ("what_right_ends_have_said_opens_nothing_later", replay),
    ];
    let trial = |(name, run): (&str, fn())| {
        Trial::test(format!("between/{name}"), move || {
            run();
            Ok(())
        })
    };
    trials.into_iter().map(trial).collect()
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

/// A right client that connects to a wrong server: the server's end, and how it ends.
fn client(server: &TcpListener) -> (TcpStream, JoinHandle<mp::Result<()>>) {
    let address = mp::Address::from(server.local_addr().unwrap());
    let connecting = thread::spawn(move || mp::Client::connect::<u8, u8>(&address, KEY).map(drop));
    let stream = server.accept().unwrap().0;
    stream.set_read_timeout(LATE).unwrap();
    (stream, connecting)
}

fn server() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

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
    let number = &answer[answer.len() - 64..answer.len() - 32];
    say(other, &[b"#POOLPROOF-1#", number].concat())?;
    let proof = hear(other)?;
    say(one, &[WELCOME, &proof[proof.len() - 32..]].concat())
}

const WAYS: [Way; 3] = [as_cpython, as_ours, crosswise];

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
