//! What a listener and a client at each kind of place do.

use super::*;
use crate::pipe;

fn late() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn reached(place: Place<'_>) -> io::Result<Handle> {
    connect(place, late())
}

#[test]
fn both_sides_of_tcp_ask_a_silent_peer_for_a_sign_of_life() {
    let listener = Listener::bind(Place::Tcp("127.0.0.1:0".parse().unwrap())).unwrap();
    let place = Place::Tcp(listener.tcp_address().unwrap());
    assert!(listener.accept().unwrap().is_none());
    let client = reached(place).unwrap();
    assert!(pipe::wait_readable(listener.handle(), Some(late())).unwrap());
    let arrival = listener.accept().unwrap().unwrap();
    assert!(arrival.from.unwrap().ip().is_loopback());
    for side in [client, arrival.stream] {
        assert!(sockopt::socket_keepalive(&side).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&side).unwrap(), KEEP_ALIVE_IDLE);
        assert_eq!(sockopt::tcp_keepintvl(&side).unwrap(), KEEP_ALIVE_INTERVAL);
        assert_eq!(sockopt::tcp_keepcnt(&side).unwrap(), KEEP_ALIVE_PROBES);
    }
}

#[test]
fn a_socket_s_file_goes_with_its_listener() {
    let name = format!("poolproof-socket-test-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let listener = Listener::bind(Place::Path(&path)).unwrap();
    reached(Place::Path(&path)).unwrap();
    let error = Listener::bind(Place::Path(&path)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains("remove it"), "{error}");
    drop(listener);
    assert!(!path.exists());
    assert!(reached(Place::Path(&path)).is_err());
}

#[test]
fn a_name_needs_no_file_and_goes_with_its_listener() {
    if !HAS_NAMES {
        return;
    }
    let name = format!("poolproof-socket-test-{}", std::process::id());
    let listener = Listener::bind(Place::Name(&name)).unwrap();
    reached(Place::Name(&name)).unwrap();
    drop(listener);
    assert!(reached(Place::Name(&name)).is_err());
}

#[test]
fn a_place_that_is_too_long_or_empty_is_refused_and_says_how_long_it_may_be() {
    let folder = std::env::temp_dir();
    let fitting = NAME_MAX - folder.as_os_str().len() - 1;
    let path = |length| folder.join("x".repeat(length));
    drop(Listener::bind(Place::Path(&path(fitting))).unwrap());
    let (long, name) = (path(fitting + 1), "x".repeat(NAME_MAX + 1));
    for place in [
        Place::Path(&long),
        Place::Name(&name),
        Place::Path(Path::new("")),
        Place::Name(""),
    ] {
        let bound = Listener::bind(place).unwrap_err();
        let connected = reached(place).unwrap_err();
        for error in [bound, connected] {
            let text = error.to_string();
            let is_said = text.contains(&format!("at most {NAME_MAX}"));
            assert!(is_said || text.contains("empty"), "{text}");
        }
    }
}

/// Nobody accepts, and the system keeps no more of those who have connected.
#[test]
fn who_connects_to_one_that_accepts_nobody_waits_no_longer_than_it_wants() {
    let name = format!("poolproof-socket-full-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _listener = Listener::bind(Place::Path(&path)).unwrap();
    rustix::net::listen(&_listener.handle, 0).unwrap();
    let brief = || Instant::now() + Duration::from_millis(20);
    let mut connected = Vec::new();
    let refused = loop {
        match connect(Place::Path(&path), brief()) {
            Ok(stream) => connected.push(stream),
            Err(error) => break error,
        }
    };
    use io::ErrorKind::{ConnectionRefused, TimedOut};
    assert!(matches!(refused.kind(), TimedOut | ConnectionRefused));
}
