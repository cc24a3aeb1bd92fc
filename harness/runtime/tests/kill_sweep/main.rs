//! What a killed process leaves to the others, and what it leaves behind.
//!
//! Each scenario is a small tree of processes that use one kind of object. It is run again and
//! again, and each time one of its processes dies at another place. Afterwards no call may have
//! hung, no promise may be broken, and nothing may be left.
//!
//! - At random instants: always, a few of them; each trial prints its seed.
//! - Before and after each system call and each write to shared memory: with the feature
//!   `failpoints`, all that a first run without a death comes to, the first time that a process comes
//!   there, the second, and one later time.
//!
//! `POOLPROOF_KILL_SHARE=8` tries one in eight of these, and fewer instants; the seed, which
//! `POOLPROOF_KILL_SEED` sets, says which.

#![expect(clippy::unwrap_used, reason = "a trial that panics has failed")]

mod litter;
mod many;
mod places;
#[expect(dead_code, reason = "a part of it is for `failing_calls`")]
mod run;
mod scenario;
mod sources;
mod sweep;

use std::process::ExitCode;

use libtest_mimic::Arguments;

/// The argument that makes it a process that never ends.
const SLEEP: &str = "--sleep";

fn main() -> ExitCode {
    if let Some(code) = run::be(scenario::run) {
        return code;
    }
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == SLEEP)
    {
        loop {
            std::thread::park();
        }
    }
    let all = [
        litter::trials(),
        many::trials(),
        sources::trials(),
        sweep::trials(),
    ];
    let trials = all.into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
