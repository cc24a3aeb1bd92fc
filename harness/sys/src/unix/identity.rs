//! Who a process is: its id and the moment it started, so that a reused id is not taken for the
//! process that had it before.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::copies::epoch;

/// A process, past or present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    pid: u32,
    start: u32,
}

impl Identity {
    /// This process.
    pub fn current() -> Identity {
        static CURRENT: AtomicU64 = AtomicU64::new(0);
        static KNOWN_IN: AtomicU32 = AtomicU32::new(0);
        let epoch = epoch();
        if KNOWN_IN.load(Ordering::Acquire) == epoch {
            return Identity::from_bits(CURRENT.load(Ordering::Relaxed));
        }
        let pid = std::process::id();
        let identity = Identity::of(pid).unwrap_or(Identity {
            pid,
            start: UNKNOWN,
        });
        CURRENT.store(identity.to_bits(), Ordering::Relaxed);
        KNOWN_IN.store(epoch, Ordering::Release);
        identity
    }

    /// The process that has an id now; none where it has ended.
    pub(super) fn of(pid: u32) -> Option<Identity> {
        match process::look(pid) {
            Look::Ended => None,
            Look::Runs(start) => Some(Identity { pid, start }),
        }
    }

    /// The process id.
    pub fn pid(self) -> u32 {
        self.pid
    }

    /// One number for shared memory; never zero.
    pub fn to_bits(self) -> u64 {
        u64::from(self.pid) << 32 | u64::from(self.start)
    }

    /// The identity that [`Identity::to_bits`] gave.
    pub fn from_bits(bits: u64) -> Identity {
        Identity {
            pid: (bits >> 32) as u32,
            start: bits as u32,
        }
    }

    /// Whether the process still runs; a zombie does not. Where nobody can tell when it started,
    /// whoever has its id is taken for it: a lock is rather kept too long than taken from its owner.
    pub fn is_alive(self) -> bool {
        if self == Identity::current() {
            return true;
        }
        match process::look(self.pid) {
            Look::Ended => false,
            Look::Runs(start) => start == self.start || [start, self.start].contains(&UNKNOWN),
        }
    }
}

/// When a process started, where the system does not tell.
const UNKNOWN: u32 = 0;

/// What the system tells of an id.
enum Look {
    /// A process has it, which started at this time, folded to 32 bits.
    Runs(u32),
    /// None has, or only one that has ended.
    Ended,
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod process {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{Mode, OFlags, open};
    use rustix::io::Errno;
    use rustix::process::{Pid, PidfdFlags, pidfd_open, test_kill_process};

    use super::{Look, UNKNOWN};

    pub(super) fn look(pid: u32) -> Look {
        match stat(pid) {
            Some(text) => match parse(&text) {
                Some(start) => Look::Runs(start),
                None => Look::Ended,
            },
            // It has ended, or `/proc` is not there or hides it, or this process can open no file.
            None => look_without_proc(pid),
        }
    }

    fn stat(pid: u32) -> Option<String> {
        let path = format!("/proc/{pid}/stat");
        let file = call!(
            EMFILE | ENFILE | ENOMEM,
            open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        )
        .ok()?;
        let mut text = [0; 1024];
        let read = call!(EINTR | ENOMEM, rustix::io::read(&file, &mut text)).ok()?;
        Some(String::from_utf8_lossy(&text[..read]).into_owned())
    }

    fn look_without_proc(pid: u32) -> Look {
        let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
            return Look::Ended;
        };
        match call!(
            EMFILE | ENFILE | ENOMEM,
            pidfd_open(pid, PidfdFlags::empty())
        ) {
            Err(Errno::SRCH) => return Look::Ended,
            Ok(process) => {
                let mut polled = [PollFd::new(&process, PollFlags::IN)];
                let at_once = Timespec {
                    tv_sec: 0,
                    tv_nsec: 0,
                };
                return match call!(EINTR | ENOMEM, poll(&mut polled, Some(&at_once))) {
                    Ok(1) => Look::Ended,
                    _ => Look::Runs(UNKNOWN),
                };
            }
            Err(_) => {}
        }
        match call!(test_kill_process(pid)) {
            Err(Errno::SRCH) => Look::Ended,
            _ => Look::Runs(UNKNOWN),
        }
    }

    /// Field 3 is the state and field 22 the start in ticks since boot; field 2 is a name in
    /// brackets that may hold anything, brackets and spaces too.
    fn parse(stat: &str) -> Option<u32> {
        let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
        let state = fields.next()?;
        let start: u64 = fields.nth(18)?.parse().ok()?;
        (!matches!(state, "Z" | "X" | "x")).then_some(start as u32)
    }

    #[cfg(test)]
    mod tests {
        use super::parse;

        #[test]
        fn a_name_with_brackets_does_not_hide_the_start() {
            let tail = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20";
            assert_eq!(parse(&format!("7 (a) b) S {tail}")), Some(4242));
            assert_eq!(parse(&format!("7 (a) Z {tail}")), None);
            assert_eq!(parse("7 (a"), None);
        }
    }
}

#[cfg(target_os = "macos")]
mod process {
    use super::Look;

    pub(super) fn look(pid: u32) -> Look {
        start(pid).map_or(Look::Ended, Look::Runs)
    }

    /// When the process started, folded to 32 bits; none when it has ended.
    fn start(pid: u32) -> Option<u32> {
        let size = size_of::<libc::proc_bsdinfo>();
        let mut info = std::mem::MaybeUninit::<libc::proc_bsdinfo>::zeroed();
        // SAFETY: the buffer has the size that is passed with it.
        let filled = unsafe {
            libc::proc_pidinfo(
                i32::try_from(pid).ok()?,
                libc::PROC_PIDTBSDINFO,
                0,
                info.as_mut_ptr().cast(),
                size as i32,
            )
        };
        if usize::try_from(filled).ok()? != size {
            return None;
        }
        // SAFETY: zeroed bytes are a valid value already, and the call filled all of them.
        let info = unsafe { info.assume_init() };
        let microseconds = info.pbi_start_tvsec * 1_000_000 + info.pbi_start_tvusec;
        (info.pbi_status != libc::SZOMB).then_some(microseconds as u32)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos")))]
mod process {
    use rustix::process::{Pid, test_kill_process};

    use super::{Look, UNKNOWN};

    /// Whether the process can be signalled: the best that is known here.
    pub(super) fn look(pid: u32) -> Look {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        match pid.map(|pid| call!(test_kill_process(pid))) {
            None | Some(Err(rustix::io::Errno::SRCH)) => Look::Ended,
            _ => Look::Runs(UNKNOWN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;

    #[test]
    fn this_process_is_alive_and_one_that_started_at_another_time_is_not() {
        let current = Identity::current();
        assert!(current.is_alive());
        assert_eq!(Identity::from_bits(current.to_bits()), current);
        let other = Identity {
            start: current.start ^ 1,
            ..current
        };
        assert!(!other.is_alive());
    }

    #[test]
    fn a_zombie_is_not_alive() {
        // It lives until its input ends, however long this thread is kept from running.
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let identity = Identity::of(child.id()).unwrap();
        assert!(identity.is_alive());
        drop(child.stdin.take());
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while identity.is_alive() {
            assert!(std::time::Instant::now() < deadline, "`cat` did not end");
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(!identity.is_alive());
    }
}
