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

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    run::be(scenario::run)
        .unwrap_or_else(|| libtest_mimic::run(&Arguments::from_args(), sweep::trials()).exit_code())
}
