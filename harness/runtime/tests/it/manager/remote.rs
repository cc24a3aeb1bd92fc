//! Managers that others reach, and what a stranger cannot do; and their end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use poolproof_runtime as mp;

use super::{LATE, run};
use mp::{Context, StartMethod};

fn local() -> mp::Address {
    "127.0.0.1:0".parse().unwrap()
}

pub(super) fn remote(context: Context) {
    fn by_name(address: mp::Address) {
        let manager = mp::Manager::connect(&address, b"secret").unwrap();
        let list = manager.shared_list::<i64>("numbers").unwrap();
        assert_eq!(list.items().unwrap(), [1]);
        list.push(&2).unwrap();
        assert!(
            manager
                .shared_dict::<u8, u8>("numbers")
                .unwrap_err()
                .is_usage()
        );
        assert!(
            manager
                .shared_list::<i64>("letters")
                .unwrap_err()
                .is_missing()
        );
    }
    let manager = context.manager_at(&local(), b"secret").unwrap();
    assert!(matches!(manager.address(), mp::Address::Tcp(address) if address.port() != 0));
    let list = manager.list().unwrap();
    list.push(&1).unwrap();
    manager.share("numbers", &list).unwrap();
    run(context, by_name, manager.address());
    assert_eq!(list.items().unwrap(), [1, 2]);
    let another = context.manager().unwrap();
    assert!(another.share("numbers", &list).unwrap_err().is_usage());
}

pub(super) fn wrong_key(context: Context) {
    let manager = context.manager_at(&local(), b"secret").unwrap();
    for guess in [&b"guess"[..], b"", b"secret "] {
        assert!(
            mp::Manager::connect(&manager.address(), guess)
                .unwrap_err()
                .is_auth()
        );
    }
    let listener = mp::Listener::bind(&local(), Some(b"secret")).unwrap();
    let address = listener.address().clone();
    fn guess(address: mp::Address) {
        let error = mp::Client::connect::<u8, u8>(&address, Some(b"guess")).unwrap_err();
        assert!(error.is_auth());
    }
    let process = context.process(guess, address).start().unwrap();
    assert!(listener.accept::<u8, u8>().unwrap_err().is_auth());
    assert!(process.join(LATE).unwrap());
    assert_eq!(process.exit_code().unwrap(), Some(0));
}

fn tcp(address: &mp::Address) -> TcpStream {
    let stream = TcpStream::connect(address.to_string()).unwrap();
    stream.set_read_timeout(LATE).unwrap();
    stream
}

pub(super) fn silent_stranger(context: Context) {
    let manager = context.manager_at(&local(), b"secret").unwrap();
    let mut strangers: Vec<_> = (0..20).map(|_| tcp(&manager.address())).collect();
    let start = Instant::now();
    let friend = mp::Manager::connect(&manager.address(), b"secret").unwrap();
    friend.list::<u8>().unwrap().push(&1).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
    // Each was only asked, and nothing that it says instead of an answer is believed.
    let mut first = [0; 17];
    strangers[0].read_exact(&mut first).unwrap();
    assert_eq!(&first[4..], b"#POOLPROOF-1#");
}

pub(super) fn nonsense(context: Context) {
    let manager = context.manager_at(&local(), b"secret").unwrap();
    let long = [&[255_u8; 4][..], &(1_u64 << 62).to_be_bytes()].concat();
    for said in [
        &long[..],
        &[0x7f, 255, 255, 255],
        &[0, 0, 0, 0],
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let mut stream = tcp(&manager.address());
        stream.write_all(said).unwrap();
        // It is told that it failed, or nothing, and then the end.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    // One who knows the key and then talks nonsense loses its own connection only.
    for said in [&long[..], &[0, 0, 0, 3, 9, 9, 9], &[0, 0, 0, 0]] {
        let mp::Address::Tcp(address) = manager.address() else {
            panic!("it is on TCP");
        };
        let client = mp::Client::connect::<u8, u8>(&address.into(), Some(b"secret")).unwrap();
        client.send_bytes(said).unwrap();
        assert!(client.poll(LATE).unwrap());
        assert!(client.recv_bytes().is_err());
    }
    manager.list::<u8>().unwrap().push(&1).unwrap();
}

pub(super) fn ended(context: Context) {
    let manager = context.manager().unwrap();
    let list = manager.list::<u8>().unwrap();
    list.push(&1).unwrap();
    manager.shutdown();
    manager.shutdown();
    assert!(list.push(&2).unwrap_err().is_broken_pipe());
    assert!(list.len().unwrap_err().is_broken_pipe());
    assert!(manager.dict::<u8, u8>().unwrap_err().is_broken_pipe());
    let nobody = "127.0.0.1:1".parse().unwrap();
    let error = mp::Manager::connect(&nobody, b"secret").unwrap_err();
    assert!(error.is_broken_pipe());
    // The subject once, then the cause.
    let text = "ask the manager at 127.0.0.1:1: the other end is closed: ";
    assert!(error.to_string().starts_with(text), "{error}");
}

pub(super) fn restart(context: Context) {
    let first = context.manager_at(&local(), b"secret").unwrap();
    let address = first.address();
    let list = first.list::<u8>().unwrap();
    list.push(&1).unwrap();
    first.shutdown();
    assert!(first.join(LATE).unwrap());
    for _ in 0..3 {
        let next = context.manager_at(&address, b"secret").unwrap();
        assert_eq!(next.address(), address);
        next.list().unwrap().push(&2_u8).unwrap();
        // What the first has kept is gone with it, and is not taken for the next's.
        assert!(list.push(&3).unwrap_err().is_missing());
        next.shutdown();
    }
    let elsewhere = mp::Manager::connect(&address, b"secret");
    assert!(elsewhere.unwrap_err().is_broken_pipe());
}

pub(super) fn dropped(context: Context) {
    let before = mp::active_children().len();
    let manager = context.manager().unwrap();
    let list = manager.clone().list::<u8>().unwrap();
    list.push(&1).unwrap();
    drop(manager);
    assert!(list.push(&2).unwrap_err().is_broken_pipe());
    if context.start_method() != StartMethod::Threads {
        assert_eq!(mp::active_children().len(), before);
    }
}
