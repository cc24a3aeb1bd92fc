//! Who may go on with a handshake where there are more than are let in at once, or where the system
//! is short of what each needs.
//!
//! Most of those who come in numbers say nothing. So one who has proved the key is never sent away,
//! and everybody else has a moment to do so; then the oldest goes, of those who come from where most
//! come from. While nobody has to go, the next ones wait with the system, which has room for some.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use poolproof_sys::handle::Handle;
use poolproof_sys::socket::{self, Arrival};

use super::Accepted;
use crate::error::Result;

/// Handshakes that may go on at once.
const HANDSHAKES_MAX: usize = 128;

/// How long each may take before it makes room for another: a message there and its answer back,
/// around the world.
const MOMENT: Duration = Duration::from_millis(100);

/// How long the system is left alone that is short of something: at first, and at most.
const PAUSE_MIN: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// How long it may be short of something before that is an error.
const SHORTAGE_MAX: Duration = Duration::from_secs(1);

/// The handshakes of a listener.
#[derive(Debug, Default)]
pub(super) struct Admission {
    /// The oldest first.
    running: VecDeque<Running>,
    pub(super) ended: VecDeque<Result<Accepted>>,
    shortage: Option<Shortage>,
    pub(super) is_closed: bool,
}

#[derive(Debug)]
struct Running {
    stream: Arc<Handle>,
    source: Source,
    begun: Instant,
    has_proved: bool,
}

/// What may be one and the same stranger: an address, or with IPv6 the network that it is in. All
/// that come over a local socket are one.
type Source = Option<IpAddr>;

/// The system has refused what is needed for the next one.
#[derive(Debug)]
struct Shortage {
    since: Instant,
    /// When it is asked again.
    next: Instant,
    pause: Duration,
}

/// Whether the next one is let in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Door {
    Open,
    /// Until then, or until a handshake has ended.
    Shut(Option<Instant>),
}

impl Admission {
    /// Whether the next one is let in; makes room where there is none.
    pub(super) fn door(&mut self, now: Instant) -> Door {
        if let Some(shortage) = &self.shortage
            && now < shortage.next
        {
            return Door::Shut(Some(shortage.next));
        }
        match self.running.len() < HANDSHAKES_MAX {
            true => Door::Open,
            false => self.make_room(now),
        }
    }

    /// Counts one more.
    pub(super) fn begin(&mut self, arrival: Arrival, now: Instant) -> Arc<Handle> {
        let stream = Arc::new(arrival.stream);
        self.running.push_back(Running {
            stream: Arc::clone(&stream),
            source: arrival.from.map(|from| source(from.ip())),
            begun: now,
            has_proved: false,
        });
        stream
    }

    /// One of them has shown that it knows the key, and is not sent away from now on.
    pub(super) fn proved(&mut self, stream: &Arc<Handle>) {
        let mut running = self.running.iter_mut();
        if let Some(one) = running.find(|one| Arc::ptr_eq(&one.stream, stream)) {
            one.has_proved = true;
        }
    }

    /// One of them has come to its end, or never began; what it had is the system's again.
    pub(super) fn end(&mut self, stream: &Arc<Handle>, now: Instant) {
        self.running.retain(|one| !Arc::ptr_eq(&one.stream, stream));
        if let Some(shortage) = &mut self.shortage {
            shortage.next = now;
        }
    }

    /// The system has had what is needed.
    pub(super) fn is_supplied(&mut self) {
        self.shortage = None;
    }

    /// The system has not what is needed: somebody goes, so that it has, and it is left alone for a
    /// while. Fails where that is so for long.
    pub(super) fn is_short(&mut self, error: io::Error, now: Instant) -> io::Result<()> {
        self.make_room(now);
        let shortage = self.shortage.get_or_insert(Shortage {
            since: now,
            next: now,
            pause: PAUSE_MIN,
        });
        shortage.next = now + shortage.pause;
        shortage.pause = PAUSE_MAX.min(shortage.pause * 2);
        if now.duration_since(shortage.since) < SHORTAGE_MAX {
            return Ok(());
        }
        shortage.since = now;
        Err(error)
    }

    /// Sends the one away that has to go first, if it has had its moment.
    fn make_room(&mut self, now: Instant) -> Door {
        let unproved = || self.running.iter().filter(|one| !one.has_proved);
        let mut crowds: BTreeMap<Source, usize> = BTreeMap::new();
        for one in unproved() {
            *crowds.entry(one.source).or_default() += 1;
        }
        let had_moment = |one: &&Running| now.duration_since(one.begun) >= MOMENT;
        // The oldest of the largest crowd: of equal ones, the last is taken.
        let places = 0..self.running.len();
        let goes = places
            .rev()
            .filter(|place| !self.running[*place].has_proved)
            .filter(|place| had_moment(&&self.running[*place]))
            .max_by_key(|place| crowds[&self.running[*place].source]);
        let Some(place) = goes else {
            return Door::Shut(unproved().map(|one| one.begun + MOMENT).next());
        };
        if let Some(one) = self.running.remove(place) {
            // It fails for one that has just ended.
            let _ = socket::shut_down(&one.stream);
        }
        Door::Open
    }
}

fn source(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let network = ip.to_bits() >> 64 << 64;
            IpAddr::V6(network.into())
        }
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use poolproof_sys::pipe;
    use socket::{Listener, Place};

    use super::*;

    /// Connections whose other ends are seen.
    struct Trial {
        listener: Listener,
        admission: Admission,
        now: Instant,
    }

    impl Trial {
        fn new() -> Trial {
            let anywhere = Place::Tcp(([127, 0, 0, 1], 0).into());
            Trial {
                listener: Listener::bind(anywhere).unwrap(),
                admission: Admission::default(),
                now: Instant::now(),
            }
        }

        fn late() -> Instant {
            Instant::now() + Duration::from_secs(20)
        }

        /// One comes from an address.
        fn comes(&mut self, from: &str) -> (Handle, Arc<Handle>) {
            let place = Place::Tcp(self.listener.tcp_address().unwrap());
            let client = socket::connect(place, Trial::late()).unwrap();
            let handle = self.listener.handle();
            assert!(pipe::wait_readable(handle, Some(Trial::late())).unwrap());
            let mut arrival = self.listener.accept().unwrap().unwrap();
            arrival.from = Some(SocketAddr::new(from.parse().unwrap(), 5000));
            (client, self.admission.begin(arrival, self.now))
        }

        fn fill(&mut self, from: &str, count: usize) -> VecDeque<Handle> {
            (0..count).map(|_| self.comes(from).0).collect()
        }

        fn door(&mut self) -> Door {
            self.admission.door(self.now)
        }
    }

    fn is_sent_away(client: &Handle) -> bool {
        pipe::wait_readable(client, Some(Instant::now())).unwrap()
    }

    fn goes_in_time(client: &Handle) {
        assert!(pipe::wait_readable(client, Some(Trial::late())).unwrap());
    }

    #[test]
    fn the_oldest_of_too_many_handshakes_makes_room_once_it_has_had_its_moment() {
        let mut door = Trial::new();
        let mut clients = door.fill("192.0.2.1", HANDSHAKES_MAX - 1);
        assert_eq!(door.door(), Door::Open);
        clients.push_back(door.comes("192.0.2.1").0);
        assert_eq!(door.door(), Door::Shut(Some(door.now + MOMENT)));
        assert!(!clients.iter().any(is_sent_away));
        door.now += MOMENT;
        for _ in 0..2 {
            assert_eq!(door.door(), Door::Open);
            goes_in_time(&clients.pop_front().unwrap());
            clients.push_back(door.comes("192.0.2.1").0);
            assert!(!clients.iter().any(is_sent_away));
        }
    }

    #[test]
    fn who_comes_in_numbers_goes_before_who_comes_alone() {
        let mut door = Trial::new();
        let alone = door.fill("192.0.2.1", 1);
        // Together they are a crowd: it is one network.
        let mut network = door.fill("2001:db8::1", HANDSHAKES_MAX / 2);
        network.extend(door.fill("2001:db8::2:1", HANDSHAKES_MAX / 2 - 1));
        let another = door.fill("2001:db8:1::", 1);
        door.now += MOMENT;
        for _ in 0..HANDSHAKES_MAX / 4 {
            network.push_back(door.comes("192.0.2.7").0);
            assert_eq!(door.door(), Door::Open);
            goes_in_time(&network.pop_front().unwrap());
        }
        assert!(!is_sent_away(&alone[0]) && !is_sent_away(&another[0]));
    }

    #[test]
    fn who_has_proved_the_key_is_not_sent_away() {
        let mut door = Trial::new();
        let (first, stream) = door.comes("192.0.2.1");
        let rest = door.fill("192.0.2.1", HANDSHAKES_MAX - 1);
        door.admission.proved(&stream);
        door.now += MOMENT;
        assert_eq!(door.door(), Door::Open);
        goes_in_time(&rest[0]);
        assert!(!is_sent_away(&first));
        let others: Vec<_> = door
            .admission
            .running
            .iter()
            .map(|one| Arc::clone(&one.stream))
            .collect();
        others
            .iter()
            .for_each(|stream| door.admission.proved(stream));
        door.admission.end(&stream, door.now);
        assert_eq!(door.door(), Door::Open);
    }

    #[test]
    fn a_system_that_is_short_of_something_is_left_alone_and_at_last_an_error() {
        let mut door = Trial::new();
        let short = || io::Error::from(io::ErrorKind::OutOfMemory);
        let clients = door.fill("192.0.2.1", 2);
        let begun = door.now;
        let mut times = 0;
        while door.admission.is_short(short(), door.now).is_ok() {
            let Door::Shut(Some(until)) = door.door() else {
                panic!("it is asked again at once");
            };
            assert!(until - door.now <= PAUSE_MAX);
            door.now = until;
            assert_eq!(door.door(), Door::Open);
            times += 1;
        }
        assert!(door.now - begun >= SHORTAGE_MAX && times < 30, "{times}");
        // And what those have who had to go is given back.
        clients.iter().for_each(goes_in_time);
        // At the next end it is asked at once, and with what it needs it is as before.
        let (_client, stream) = door.comes("192.0.2.1");
        assert!(matches!(door.door(), Door::Shut(_)));
        door.admission.end(&stream, door.now);
        assert_eq!(door.door(), Door::Open);
        door.admission.is_supplied();
        assert!(door.admission.is_short(short(), door.now).is_ok());
    }
}
