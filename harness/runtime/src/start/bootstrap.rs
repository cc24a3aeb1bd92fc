//! What a process does first: find out whether it is a child, and then be one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::exit;
use std::sync::Arc;

use poolproof_sys::channel::Channel;
use poolproof_sys::exit::leave;
use poolproof_sys::{environment, process};

use super::fresh::{MARKER, SERVER};
use super::message::{self, Instructions, Lifeline};
use super::{fork, forkserver, life, ready, warm_up};
use crate::current::{self, Exit};
use crate::error::{Error, Result};
use crate::{context, logging, transfer};

/// Must be the first thing that `main` does, before it starts a thread: in a process that this
/// library has started it runs the process's function and never returns.
///
/// ```
/// use poolproof_runtime as mp;
///
/// mp::freeze_support();
/// assert_eq!(mp::current_process().name(), "MainProcess");
/// ```
///
/// In tests, whose `main` is not theirs, it is [`in_tests!`](crate::in_tests).
pub fn freeze_support() {
    if ready::is_ready() {
        return;
    }
    match environment::take(MARKER) {
        Ok(None) => ready::be_ready(),
        Ok(Some(kind)) => be_child(kind == SERVER),
        Err(error) => {
            eprintln!("error: call `freeze_support()` before any thread is started: {error}");
            exit(1)
        }
    }
}

/// Lets the tests of a program or library start processes: said once, beside other items, it has
/// [`freeze_support`] called before the test runner's own `main`.
///
/// Use `spawn` or `forkserver`, the default on Linux: the runner has threads, beside which a `fork`
/// is refused. What a child prints is not captured.
///
/// ```text
/// use poolproof_runtime as mp;
///
/// mp::in_tests!();
///
/// #[test]
/// fn squares_are_computed_in_other_processes() -> mp::Result<()> {
///     let squares: Vec<i64> = mp::Context::default().pool(2)?.map(|x| x * x, [1, 2, 3])?;
///     assert_eq!(squares, [1, 4, 9]);
///     Ok(())
/// }
/// ```
#[macro_export]
macro_rules! in_tests {
    () => {
        $crate::__before_main!($crate::freeze_support);
    };
}

fn be_child(is_server: bool) -> ! {
    let channel = process::take_channel().map_err(|error| Error::system("read stdin", error));
    let channel = match (channel, is_server) {
        (Ok(channel), false) => Ok(Some(channel)),
        (Ok(channel), true) => forkserver::serve(channel),
        (Err(error), _) => Err(error),
    };
    match channel {
        Ok(Some(channel)) if is_server => fork::end(live(channel, true)),
        // One byte, on systems where an exit code has more, too.
        Ok(Some(channel)) => exit(live(channel, false) & 0xff),
        Ok(None) => leave(0),
        Err(error) => exit(Err::<(), _>(error).exit()),
    }
}

/// The life of a child from its instructions to its exit code.
fn live(channel: Channel, is_copy: bool) -> i32 {
    let told = match channel.receive() {
        Ok(told) => told,
        Err(error) => return Err::<(), _>(Error::system("read its instructions", error)).exit(),
    };
    // The starter is gone: nobody asks any more.
    let Some((bytes, handles)) = told else {
        return 1;
    };
    drop(channel);
    let prepared = message::unpack(&bytes, handles).and_then(|(instructions, argument, table)| {
        let target = instructions.target()?;
        prepare(instructions, is_copy)?;
        Ok((target, argument, table))
    });
    let (target, argument, table) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Err::<(), _>(error).exit(),
    };
    transfer::put_table(table);
    log::info!("child process calls its function");
    let code = catch_unwind(AssertUnwindSafe(|| target.call(argument, &mut Vec::new())));
    let code = match code {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => Err::<(), _>(error).exit(),
        // Its hook has reported the panic.
        Err(_) => 1,
    };
    log::info!("child process ends with exit code {}", code & 0xff);
    code
}

/// Makes this process what its starter says.
fn prepare(instructions: Instructions, is_copy: bool) -> Result<()> {
    match instructions.lifeline {
        Some(Lifeline(lifeline)) => life::tie(lifeline)?,
        None => life::be_alone(),
    }
    forkserver::learn(instructions.server);
    warm_up::inherit(instructions.warm_up);
    logging::inherit(instructions.log_level);
    if let Some(surroundings) = instructions.surroundings.filter(|_| is_copy) {
        let failed = |error| Error::system("take over the starter's surroundings", error);
        if let Some(variables) = surroundings.environment {
            environment::replace(&variables).map_err(failed)?;
        }
        if let Some(directory) = surroundings.directory {
            std::env::set_current_dir(directory).map_err(failed)?;
        }
    }
    context::inherit(instructions.role.method);
    current::become_process(Arc::new(instructions.role.into()));
    ready::be_ready();
    Ok(())
}
