//! What a process does first: find out whether it is a child, and then be one.

use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::exit;

use poolproof_sys::channel::Channel;
use poolproof_sys::exit::leave;
use poolproof_sys::{environment, process};

use super::fresh::{MARKER, SERVER};
use super::message::{Becoming, Told};
use super::{fork, forkserver, life, ready, warm_up};
use crate::current::{self, Exit, panicked};
use crate::error::{Error, Result};
use crate::{context, logging};

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
/// In tests, whose `main` is not theirs, it is [`in_tests!`](crate::in_tests): called by a test itself
/// it comes too late, when the runner has threads, and each child would run the tests again. So the
/// first start is an error then (`is_usage`), by any other start method than `fork`.
pub fn freeze_support() {
    if ready::is_ready() {
        return;
    }
    match environment::take(MARKER) {
        Ok(None) => ready::be_ready_if_alone(),
        Ok(Some(marker)) => {
            let marker = marker.to_string_lossy();
            be_child(marker.starts_with(SERVER), name_in(&marker))
        }
        Err(error) => {
            let marker = std::env::var_os(MARKER).unwrap_or_default();
            current::be_called(name_in(&marker.to_string_lossy()));
            current::say("error", &format_args!("{}: {error}", ready::BESIDE_THREADS));
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

/// What a process is to be called whose marker this is.
fn name_in(marker: &str) -> &str {
    let name = marker.split_once(':').map(|(_, name)| name);
    name.unwrap_or_default()
}

fn be_child(is_server: bool, name: &str) -> ! {
    current::be_called(name);
    let channel = process::take_channel().map_err(|error| Error::system("take over stdin", error));
    let told = channel.and_then(|channel| match is_server {
        true => forkserver::serve(channel),
        false => be_told(&channel),
    });
    match told {
        Ok(Some(told)) if is_server => fork::end(live(told, true)),
        // One byte, on systems where an exit code has more, too.
        Ok(Some(told)) => exit(live(told, false) & 0xff),
        Ok(None) => leave(0),
        Err(error) => exit(Err::<(), _>(error).exit()),
    }
}

/// Waits for the instructions; none where the starter is gone, and nobody asks any more.
fn be_told(channel: &Channel) -> Result<Option<Result<Told>>> {
    let told = channel.receive();
    let told = told.map_err(|error| Error::system("read its instructions", error))?;
    Ok(told.map(|(message, handles)| Told::read(message, handles)))
}

/// The life of a child from its instructions to its exit code.
fn live(told: Result<Told>, is_copy: bool) -> i32 {
    let call = told.and_then(|Told { becoming, call }| {
        become_told(becoming, is_copy)?;
        Ok(call)
    });
    let call = match call {
        Ok(call) => call,
        Err(error) => return Err::<(), _>(error).exit(),
    };
    log::info!("child process calls its function");
    let code = match catch_unwind(AssertUnwindSafe(|| call.make())) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => Err::<(), _>(error).exit(),
        Err(panic) => panicked(&*panic),
    };
    log::info!("child process ends with exit code {}", code & 0xff);
    code
}

/// Makes this process what its starter says.
fn become_told(becoming: Becoming, is_copy: bool) -> Result<()> {
    // First, so that whatever is refused is said by this process under its own name.
    current::become_process(becoming.own);
    match becoming.lifeline {
        Some(lifeline) => life::tie(lifeline, becoming.survives)?,
        None => life::be_alone(),
    }
    forkserver::learn(becoming.server);
    warm_up::inherit(becoming.warm_up);
    logging::inherit(becoming.log_level);
    if let Some(surroundings) = becoming.surroundings.filter(|_| is_copy) {
        let failed = |error| Error::system("take over the starter's surroundings", error);
        if let Some(variables) = surroundings.environment {
            environment::replace(&variables).map_err(failed)?;
        }
        // Freed, it would be written to.
        if let Some(directory) = surroundings.directory.map(ManuallyDrop::new) {
            // It stays where it is where its user may not enter the folder, or that is gone.
            let _ = environment::enter(&directory);
        }
    }
    context::inherit(becoming.method);
    ready::be_ready();
    Ok(())
}
