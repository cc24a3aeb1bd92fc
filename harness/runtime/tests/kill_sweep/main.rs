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

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::Arguments;
use poolproof_runtime as mp;
use poolproof_sys::{failpoint, tree};

/// The arguments that make this program the keeper of a tree, and the tree's main process.
const KEEP: &str = "--keep";
const SCENARIO: &str = "--scenario";

/// The argument that makes it a process that never ends.
const SLEEP: &str = "--sleep";

/// What marks a child of the runtime, which is not main, before `freeze_support`.
const CHILD: &str = "POOLPROOF_RUNTIME_START";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let first = arguments.first().and_then(|first| first.to_str());
    if first != Some(KEEP) {
        // A keeper closes all files, and so the record of places, which this would open.
        if first == Some(SCENARIO) && std::env::var_os(CHILD).is_none() {
            failpoint::set_role("Main");
        }
        mp::freeze_support();
    }
    match (first, arguments.get(1..).unwrap_or_default()) {
        (Some(KEEP), [isolation, scratch, program, rest @ ..]) => {
            failpoint::set_role("Keeper");
            let isolation = tree::Isolation::named(&isolation.to_string_lossy());
            let isolation = isolation.unwrap_or(tree::Isolation::Nothing);
            let code = tree::keep(isolation, Path::new(scratch), program, rest);
            u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
        }
        (Some(SCENARIO), [name, method]) => {
            match scenario::run(&name.to_string_lossy(), &method.to_string_lossy()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(broken) => {
                    eprintln!("broken: {broken}");
                    ExitCode::FAILURE
                }
            }
        }
        (Some(SLEEP), _) => loop {
            std::thread::park();
        },
        _ => {
            let all = [
                litter::trials(),
                many::trials(),
                sources::trials(),
                sweep::trials(),
            ];
            let trials = all.into_iter().flatten().collect();
            libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
        }
    }
}
