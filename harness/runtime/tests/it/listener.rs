//! Listeners and clients among processes of ours; with CPython's they are in `peer`.

use libtest_mimic::Trial;
use poolproof_runtime as mp;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "listener/a_connection_carries_values_and_bytes_both_ways",
            || {
                for address in addresses(&folder()).into_iter().chain(name()) {
                    values_and_bytes(&address);
                }
                Ok(())
            },
        ),
        Trial::test(
            "listener/a_connection_with_a_key_goes_on_in_another_process",
            || {
                for address in addresses(&folder()).into_iter().chain(name()) {
                    goes_on(&address);
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
    ]
}

pub(crate) fn local() -> mp::Address {
    "127.0.0.1:0".parse().unwrap()
}

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A name without a file that nobody else has, where this system has such names.
fn name() -> Option<mp::Address> {
    let name = folder().path().file_name()?.to_str()?.to_owned();
    poolproof_sys::socket::HAS_NAMES.then_some(mp::Address::Name(name))
}

/// An address of each kind that this system has and that a CPython of any version knows.
pub(crate) fn addresses(folder: &tempfile::TempDir) -> Vec<mp::Address> {
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

type Texts = mp::Connection<String, String>;

/// Answers all that comes, until nothing comes any more.
fn answer(connection: Texts) -> mp::Result<()> {
    loop {
        match connection.recv() {
            Err(error) if error.is_eof() => return Ok(()),
            said => connection.send(&format!("{} it is", said?.len()))?,
        }
    }
}

fn hear(connection: &Texts) -> String {
    assert!(connection.poll(Some(crate::SOON)).unwrap(), "nothing comes");
    connection.recv().unwrap()
}

/// Says something, some of which is for another process than what answers first. A pipe may hold
/// less than one message.
fn talk(theirs: Texts) {
    theirs.send(&"first".into()).unwrap();
    for length in [10_000, 3] {
        theirs.send(&"x".repeat(length)).unwrap();
    }
    assert_eq!(hear(&theirs), "here");
    theirs.send(&"y".repeat(20_000)).unwrap();
    for length in [10_000, 3, 20_000] {
        assert_eq!(hear(&theirs), format!("{length} it is"));
    }
}

/// With what one end has read ahead, and one message that was too long for who asked for it.
fn goes_on(address: &mp::Address) {
    let key = Some(&b"secret"[..]);
    let listener = mp::Listener::bind(address, key).unwrap();
    let found = listener.address().clone();
    let talking = std::thread::spawn(move || talk(mp::Client::connect(&found, key).unwrap()));
    let ours: Texts = listener.accept().unwrap();
    assert_eq!(hear(&ours), "first");
    assert!(ours.recv_bytes_of_at_most(5).unwrap_err().is_too_long());
    // It stays usable where it cannot be sent.
    let (_receiver, sender) = mp::Context::default().one_way().unwrap();
    let unsendable = (ours, Unsendable);
    assert!(sender.send(&unsendable).unwrap_err().is_serialize());
    let ours = unsendable.0;
    ours.send(&"here".into()).unwrap();

    let (receiver, sender) = mp::Context::default().one_way().unwrap();
    let process = mp::Context::default()
        .process(
            |receiver: mp::Receiver<Texts>| answer(receiver.recv()?),
            receiver,
        )
        .start()
        .unwrap();
    sender.send(&ours).unwrap();
    // Only the other process knows the next message's MAC.
    assert!(ours.send(&"again".into()).unwrap_err().is_usage());
    assert!(ours.recv().unwrap_err().is_usage());
    talking.join().unwrap();
    drop(ours);
    assert!(process.join(Some(crate::SOON)).unwrap());
    assert_eq!(process.exit_code().unwrap(), Some(0));
}

/// What cannot be sent.
#[derive(serde::Deserialize)]
struct Unsendable;

impl serde::Serialize for Unsendable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it cannot be sent"))
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
