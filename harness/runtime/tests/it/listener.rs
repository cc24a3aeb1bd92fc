//! Listeners and clients among processes of ours, and with CPython's `multiprocessing.connection`
//! of each version that is found (3.12 and later: older ones know only MD5).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use libtest_mimic::{Completion, Failed, Trial};
use poolproof_runtime as mp;

const LATE: Option<Duration> = Some(Duration::from_secs(20));

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test(
            "listener/a_connection_carries_values_and_bytes_both_ways",
            || {
                for address in addresses(&folder()) {
                    values_and_bytes(&address);
                }
                Ok(())
            },
        ),
        Trial::test("listener/an_address_in_use_is_refused", || {
            let listener = mp::Listener::bind(&local(), None)?;
            assert!(
                mp::Listener::bind(listener.address(), None)
                    .unwrap_err()
                    .is_system()
            );
            Ok(())
        }),
        Trial::test(
            "listener/who_stops_in_the_middle_keeps_nobody_waiting",
            || {
                silent_stranger();
                Ok(())
            },
        ),
    ];
    let names = ["client", "server", "wrong_key"];
    let checks: [fn(&Path); 3] = [python_client, python_server, python_with_wrong_key];
    for (name, check) in names.into_iter().zip(checks) {
        trials.push(Trial::ignorable_test(
            format!("listener/a_cpython_{name}_is_understood"),
            move || with_each_python(check),
        ));
    }
    trials
}

fn local() -> mp::Address {
    "127.0.0.1:0".parse().unwrap()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// An address of each kind that this system has.
fn addresses(folder: &tempfile::TempDir) -> Vec<mp::Address> {
    let path = mp::Address::Path(folder.path().join("socket"));
    let path = poolproof_sys::socket::HAS_PATHS.then_some(path);
    [local()].into_iter().chain(path).collect()
}

fn values_and_bytes(address: &mp::Address) {
    for key in [None, Some(&b"secret"[..])] {
        let listener = mp::Listener::bind(address, key).unwrap();
        let found = listener.address().clone();
        let client = std::thread::spawn(move || {
            let client = mp::Client::connect::<Vec<u32>, String>(&found, key).unwrap();
            client.send(&vec![1, 2]).unwrap();
            assert_eq!(client.recv().unwrap(), "two");
            client.send_bytes(&[7; 100_000]).unwrap();
        });
        let connection = listener.accept::<String, Vec<u32>>().unwrap();
        assert_eq!(connection.recv().unwrap(), [1, 2]);
        connection.send(&"two".into()).unwrap();
        assert_eq!(connection.recv_bytes().unwrap(), [7; 100_000]);
        assert!(connection.recv_bytes().unwrap_err().is_eof());
        client.join().unwrap();
    }
}

fn silent_stranger() {
    let listener = mp::Listener::bind(&local(), Some(b"secret")).unwrap();
    let text = listener.address().to_string();
    let strangers: Vec<_> = (0..10)
        .map(|_| std::net::TcpStream::connect(&text).unwrap())
        .collect();
    let address = listener.address().clone();
    let client = std::thread::spawn(move || {
        mp::Client::connect::<u8, u8>(&address, Some(b"secret"))
            .unwrap()
            .send(&5)
            .unwrap();
    });
    assert_eq!(listener.accept::<u8, u8>().unwrap().recv().unwrap(), 5);
    client.join().unwrap();
    drop(strangers);
}

/// Every CPython from 3.12 on, on the path or under pyenv.
fn pythons() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = (12..20)
        .map(|minor| format!("python3.{minor}").into())
        .collect();
    let home = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")));
    if let Some(versions) = home.and_then(|home| std::fs::read_dir(home.join("versions")).ok()) {
        found.extend(
            versions
                .flatten()
                .map(|version| version.path().join("bin/python3")),
        );
    }
    let is_new = |python: &PathBuf| {
        let check = "import sys; sys.exit(sys.version_info < (3, 12))";
        let status = Command::new(python)
            .args(["-c", check])
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    found.into_iter().filter(is_new).collect()
}

fn with_each_python(check: fn(&Path)) -> Result<Completion, Failed> {
    let pythons = pythons();
    if pythons.is_empty() {
        return Ok(Completion::ignored_with("no CPython from 3.12 on is found"));
    }
    pythons.iter().for_each(|python| check(python));
    Ok(Completion::Completed)
}

/// A Python that has to end well before the test does.
struct Python {
    child: Child,
}

impl Python {
    fn start(python: &Path, script: &str, address: &mp::Address, key: &str) -> Python {
        let mut command = Command::new(python);
        command.args(["-u", "-c", script, &address.to_string(), key]);
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        Python { child }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let output = self.child.stdout.as_mut().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn end(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It has ended by itself where the test is good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ADDRESS: &str = "
import sys
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
address, key = sys.argv[1], sys.argv[2].encode()
if '/' not in address:
    host, port = address.rsplit(':', 1)
    address = (host, int(port))
def echo(connection):
    while True:
        try:
            connection.send_bytes(connection.recv_bytes()[::-1])
        except EOFError:
            return
";

fn python_client(python: &Path) {
    let script = format!("{ADDRESS}echo(Client(address, authkey=key))");
    for address in addresses(&folder()) {
        let listener = mp::Listener::bind(&address, Some(b"secret")).unwrap();
        let python = Python::start(python, &script, listener.address(), "secret");
        echo(listener.accept().unwrap());
        python.end();
    }
}

fn python_server(python: &Path) {
    let script = format!(
        "{ADDRESS}
with Listener(address, authkey=key) as listener:
    found = listener.address
    print(found if isinstance(found, str) else '%s:%d' % found)
    echo(listener.accept())
"
    );
    for address in addresses(&folder()) {
        let mut python = Python::start(python, &script, &address, "secret");
        let address = python.line().parse().unwrap();
        echo(mp::Client::connect(&address, Some(b"secret")).unwrap());
        python.end();
    }
}

fn echo(connection: mp::Connection<u8, u8>) {
    for length in [0, 1, 255, 256, 16 << 10, 1 << 20] {
        let bytes: Vec<u8> = (0..length).map(|byte| (byte % 251) as u8).collect();
        connection.send_bytes(&bytes).unwrap();
        assert!(
            connection.poll(LATE).unwrap(),
            "no answer to {length} bytes"
        );
        let mut answer = connection.recv_bytes().unwrap();
        answer.reverse();
        assert_eq!(answer, bytes);
    }
}

fn python_with_wrong_key(python: &Path) {
    let client = format!(
        "{ADDRESS}
try:
    Client(address, authkey=key)
except AuthenticationError:
    print('refused')
"
    );
    let listener = mp::Listener::bind(&local(), Some(b"secret")).unwrap();
    let mut process = Python::start(python, &client, listener.address(), "guess");
    assert!(listener.accept::<u8, u8>().unwrap_err().is_auth());
    assert_eq!(process.line(), "refused");
    process.end();

    let server = format!(
        "{ADDRESS}
with Listener(address, authkey=key) as listener:
    print('%s:%d' % listener.address)
    try:
        listener.accept()
    except AuthenticationError:
        print('refused')
"
    );
    let mut process = Python::start(python, &server, &local(), "secret");
    let address = process.line().parse().unwrap();
    let error = mp::Client::connect::<u8, u8>(&address, Some(b"guess")).unwrap_err();
    assert!(error.is_auth());
    process.end();
}
