//! What a fork server does once, before it copies itself: a function of the program's choice.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard};

use poolproof_sys::channel::Channel;
use poolproof_sys::function::{self, Bridge, Passed};
use poolproof_sys::threads;
use serde::{Deserialize, Serialize};

use crate::copies::{OfProcess, kept, only_here};
use crate::error::{Error, Kind, Result};
use crate::locked::lock;
use crate::transfer::{self, Message};

/// In a box, so that none is zero, as [`StartMethod`](crate::StartMethod) says.
static WARM_UP: OfProcess<Mutex<Option<Box<WarmUp>>>> = OfProcess::new(Mutex::new(None));

fn warm_up() -> MutexGuard<'static, Option<Box<WarmUp>>> {
    lock(WARM_UP.get(kept))
}

/// A function with its argument.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct WarmUp {
    function: [u8; 16],
    #[serde(with = "serde_bytes")]
    argument: Vec<u8>,
}

/// What the call of a function came to, as a number.
const DONE: i32 = 0;
const REFUSED: i32 = 1;

/// Calls the function; an argument that cannot be read is told of as text.
struct Call;

impl<A: Message> Bridge<A, ()> for Call {
    fn cross(function: fn(A), input: &[u8], output: &mut Vec<u8>) -> i32 {
        match transfer::decode(input, Vec::new()) {
            Ok(argument) => {
                function(argument);
                DONE
            }
            Err(error) => {
                output.extend(error.to_string().into_bytes());
                REFUSED
            }
        }
    }
}

/// Chooses what the next server is to do.
///
/// # Errors
/// As [`set_forkserver_warm_up`](super::set_forkserver_warm_up).
pub(super) fn choose<A: Message>(function: fn(A), argument: A) -> Result<()> {
    let mut bytes = Vec::new();
    if !transfer::encode(&argument, &mut bytes)?.is_empty() {
        let text = "its argument has handles, which a later server could not be given";
        return Err(refused(text));
    }
    let passed = Passed::new::<A, (), Call>(function);
    let passed = passed.map_err(|error| refused(&error.to_string()))?;
    *warm_up() = Some(Box::new(WarmUp {
        function: passed.to_bytes(),
        argument: bytes,
    }));
    Ok(())
}

/// Why a warm-up cannot be chosen.
pub(super) fn refused(text: &str) -> Error {
    let subject = format!("set the fork server's warm-up: {text}");
    Error::new(Kind::Usage, subject)
}

/// The warm-up that the next server is to do, for the way to it or to a child.
pub(super) fn chosen() -> Option<Box<WarmUp>> {
    warm_up().clone()
}

/// In a child: the choice of the process that has started it.
#[inline]
pub(super) fn inherit(chosen: Option<Box<WarmUp>>) {
    *warm_up() = chosen;
}

/// The first message to a server: the warm-up, and the build that it is a part of.
pub(super) fn order() -> Vec<u8> {
    match chosen() {
        None => Vec::new(),
        Some(it) => {
            let build = function::build().to_le_bytes();
            [&build[..], &it.function, &it.argument].concat()
        }
    }
}

/// What a server that was given an order answers once it is ready.
pub(super) fn wait(server: &Channel) -> Result<()> {
    let failed = |error| Error::system("warm the fork server up", error);
    let answer = server.receive().map_err(failed)?;
    let text = match &answer {
        Some((text, _)) if text.is_empty() => return Ok(()),
        Some((text, _)) => String::from_utf8_lossy(text),
        None => "it ended meanwhile".into(),
    };
    let subject = format!("warm the fork server up: {text}");
    Err(Error::new(Kind::Usage, subject))
}

/// In a server: does as it was ordered and tells; whether it may go on.
pub(super) fn obey(order: &[u8], starter: &Channel) -> io::Result<bool> {
    let Some((build, order)) = order.split_first_chunk::<8>() else {
        return Ok(true);
    };
    let answer = run(u64::from_le_bytes(*build), order)?;
    starter.send(answer.as_bytes(), &[])?;
    Ok(answer.is_empty())
}

/// Runs the function; says what went wrong, nothing if nothing did.
fn run(build: u64, order: &[u8]) -> io::Result<String> {
    let (function, argument) = order
        .split_first_chunk::<16>()
        .ok_or(io::ErrorKind::InvalidData)?;
    if build != function::build() {
        return Ok("the program's file has changed since its process started".into());
    }
    let passed = Passed::from_bytes(*function);
    let mut told = Vec::new();
    let call = || catch_unwind(AssertUnwindSafe(|| passed.call(argument, &mut told)));
    let outcome = only_here(call);
    // Else each copy would write what is buffered now.
    io::stdout().flush()?;
    Ok(match outcome {
        Ok(Ok(DONE)) if threads::are_at_most(1)? => String::new(),
        Ok(Ok(DONE)) => {
            "the function has left threads, which copies would not have: join them".into()
        }
        Ok(Ok(_)) => String::from_utf8_lossy(&told).into_owned(),
        Ok(Err(error)) => error.to_string(),
        // Its hook has reported where.
        Err(_) => "the function panicked".into(),
    })
}
