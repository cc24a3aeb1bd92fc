//! The promises of this crate, with real processes.

#![expect(clippy::unwrap_used, reason = "a trial that panics has failed")]

#[cfg(unix)]
mod copies;
mod spawned;
mod streams;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;
use poolproof_sys::socket::Listener;

type Outcome = Result<(), Failed>;

/// A trial: what it shows, and how.
type Fact = (&'static str, fn() -> Outcome);

#[cfg(unix)]
const COPIES: &[Fact] = copies::TRIALS;
/// A system that cannot copy a process has nothing to show of it.
#[cfg(not(unix))]
const COPIES: &[Fact] = &[];

fn main() -> ExitCode {
    if let Some(code) = spawned::be_child() {
        return code;
    }
    let mut arguments = Arguments::from_args();
    // A copy of this process wants to be of its only thread.
    arguments.test_threads = Some(1);
    let trials = [spawned::TRIALS, streams::TRIALS, COPIES].concat();
    let trial = |(name, run): &Fact| Trial::test(*name, *run);
    libtest_mimic::run(&arguments, trials.iter().map(trial).collect()).exit_code()
}

/// When a trial that is still waiting has failed.
fn soon() -> Option<Instant> {
    Some(late())
}

fn late() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// The next who connects to a listener.
fn accepted(listener: &Listener) -> std::io::Result<Handle> {
    loop {
        if let Some(arrival) = listener.accept()? {
            return Ok(arrival.stream);
        }
        if !pipe::wait_readable(listener.handle(), soon())? {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
    }
}

/// Fails with the two values unless they are equal.
fn expect<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Outcome {
    match found == wanted {
        true => Ok(()),
        false => Err(format!("found {found:?}, wanted {wanted:?}").into()),
    }
}
