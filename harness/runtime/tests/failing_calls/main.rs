//! What a call to the system that fails leaves to those who asked for it, and what it leaves behind.
//!
//! Each scenario makes one kind of object and uses it again and again. It is run once to count the
//! calls that can fail for want of something (descriptors, memory, processes, threads), and then once
//! for each of them, which fails in that run, with each error that it can have. Nothing may hang, no
//! value may be taken for another or be lost without a word, nothing may be left open or behind, and
//! the same object works afterwards. What is lacking for a while is tried, too.
//!
//! `POOLPROOF_FAIL_SHARE=8` tries one in eight of these; the seed, which `POOLPROOF_FAIL_SEED` sets,
//! says which. Without the feature `failpoints` no call can be made to fail, and each scenario is run
//! as it is.

#![expect(clippy::unwrap_used, reason = "a trial that panics has failed")]

mod calls;
#[path = "../kill_sweep/run.rs"]
#[expect(dead_code, reason = "a part of it is for `kill_sweep`")]
mod run;
mod scenario;
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

/// What marks a child of the runtime, which is not main, before `freeze_support`.
const CHILD: &str = "POOLPROOF_RUNTIME_START";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let first = arguments.first().and_then(|first| first.to_str());
    if first != Some(KEEP) {
        // A keeper closes all files, and so the record of calls, which this would open.
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
        _ => libtest_mimic::run(&Arguments::from_args(), sweep::trials()).exit_code(),
    }
}
