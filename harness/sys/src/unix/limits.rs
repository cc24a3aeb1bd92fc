//! What this system grants a run: its limits, raised as far as it may be, and what is too little.
//!
//! A program that fails for want of something shows nothing of its library; what follows from that
//! is the caller's business.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::Access;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A limit of a process, how `ulimit` calls it, and what a run may need.
struct Limit {
    resource: Resource,
    grants: &'static str,
    option: &'static str,
    needed: u64,
    unit: Unit,
}

#[derive(Clone, Copy)]
enum Unit {
    One,
    Mebibytes,
    Seconds,
}

const MEBIBYTE: u64 = 1 << 20;

const LIMITS: [Limit; 6] = [
    Limit {
        resource: Resource::Nofile,
        grants: "files open at once",
        option: "-n",
        needed: 512,
        unit: Unit::One,
    },
    Limit {
        resource: Resource::As,
        grants: "address space",
        option: "-v",
        needed: 2048 * MEBIBYTE,
        unit: Unit::Mebibytes,
    },
    Limit {
        resource: Resource::Data,
        grants: "data",
        option: "-d",
        needed: 1024 * MEBIBYTE,
        unit: Unit::Mebibytes,
    },
    Limit {
        resource: Resource::Stack,
        grants: "stack",
        option: "-s",
        needed: MEBIBYTE,
        unit: Unit::Mebibytes,
    },
    Limit {
        resource: Resource::Fsize,
        grants: "room for one file",
        option: "-f",
        needed: 64 * MEBIBYTE,
        unit: Unit::Mebibytes,
    },
    Limit {
        resource: Resource::Cpu,
        grants: "processor time",
        option: "-t",
        needed: 600,
        unit: Unit::Seconds,
    },
];

/// How many threads and processes beside its own a run may need.
const THREADS: usize = 64;

/// How much memory a run may need, where a control group limits it.
const MEMORY_BYTES: u64 = 256 * MEBIBYTE;

/// How much room a run may need among named memory, and among temporary files.
const ROOM_BYTES: u64 = 16 * MEBIBYTE;

/// Raises the limits of this process, and of what it starts, to what a run may need, as far as the
/// system lets it; and has no crash leave an image of a process behind.
pub(super) fn raise() {
    for limit in &LIMITS {
        let now = getrlimit(limit.resource);
        if now.current.is_none_or(|current| current >= limit.needed) {
            continue;
        }
        let maximum = now.maximum.map(|maximum| maximum.max(limit.needed));
        let current = Some(limit.needed);
        // A hard limit is for the privileged to raise.
        if setrlimit(limit.resource, Rlimit { current, maximum }).is_err() {
            let current = now
                .maximum
                .map_or(limit.needed, |most| most.min(limit.needed));
            let current = Some(current);
            // What stays too low is told by `shortages`.
            let _ = setrlimit(limit.resource, Rlimit { current, ..now });
        }
    }
    let images = getrlimit(Resource::Core);
    let current = Some(0);
    // To lower a limit is always allowed.
    let _ = setrlimit(Resource::Core, Rlimit { current, ..images });
}

/// Makes a write beyond the limit of a file's size an error instead of the end of this process.
pub fn survive_full_files() {
    // SAFETY: ignoring a signal runs no code of ours.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// What is too little here for any program to be judged by it: a sentence for each, with its limit.
#[must_use]
pub fn shortages() -> Vec<String> {
    let mut short: Vec<String> = LIMITS.iter().filter_map(too_low).collect();
    short.extend(too_few_threads());
    short.extend(too_little_memory());
    short.extend(too_little_room(&std::env::temp_dir(), "temporary files"));
    if cfg!(target_os = "linux") {
        short.extend(too_little_room(Path::new("/dev/shm"), "shared memory"));
    }
    short
}

/// How many processes the system has killed because there was no memory left; none where it does
/// not tell.
#[must_use]
pub fn killed_for_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/vmstat").ok()?;
    let count = text
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "))?;
    count.parse().ok()
}

fn too_low(limit: &Limit) -> Option<String> {
    let granted = getrlimit(limit.resource).current?;
    let amount = |number: u64| match limit.unit {
        Unit::One => number.to_string(),
        Unit::Mebibytes if number < MEBIBYTE => format!("{} KiB", number >> 10),
        Unit::Mebibytes => format!("{} MiB", number / MEBIBYTE),
        Unit::Seconds => format!("{number} s"),
    };
    (granted < limit.needed).then(|| {
        format!(
            "a process is granted {} of {} here (`ulimit {}`), and {} may be needed",
            amount(granted),
            limit.grants,
            limit.option,
            amount(limit.needed)
        )
    })
}

/// There is more than one limit on threads, and none tells how many are left: so they are tried.
fn too_few_threads() -> Option<String> {
    let meeting = Arc::new(Mutex::new(()));
    let go = meeting.lock().unwrap_or_else(PoisonError::into_inner);
    let mut threads = Vec::new();
    let failure = loop {
        if threads.len() == THREADS {
            break None;
        }
        let meeting = Arc::clone(&meeting);
        let thread = std::thread::Builder::new().stack_size(64 << 10);
        match thread.spawn(move || drop(meeting.lock())) {
            Ok(thread) => threads.push(thread),
            Err(error) => break Some(error),
        }
    };
    drop(go);
    let count = threads.len();
    for thread in threads {
        // None of them can panic.
        let _ = thread.join();
    }
    failure.map(|failure| {
        format!(
            "only {count} more threads or processes can be started here ({failure}: `ulimit -u`, or a \
             limit of the container), and {THREADS} may be needed"
        )
    })
}

fn too_little_room(folder: &Path, what: &str) -> Option<String> {
    let place = folder.display();
    let may_write = rustix::fs::access(folder, Access::WRITE_OK);
    match may_write
        .map_err(io::Error::from)
        .and_then(|()| free_bytes(folder))
    {
        Err(error) => Some(format!(
            "there is no place for {what} here ({place}: {error})"
        )),
        Ok(free) if free < ROOM_BYTES => Some(format!(
            "{} KiB are left for {what} in {place}, and {} MiB may be needed",
            free >> 10,
            ROOM_BYTES / MEBIBYTE
        )),
        Ok(_) => None,
    }
}

/// How many bytes this user can still write where a folder is.
fn free_bytes(folder: &Path) -> io::Result<u64> {
    let about = rustix::fs::statvfs(folder)?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}

/// The room that the memory limits of this process's control groups leave.
fn too_little_memory() -> Option<String> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let room = groups.lines().filter_map(room_in_group).min()?;
    (room < MEMORY_BYTES).then(|| {
        format!(
            "the memory limit of this container or control group leaves {} MiB, and {} MiB may be \
             needed",
            room / MEBIBYTE,
            MEMORY_BYTES / MEBIBYTE
        )
    })
}

/// What is left of the tightest limit on the way to a control group, which a line of
/// `/proc/self/cgroup` names.
fn room_in_group(line: &str) -> Option<u64> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, path) = (fields.next()?, fields.next()?);
    let (root, most, used) = match controllers {
        "" => ("/sys/fs/cgroup", "memory.max", "memory.current"),
        "memory" => (
            "/sys/fs/cgroup/memory",
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
        ),
        _ => return None,
    };
    let number = |folder: &Path, file: &str| -> Option<u64> {
        // "max" is no limit.
        std::fs::read_to_string(folder.join(file))
            .ok()?
            .trim()
            .parse()
            .ok()
    };
    // A container may see its own group as the root of all.
    let group = Path::new(root).join(path.trim_start_matches('/'));
    group
        .ancestors()
        .take_while(|folder| folder.starts_with(root))
        .filter_map(|folder| Some(number(folder, most)?.saturating_sub(number(folder, used)?)))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_too_low_is_told_with_its_option() {
        let limit = |needed| Limit {
            resource: Resource::Nofile,
            grants: "files open at once",
            option: "-n",
            needed,
            unit: Unit::One,
        };
        assert_eq!(too_low(&limit(1)), None);
        let granted = getrlimit(Resource::Nofile).current;
        let told = too_low(&limit(u64::MAX));
        assert_eq!(told.is_some(), granted.is_some());
        assert!(told.is_none_or(|text| text.contains("`ulimit -n`")));
    }

    #[test]
    fn a_place_that_is_not_there_has_no_room() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(too_little_room(folder.path(), "files"), None);
        let told = too_little_room(&folder.path().join("none"), "files");
        assert!(told.is_some_and(|text| text.contains("no place for files")));
    }
}
