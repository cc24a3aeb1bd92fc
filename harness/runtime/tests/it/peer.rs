//! Listeners and clients with a real peer: CPython's own `multiprocessing.connection`, each version
//! that is found. Its protocol is spoken only by who asks for it; and those before 3.12 know only
//! HMAC-MD5, which has to be asked for, too.

mod python;

use std::time::Duration;

use libtest_mimic::{Completion, Failed, Trial};
use poolproof_runtime as mp;

use python::{PYTHONS, Python, Running};

use super::listener::{addresses, folder, local};

/// A Python has to start and to be loaded first.
const LATE: Option<Duration> = Some(Duration::from_secs(60));

/// What is sent each way: nothing, one byte, what Python writes at once and what it does not, what
/// fills the buffers of a socket, and far more than fits into them.
const LENGTHS: [usize; 6] = [0, 1, 16 << 10, (16 << 10) + 1, 1 << 20, 64 << 20];

type Check = fn(&Python);

const CHECKS: [(&str, Check); 6] = [
    ("our_listener_takes_a_cpython_client", client),
    ("our_client_reaches_a_cpython_listener", server),
    (
        "a_cpython_client_with_a_wrong_key_is_refused",
        client_with_wrong_key,
    ),
    (
        "a_cpython_listener_refuses_our_wrong_key",
        server_with_other_key,
    ),
    (
        "a_cpython_that_knows_only_md5_is_refused_unless_asked_for",
        only_md5,
    ),
    (
        "a_cpython_is_told_nothing_by_who_does_not_ask_for_its_protocol",
        not_asked_for,
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(name, check): (&str, Check)| {
        Trial::ignorable_test(format!("peer/{name}"), move || with_each_python(check))
    };
    CHECKS.into_iter().map(trial).collect()
}

fn with_each_python(check: Check) -> Result<Completion, Failed> {
    if PYTHONS.is_empty() {
        let reason = "no CPython 3 is found on the path or under pyenv";
        println!("skipped: {reason}");
        return Ok(Completion::ignored_with(reason));
    }
    for python in PYTHONS.iter() {
        let _named = Named(python);
        check(python);
    }
    Ok(Completion::Completed)
}

/// Says with which Python a trial has failed.
struct Named<'p>(&'p Python);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("with CPython {:?} ({})", self.0.version, self.0.program);
        }
    }
}

/// What must be spoken with it.
fn protocol(python: &Python) -> mp::Protocol {
    match python.version >= (3, 12, 0) {
        true => mp::Protocol::Python,
        false => mp::Protocol::PythonOrMd5,
    }
}

/// Starts a script that finds the address and the key in its arguments.
fn start(python: &Python, script: &str, address: &mp::Address, key: &str) -> Running {
    python.start(&format!("{PRELUDE}{script}"), &[&address.to_string(), key])
}

const PRELUDE: &str = "
import os, sys
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
address, key = sys.argv[1], sys.argv[2].encode()
if '/' not in address:
    host, port = address.rsplit(':', 1)
    address = (host, int(port))
def listen():
    listener = Listener(address, authkey=key)
    found = listener.address
    print(found if isinstance(found, str) else '%s:%d' % found)
    return listener
def echo(connection):
    while True:
        try:
            connection.send_bytes(connection.recv_bytes())
        except EOFError:
            return
def refused(attempt):
    try:
        attempt()
    except AuthenticationError:
        print('refused')
    except Exception as error:
        print(repr(error))
";

fn client(python: &Python) {
    for address in addresses(&folder()) {
        let key = Some(&b"secret"[..]);
        let listener = mp::Listener::bind_with(&address, key, protocol(python)).unwrap();
        let script = "echo(Client(address, authkey=key))";
        let running = start(python, script, listener.address(), "secret");
        echo(listener.accept().unwrap());
        running.end();
    }
}

fn server(python: &Python) {
    for address in addresses(&folder()) {
        let mut running = start(python, "echo(listen().accept())", &address, "secret");
        let address = running.line().parse().unwrap();
        let key = Some(&b"secret"[..]);
        echo(mp::Client::connect_with(&address, key, protocol(python)).unwrap());
        running.end();
    }
}

fn echo(connection: mp::Connection<u8, u8>) {
    let pattern: Vec<u8> = (0..251).collect();
    let longest = pattern.repeat(LENGTHS[5] / 251 + 1);
    for length in LENGTHS {
        let bytes = &longest[..length];
        connection.send_bytes(bytes).unwrap();
        let is_answered = connection.poll(LATE).unwrap();
        assert!(is_answered, "no answer to {length} bytes");
        let answer = connection.recv_bytes().unwrap();
        assert!(answer == bytes, "another answer to {length} bytes");
    }
}

fn client_with_wrong_key(python: &Python) {
    for address in addresses(&folder()) {
        let key = Some(&b"secret"[..]);
        let listener = mp::Listener::bind_with(&address, key, protocol(python)).unwrap();
        let script = "refused(lambda: Client(address, authkey=key))";
        let mut running = start(python, script, listener.address(), "guess");
        assert!(listener.accept::<u8, u8>().unwrap_err().is_auth());
        assert_eq!(running.line(), "refused");
        running.end();
        // The listener goes on.
        let running = start(
            python,
            "Client(address, authkey=key)",
            listener.address(),
            "secret",
        );
        listener.accept::<u8, u8>().unwrap();
        running.end();
    }
}

fn server_with_other_key(python: &Python) {
    for address in addresses(&folder()) {
        let mut running = start(python, "refused(listen().accept)", &address, "secret");
        let address = running.line().parse().unwrap();
        let key = Some(&b"guess"[..]);
        let error = mp::Client::connect_with::<u8, u8>(&address, key, protocol(python));
        assert!(error.unwrap_err().is_auth());
        assert_eq!(running.line(), "refused");
        running.end();
    }
}

/// Nobody falls back to the weaker digest by itself.
fn only_md5(python: &Python) {
    if protocol(python) == mp::Protocol::Python {
        return;
    }
    let key = Some(&b"secret"[..]);
    let listener = mp::Listener::bind_with(&local(), key, mp::Protocol::Python).unwrap();
    let script = "refused(lambda: Client(address, authkey=key))";
    let mut running = start(python, script, listener.address(), "secret");
    assert!(listener.accept::<u8, u8>().unwrap_err().is_auth());
    assert_eq!(running.line(), "refused");
    running.end();
    given_up(python, mp::Protocol::Python, "`Protocol::PythonOrMd5`");
}

/// A CPython listener is given up by our client, which says what it needs.
fn given_up(python: &Python, protocol: mp::Protocol, needed: &str) {
    let script = "
try:
    listen().accept()
except (AuthenticationError, EOFError, ConnectionError):
    print('given up')
";
    let mut running = start(python, script, &local(), "secret");
    let address = running.line().parse().unwrap();
    let key = Some(&b"secret"[..]);
    let error = mp::Client::connect_with::<u8, u8>(&address, key, protocol).unwrap_err();
    assert!(
        error.is_auth() && error.to_string().contains(needed),
        "{error}"
    );
    assert_eq!(running.line(), "given up");
    running.end();
}

/// And nobody falls back to CPython's protocol by itself.
fn not_asked_for(python: &Python) {
    let listener = mp::Listener::bind(&local(), Some(b"secret")).unwrap();
    let script = "
try:
    Client(address, authkey=key)
except (AuthenticationError, AssertionError):
    print('given up')
";
    let mut running = start(python, script, listener.address(), "secret");
    let error = listener.accept::<u8, u8>().unwrap_err().to_string();
    assert!(error.contains("`Protocol::Python`"), "{error}");
    assert_eq!(running.line(), "given up");
    running.end();
    given_up(python, mp::Protocol::Poolproof, "`Protocol::Python`");
}
