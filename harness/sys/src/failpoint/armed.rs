//! Places to die and calls to fail, as the tests have them.
//!
//! All that several threads share is atomic: a fork beside a held lock would leave it locked in the
//! copy, and the tests would find that instead of what they look for.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{FAIL, KILL, RECORD, Refusal, STARTING, Side, TOKEN};

#[derive(Debug)]
enum Plan {
    Nothing,
    Record(File),
    Kill {
        role: u64,
        place: u64,
        nth: u32,
        token: PathBuf,
    },
    Fail {
        role: u64,
        error: u64,
        nth: u32,
        lasts: Duration,
        begun: Instant,
        token: PathBuf,
    },
}

static PLAN: OnceLock<Plan> = OnceLock::new();

/// How often this process has come to the place where it is to die, or to a call that may be the one
/// that is to fail.
static HITS: AtomicU32 = AtomicU32::new(0);

/// Until when the calls of this process fail, in milliseconds since it began; 0 for not yet.
static FAILS_UNTIL: AtomicU64 = AtomicU64::new(0);

const ROLE_MAX: usize = 48;
static ROLE: [AtomicU8; ROLE_MAX] = [const { AtomicU8::new(0) }; ROLE_MAX];

/// The places that this process has recorded, and how often it came to each.
const PLACES: usize = 1 << 14;
static SEEN: [AtomicU64; PLACES] = [const { AtomicU64::new(0) }; PLACES];
static COUNTS: [AtomicU32; PLACES] = [const { AtomicU32::new(0) }; PLACES];

/// Says who this process is from now on.
pub fn set_role(name: &str) {
    let bytes = name.bytes().chain(std::iter::repeat(0));
    for (slot, byte) in ROLE.iter().zip(bytes) {
        slot.store(byte, Ordering::Relaxed);
    }
}

fn role() -> String {
    let bytes = ROLE.iter().map(|slot| slot.load(Ordering::Relaxed));
    let bytes = bytes.take_while(|byte| *byte != 0).collect();
    match String::from_utf8(bytes) {
        Ok(role) if !role.is_empty() => role,
        _ => STARTING.into(),
    }
}

/// Comes to a place, which is where this is called.
#[track_caller]
#[inline]
pub fn hit(side: Side) {
    let error = crate::exit::LastError::keep();
    come_to(side, Location::caller());
    // Whoever came here may only now ask why its call has failed.
    error.restore();
}

fn come_to(side: Side, here: &Location<'_>) {
    match plan() {
        Plan::Nothing | Plan::Fail { .. } => {}
        Plan::Record(file) => record(file, &text(here, side), u32::is_power_of_two),
        Plan::Kill {
            role: wanted_role,
            place: wanted,
            nth,
            token,
        } => {
            if place(here, side) == *wanted
                && hash(&role()) == *wanted_role
                && HITS.fetch_add(1, Ordering::Relaxed) + 1 == *nth
                // Two processes can remove one file on Windows, but never create it.
                && File::create_new(token).is_ok()
            {
                crate::exit::die();
            }
        }
    }
}

/// The error with which a call fails now that can fail with any of these.
pub(crate) fn refusal(can_fail: &[Refusal]) -> Option<i32> {
    match plan() {
        Plan::Nothing | Plan::Kill { .. } => None,
        Plan::Record(file) => {
            for refusal in can_fail {
                record(file, refusal.name, |_| true);
            }
            None
        }
        Plan::Fail {
            role: wanted_role,
            error,
            nth,
            lasts,
            begun,
            token,
        } => {
            let fits = |refusal: &&Refusal| hash(refusal.name) == *error;
            let refusal = can_fail.iter().find(fits)?;
            if hash(&role()) != *wanted_role {
                return None;
            }
            let now = begun.elapsed().as_millis() as u64;
            if HITS.fetch_add(1, Ordering::Relaxed) + 1 == *nth && File::create_new(token).is_ok() {
                FAILS_UNTIL.store(now + lasts.as_millis() as u64, Ordering::Relaxed);
                return Some(refusal.number);
            }
            (now < FAILS_UNTIL.load(Ordering::Relaxed)).then_some(refusal.number)
        }
    }
}

fn plan() -> &'static Plan {
    PLAN.get_or_init(|| {
        if let Some(path) = std::env::var_os(RECORD) {
            let file = OpenOptions::new().append(true).create(true).open(path);
            return file.map_or(Plan::Nothing, Plan::Record);
        }
        let Some(token) = std::env::var_os(TOKEN).map(PathBuf::from) else {
            return Plan::Nothing;
        };
        if let Ok(line) = std::env::var(KILL) {
            let [role, at, side, nth] = parts(&line);
            return Plan::Kill {
                role: hash(role),
                place: hash(&format!("{at}\t{side}")),
                nth: nth.parse().unwrap_or(1),
                token,
            };
        }
        let line = std::env::var(FAIL).unwrap_or_default();
        let [role, error, nth, lasts] = parts(&line);
        Plan::Fail {
            role: hash(role),
            error: hash(error),
            nth: nth.parse().unwrap_or(1),
            lasts: Duration::from_millis(lasts.parse().unwrap_or(0)),
            begun: Instant::now(),
            token,
        }
    })
}

fn parts(line: &str) -> [&str; 4] {
    let mut parts = line.split('\t');
    [(); 4].map(|()| parts.next().unwrap_or_default())
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn text(at: &Location<'_>, side: Side) -> String {
    let side = match side {
        Side::Before => "before",
        Side::After => "after",
    };
    // One way to write a path, on every system.
    let file = at.file().replace('\\', "/");
    format!("{file}:{}:{}\t{side}", at.line(), at.column())
}

fn place(at: &Location<'_>, side: Side) -> u64 {
    hash(&text(at, side))
}

/// Writes a line for what was come to, where it `is_due` at that time.
fn record(mut file: &File, what: &str, is_due: impl Fn(u32) -> bool) {
    let line = format!("{}\t{what}", role());
    // Zero is an empty slot.
    let key = hash(&line).max(1);
    let start = key as usize % PLACES;
    for slot in (start..PLACES).chain(0..start) {
        let found = SEEN[slot].compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed);
        if found.is_ok() || found == Err(key) {
            let nth = COUNTS[slot].fetch_add(1, Ordering::Relaxed) + 1;
            if is_due(nth) {
                // One write, which is whole beside those of others.
                let _ = file.write_all(format!("{line}\t{nth}\n").as_bytes());
            }
            return;
        }
    }
}

/// Comes to a place when it is dropped: beside a field whose own drop is a call to the system.
#[derive(Debug)]
pub(crate) struct OnDrop(Side);

impl OnDrop {
    pub(crate) const BEFORE: OnDrop = OnDrop(Side::Before);
    pub(crate) const AFTER: OnDrop = OnDrop(Side::After);
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        hit(self.0);
    }
}
